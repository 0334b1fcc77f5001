"""The evidence graph: what supports each claim, down to the pixels."""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from clinigraph.models.base import EvidenceId, Value
from clinigraph.models.case import Fact
from clinigraph.models.findings import (
    Finding,
    IndicatorResult,
    Measurement,
    QualitativeEvaluation,
)
from clinigraph.models.imaging import Image, LabelMap
from clinigraph.models.interventions import Intervention
from clinigraph.models.passages import Passage
from clinigraph.models.planning import Criterion
from clinigraph.models.reporting import Claim


class NodeKind(StrEnum):
    """Kinds of evidence."""

    IMAGE = "image"
    LABEL_MAP = "label_map"
    MEASUREMENT = "measurement"
    EVALUATION = "evaluation"
    FINDING = "finding"
    PASSAGE = "passage"
    CRITERION = "criterion"
    INDICATOR_RESULT = "indicator_result"
    CLAIM = "claim"
    FACT = "fact"
    INTERVENTION = "intervention"


class EdgeKind(StrEnum):
    """Relations, read "source kind target"."""

    DERIVED_FROM = "derived_from"
    APPLIES = "applies"
    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    CITES = "cites"
    ACTS_ON = "acts_on"
    """A person's intervention on evidence; the intervention rests on it, never the other way round."""


class _Node(Value):
    id: EvidenceId


class ImageNode(_Node):
    """Pixels as they came in."""

    kind: Literal[NodeKind.IMAGE] = NodeKind.IMAGE
    value: Image


class LabelMapNode(_Node):
    """Masks on an image."""

    kind: Literal[NodeKind.LABEL_MAP] = NodeKind.LABEL_MAP
    value: LabelMap


class MeasurementNode(_Node):
    """A number."""

    kind: Literal[NodeKind.MEASUREMENT] = NodeKind.MEASUREMENT
    value: Measurement


class EvaluationNode(_Node):
    """A qualitative reading."""

    kind: Literal[NodeKind.EVALUATION] = NodeKind.EVALUATION
    value: QualitativeEvaluation


class FindingNode(_Node):
    """Something seen or looked for."""

    kind: Literal[NodeKind.FINDING] = NodeKind.FINDING
    value: Finding


class PassageNode(_Node):
    """Text that may be cited."""

    kind: Literal[NodeKind.PASSAGE] = NodeKind.PASSAGE
    value: Passage


class CriterionNode(_Node):
    """A rule from a passage."""

    kind: Literal[NodeKind.CRITERION] = NodeKind.CRITERION
    value: Criterion


class IndicatorResultNode(_Node):
    """What became of an indicator."""

    kind: Literal[NodeKind.INDICATOR_RESULT] = NodeKind.INDICATOR_RESULT
    value: IndicatorResult


class ClaimNode(_Node):
    """A sentence of the report."""

    kind: Literal[NodeKind.CLAIM] = NodeKind.CLAIM
    value: Claim


class FactNode(_Node):
    """Something the record says."""

    kind: Literal[NodeKind.FACT] = NodeKind.FACT
    value: Fact


class InterventionNode(_Node):
    """Something that a person did."""

    kind: Literal[NodeKind.INTERVENTION] = NodeKind.INTERVENTION
    value: Intervention


EvidenceNode = Annotated[
    ImageNode
    | LabelMapNode
    | MeasurementNode
    | EvaluationNode
    | FindingNode
    | PassageNode
    | CriterionNode
    | IndicatorResultNode
    | ClaimNode
    | FactNode
    | InterventionNode,
    Field(discriminator="kind"),
]

_K = NodeKind
_GROUNDS = (_K.IMAGE, _K.LABEL_MAP, _K.MEASUREMENT, _K.EVALUATION, _K.FINDING, _K.FACT)
_SPEAKERS = (*_GROUNDS, _K.PASSAGE, _K.CRITERION, _K.INDICATOR_RESULT)

ALLOWED_EDGES: dict[EdgeKind, tuple[tuple[NodeKind, ...], tuple[NodeKind, ...]]] = {
    EdgeKind.DERIVED_FROM: (
        (_K.LABEL_MAP, _K.MEASUREMENT, _K.EVALUATION, _K.FINDING, _K.INDICATOR_RESULT),
        (*_GROUNDS, _K.INDICATOR_RESULT),
    ),
    EdgeKind.APPLIES: ((_K.INDICATOR_RESULT,), (_K.CRITERION,)),
    EdgeKind.SUPPORTS: (_SPEAKERS, (_K.CLAIM,)),
    EdgeKind.CONTRADICTS: (_SPEAKERS, (_K.CLAIM,)),
    EdgeKind.ACTS_ON: ((_K.INTERVENTION,), (*_SPEAKERS, _K.CLAIM)),
    EdgeKind.CITES: ((_K.CRITERION, _K.CLAIM, _K.INDICATOR_RESULT), (_K.PASSAGE,)),
}
"""Which kinds of node each kind of edge may join (source kinds, target kinds)."""


