"""Which contradicted sentences take back a decision, and what is then said."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.critical import critical_contradictions, withdrawn
from clinigraph.models.base import EvidenceId
from clinigraph.models.findings import Presence
from clinigraph.models.planning import DiagnosticPlan, DiagnosticProtocol
from clinigraph.models.reporting import ClaimKind, Verdict
from clinigraph.testing.world import PROTOCOL


def plan(*critical: str) -> DiagnosticPlan:
    indicators = [{**i, "critical": i["id"] in critical} for i in PROTOCOL["indicators"]]  # type: ignore[attr-defined]
    return DiagnosticProtocol.model_validate({**PROTOCOL, "indicators": indicators}).plan()


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("kind", list(ClaimKind))
@pytest.mark.parametrize(
    ("named", "critical", "bears"),
    [
        ("indicator-size", ("size",), True), ("measurement-size", ("size",), True),
        ("indicator-size", ("pressure",), False), ("measurement-pressure", ("size",), False),
        ("measurement-pressure", ("size", "pressure"), True), ("img-1", ("size",), False),
        ("indicator-size", (), False),
    ],
)  # fmt: skip
def test_a_contradicted_sentence_on_the_impression_or_on_something_critical_matters(
    bench: Any, verdict: Verdict, kind: ClaimKind, named: str, critical: tuple[str, ...], bears: bool
) -> None:
    claim = bench.claim("claim-size-value").replace(verdict=verdict, kind=kind, evidence_ids=(EvidenceId(named),))
    found = critical_contradictions((claim,), bench.report.evidence_graph, plan(*critical))
    matters = verdict is Verdict.CONTRADICTED and (bears or kind is ClaimKind.IMPRESSION)
    assert found == ((claim,) if matters else ())


def test_without_a_plan_only_the_impression_matters(bench: Any) -> None:
    wrong = tuple(c.replace(verdict=Verdict.CONTRADICTED) for c in bench.report.claims)
    found = critical_contradictions(wrong, bench.report.evidence_graph, None)
    assert [c.id for c in found] == [c.id for c in wrong if c.kind is ClaimKind.IMPRESSION]


def test_a_withdrawn_decision_says_once_what_spoke_against_it(bench: Any) -> None:
    claim = bench.claim("claim-size-value")
    against = tuple(claim.replace(explanation=e) for e in ("It is 5.", "", "It is 6.", "It is 5."))
    given = bench.report.impression
    found = withdrawn(given, against)
    reason = "The decision was withdrawn: what was written of it is contradicted by the evidence (It is 5.; It is 6.)."
    assert (found.decision, found.contested) == (Presence.INDETERMINATE, reason)
    assert found.rationale == f"{reason} {given.rationale}"
    assert (found.score, found.score_low, found.score_high) == (given.score, given.score_low, given.score_high)


def test_what_spoke_against_a_decision_is_told_in_300_characters(bench: Any) -> None:
    claim = bench.claim("claim-size-value").replace(explanation="x" * 299 + "yz")
    assert f"({'x' * 299}y)." in withdrawn(bench.report.impression, (claim,)).contested
