"""The picture of the evidence: every node has a place of its own, every line runs from ground to claim."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from clinigraph.export.layout import BOX_HEIGHT, BOX_WIDTH, _apart, lay_out, reduced_edges
from clinigraph.models.base import EvidenceId
from clinigraph.models.case import Fact
from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.evidence import (
    EdgeKind,
    EvidenceEdge,
    EvidenceGraph,
    FactNode,
    FindingNode,
)
from clinigraph.models.findings import Finding, FindingSite, Presence
from clinigraph.models.report import Report

CONCEPT = Concept(value="X", scheme=Scheme.CLINIGRAPH, meaning="Something")


def finding(number: int) -> FindingNode:
    key = EvidenceId(f"n{number}")
    value = Finding(id=key, concept=CONCEPT, presence=Presence.PRESENT, site=FindingSite(concept=CONCEPT))
    return FindingNode(id=key, value=value)


@st.composite
def graphs(draw: st.DrawFn) -> EvidenceGraph:
    size = draw(st.integers(1, 14))
    pairs = draw(st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=30))
    edges = tuple(
        EvidenceEdge(source=EvidenceId(f"n{a}"), target=EvidenceId(f"n{b}"), kind=EdgeKind.DERIVED_FROM)
        for a, b in sorted(pairs)
        if a > b
    )
    return EvidenceGraph(nodes=tuple(finding(i) for i in range(size)), edges=edges)


@settings(deadline=None)
@given(graphs())
def test_boxes_never_overlap_and_stay_inside(graph: EvidenceGraph) -> None:
    placed = lay_out(graph)
    assert set(placed.boxes) == {n.id for n in graph.nodes}
    columns: dict[float, list[float]] = {}
    for x, y in placed.boxes.values():
        assert 0 <= x <= placed.width - BOX_WIDTH
        assert 0 <= y <= placed.height - BOX_HEIGHT
        columns.setdefault(x, []).append(y)
    for tops in columns.values():
        assert all(b - a > BOX_HEIGHT for a, b in pairwise(sorted(tops)))


@given(st.lists(st.floats(-5, 30), min_size=1, max_size=12), st.integers(0, 10))
def test_boxes_keep_their_distance_and_stay_where_they_wish_when_there_is_room(
    wishes: list[float], spare: int
) -> None:
    rows = len(wishes) + spare
    heights = _apart(wishes, rows)
    assert all(b - a >= 1 - 1e-9 for a, b in pairwise(heights))
    assert all(-1e-9 <= h <= rows - 1 + 1e-9 for h in heights)
    easy = [i * 1.5 for i in range(len(wishes))]
    assert _apart(easy, 2 * len(wishes)) == easy


@settings(deadline=None)
@given(graphs())
def test_every_edge_runs_from_left_to_right(graph: EvidenceGraph) -> None:
    placed = lay_out(graph)
    assert all(placed.boxes[e.ground][0] < placed.boxes[e.dependent][0] for e in graph.edges)


@settings(deadline=None)
@given(graphs())
def test_leaving_out_short_cuts_changes_nothing_that_can_be_reached(graph: EvidenceGraph) -> None:
    reduced = EvidenceGraph(nodes=graph.nodes, edges=reduced_edges(graph))
    assert len(reduced.edges) <= len(graph.edges)
    for node in graph.nodes:
        assert {n.id for n in reduced.support(node.id).nodes} == {n.id for n in graph.support(node.id).nodes}


def test_contradictions_are_always_drawn(report: Report) -> None:
    assert [e for e in reduced_edges(report.evidence_graph) if e.kind is EdgeKind.CONTRADICTS]


def test_images_stand_left_and_claims_right(report: Report) -> None:
    boxes = lay_out(report.evidence_graph).boxes
    claims = {boxes[EvidenceId(c.id)][0] for c in report.claims}
    assert claims == {max(x for x, _ in boxes.values())}
    assert boxes[EvidenceId("image-1")][0] == min(x for x, _ in boxes.values())


def test_an_empty_graph_and_a_lone_fact_can_be_drawn() -> None:
    assert lay_out(EvidenceGraph()).boxes == {}
    alone = FactNode(id=EvidenceId("f"), value=Fact(name="smoker", value=True))
    assert set(lay_out(EvidenceGraph(nodes=(alone,))).boxes) == {"f"}
