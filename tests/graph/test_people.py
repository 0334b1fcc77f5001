"""What people do in a run stands in the evidence graph with who and when, and never makes a sentence pass."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from clinigraph.client.options import RunOptions
from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import EdgeKind, InterventionNode
from clinigraph.models.interventions import Intervention
from clinigraph.models.planning import DiagnosticPlan
from clinigraph.testing.world import World
from clinigraph.ui.plan_editing import edit_plan

WHO = "Dr A"


def by(action: str, reason: str = "") -> dict[str, object]:
    return Intervention(who=WHO, at_unix=1_700_000_000.0, action=action, reason=reason).model_dump(mode="json")


async def test_a_changed_plan_names_who_changed_it_and_on_what_it_acts(tmp_path: Path) -> None:
    async def answer(question: Mapping[str, object]) -> dict[str, object]:
        plan = DiagnosticPlan.model_validate(question["plan"])
        weights = {i.id: 0.5 for i in plan.indicators if i.id in ("size", "looks")}
        changed = edit_plan(plan, weights, WHO, "the pressure is known")
        return {"action": "edit", "plan": changed.model_dump(mode="json"), "intervention": by("edit", "known")}

    report = await World(tmp_path).report(RunOptions(approve=True, on_pause=answer))
    assert [(i.who, i.action) for i in report.interventions] == [(WHO, "edit")]
    node = next(n for n in report.evidence_graph.nodes if isinstance(n, InterventionNode))
    acted = {e.target for e in report.evidence_graph.edges if e.source == node.id and e.kind is EdgeKind.ACTS_ON}
    assert acted == {EvidenceId("indicator-size"), EvidenceId("indicator-looks")}
    assert {i.id for i in report.indicators} == {"size", "looks"}


async def test_a_signature_takes_claims_away_and_checks_amended_ones(tmp_path: Path) -> None:
    async def answer(question: Mapping[str, object]) -> dict[str, object]:
        claims = question["claims"]
        assert isinstance(claims, list)
        value = next(c for c in claims if c["id"] == "claim-size-value")
        gap = next(c for c in claims if c["id"] == "claim-looks-gap")
        said = {
            gap["id"]: {"accept": False},
            value["id"]: {"accept": True, "text": value["text"].replace("0.90", "0.30")},
        }
        return {"action": "sign", "claims": said, "intervention": by("sign", "checked")}

    report = await World(tmp_path).report(RunOptions(sign_off=True, on_pause=answer))
    out = {u.claim.id: u for u in report.unsupported}
    assert out["claim-looks-gap"].reason == "Dr A refused this sentence: checked."  # type: ignore[index]
    assert "claim-size-value" in out
    assert "0.30" not in " ".join(c.text for c in report.claims)


async def test_a_correction_before_the_run_acts_on_the_image(tmp_path: Path) -> None:
    drawn = Intervention(who=WHO, at_unix=1.0, action="correct", reason="box", targets=(EvidenceId("img-1"),))
    report = await World(tmp_path).report(RunOptions(interventions=(drawn,)))
    assert report.interventions == (drawn,)
    edge = next(e for e in report.evidence_graph.edges if e.kind is EdgeKind.ACTS_ON)
    assert edge.target == "img-1"


async def test_nobody_stands_in_a_report_that_nobody_touched(tmp_path: Path) -> None:
    async def answer(question: Mapping[str, object]) -> dict[str, object]:
        return {"action": "approve"}

    report = await World(tmp_path).report(RunOptions(approve=True, on_pause=answer))
    assert report.interventions == ()
    assert not any(isinstance(n, InterventionNode) for n in report.evidence_graph.nodes)


async def test_a_threshold_set_by_a_person_applies_and_is_told_beside_the_stated_one(tmp_path: Path) -> None:
    async def answer(question: Mapping[str, object]) -> dict[str, object]:
        plan = DiagnosticPlan.model_validate(question["plan"])
        weights = {i.id: i.weight for i in plan.indicators}
        changed = edit_plan(plan, weights, WHO, "large things are common here", {plan.indicators[0].id: 0.95})
        return {"action": "edit", "plan": changed.model_dump(mode="json"), "intervention": by("edit")}

    report = await World(tmp_path).report(RunOptions(approve=True, on_pause=answer))
    size = next(i for i in report.indicators if i.id == "size")
    assert (size.met, size.criterion and size.criterion.threshold) == ("no", 0.95)
    told = "the threshold 0.95 was set by a person (Dr A: large things are common here); the cited source states 0.7."
    assert any(told in text for text in report.limitations)
    assert any("0.95" in c.text for c in report.claims)
    assert report.unsupported == ()
