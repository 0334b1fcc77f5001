"""What a case meets on its way through the state machine."""

from __future__ import annotations

import pytest

from clinigraph.client.options import RunOptions
from clinigraph.errors import UsageError
from clinigraph.models.base import ProtocolId
from clinigraph.models.case import Fact
from clinigraph.models.codes import Modality
from clinigraph.models.events import EventKind
from clinigraph.models.findings import IndicatorStatus, Met, Presence
from clinigraph.models.reporting import Verdict
from clinigraph.models.tooling import ToolStatus
from clinigraph.testing.world import MEASURE, World, failing, measure_answer

PRESSURE = Fact(name="pressure", value=25.0, unit="mm[Hg]")


async def test_nodes_run_in_the_stated_order(world: World) -> None:
    events = await world.run()
    finished = [e.node for e in events if e.kind is EventKind.NODE_FINISHED]
    assert [n for n in finished if n not in ("schedule", "act")] == [
        "intake", "triage", "plan", "reflect", "decide", "write", "verify", "finish",
    ]  # fmt: skip
    assert finished.count("act") == 2
    assert events[0].kind is EventKind.RUN_STARTED
    assert events[-1].kind is EventKind.REPORT_READY


async def test_a_large_thing_is_called_present_and_every_claim_is_supported(world: World) -> None:
    world.facts = (PRESSURE,)
    report = await world.report()
    assert report.impression.decision is Presence.PRESENT
    assert report.impression.score == 1.0
    assert report.impression.assessed_share == 0.8
    assert report.verdict_counts[Verdict.SUPPORTED] == len(report.claims) > 6
    assert not report.unsupported


async def test_every_claim_leads_down_to_pixels_facts_or_passages(world: World) -> None:
    world.facts = (PRESSURE,)
    report = await world.report()
    for claim in report.claims:
        assert claim.evidence_ids
        kinds = {n.kind.value for n in report.evidence_graph.support(claim.id).nodes}
        gap = claim.id.endswith("-gap")
        assert gap or kinds & {"image", "fact", "passage"}, claim.text
    chain = {n.kind.value for n in report.evidence_graph.support("claim-size-criterion").nodes}
    assert chain == {"claim", "indicator_result", "criterion", "passage", "measurement", "label_map", "image"}


async def test_what_was_not_asked_of_a_model_ends_as_terminate_with_the_reason(world: World) -> None:
    report = await world.report()
    looks = next(r for r in report.indicators if r.id == "looks")
    assert looks.status is IndicatorStatus.TERMINATE
    assert looks.met is Met.NOT_ASSESSED
    assert looks.reason == "no image-reading model is set"
    assert any("Looks odd was not assessed" in c.text for c in report.claims)


async def test_a_missing_fact_is_said_and_weighs_nothing(world: World) -> None:
    report = await world.report()
    pressure = next(r for r in report.indicators if r.id == "pressure")
    assert pressure.met is Met.NOT_ASSESSED
    assert pressure.reason == "the record gives no pressure"
    assert report.impression.assessed_share == 0.6


async def test_too_little_evidence_is_indeterminate_never_a_silent_negative(world: World) -> None:
    world.replace_tool(MEASURE, lambda call, _: failing(call, ToolStatus.EMPTY, "the thing cannot be seen"))
    report = await world.report()
    assert report.impression.decision is Presence.INDETERMINATE
    assert report.impression.score is None
    assert "could be assessed" in report.impression.rationale


async def test_a_wrong_kind_of_image_gets_a_statement_and_no_measurement(world: World) -> None:
    world.modality = Modality.CHEST_FILM
    report = await world.report()
    assert report.impression.decision is Presence.INDETERMINATE
    assert report.measurements == ()
    assert report.protocol_id is None
    assert "No protocol applies" in report.impression.rationale
    assert all(not t.calls for t in world.tools.values())
    assert report.verdict_counts[Verdict.SUPPORTED] == len(report.claims) >= 2


async def test_a_question_that_no_protocol_answers_is_refused_with_what_can_be_asked(world: World) -> None:
    world.question = "Is the weather nice?"
    report = await world.report()
    assert "thingness" in report.impression.rationale
    assert report.measurements == ()


async def test_an_unknown_protocol_is_wrong_usage(world: World) -> None:
    with pytest.raises(UsageError, match="thing-fundus"):
        await world.run(RunOptions(protocol=ProtocolId("nothing")))


async def test_two_runs_on_the_same_input_give_the_same_report_hash(world: World) -> None:
    world.facts = (PRESSURE,)
    first, second = await world.report(), await world.report()
    assert first.report_hash() == second.report_hash()
    assert first.run.timing != second.run.timing


async def test_an_uncertain_indicator_brings_guidance_not_seen_before(world: World) -> None:
    world.replace_tool(MEASURE, measure_answer(0.7, half=0.05))
    session = world.session()
    events = await world.run(session=session)
    queries = session.library.queries
    assert len(queries) == 2
    assert set(queries[1].exclude) >= {"card#size", "card#advice"}
    assert events[-1].report.impression.decision is Presence.INDETERMINATE
