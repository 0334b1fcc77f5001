"""A watched model is a chat model like any other, and remembers the first failure that lies with its server."""

from __future__ import annotations

import asyncio

import pytest

from clinigraph.errors import (
    ModelBudgetSpent,
    ModelLost,
    ModelServerFaulty,
    ModelTooSlow,
    ModelUnreachable,
)
from clinigraph.llm.contract import ChatModel, ModelBudget
from clinigraph.llm.watching import WatchedModel
from clinigraph.testing.model_suite import ASK, ModelSuite, SuiteAnswer
from clinigraph.testing.models import Said, ScriptedModel

GOOD = SuiteAnswer(decision="yes", score=4, reason="wet")
GONE = ModelUnreachable("The model server cannot be reached", given="http://one/v1", todo="Start it.")
SLOW = ModelTooSlow("The model server did not answer in time")


class TestWatchedModel(ModelSuite):
    def make_model(self) -> ChatModel:
        return WatchedModel(ScriptedModel([GOOD] * 40))

    def make_useless(self) -> ChatModel:
        return WatchedModel(ScriptedModel(["no"] * 40))

    def make_blind(self) -> ChatModel:
        return WatchedModel(ScriptedModel([GOOD], sees_images=False))

    def test_text_is_never_empty(self) -> None:
        text = asyncio.run(WatchedModel(ScriptedModel([" so "])).atext(ASK, role="writer"))
        assert text == "so"


def watched(*says: Said) -> tuple[WatchedModel, ScriptedModel]:
    script = ScriptedModel(says)
    return WatchedModel(script), script


@pytest.mark.parametrize("way", ["thread", "loop", "text"])
def test_after_a_loss_every_call_fails_at_once_with_the_same(way: str) -> None:
    model, script = watched(GONE)

    def ask() -> object:
        if way == "thread":
            return model.structured(ASK, SuiteAnswer)
        if way == "text":
            return asyncio.run(model.atext(ASK, role="x"))
        return asyncio.run(model.astructured(ASK, SuiteAnswer, role="x"))

    for _ in range(2):
        with pytest.raises(ModelUnreachable):
            ask()
    assert len(script.requests) == 1
    assert model.lost
    with pytest.raises(ModelLost, match="http://one/v1"):
        model.raise_lost()


def test_a_bad_answer_is_not_a_loss() -> None:
    model, _ = watched("no", "no", GOOD)
    with pytest.raises(Exception, match="no usable answer"):
        model.structured(ASK, SuiteAnswer)
    model.raise_lost()
    assert model.structured(ASK, SuiteAnswer) == GOOD


def test_a_late_answer_is_a_loss_only_when_the_server_fails_a_check() -> None:
    class Restarting(ScriptedModel):
        def check(self) -> None:
            raise ModelServerFaulty("The model server failed", given="HTTP 503", todo="See its log.")

    for script, lost in ((ScriptedModel([SLOW]), False), (Restarting([SLOW]), True)):
        model = WatchedModel(script)
        with pytest.raises(ModelTooSlow):
            model.structured(ASK, SuiteAnswer)
        assert model.lost is lost


def test_a_view_of_a_case_has_its_own_watch() -> None:
    model, _ = watched(GOOD)
    view = model.for_case(ModelBudget(max_calls=0))
    with pytest.raises(ModelBudgetSpent):
        view.structured(ASK, SuiteAnswer)
    assert view.lost
    assert not model.lost
    assert model.structured(ASK, SuiteAnswer) == GOOD
