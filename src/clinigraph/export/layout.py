"""A layered layout of an evidence graph: grounds left, claims right, few crossings. Pure geometry, no drawing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import accumulate, pairwise

from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import EdgeKind, EvidenceEdge, EvidenceGraph

BOX_WIDTH, BOX_HEIGHT = 174, 72
GAP_X, GAP_Y, MARGIN = 36, 12, 4
SWEEPS = 6
BEND_ROWS = 0.3
"""Height that a line takes up where it passes a column, as a share of a box's row."""

Links = Mapping[EvidenceId, Sequence[EvidenceId]]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where each node's box stands (left, top), in pixels of a picture of this width and height."""

    boxes: Mapping[EvidenceId, tuple[float, float]]
    routes: Mapping[EvidenceEdge, tuple[tuple[float, float], ...]]
    """Where each drawn edge enters the columns that it passes (left, middle), between the boxes, from its ground
    to its dependent."""
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
    """Return the places of all nodes and the ways of the edges of :func:`reduced_edges`.

    Each node stands one column left of the leftmost node that rests on it, so every edge runs from left to right; an
    edge over several columns is led between their boxes, never behind one. Layers, then barycentre sweeps against
    crossings, then heights near the neighbours (after Sugiyama and others 1981).
    """
    edges = reduced_edges(graph)
    columns = [c for c in _columns([n.id for n in graph.nodes], edges) if c]
    if not columns:
        return Placed({}, {}, 2 * MARGIN + BOX_WIDTH, 2 * MARGIN + BOX_HEIGHT)
    ways = _ways(columns, edges)
    grounds, dependents = _links(pair for way in ways.values() for pair in pairwise(way))
    for sweep in range(SWEEPS):
        links = grounds if sweep % 2 == 0 else dependents
        _order(columns if sweep % 2 == 0 else columns[::-1], links)
    return _place(columns, grounds, dependents, ways)


def _ways(
    columns: Sequence[list[EvidenceId]], edges: Sequence[EvidenceEdge]
) -> dict[EvidenceEdge, tuple[EvidenceId, ...]]:
    """Return the nodes that each edge passes, and put a bend into each column in between.

    Edges of one ground share their bends, contradictions apart from the others.
    """
    at = {node: i for i, column in enumerate(columns) for node in column}
    ways: dict[EvidenceEdge, tuple[EvidenceId, ...]] = {}
    for edge in edges:
        against = edge.kind is EdgeKind.CONTRADICTS
        between = range(at[edge.ground] + 1, at[edge.dependent])
        bends = tuple(_Bend(f"{i} {against:d} {edge.ground}") for i in between)
        for i, bend in zip(between, bends, strict=True):
            if bend not in columns[i]:
                columns[i].append(EvidenceId(bend))
        ways[edge] = (edge.ground, *(EvidenceId(bend) for bend in bends), edge.dependent)
    return ways


class _Bend(str):
    """The id of a bend; a type of its own, so that no id of a node can be taken for one."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Bend) and str.__eq__(self, other)

    def __hash__(self) -> int:
        return hash(("bend", str(self)))


def _reach(below: Mapping[EvidenceId, set[EvidenceId]]) -> dict[EvidenceId, set[EvidenceId]]:
    reach: dict[EvidenceId, set[EvidenceId]] = {}
    for node in TopologicalSorter(below).static_order():
        grounds = below.get(node, set())
        reach[node] = grounds.union(*(reach[g] for g in grounds)) if grounds else set()
    return reach


def _links(pairs: Iterable[tuple[EvidenceId, EvidenceId]]) -> tuple[Links, Links]:
    """Return the grounds and the dependents of each node from pairs of ground and dependent."""
    grounds: dict[EvidenceId, list[EvidenceId]] = {}
    dependents: dict[EvidenceId, list[EvidenceId]] = {}
    for ground, dependent in dict.fromkeys(pairs):
        grounds.setdefault(dependent, []).append(ground)
        dependents.setdefault(ground, []).append(dependent)
    return grounds, dependents


def _columns(nodes: Sequence[EvidenceId], edges: Sequence[EvidenceEdge]) -> list[list[EvidenceId]]:
    grounds, dependents = _links((e.ground, e.dependent) for e in edges)
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


def _place(
    columns: Sequence[Sequence[EvidenceId]],
    grounds: Links,
    dependents: Links,
    ways: Mapping[EvidenceEdge, Sequence[EvidenceId]],
) -> Placed:
    sizes = [[BEND_ROWS if isinstance(n, _Bend) else 1.0 for n in column] for column in columns]
    rows = max(sum(size) for size in sizes)
    tallest = max(range(len(columns)), key=lambda i: sum(sizes[i]))
    middle: dict[EvidenceId, float] = {}
    for i in (*range(tallest, -1, -1), *range(tallest + 1, len(columns))):
        near = [[middle[m] for m in (*grounds.get(n, ()), *dependents.get(n, ())) if m in middle] for n in columns[i]]
        share = rows / len(columns[i])
        wishes = [sum(placed) / len(placed) if placed else (j + 0.5) * share for j, placed in enumerate(near)]
        middle.update(zip(columns[i], _apart(wishes, sizes[i], rows), strict=True))
    step = BOX_HEIGHT + GAP_Y
    spots = {
        node: (MARGIN + i * (BOX_WIDTH + GAP_X), round(MARGIN + middle[node] * step - GAP_Y / 2, 1))
        for i, column in enumerate(columns)
        for node in column
    }
    boxes = {n: (x, round(y - BOX_HEIGHT / 2, 1)) for n, (x, y) in spots.items() if not isinstance(n, _Bend)}
    routes = {edge: tuple(spots[n] for n in way[1:-1]) for edge, way in ways.items()}
    width = 2 * MARGIN + len(columns) * (BOX_WIDTH + GAP_X) - GAP_X
    return Placed(boxes, routes, width, 2 * MARGIN + round(rows * step - GAP_Y, 1))


def _apart(wishes: Sequence[float], sizes: Sequence[float], rows: float) -> list[float]:
    """Return the middles nearest to the wishes (least squares) at which things keep apart and in order.

    With the room that each takes taken off, this is isotonic regression, solved by pooling adjacent violators (Ayer
    and others 1955); the result is then kept inside the picture.

    Args:
        wishes: Wished middles from top to bottom, in rows.
        sizes: Height of each, in rows; together at most ``rows``.
        rows: Height of the picture, in rows.
    """
    packed = [before + size / 2 for before, size in zip(accumulate(sizes, initial=0.0), sizes, strict=False)]
    pools: list[tuple[float, int]] = []
    for wish, place in zip(wishes, packed, strict=True):
        total, count = wish - place, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before = pools.pop()
            total, count = total + before[0], count + before[1]
        pools.append((total, count))
    flat = [total / count for total, count in pools for _ in range(count)]
    spare = max(rows - sum(sizes), 0.0)
    return [place + min(max(value, 0.0), spare) for place, value in zip(packed, flat, strict=True)]
