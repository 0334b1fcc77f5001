"""What a claim hangs on, as a tree of short steps down to pixels, facts and passages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from clinigraph.export import words
from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import (
    ClaimNode,
    CriterionNode,
    EdgeKind,
    EvaluationNode,
    EvidenceEdge,
    EvidenceGraph,
    EvidenceNode,
    FactNode,
    FindingNode,
    ImageNode,
    IndicatorResultNode,
    InterventionNode,
    LabelMapNode,
    MeasurementNode,
    PassageNode,
)
from clinigraph.models.formatting import format_criterion, format_percent, format_value
from clinigraph.models.reporting import Claim


@dataclass(frozen=True, slots=True)
class Step:
    """One piece of evidence as a reader sees it."""

    node_id: EvidenceId
    relation: str
    """How the step above uses this one: supported by, computed from, judged by, cites."""
    kind: str
    title: str
    details: tuple[tuple[str, str], ...] = ()
    """(label, text) in reading order."""
    quote: str = ""
    """Text of a passage, as it stands in the source."""
    passage_id: str = ""
    """Set for passages, so that a page can link to the full citation."""
    repeated: bool = False
    """True when the step was already unfolded further up; its details and children are then left out."""
    children: tuple[Step, ...] = field(default=())


def claim_chain(claim: Claim, graph: EvidenceGraph) -> tuple[Step, ...]:
    """Return the evidence that a claim rests on; empty when it has none in the graph."""
    index = _Index(graph)
    return tuple(index.step(node_id, relation, seen=index.seen) for relation, node_id in index.roots(claim))


def claim_contradictions(claim: Claim, graph: EvidenceGraph) -> tuple[Step, ...]:
    """Return the evidence that speaks against a claim."""
    index = _Index(graph)
    against = (e.source for e in graph.edges if e.kind is EdgeKind.CONTRADICTS and e.target == EvidenceId(claim.id))
    relation = words.EDGES[EdgeKind.CONTRADICTS]
    return tuple(index.step(node_id, relation, seen=index.seen) for node_id in dict.fromkeys(against))


class _Index:
    def __init__(self, graph: EvidenceGraph) -> None:
        self.nodes = {n.id: n for n in graph.nodes}
        self.seen: set[EvidenceId] = set()
        self.below: dict[EvidenceId, list[EvidenceEdge]] = {}
        for edge in graph.edges:
            if edge.kind is not EdgeKind.CONTRADICTS:
                self.below.setdefault(edge.dependent, []).append(edge)

    def roots(self, claim: Claim) -> list[tuple[str, EvidenceId]]:
        """Return what a claim rests on directly, as the graph says, else as the claim itself says."""
        direct = [(words.EDGES[e.kind], e.ground) for e in self.below.get(EvidenceId(claim.id), ())]
        named = [(words.EDGES[EdgeKind.SUPPORTS], i) for i in claim.evidence_ids if i in self.nodes]
        found = {node_id: relation for relation, node_id in direct or named}
        covered = self._covered(set(found))
        return [(relation, node_id) for node_id, relation in found.items() if node_id not in covered]

    def _covered(self, roots: set[EvidenceId]) -> set[EvidenceId]:
        """Return the roots that another root already leads to: they are shown there, once."""
        reached: set[EvidenceId] = set()
        stack = [e.ground for root in roots for e in self.below.get(root, ())]
        while stack:
            node_id = stack.pop()
            if node_id not in reached:
                reached.add(node_id)
                stack.extend(e.ground for e in self.below.get(node_id, ()))
        return roots & reached

    def step(self, node_id: EvidenceId, relation: str, *, seen: set[EvidenceId]) -> Step:
        node = self.nodes[node_id]
        title = node_title(node)
        kind = words.KINDS[node.kind]
        passage_id = node.value.id if isinstance(node, PassageNode) else ""
        if node_id in seen:
            return Step(node_id, relation, kind, title, passage_id=passage_id, repeated=True)
        seen.add(node_id)
        return Step(
            node_id,
            relation,
            kind,
            title,
            details=tuple((k, v) for k, v in node_details(node) if v),
            quote=node.value.text if isinstance(node, PassageNode) else "",
            passage_id=passage_id,
            children=tuple(self.step(e.ground, words.EDGES[e.kind], seen=seen) for e in self.below.get(node_id, ())),
        )


def node_title(node: EvidenceNode) -> str:  # noqa: C901, PLR0911 - one line for each kind of evidence
    """Return one line that says what a piece of evidence is."""
    match node:
        case ImageNode():
            return words.image_text(node.value)
        case LabelMapNode():
            return words.sentence_case(", ".join(words.spoken(s.label) for s in node.value.segments))
        case MeasurementNode():
            return f"{node.value.concept.meaning}: {words.measured_text(node.value)}"
        case EvaluationNode():
            return f"{node.value.concept.meaning}: {node.value.score} of 5"
        case FindingNode():
            return node.value.text or f"{node.value.concept.meaning}: {node.value.presence.value}"
        case PassageNode():
            year = f" {node.value.source.year}" if node.value.source.year else ""
            return f"{node.value.source.publisher}{year}: {node.value.section}"
        case CriterionNode():
            return f"{words.sentence_case(words.spoken(node.value.indicator))} {format_criterion(node.value)}"
        case IndicatorResultNode():
            return f"{node.value.name}: {words.MET[node.value.met].lower()}"
        case ClaimNode():
            return node.value.text
        case FactNode():
            return _fact_title(node)
        case InterventionNode():
            return words.intervention_text(node.value)
        case _:
            assert_never(node)


def node_details(node: EvidenceNode) -> list[tuple[str, str]]:  # noqa: PLR0911 - one line for each kind of evidence
    """Return what else is known of a piece of evidence, as label and text; empty texts may be dropped."""
    match node:
        case ImageNode():
            return _image_details(node)
        case LabelMapNode():
            return _label_map_details(node)
        case MeasurementNode():
            return _measurement_details(node)
        case EvaluationNode():
            return _evaluation_details(node)
        case IndicatorResultNode():
            return _indicator_details(node)
        case FactNode():
            return [("Source", node.value.source)]
        case InterventionNode():
            return [("Reason", node.value.reason), ("When", words.moment(node.value.at_unix))]
        case FindingNode():
            return [("Presence", node.value.presence.value)]
        case PassageNode():
            return [
                ("Source", node.value.source.title),
                ("Place", words.passage_place(node.value)),
                ("sha256", words.short_hash(node.value.sha256)),
            ]
        case _:
            return []


def _fact_title(node: FactNode) -> str:
    fact = node.value
    side = "" if fact.laterality.value == "unknown" else f" ({fact.laterality.value})"
    name = words.sentence_case(words.spoken(fact.name))
    if isinstance(fact.value, bool):
        return f"{name}{side}: {'yes' if fact.value else 'no'}"
    if isinstance(fact.value, str):
        return f"{name}{side}: {fact.value}"
    return f"{name}{side}: {format_value(fact.value, fact.unit)}"


def _image_details(node: ImageNode) -> list[tuple[str, str]]:
    image = node.value
    return [
        ("Pixel spacing", words.spacing_text(image)),
        ("File", image.format.value.upper()),
        ("View", image.view or ""),
        ("On the way in", "; ".join(image.notes)),
        ("Pixels, sha256", words.short_hash(image.artifact_id)),
    ]


def _label_map_details(node: LabelMapNode) -> list[tuple[str, str]]:
    label_map = node.value
    areas = [
        (
            words.sentence_case(words.spoken(s.label)),
            f"{s.pixel_count:,} px".replace(",", "\u202f")
            + (f", own confidence {format_percent(s.confidence)}" if s.confidence is not None else "")
            + (f" ({s.reason})" if s.reason else ""),
        )
        for s in label_map.segments
    ]
    masks = ("Masks, sha256", words.short_hash(label_map.artifact_id))
    return [("Drawn by", label_map.algorithm), *areas, masks]


def _measurement_details(node: MeasurementNode) -> list[tuple[str, str]]:
    value = node.value
    return [
        ("Site", words.site_text(value.site)),
        ("Method", value.method),
        ("Algorithm", value.algorithm),
        ("Interval", words.interval_method(value.interval)),
        ("Limitations", " ".join(value.limitations)),
    ]


def _evaluation_details(node: EvaluationNode) -> list[tuple[str, str]]:
    value = node.value
    return [
        ("Site", words.site_text(value.site)),
        ("Speaks for it", value.evidence_for),
        ("Speaks against it", value.evidence_against),
        ("Read by", value.algorithm),
        ("Scale", "1 clearly absent, 3 undecided, 5 clearly present"),
    ]


def _indicator_details(node: IndicatorResultNode) -> list[tuple[str, str]]:
    value = node.value
    rule = format_criterion(value.criterion) if value.criterion else ""
    return [
        ("Criterion", rule),
        ("Weight in the plan", format_value(value.weight)),
        ("Share of its weight counted", "" if value.score is None else format_percent(value.score)),
        ("Note", value.reason),
    ]
