"""A layered layout of an evidence graph: grounds left, claims right, few crossings. Pure geometry, no drawing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import EdgeKind, EvidenceEdge, EvidenceGraph

BOX_WIDTH, BOX_HEIGHT = 174, 72
GAP_X, GAP_Y, MARGIN = 36, 12, 4
SWEEPS = 6

Links = Mapping[EvidenceId, Sequence[EvidenceId]]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where each node's box stands (left, top), in pixels of a picture of this width and height."""

    boxes: Mapping[EvidenceId, tuple[float, float]]
    width: float
    height: float


def reduced_edges(graph: EvidenceGraph) -> tuple[EvidenceEdge, ...]:
    """Return the edges without those that a longer way through the graph already shows.

    Contradictions are always kept. Between two nodes at most one edge is left.
    """
    below: dict[EvidenceId, set[EvidenceId]] = {}
    for edge in graph.edges:
        if edge.kind is not EdgeKind.CONTRADICTS:
            below.setdefault(edge.dependent, set()).add(edge.ground)
    reach = _reach(below)
    kept: dict[tuple[EvidenceId, EvidenceId], EvidenceEdge] = {}
    for edge in graph.edges:
        others = below.get(edge.dependent, set()) - {edge.ground}
        longer = any(edge.ground in reach[other] for other in others)
        if edge.kind is EdgeKind.CONTRADICTS or not longer:
            kept.setdefault((edge.dependent, edge.ground), edge)
    return tuple(kept.values())


def lay_out(graph: EvidenceGraph) -> Placed:
    """Return the places of all nodes.

    Each node stands one column left of the leftmost node that rests on it, so every edge runs from left to right.
    Layers, then barycentre sweeps against crossings, then heights near the neighbours (after Sugiyama and others
    1981).
    """
    edges = reduced_edges(graph)
    columns = _columns([n.id for n in graph.nodes], edges)
    grounds, dependents = _links(edges)
    for sweep in range(SWEEPS):
        links = grounds if sweep % 2 == 0 else dependents
        _order(columns if sweep % 2 == 0 else columns[::-1], links)
    return _place(columns, grounds, dependents)


def _reach(below: Mapping[EvidenceId, set[EvidenceId]]) -> dict[EvidenceId, set[EvidenceId]]:
    reach: dict[EvidenceId, set[EvidenceId]] = {}
    for node in TopologicalSorter(below).static_order():
        grounds = below.get(node, set())
        reach[node] = grounds.union(*(reach[g] for g in grounds)) if grounds else set()
    return reach


def _links(edges: Iterable[EvidenceEdge]) -> tuple[Links, Links]:
    grounds: dict[EvidenceId, list[EvidenceId]] = {}
    dependents: dict[EvidenceId, list[EvidenceId]] = {}
    for edge in edges:
        grounds.setdefault(edge.dependent, []).append(edge.ground)
        dependents.setdefault(edge.ground, []).append(edge.dependent)
    return grounds, dependents


def _columns(nodes: Sequence[EvidenceId], edges: Sequence[EvidenceEdge]) -> list[list[EvidenceId]]:
    grounds, dependents = _links(edges)
    order = list(TopologicalSorter({n: grounds.get(n, ()) for n in nodes}).static_order())
    depth: dict[EvidenceId, int] = {}
    for node in order:
        depth[node] = 1 + max((depth[g] for g in grounds.get(node, ())), default=-1)
    last = max(depth.values(), default=0)
    column: dict[EvidenceId, int] = {}
    for node in reversed(order):
        above = dependents.get(node)
        sink = last if grounds.get(node) else 0
        column[node] = min(column[d] for d in above) - 1 if above else sink
    return [[n for n in nodes if column[n] == i] for i in range(last + 1)]


def _order(columns: Sequence[list[EvidenceId]], links: Links) -> None:
    """Sort each column by the mean height of what its nodes are linked to, in place."""
    height: dict[EvidenceId, float] = {}
    for column in columns:
        for index, node in enumerate(column):
            height.setdefault(node, (index + 0.5) / len(column))
    for column in columns:
        wish = {
            node: sum(height[n] for n in near) / len(near) if (near := links.get(node)) else height[node]
            for node in column
        }
        column.sort(key=wish.__getitem__)
        for index, node in enumerate(column):
            height[node] = (index + 0.5) / len(column)


def _place(columns: Sequence[Sequence[EvidenceId]], grounds: Links, dependents: Links) -> Placed:
    filled = [c for c in columns if c]
    if not filled:
        return Placed({}, 2 * MARGIN + BOX_WIDTH, 2 * MARGIN + BOX_HEIGHT)
    tallest = max(range(len(filled)), key=lambda i: len(filled[i]))
    rows = len(filled[tallest])
    tops: dict[EvidenceId, float] = {}
    for i in (*range(tallest, -1, -1), *range(tallest + 1, len(filled))):
        near = {n: [*grounds.get(n, ()), *dependents.get(n, ())] for n in filled[i]}
        room = (rows - 1) / max(len(filled[i]) - 1, 1)
        wishes = [
            sum(placed) / len(placed) if (placed := [tops[m] for m in near[n] if m in tops]) else j * room
            for j, n in enumerate(filled[i])
        ]
        tops.update(zip(filled[i], _apart(wishes, rows), strict=True))
    boxes = {
        node: (MARGIN + i * (BOX_WIDTH + GAP_X), round(MARGIN + tops[node] * (BOX_HEIGHT + GAP_Y), 1))
        for i, column in enumerate(filled)
        for node in column
    }
    width = 2 * MARGIN + len(filled) * (BOX_WIDTH + GAP_X) - GAP_X
    return Placed(boxes, width, 2 * MARGIN + rows * (BOX_HEIGHT + GAP_Y) - GAP_Y)


def _apart(wishes: Sequence[float], rows: int) -> list[float]:
    """Return the heights nearest to the wishes (least squares) at which boxes keep one row's distance and order.

    With the row's distance taken off, this is isotonic regression, solved by pooling adjacent violators (Ayer and
    others 1955); the result is then kept inside the picture.

    Args:
        wishes: Wished heights from top to bottom, in rows; at most ``rows`` of them.
        rows: Height of the picture, in rows.
    """
    pools: list[tuple[float, int]] = []
    for i, wish in enumerate(wishes):
        total, count = wish - i, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before = pools.pop()
            total, count = total + before[0], count + before[1]
        pools.append((total, count))
    flat = [total / count for total, count in pools for _ in range(count)]
    return [i + min(max(value, 0.0), float(rows - len(wishes))) for i, value in enumerate(flat)]
