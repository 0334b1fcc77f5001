"""Every chat model keeps the contract: the client against a server that speaks the wire, and each double."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from clinigraph.llm.contract import ChatModel
from clinigraph.llm.dialogue import Reply, Request
from clinigraph.llm.openai_chat import OpenAiChat
from clinigraph.testing.model_suite import ASK, ModelSuite, SuiteAnswer
from clinigraph.testing.models import ScriptedModel, Step
from clinigraph.testing.models_adversarial import AdversarialModel, Attack
from clinigraph.testing.models_recorded import RecordedModel, RecordingModel
from clinigraph.testing.models_server import Turn, WireServer, says

GOOD = {"decision": "yes", "score": 4, "reason": "Water makes things wet."}


def good(request: Request) -> str:
    return json.dumps(GOOD) if request.kind else "Water is wet."


def scripted(says: object = good) -> ScriptedModel:
    return ScriptedModel([Step(says) for _ in range(40)])  # type: ignore[arg-type]


class TestOpenAiChat(ModelSuite):
    @pytest.fixture(autouse=True)
    def _servers(self) -> Iterator[None]:
        with WireServer(otherwise=lambda _: says(GOOD)) as good, WireServer(otherwise=lambda _: Turn("  ")) as useless:
            self.good, self.useless = good, useless
            yield

    def make_model(self) -> ChatModel:
        return OpenAiChat(self.good.base_url, "tiny", timeout_s=20)

    def make_useless(self) -> ChatModel:
        return OpenAiChat(self.useless.base_url, "tiny", timeout_s=20)

    def make_blind(self) -> ChatModel:
        return OpenAiChat(self.good.base_url, "tiny", timeout_s=20, sees_images=False)


class TestScriptedModel(ModelSuite):
    def make_model(self) -> ChatModel:
        return scripted()

    def make_useless(self) -> ChatModel:
        return scripted(Reply("", prompt_tokens=7, completion_tokens=1))

    def make_blind(self) -> ChatModel:
        return ScriptedModel(sees_images=False)


class TestAdversarialModelAtRest(ModelSuite):
    def make_model(self) -> ChatModel:
        return AdversarialModel(1, attacks=())

    def make_useless(self) -> ChatModel:
        return AdversarialModel(1, attacks=(Attack.BLANK_PADDING,))

    def make_blind(self) -> ChatModel:
        return AdversarialModel(1, sees_images=False)


class TestRecordingModel(ModelSuite):
    def make_model(self) -> ChatModel:
        return RecordingModel(scripted())

    def make_useless(self) -> ChatModel:
        return RecordingModel(scripted("no"))


@pytest.mark.parametrize("sees_images", [True, False])
def test_a_replay_says_what_was_recorded(tmp_path_factory: pytest.TempPathFactory, sees_images: bool) -> None:
    live = RecordingModel(ScriptedModel(["not yet", GOOD], sees_images=sees_images))
    value = live.structured(ASK, SuiteAnswer)
    file = tmp_path_factory.mktemp("take") / "take.json"
    live.save(file)
    replay = RecordedModel.load(file)
    assert replay.structured(ASK, SuiteAnswer) == value
    assert replay.tokens() == live.tokens()
    assert replay.sees_images is sees_images
