"""What a text must not be silent about."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.completeness import omissions
from clinigraph.models.base import EvidenceId
from clinigraph.models.findings import Met
from clinigraph.models.reporting import Section, Verdict


def left_out(bench: Any, indicator: str, claims: tuple[Any, ...] = (), **change: Any) -> tuple[str, str] | None:
    node = bench.node(f"indicator-{indicator}")
    changed = node.replace(value=node.value.replace(**change))
    graph = bench.report.evidence_graph
    graph = graph.replace(nodes=tuple(changed if n.id == node.id else n for n in graph.nodes))
    found = {o.evidence_id: (o.code, o.sentence) for o in omissions(claims, graph)}
    return found.get(node.id)


@pytest.mark.parametrize(
    ("met", "value", "code"),
    [
        (Met.YES, 0.9, "omission.met"), (Met.YES, None, "omission.met"),
        (Met.UNCERTAIN, 0.9, "omission.uncertain"), (Met.UNCERTAIN, None, "omission.uncertain"),
        (Met.NO, 0.9, ""), (Met.NO, None, ""),
        (Met.NOT_ASSESSED, None, "omission.gap"), (Met.NOT_ASSESSED, 0.9, ""),
    ],
)  # fmt: skip
def test_what_was_met_is_uncertain_or_missing_is_told(bench: Any, met: Met, value: float | None, code: str) -> None:
    found = left_out(bench, "size", met=met, value=value)
    assert (found[0] if found else "") == code


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("it rained.", "Looks odd was not assessed: it rained; the text does not say so."),
        ("it rained", "Looks odd was not assessed: it rained; the text does not say so."),
        ("", "Looks odd was not assessed; the text does not say so."),
    ],
)
def test_a_gap_is_told_with_its_reason(bench: Any, reason: str, sentence: str) -> None:
    assert left_out(bench, "looks", reason=reason) == ("omission.gap", sentence)


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("section", list(Section))
def test_only_a_supported_sentence_outside_the_impression_tells(bench: Any, verdict: Verdict, section: Section) -> None:
    for named in ("indicator-size", "measurement-size"):
        claim = bench.claim("claim-size-value")
        claim = claim.replace(verdict=verdict, section=section, evidence_ids=(EvidenceId(named),))
        tells = verdict is Verdict.SUPPORTED and section is not Section.IMPRESSION
        assert (left_out(bench, "size", (claim,)) is None) is tells
        assert left_out(bench, "looks", (claim,)) is not None


def test_each_silence_is_told(bench: Any) -> None:
    found = omissions((), bench.report.evidence_graph)
    assert [o.evidence_id for o in found] == ["indicator-size", "indicator-pressure", "indicator-looks"]
