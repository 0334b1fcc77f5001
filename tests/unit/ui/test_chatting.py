"""A model may phrase an answer; what the evidence does not support is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigraph.client.report import Report
from clinigraph.errors import ModelUnreachable
from clinigraph.settings import Settings
from clinigraph.testing.models import Said, ScriptedModel, Step
from clinigraph.testing.world import World
from clinigraph.ui.answers import answer_question
from clinigraph.ui.chatting import chat
from clinigraph.ui.hub import Hub


@pytest.fixture
async def report(tmp_path: Path) -> Report:
    return await World(tmp_path / "report").report()


def hub(tmp_path: Path, *said: Said) -> tuple[Hub, ScriptedModel]:
    model = ScriptedModel([Step(s, role="chat") for s in said], name="writer-7b")
    world = World(tmp_path / "world", model=model)
    return Hub(Settings(state_dir=tmp_path / "state"), shared=world.session()), model


async def test_sentences_that_the_evidence_supports_are_shown_with_their_grounds(
    tmp_path: Path, report: Report
) -> None:
    made, model = hub(tmp_path, {"sentences": ["The size of the thing is 0.90."]})
    answer = await chat(made, report, "How large is the size of the thing?")
    model.finish()
    assert answer.text == "The size of the thing is 0.90."
    assert answer.phrased_by == "writer-7b"
    assert answer.evidence_ids


@pytest.mark.parametrize(
    "said",
    [
        ["The size of the thing is 0.40."],
        ["The size of the thing is 0.90.", "The patient should start eye drops."],
        ["The size of the thing is 0.90.", "There is a retinal detachment."],
    ],
)
async def test_one_sentence_that_does_not_hold_gives_the_answer_of_the_graph(
    tmp_path: Path, report: Report, said: list[str]
) -> None:
    made, model = hub(tmp_path, {"sentences": said})
    question = "How large is the size of the thing?"
    answer = await chat(made, report, question)
    model.finish()
    assert answer == answer_question(report, question)
    assert not answer.phrased_by


async def test_a_model_that_fails_gives_the_answer_of_the_graph(tmp_path: Path, report: Report) -> None:
    made, _ = hub(tmp_path, ModelUnreachable("The server is gone"))
    assert await chat(made, report, "Why?") == answer_question(report, "Why?")


async def test_what_is_assumed_or_pointed_at_is_never_phrased(tmp_path: Path, report: Report) -> None:
    made, model = hub(tmp_path)
    for question in ("What if the size were 0.2?", "Show me the thing"):
        assert await chat(made, report, question) == answer_question(report, question)
    model.finish()


async def test_a_page_without_a_model_answers_from_the_graph(tmp_path: Path, report: Report) -> None:
    made = Hub(Settings(state_dir=tmp_path / "state"), shared=World(tmp_path / "world").session())
    assert await chat(made, report, "Why?") == answer_question(report, "Why?")
