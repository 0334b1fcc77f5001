"""The sentences that the evidence gives by itself are those of its claims, its reasons and its passages."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.templates import own_rationale, quotes, sentences_of
from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import EvidenceGraph, IndicatorResultNode, PassageNode
from clinigraph.models.reporting import ClaimKind
from clinigraph.testing.doubles import make_passage


def results(bench: Any) -> Any:
    return tuple(n.value for n in bench.report.evidence_graph.nodes if isinstance(n, IndicatorResultNode))


def test_every_sentence_of_the_report_is_one_of_its_evidence(bench: Any) -> None:
    given = sentences_of(bench.report.evidence_graph, bench.report.impression)
    for claim in bench.report.claims:
        quoted = claim.kind is ClaimKind.RECOMMENDATION  # which passages recommend is the plan's, not the evidence's
        assert given[claim.text].kind is (ClaimKind.KNOWLEDGE if quoted else claim.kind)
        assert set(given[claim.text].evidence_ids) == set(claim.evidence_ids)


def test_the_reasons_of_an_impression_are_a_sentence_of_it(bench: Any) -> None:
    impression = bench.report.impression
    given = sentences_of(bench.report.evidence_graph, impression)
    claim = given[impression.rationale]
    assert (claim.text, claim.kind) == (impression.rationale, ClaimKind.IMPRESSION)
    assert set(claim.evidence_ids) == set(bench.claim("claim-impression").evidence_ids)


def test_the_reasons_of_a_direct_answer_are_no_sentence_of_the_evidence(bench: Any) -> None:
    direct = bench.report.impression.replace(rule="direct")
    given = sentences_of(bench.report.evidence_graph, direct)
    assert ClaimKind.IMPRESSION not in {c.kind for c in given.values()}
    assert direct.rationale not in given


@pytest.mark.parametrize("reasons", ["", "A", "Zzz, so it is.", "zzz"])
def test_reasons_that_nobody_can_weigh_anew_are_none(bench: Any, reasons: str) -> None:
    changed = bench.report.impression.replace(rationale=reasons)
    assert own_rationale(bench.report.impression, results(bench)) == bench.report.impression.rationale
    assert own_rationale(changed, results(bench)) == ""
    assert reasons not in sentences_of(bench.report.evidence_graph, changed)


def test_without_results_there_are_no_reasons(bench: Any) -> None:
    assert own_rationale(bench.report.impression, ()) != bench.report.impression.rationale
    assert bench.report.impression.rationale not in sentences_of(EvidenceGraph(), bench.report.impression)


def test_each_sentence_of_a_passage_is_a_quotation_as_it_stands(bench: Any) -> None:
    graph = bench.report.evidence_graph
    whole = {n.value.text for n in graph.nodes if isinstance(n, PassageNode)}
    assert whole <= quotes(graph)
    two = PassageNode(id=EvidenceId("two#1"), value=make_passage("two#1", "Things vary.  They do so twice. "))
    assert quotes(EvidenceGraph(nodes=(two,))) == {"Things vary.", "They do so twice."}
    assert quotes(EvidenceGraph()) == frozenset()
