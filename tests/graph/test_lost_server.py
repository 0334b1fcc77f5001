"""A model server that is lost in mid-case stops the run where it can be resumed; a bad answer never does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clinigraph.agents.reader import Grade, ModelImageReader
from clinigraph.agents.rollouts import VoteAnswer
from clinigraph.client.options import RunOptions
from clinigraph.client.report import Report
from clinigraph.errors import (
    ModelAnswerInvalid,
    ModelBudgetSpent,
    ModelContextOverflow,
    ModelCutOff,
    ModelLost,
    ModelRateLimited,
    ModelServerError,
    ModelServerFaulty,
    ModelTooSlow,
    ModelUnauthorised,
    ModelUnreachable,
)
from clinigraph.models.events import EventKind, RunEvent
from clinigraph.models.findings import Met, Presence
from clinigraph.models.planning import DiagnosticProtocol
from clinigraph.models.switches import Switches
from clinigraph.testing.models import ScriptedModel, Step
from clinigraph.testing.world import MEASURE, PROTOCOL, World, measure_answer
from clinigraph.tools.reading.image_tool import ReadImage

DOWN = ModelUnreachable("The model server cannot be reached", given="http://server/v1", todo="Start it.")
OPTIONS = RunOptions(switches=Switches(specialists=False))
YES = VoteAnswer(reason="so it is", evidence_id="indicator-size", decision=Presence.PRESENT)
GRADE = Grade(evidence_for="bent", evidence_against="", score=5)


def report_of(events: list[RunEvent]) -> Report:
    report = events[-1].report
    assert isinstance(report, Report)
    return report


def calls(world: World) -> dict[str, int]:
    return {name: len(tool.calls) for name, tool in world.tools.items() if name != "read_image"}


async def test_a_server_lost_over_the_opinions_stops_the_run_and_a_new_one_finishes_it(world: World) -> None:
    world.model = ScriptedModel([DOWN])
    with pytest.raises(ModelLost) as caught:
        await world.run(OPTIONS)
    assert caught.value.exit_code == 4
    before = calls(world)
    world.model = ScriptedModel([YES])
    events = await world.run(OPTIONS)
    assert (events[0].kind, events[0].message) == (EventKind.RUN_RESUMED, "resumed before consult")
    assert calls(world) == before
    report = report_of(events)
    assert report.consultation is not None
    assert [v.decision for v in report.consultation.votes] == [Presence.PRESENT]
    assert not any("no usable vote" in text for text in report.limitations)


async def test_the_line_names_the_server_the_way_out_and_the_fallback(world: World) -> None:
    world.model = ScriptedModel([DOWN])
    with pytest.raises(ModelLost) as caught:
        await world.run(OPTIONS)
    assert str(caught.value) == (
        "The run stopped in mid-case: the model server cannot be reached, http://server/v1. Start it again. "
        "The same command resumes; with --fallback (CLINIGRAPH_MODEL_FALLBACK=1) it goes on by the rules."
    )


def reading_plan() -> DiagnosticProtocol:
    steps = [{**s, "tool": "read_image"} if s["tool"] == "read" else s for s in PROTOCOL["steps"]]  # type: ignore[attr-defined]
    return DiagnosticProtocol.model_validate({**PROTOCOL, "id": "reading", "steps": steps})


def reads(world: World, model: ScriptedModel) -> ScriptedModel:
    world.model = model
    world.tools["read_image"] = ReadImage(ModelImageReader(model))  # type: ignore[assignment]
    return model


async def test_a_server_lost_over_a_reading_keeps_what_every_other_tool_found(world: World) -> None:
    options = RunOptions(plan=reading_plan(), switches=Switches(rollouts=0, specialists=False))
    reads(world, ScriptedModel([Step(DOWN, role="reader")]))
    with pytest.raises(ModelLost):
        await world.run(options)
    assert calls(world)["segment"] == 1
    model = reads(world, ScriptedModel([GRADE]))
    events = await world.run(options)
    assert events[0].message == "resumed before schedule"
    assert calls(world) == {"segment": 1, "segment_other": 0, "measure": 1, "record": 0, "read": 0}
    looks = next(i for i in report_of(events).indicators if i.id == "looks")
    assert looks.met is Met.YES
    model.finish()


async def test_with_fallback_the_stopped_run_goes_on_by_the_rules(world: World) -> None:
    world.model = ScriptedModel([DOWN])
    with pytest.raises(ModelLost):
        await world.run(OPTIONS)
    before = calls(world)
    world.settings["model_fallback"] = True
    world.model = ScriptedModel([DOWN] * 3)
    events = await world.run(OPTIONS)
    assert events[0].kind is EventKind.RUN_RESUMED
    assert calls(world) == before
    report = report_of(events)
    assert report.impression.decision is Presence.PRESENT
    assert any("gave no usable vote" in text for text in report.limitations)


async def test_a_run_that_is_resumed_without_any_server_says_so(world: World) -> None:
    class Absent(ScriptedModel):
        def check(self) -> None:
            raise DOWN

    world.model = ScriptedModel([DOWN])
    with pytest.raises(ModelLost):
        await world.run(OPTIONS)
    world.settings["model_fallback"] = True
    world.model = Absent()
    report = report_of(await world.run(OPTIONS))
    assert report.limitations[0].startswith("After the run was resumed: no model took part (The model server cannot")


@pytest.mark.parametrize(
    "error",
    [
        ModelServerFaulty("The model server failed", given="HTTP 500", todo="See its log."),
        ModelUnauthorised("The model server refused the key", todo="Set CLINIGRAPH_MODEL_API_KEY."),
        ModelRateLimited("The model server is limiting calls", todo="Wait."),
        ModelContextOverflow("The messages are longer than the model's context", todo="Serve it with more."),
        ModelBudgetSpent("The case's budget for the model is spent", todo="Raise CLINIGRAPH_MODEL_MAX_CALLS."),
    ],
)
async def test_whatever_lies_with_the_server_stops_with_its_way_out(world: World, error: ModelServerError) -> None:
    world.model = ScriptedModel([error])
    with pytest.raises(ModelLost) as caught:
        await world.run(OPTIONS)
    assert error.todo in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        ModelAnswerInvalid("The model gave no usable answer"),
        ModelCutOff("The model's answer did not end"),
        ModelTooSlow("The model server did not answer in time"),
    ],
)
async def test_a_bad_answer_or_a_late_one_leaves_a_note_and_the_run_goes_on(
    world: World, error: ModelServerError
) -> None:
    world.model = ScriptedModel([error] * 3)
    report = await world.report(OPTIONS)
    assert report.impression.decision is Presence.PRESENT
    assert any("gave no usable vote" in text for text in report.limitations)


async def test_a_late_answer_of_a_server_that_is_gone_stops_the_run(world: World) -> None:
    class Hanging(ScriptedModel):
        def check(self) -> None:
            if self.requests:
                raise DOWN

    world.model = Hanging([ModelTooSlow("The model server did not answer in time")])
    with pytest.raises(ModelLost, match="cannot be reached"):
        await world.run(OPTIONS)


async def test_after_the_first_loss_no_further_call_is_made(world: World) -> None:
    world.model = model = ScriptedModel([DOWN])
    with pytest.raises(ModelLost):
        await world.run(RunOptions(switches=Switches(specialists=True, rollouts=3)))
    model.finish()


async def test_the_budget_of_a_case_is_kept_over_a_stop(world: World) -> None:
    world.replace_tool(MEASURE, measure_answer(0.9))
    world.settings["model_max_calls"] = 1
    no = YES.replace(decision=Presence.ABSENT)
    world.model = ScriptedModel([no])
    with pytest.raises(ModelLost, match=r"1 of 1 calls\. Raise CLINIGRAPH_MODEL_MAX_CALLS"):
        await world.run(OPTIONS)
    world.model = ScriptedModel([])
    with pytest.raises(ModelLost, match="1 of 1 calls"):
        await world.run(OPTIONS)
    world.settings["model_max_calls"] = 4
    world.model = ScriptedModel([no, no, no])
    report = report_of(await world.run(OPTIONS))
    one = report.run.tokens["rollout.prompt"] // 4
    assert report.run.tokens["rollout.prompt"] == 4 * one > 0


async def test_starting_over_forgets_what_was_spent(world: World, tmp_path: Path) -> None:
    world.model = ScriptedModel([YES.replace(decision=Presence.ABSENT), DOWN])
    with pytest.raises(ModelLost):
        await world.run(OPTIONS)
    (spent,) = (tmp_path / "state").rglob("spending.json")
    assert json.loads(spent.read_text())["calls"] == 2
    world.model = ScriptedModel([YES])
    report = report_of(await world.run(RunOptions(switches=OPTIONS.switches, resume=False)))
    prompt = report.run.tokens["rollout.prompt"]
    again = await World(tmp_path / "other", model=ScriptedModel([YES])).report(OPTIONS)
    assert prompt == again.run.tokens["rollout.prompt"]


async def test_a_run_resumes_at_another_address_and_with_another_time_out(world: World) -> None:
    world.settings["model_base_url"] = "http://one/v1"
    world.model = ScriptedModel([DOWN])
    with pytest.raises(ModelLost):
        await world.run(OPTIONS)
    world.settings |= {"model_base_url": "http://two/v1", "model_timeout_s": 600}
    world.model = ScriptedModel([YES])
    assert (await world.run(OPTIONS))[0].kind is EventKind.RUN_RESUMED