class EvidenceEdge(Value):
    """``source`` *kind* ``target``, for example a measurement ``derived_from`` a label map."""

    source: EvidenceId
    target: EvidenceId
    kind: EdgeKind

    @property
    def dependent(self) -> EvidenceId:
        """The end that rests on the other: the claim for supports and contradicts, else the source."""
        return self.target if self.kind in (EdgeKind.SUPPORTS, EdgeKind.CONTRADICTS) else self.source

    @property
    def ground(self) -> EvidenceId:
        """The end that the dependent rests on."""
        return self.source if self.kind in (EdgeKind.SUPPORTS, EdgeKind.CONTRADICTS) else self.target


class EvidenceGraph(Value):
    """A typed, acyclic graph over everything that a report hangs on."""

    nodes: tuple[EvidenceNode, ...] = ()
    edges: tuple[EvidenceEdge, ...] = ()

    @model_validator(mode="after")
    def _well_formed(self) -> Self:
        kinds = {node.id: node.kind for node in self.nodes}
        if len(kinds) != len(self.nodes):
            raise ValueError("evidence ids must be unique")
        for edge in self.edges:
            _check_edge(edge, kinds)
        _check_acyclic(self.edges)
        return self

    def node(self, node_id: EvidenceId) -> EvidenceNode | None:
        """Return a node by id, or None."""
        return next((n for n in self.nodes if n.id == node_id), None)

    def grounds_of(self, node_id: EvidenceId) -> tuple[EvidenceEdge, ...]:
        """Return the edges from a node to what it directly rests on."""
        return tuple(e for e in self.edges if e.dependent == node_id)

    def support(self, node_id: EvidenceId) -> EvidenceGraph:
        """Return the part of the graph that a node rests on, itself included, down to pixels, facts and passages.

        Contradicting evidence is left out; see :meth:`contradictions`.

        Raises:
            KeyError: There is no such node.
        """
        if self.node(node_id) is None:
            raise KeyError(node_id)
        edges = tuple(e for e in self.edges if e.kind is not EdgeKind.CONTRADICTS)
        seen = _reachable(node_id, edges)
        return EvidenceGraph(
            nodes=tuple(n for n in self.nodes if n.id in seen),
            edges=tuple(e for e in edges if e.source in seen and e.target in seen),
        )

    def contradictions(self, node_id: EvidenceId) -> tuple[EvidenceNode, ...]:
        """Return the nodes that contradict a claim."""
        sources = {e.source for e in self.edges if e.kind is EdgeKind.CONTRADICTS and e.target == node_id}
        return tuple(n for n in self.nodes if n.id in sources)

    def reaches_ground(self, node_id: EvidenceId) -> bool:
        """Whether a node rests on at least one image, fact or passage."""
        return any(n.kind in (_K.IMAGE, _K.FACT, _K.PASSAGE) for n in self.support(node_id).nodes if n.id != node_id)

    def extended(self, nodes: tuple[EvidenceNode, ...] = (), edges: tuple[EvidenceEdge, ...] = ()) -> EvidenceGraph:
        """Return a graph with more nodes and edges; those already there (same id, same edge) are kept as they are."""
        known = {n.id for n in self.nodes}
        fresh = {n.id: n for n in nodes if n.id not in known}
        new_edges = dict.fromkeys(e for e in edges if e not in self.edges)
        return EvidenceGraph(nodes=(*self.nodes, *fresh.values()), edges=(*self.edges, *new_edges))


def _check_edge(edge: EvidenceEdge, kinds: dict[EvidenceId, NodeKind]) -> None:
    for end in (edge.source, edge.target):
        if end not in kinds:
            raise ValueError(f"edge {edge.kind} ends at {end!r}, which is not in the graph")
    sources, targets = ALLOWED_EDGES[edge.kind]
    if kinds[edge.source] not in sources or kinds[edge.target] not in targets:
        raise ValueError(f"{kinds[edge.source]} {edge.kind} {kinds[edge.target]} is not a meaningful edge")


def _check_acyclic(edges: tuple[EvidenceEdge, ...]) -> None:
    rests_on: dict[str, set[str]] = {}
    for edge in edges:
        rests_on.setdefault(edge.dependent, set()).add(edge.ground)
    try:
        TopologicalSorter(rests_on).prepare()
    except CycleError as error:
        raise ValueError(f"the evidence graph has a cycle through {error.args[1]}") from error


def _reachable(start: EvidenceId, edges: tuple[EvidenceEdge, ...]) -> set[EvidenceId]:
    below: dict[EvidenceId, list[EvidenceId]] = {}
    for edge in edges:
        below.setdefault(edge.dependent, []).append(edge.ground)
    seen: set[EvidenceId] = {start}
    queue = deque([start])
    while queue:
        for ground in below.get(queue.popleft(), []):
            if ground not in seen:
                seen.add(ground)
                queue.append(ground)
    return seen
