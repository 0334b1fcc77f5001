"""The picture of the evidence: every node has a place of its own, every line runs from ground to claim."""

from __future__ import annotations

from itertools import pairwise

import pytest
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


@settings(deadline=None, max_examples=40)
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


@settings(deadline=None, max_examples=40)
@given(graphs())
def test_no_line_passes_behind_a_box(graph: EvidenceGraph) -> None:
    placed = lay_out(graph)
    assert set(placed.routes) == set(reduced_edges(graph))
    for edge, route in placed.routes.items():
        passed = {x for x, _ in placed.boxes.values()}
        start, end = placed.boxes[edge.ground][0], placed.boxes[edge.dependent][0]
        assert [x for x, _ in route] == sorted(x for x in passed if start < x < end)
        for x, y in route:
            assert not [b for b in placed.boxes.values() if b[0] == x and b[1] - 1 < y < b[1] + BOX_HEIGHT + 1]


@given(st.lists(st.tuples(st.floats(-5, 30), st.sampled_from([0.3, 1.0])), min_size=1, max_size=12), st.integers(0, 9))
def test_things_keep_apart_and_stay_where_they_wish_when_there_is_room(
    things: list[tuple[float, float]], spare: int
) -> None:
    wishes, sizes = [w for w, _ in things], [s for _, s in things]
    rows = sum(sizes) + spare
    places = _apart(wishes, sizes, rows)
    edges = [(p - s / 2, p + s / 2) for p, s in zip(places, sizes, strict=True)]
    assert all(b[0] - a[1] >= -1e-9 for a, b in pairwise(edges))
    assert edges[0][0] >= -1e-9
    assert edges[-1][1] <= rows + 1e-9
    easy = [0.5 + i * 1.5 for i in range(len(sizes))]
    assert _apart(easy, sizes, 2.0 * len(sizes)) == pytest.approx(easy)


@settings(deadline=None, max_examples=40)
@given(graphs())
def test_every_edge_runs_from_left_to_right(graph: EvidenceGraph) -> None:
    placed = lay_out(graph)
    assert all(placed.boxes[e.ground][0] < placed.boxes[e.dependent][0] for e in graph.edges)


@settings(deadline=None, max_examples=40)
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
