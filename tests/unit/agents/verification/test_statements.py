"""Findings are told in the words of whoever found them, or by name where there are none."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.base import Check, ClaimContext
from clinigraph.agents.verification.statements import facts, findings, gaps, values
from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import EdgeKind, EvidenceEdge, EvidenceNode, FindingNode
from clinigraph.models.findings import Finding, Presence
from clinigraph.models.reporting import ClaimKind
from clinigraph.testing.world import CONCEPT, SITE

SEEN = EvidenceEdge(source=EvidenceId("finding-a"), target=EvidenceId("img-1"), kind=EdgeKind.DERIVED_FROM)


def finding(text: str) -> FindingNode:
    value = Finding(id=EvidenceId("finding-a"), concept=CONCEPT, presence=Presence.ABSENT, site=SITE, text=text)
    return FindingNode(id=value.id, value=value)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("No crater is seen.", "No crater is seen."),
        ("", f"{CONCEPT.meaning}: absent."),
        (" ", f"{CONCEPT.meaning}: absent."),
    ],
)
def test_a_finding_is_told_in_its_own_words_or_by_name_and_presence(bench: Any, found: str, told: str) -> None:
    case = bench.case(finding(found), edges=(SEEN,))
    assert told in case.sentences
    assert case.verify(case.sentences[told]).verdict == "SUPPORTED"


def test_a_finding_told_in_other_words_is_altered(bench: Any) -> None:
    case = bench.case(finding("No crater is seen."), edges=(SEEN,))
    changed = case.sentences["No crater is seen."].replace(text="A crater is seen.")
    assert case.verify(changed).reason_code == "finding.altered"


def code(
    bench: Any, check: Check, text: str, *nodes: EvidenceNode, kind: ClaimKind = ClaimKind.QUALITATIVE, **asserted: Any
) -> str:
    claim = bench.claim("claim-size-value")
    claim = claim.replace(
        text=text, kind=kind, assertion=claim.assertion.replace(**{"value": None, "unit": None, **asserted})
    )
    graph = bench.report.evidence_graph
    outcome = check(ClaimContext(claim, nodes, graph, bench.report.impression, bench.verifier._library))
    return "" if outcome is None else outcome.code


@pytest.mark.parametrize("kind", list(ClaimKind))
def test_a_finding_is_told_by_every_sentence_but_the_impression(bench: Any, kind: ClaimKind) -> None:
    told = "" if kind is ClaimKind.IMPRESSION else "finding.altered"
    assert code(bench, findings, "A crater is seen.", finding("No crater is seen."), kind=kind) == told
    assert code(bench, findings, "A crater is seen.", kind=kind) == ""


def test_a_finding_may_be_any_of_those_named(bench: Any) -> None:
    both = (finding("No crater is seen."), finding("No ridge is seen."))
    for text, expected in (
        ("No crater is seen.", "finding.same"), ("No ridge is seen.", "finding.same"),
        ("A ridge is seen.", "finding.altered"), ("No, no ridge is seen.", "finding.altered"),
    ):  # fmt: skip
        assert code(bench, findings, text, *both) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The record gives the age as 61 years.", "fact.same"),
        ("The record gives the age as 61 years", "fact.same"),
        ("The record gives the age as 161 years.", "fact.altered"),
        ("The record gives the age as 61 years or so.", "fact.altered"),
        ("The record gives it as 61 years.", "fact.altered"),
        ("THE AGE IS 61 YEARS.", "fact.same"),
    ],
)
def test_a_fact_is_told_by_its_name_and_ends_with_its_value(bench: Any, text: str, expected: str) -> None:
    age = bench.node("fact-age")
    assert code(bench, facts, text, age) == expected
    assert code(bench, facts, text, age, bench.node("measurement-size")) == ""
    assert code(bench, facts, text, age, bench.node("indicator-size")) == ""
    assert code(bench, facts, text) == ""


def test_each_fact_that_is_named_is_told(bench: Any) -> None:
    both = (bench.node("fact-smoker"), bench.node("fact-age"))
    assert code(bench, facts, "The age is 61 years.", *both) == "fact.altered"
    assert code(bench, facts, "The age is 61 years.", *reversed(both)) == "fact.altered"


SIZE = "Size of the thing is 0.90."


@pytest.mark.parametrize(
    ("text", "asserted", "expected"),
    [
        (SIZE, {}, ""),
        (SIZE, {"value": 0.9}, ""),
        (SIZE, {"value": 0.8}, "number.mismatch"),
        (SIZE, {"value": 1.0}, "number.mismatch"),
        (SIZE, {"unit": "1"}, ""),
        (SIZE, {"unit": "mm"}, "unit.mismatch"),
        (SIZE, {"unit": "%"}, "unit.mismatch"),
        (SIZE.upper(), {}, ""),
        ("Pressure is 0.90.", {}, "subject.mismatch"),
    ],
)
def test_a_value_is_asserted_as_measured_and_of_what_was_measured(
    bench: Any, text: str, asserted: dict[str, Any], expected: str
) -> None:
    node = bench.node("measurement-size")
    for kind in ClaimKind:
        told = expected if kind in (ClaimKind.QUANTITATIVE, ClaimKind.COMPARATIVE) else ""
        assert code(bench, values, text, node, kind=kind, **asserted) == told
    assert code(bench, values, text, kind=ClaimKind.QUANTITATIVE, **asserted) == ""


def test_a_measurement_that_no_indicator_rests_on_may_have_any_name(bench: Any) -> None:
    loose = bench.measured(0.9, node_id="measurement-loose")
    assert code(bench, values, "Whatever is 0.90.", loose, kind=ClaimKind.QUANTITATIVE) == ""


@pytest.mark.parametrize("kind", list(ClaimKind))
def test_a_gap_is_one_indicator_that_was_not_assessed_for_its_reason(bench: Any, kind: ClaimKind) -> None:
    looks, size = bench.node("indicator-looks"), bench.node("indicator-size")
    rows = (
        (f"Looks odd was not assessed: {looks.value.reason}", (looks,), "gap.same"),
        (f"Looks odd was not assessed: {looks.value.reason.rstrip('.').upper()}", (looks,), "gap.same"),
        ("Looks odd was not assessed: it rained.", (looks,), "gap.reason"),
        ("Size of the thing was not assessed.", (size,), "gap.assessed"),
        ("Nothing was assessed.", (looks, size), ""),
        ("Nothing was assessed.", (), ""),
    )
    for text, nodes, expected in rows:
        assert code(bench, gaps, text, *nodes, kind=kind) == (expected if kind is ClaimKind.LIMITATION else "")
