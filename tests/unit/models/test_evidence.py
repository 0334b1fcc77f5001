"""The evidence graph is typed, acyclic, serialisable, and answers "what supports this, down to the pixels?"."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from clinigraph.models.base import EvidenceId
from clinigraph.models.case import Fact
from clinigraph.models.evidence import EdgeKind, EvidenceEdge, EvidenceGraph, FactNode, FindingNode, NodeKind
from clinigraph.models.findings import Finding, FindingSite, Presence
from clinigraph.models.report import Report
from clinigraph.testing.world import CONCEPT, World


def fact(name: str) -> FactNode:
    return FactNode(id=EvidenceId(name), value=Fact(name=name, value=True))


def finding(name: str) -> FindingNode:
    value = Finding(id=EvidenceId(name), concept=CONCEPT, presence=Presence.PRESENT, site=FindingSite(concept=CONCEPT))
    return FindingNode(id=EvidenceId(name), value=value)


def edge(source: str, target: str, kind: EdgeKind = EdgeKind.DERIVED_FROM) -> EvidenceEdge:
    return EvidenceEdge(source=EvidenceId(source), target=EvidenceId(target), kind=kind)


def test_ids_are_unique() -> None:
    with pytest.raises(ValidationError, match="unique"):
        EvidenceGraph(nodes=(fact("a"), fact("a")))


def test_an_edge_ends_at_nodes_of_the_graph() -> None:
    with pytest.raises(ValidationError, match="not in the graph"):
        EvidenceGraph(nodes=(finding("a"),), edges=(edge("a", "b"),))


def test_an_edge_joins_kinds_that_make_sense() -> None:
    with pytest.raises(ValidationError, match="not a meaningful edge"):
        EvidenceGraph(nodes=(finding("a"), fact("b")), edges=(edge("b", "a"),))
    with pytest.raises(ValidationError, match="not a meaningful edge"):
        EvidenceGraph(nodes=(finding("a"), fact("b")), edges=(edge("a", "b", EdgeKind.SUPPORTS),))


def test_a_cycle_is_refused() -> None:
    nodes = (finding("a"), finding("b"), finding("c"))
    with pytest.raises(ValidationError, match="cycle"):
        EvidenceGraph(nodes=nodes, edges=(edge("a", "b"), edge("b", "c"), edge("c", "a")))


@given(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda p: p[0] > p[1]), max_size=20))
def test_support_is_everything_below_and_nothing_else(pairs: set[tuple[int, int]]) -> None:
    graph = EvidenceGraph(
        nodes=tuple(finding(f"n{i}") for i in range(8)),
        edges=tuple(edge(f"n{a}", f"n{b}") for a, b in sorted(pairs)),
    )
    below: set[int] = {7}
    for top in range(7, -1, -1):
        below |= {b for a, b in pairs if a == top and a in below}
    assert {n.id for n in graph.support(EvidenceId("n7")).nodes} == {f"n{i}" for i in below}


def test_an_unknown_node_has_no_support() -> None:
    with pytest.raises(KeyError):
        EvidenceGraph().support(EvidenceId("nothing"))


def test_extending_adds_each_thing_once() -> None:
    graph = EvidenceGraph(nodes=(finding("a"), fact("b")), edges=(edge("a", "b"),))
    again = graph.extended((fact("b"), fact("c")), (edge("a", "b"), edge("a", "c")))
    assert [n.id for n in again.nodes] == ["a", "b", "c"]
    assert len(again.edges) == 2


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    import asyncio

    return asyncio.run(World(Path(tmp_path_factory.mktemp("world"))).report())


def test_a_graph_survives_json(report: Report) -> None:
    graph = report.evidence_graph
    assert EvidenceGraph.model_validate_json(graph.model_dump_json()) == graph


def test_a_claim_leads_down_to_the_pixels(report: Report) -> None:
    support = report.evidence_graph.support(EvidenceId("claim-size-value"))
    assert [n.kind for n in support.nodes if n.kind is NodeKind.IMAGE]
    assert report.evidence_graph.reaches_ground(EvidenceId("claim-size-value"))


def test_every_value_has_a_json_schema(report: Report) -> None:
    schema = type(report).model_json_schema()
    assert schema["properties"]["evidence_graph"]
