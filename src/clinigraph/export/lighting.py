"""Which boxes and lines of the evidence picture belong to the chain of a claim, as classes and a few rules of style.

The page has no script: pointing at a claim's box, reaching it with the keyboard, or following a link to it dims what
its chain does not hold (``:has()``, in browsers since 2023; older ones show the picture undimmed).
"""

from __future__ import annotations

from collections.abc import Mapping

from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import ClaimNode, EdgeKind, EvidenceEdge, EvidenceGraph

MOST = 200
"""Most claims that light their chains up; a larger picture stays as it is."""


class Lighting:
    """Chains of the claims of a graph.

    Args:
        graph: What is drawn.
    """

    def __init__(self, graph: EvidenceGraph) -> None:
        claims = [n.id for n in graph.nodes if isinstance(n, ClaimNode)][:MOST]
        self._of: Mapping[EvidenceId, frozenset[EvidenceId]] = {c: _chain(graph, c) for c in claims}
        self._number = {c: i for i, c in enumerate(claims)}

    def box(self, node_id: EvidenceId) -> str:
        """Return the classes of a box: one for each chain that holds it, and its own name when it is a claim."""
        own = [f"c{self._number[node_id]}"] if node_id in self._number else []
        return " ".join((*own, *(f"l{self._number[c]}" for c, chain in self._of.items() if node_id in chain)))

    def line(self, edge: EvidenceEdge) -> str:
        """Return the classes of a line: one for each chain that holds both its ends."""
        held = (
            c for c, chain in self._of.items()
            if edge.source in chain and edge.target in chain
            and (edge.kind is not EdgeKind.CONTRADICTS or edge.target == c)
        )  # fmt: skip
        return " ".join(f"l{self._number[c]}" for c in held)

    @property
    def style(self) -> str:
        """Rules of style: one for each claim."""
        return "\n".join(
            f".graph:has(.c{i}:is(:hover, :focus-visible, :target)) > :not(.l{i}) {{ opacity: .14; }}"
            for i in self._number.values()
        )


def _chain(graph: EvidenceGraph, claim: EvidenceId) -> frozenset[EvidenceId]:
    below: dict[EvidenceId, list[EvidenceId]] = {}
    for edge in graph.edges:
        below.setdefault(edge.dependent, []).append(edge.ground)
    seen, stack = {claim}, [claim]
    while stack:
        for ground in below.get(stack.pop(), ()):
            if ground not in seen:
                seen.add(ground)
                stack.append(ground)
    return frozenset(seen)
