"""The model's part of a run: every switch, every way to fail, and that nothing is asked twice."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from clinigraph.agents.rollouts import VoteAnswer
from clinigraph.agents.triage import RuleTriage
from clinigraph.client.options import RunOptions
from clinigraph.errors import ModelBudgetSpent, ModelServerError, ModelUnreachable, UsageError
from clinigraph.models.events import EventKind
from clinigraph.models.findings import Presence
from clinigraph.models.planning import DiagnosticProtocol
from clinigraph.models.switches import Switches
from clinigraph.models.tooling import ToolStatus
from clinigraph.testing.models import ScriptedModel, Step
from clinigraph.testing.world import MEASURE, OTHER, PROTOCOL, SEGMENT, World, failing, measure_answer

P, A = Presence.PRESENT, Presence.ABSENT
DOWN = ModelUnreachable("The model server cannot be reached", given="secret address")
QUIET = {"rollouts": 0, "specialists": False}


def vote(decision: Presence) -> VoteAnswer:
    return VoteAnswer(reason="so it is", evidence_id="indicator-size", decision=decision)


def options(**switches: object) -> RunOptions:
    return RunOptions(switches=Switches.model_validate(switches))


class Absent(ScriptedModel):
    """A server that is not there."""

    def check(self) -> None:
        raise DOWN


async def test_opinions_stand_in_the_report_beside_the_evidence(world: World) -> None:
    world.model = ScriptedModel([vote(P)])
    report = await world.report(options())
    assert report.impression.decision is P
    assert report.consultation is not None
    assert [v.decision for v in report.consultation.votes] == [P]
    assert report.run.models == {"rollout": "scripted"}
    assert report.run.tokens["rollout.prompt"] > 0
    assert report.run.arguments_given["switch.decider"] == "combined"
    assert not report.unsupported


async def test_votes_against_the_rule_leave_the_report_undecided_and_supported(world: World) -> None:
    world.model = ScriptedModel([vote(A), vote(A), vote(A)])
    report = await world.report(options(specialists=False))
    assert report.impression.decision is Presence.INDETERMINATE
    assert report.impression.score == 1.0
    assert not report.unsupported
    assert "By rule the decision was present" in report.impression.rationale


async def test_without_a_model_no_opinion_is_asked_for(world: World) -> None:
    events = await world.run()
    assert "consult" not in {e.node for e in events}
    assert events[-1].report is not None
    assert events[-1].report.consultation is None


async def test_an_absent_server_refuses_the_run(world: World) -> None:
    world.model = Absent()
    with pytest.raises(ModelServerError) as caught:
        await world.run()
    assert caught.value.exit_code == 4


async def test_with_fallback_the_rules_make_the_report_and_say_so(world: World) -> None:
    world.model = Absent()
    world.settings["model_fallback"] = True
    report = await world.report()
    assert report.impression.decision is P
    assert report.limitations[0].startswith("No model took part (The model server cannot be reached)")
    assert report.run.models == {}


@pytest.mark.parametrize("error", [DOWN, ModelBudgetSpent("The case's budget for the model is spent")])
async def test_with_fallback_a_model_that_fails_on_the_way_leaves_a_note_and_the_decision_of_the_rule(
    world: World, error: ModelServerError
) -> None:
    world.settings["model_fallback"] = True
    world.model = ScriptedModel([error] * 3)
    report = await world.report(options(specialists=False))
    assert report.impression.decision is P
    assert any("gave no usable vote" in text for text in report.limitations)
    assert "secret" not in report.model_dump_json()


@pytest.mark.parametrize("switches", [{"direct": True}, {"plan": False}])
async def test_an_answer_of_the_model_alone_needs_a_model(world: World, switches: Mapping[str, object]) -> None:
    with pytest.raises(UsageError, match="needs a model"):
        await world.run(options(**switches))


DIRECT = {"reason": "it looks large", "probability": 0.8, "decision": "present"}


async def test_the_model_alone_uses_no_tool_and_the_report_says_that_nothing_was_checked(world: World) -> None:
    world.model = ScriptedModel([Step(DIRECT, role="direct", contains="Is there a thing?")])
    report = await world.report(options(direct=True))
    assert (report.impression.decision, report.impression.rule) == (P, "direct")
    assert all(not t.calls for t in world.tools.values())
    assert any("nothing of it was checked" in text for text in report.limitations)
    assert all("signs of" not in c.text.lower() for c in report.claims)
    assert report.passages == ()


async def test_without_a_plan_the_model_sees_what_the_same_tools_gave(world: World) -> None:
    world.model = ScriptedModel([Step(DIRECT, role="direct", contains="Size of the thing: 0.90")])
    report = await world.report(options(plan=False))
    assert report.impression.rule == "direct"
    assert len(world.tools["measure"].calls) == 1
    assert report.indicators == ()
    assert any("0.90" in c.text for c in report.claims)


async def test_without_reflection_no_second_tool_is_tried(world: World) -> None:
    world.replace_tool(SEGMENT, lambda call, _: failing(call, ToolStatus.FAILED, "broken"))
    report = await world.report(options(reflect=False))
    assert world.tools["segment_other"].calls == []
    assert report.impression.decision is Presence.INDETERMINATE
    assert OTHER.name not in [a.name for a in report.run.algorithms]


async def test_a_fact_that_would_change_the_decision_is_asked_for(world: World) -> None:
    world.replace_tool(MEASURE, measure_answer(0.9))
    asked: list[object] = []

    async def answer(question: Mapping[str, object]) -> dict[str, object]:
        asked.append(question["text"])
        return {"action": "answer", "value": "25 mmHg"}

    plan = DiagnosticProtocol.model_validate({**PROTOCOL, "min_assessed_share": 0.75, "id": "strict"})
    chosen = RunOptions(plan=plan, switches=Switches(max_questions=2), on_pause=answer)
    last = (await world.run(chosen))[-1]
    assert asked == ["What is the pressure in mmHg?"]
    assert last.report is not None
    assert last.report.impression.decision is P
    assert last.report.impression.assessed_share == 0.8
    assert any("pressure as 25 mmHg" in c.text for c in last.report.claims)
    assert len(world.tools["segment"].calls) == 1


@pytest.mark.parametrize("said", [{"action": "skip"}, {"action": "answer", "value": "high"}])
async def test_a_question_that_stays_open_is_not_asked_again(world: World, said: dict[str, object]) -> None:
    asked: list[object] = []

    async def answer(question: Mapping[str, object]) -> dict[str, object]:
        asked.append(question["subject"])
        return said

    plan = DiagnosticProtocol.model_validate({**PROTOCOL, "min_assessed_share": 0.75, "id": "strict"})
    last = (await world.run(RunOptions(plan=plan, switches=Switches(max_questions=3), on_pause=answer)))[-1]
    assert asked == ["pressure"]
    assert last.report is not None
    assert last.report.impression.decision is Presence.INDETERMINATE
    assert last.report.next_question is not None


async def test_a_plan_of_the_caller_is_run_whatever_the_question(world: World) -> None:
    world.question = "What is the weather?"
    plan = DiagnosticProtocol.model_validate({**PROTOCOL, "threshold": 0.9, "id": "mine"})
    report = await world.report(RunOptions(plan=plan))
    assert report.protocol_id == "mine"
    assert report.impression.threshold == 0.9


async def test_a_plan_that_breaks_a_rule_is_refused_before_anything_runs(world: World) -> None:
    wrong = DiagnosticProtocol.model_validate({**PROTOCOL, "threshold": 0.0})
    with pytest.raises(UsageError, match="threshold is 0"):
        await world.run(RunOptions(plan=wrong))


TRIAGE = {"reason": "x", "protocol": "", "condition": "oddness", "specialty": "", "urgency": "urgent", "refuse": False}


async def test_a_question_that_no_rule_understands_may_find_its_protocol_by_the_model(world: World) -> None:
    world.question = "Is the round structure too big?"
    world.model = ScriptedModel([Step({**TRIAGE, "protocol": "thing-fundus"}, role="triage"), vote(P)])
    report = await world.report()
    assert report.protocol_id == "thing-fundus"
    assert report.urgency.value == "urgent"
    assert any("was chosen by a model" in text for text in report.limitations)


async def test_a_question_that_a_rule_understands_is_not_given_to_the_model(world: World) -> None:
    world.model = ScriptedModel([vote(P)])
    assert (await world.report()).protocol_id == "thing-fundus"


async def test_a_condition_without_protocol_and_plan_ends_with_a_statement(world: World) -> None:
    world.question = "Is there oddness?"
    world.settings["model_fallback"] = True
    world.model = ScriptedModel([Step(TRIAGE, role="triage"), Step(DOWN, role="planner")])
    report = await world.report()
    assert report.impression.decision is Presence.INDETERMINATE
    assert "No plan could be made for oddness" in report.impression.rationale
    assert report.measurements == ()


async def test_a_refusal_of_the_model_keeps_the_refusal_of_the_rules(world: World) -> None:
    world.question = "Is the weather nice?"
    world.model = ScriptedModel([{**TRIAGE, "refuse": True}])
    assert "thingness" in (await world.report()).impression.rationale


async def test_a_run_that_stopped_after_the_opinions_asks_for_none_again(world: World) -> None:
    world.model = ScriptedModel([vote(P)])
    session = world.session()
    stream = session.stream(world.source(), options())
    async for event in stream:
        if event.kind is EventKind.NODE_STARTED and event.node == "decide":
            break
    await stream.aclose()  # type: ignore[attr-defined]
    events = await world.run(options(), session=session)
    assert events[0].kind is EventKind.RUN_RESUMED
    assert events[-1].report is not None
    assert events[-1].report.impression.decision is P


def test_urgency_is_part_of_the_rules_triage(world: World) -> None:
    case = world.source().case.replace(question="Acute loss: a thing?")
    outcome = RuleTriage([], {}).triage(case, [])
    assert outcome.urgency.value == "urgent"
