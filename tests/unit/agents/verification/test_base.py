"""What a check sees of the evidence that a claim names, and what it answers."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.base import ClaimContext, contradicted, supported, unsupported, unverifiable
from clinigraph.models.base import EvidenceId
from clinigraph.models.reporting import Verdict

EVERY = ("img-1", "fact-age", "card#size", "finding-kind-img-1", "measurement-size", "indicator-size", "criterion-size")


def context(bench: Any, *ids: str) -> ClaimContext:
    graph = bench.report.evidence_graph
    nodes = tuple(graph.node(EvidenceId(i)) for i in ids)
    return ClaimContext(bench.report.claims[0], nodes, graph, bench.report.impression, bench.verifier._library)


def test_each_kind_of_evidence_is_seen_apart(bench: Any) -> None:
    made = context(bench, *EVERY)
    seen = {"facts": made.facts, "passages": made.passages, "findings": made.findings, "measured": made.measurements}
    assert {k: [n.id for n in v] for k, v in seen.items()} == {
        "facts": ["fact-age"], "passages": ["card#size"], "findings": ["finding-kind-img-1"],
        "measured": ["measurement-size"],
    }  # fmt: skip
    assert [r.id for r in made.results] == ["indicator-size"]
    empty = context(bench)
    assert (empty.facts, empty.passages, empty.findings, empty.measurements, empty.results) == ((), (), (), (), ())


@pytest.mark.parametrize(
    ("indicator", "below"), [("size", ["measurement-size"]), ("pressure", ["measurement-pressure"]), ("looks", [])]
)
def test_below_a_result_lies_what_it_was_derived_from(bench: Any, indicator: str, below: list[str]) -> None:
    result = bench.node(f"indicator-{indicator}").value
    assert [n.id for n in context(bench).under(result)] == below


@pytest.mark.parametrize(
    ("ids", "criteria"),
    [
        ((), []), (("indicator-size",), ["criterion-size"]), (("indicator-pressure",), ["criterion-pressure"]),
        (("indicator-looks",), []), (("measurement-size", "criterion-size"), []),
        (("indicator-pressure", "indicator-size"), ["criterion-size", "criterion-pressure"]),
    ],
)  # fmt: skip
def test_criteria_are_those_that_the_named_results_apply(bench: Any, ids: tuple[str, ...], criteria: list[str]) -> None:
    assert [n.id for n in context(bench, *ids).criteria()] == criteria


def test_only_a_confirming_answer_vouches_for_places() -> None:
    assert supported("a", "So.", (0, 2), (4, 5)).spans == ((0, 2), (4, 5))
    answers = [make("a", "So.") for make in (supported, contradicted, unsupported, unverifiable)]
    assert [(o.verdict, o.code, o.sentence, o.spans) for o in answers] == [
        (v, "a", "So.", ())
        for v in (Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.UNSUPPORTED, Verdict.UNVERIFIABLE)
    ]
