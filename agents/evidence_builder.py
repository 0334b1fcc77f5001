"""Assembles the evidence graph of a case from what its nodes left behind; a pure function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from clinigraph.agents.differential_evidence import hypothesis_findings
from clinigraph.models.base import EvidenceId, StepId
from clinigraph.models.case import Case, Fact
from clinigraph.models.codes import Concept, Scheme
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
from clinigraph.models.findings import Finding, FindingSite, IndicatorResult, Presence
from clinigraph.models.imaging import Image
from clinigraph.models.interventions import Intervention
from clinigraph.models.passages import Passage
from clinigraph.models.reporting import Claim
from clinigraph.models.tooling import (
    DifferentialValue,
    EvaluationValue,
    FactValue,
    FindingValue,
    FlowValue,
    ImageValue,
    LabelMapValue,
    MeasurementValue,
    ToolCall,
    ToolResult,
)
from clinigraph.models.triage import ImageAppraisal
from clinigraph.tools.support import label_map_id

IMAGE_KIND = Concept(value="IMAGEKIND", scheme=Scheme.CLINIGRAPH, meaning="Kind of image by its pixels")


def image_evidence_id(image: Image) -> EvidenceId:
    """Return the node id of an image."""
    return EvidenceId(str(image.id))


def fact_evidence_id(fact: Fact) -> EvidenceId:
    """Return the node id of a fact."""
    side = "" if fact.laterality.value == "unknown" else f"-{fact.laterality.value}"
    return EvidenceId(f"fact-{fact.name}{side}")


def value_evidence_id(value: FlowValue) -> EvidenceId | None:
    """Return the node id of a value that flows between steps; boxes are no evidence."""
    match value:
        case ImageValue():
            return image_evidence_id(value.value)
        case LabelMapValue():
            return label_map_id(value.value)
        case MeasurementValue() | EvaluationValue() | FindingValue():
            return value.value.id
        case FactValue():
            return fact_evidence_id(value.value)
        case _:
            return None


class EvidenceInput:
    """What the graph is assembled from."""

    def __init__(
        self,
        *,
        case: Case,
        appraisals: Sequence[ImageAppraisal] = (),
        calls: Mapping[StepId, ToolCall] | None = None,
        results: Mapping[StepId, ToolResult] | None = None,
        indicator_results: Sequence[IndicatorResult] = (),
        passages: Iterable[Passage] = (),
        claims: Sequence[Claim] = (),
        interventions: Sequence[Intervention] = (),
    ) -> None:
        self.case = case
        self.appraisals = appraisals
        self.calls = calls or {}
        self.results = results or {}
        self.indicator_results = indicator_results
        self.passages = tuple(passages)
        self.claims = claims
        self.interventions = interventions


def build_evidence(material: EvidenceInput) -> EvidenceGraph:
    """Return the evidence graph: case, tool outputs, criteria, indicator results, passages, claims."""
    nodes: dict[EvidenceId, EvidenceNode] = {}
    edges: dict[EvidenceEdge, None] = {}
    for image in material.case.images:
        nodes[image_evidence_id(image)] = ImageNode(id=image_evidence_id(image), value=image)
    for fact in material.case.facts:
        nodes[fact_evidence_id(fact)] = FactNode(id=fact_evidence_id(fact), value=fact)
    for passage in material.passages:
        nodes[EvidenceId(passage.id)] = PassageNode(id=EvidenceId(passage.id), value=passage)
    for appraisal in material.appraisals:
        _add_appraisal(nodes, edges, appraisal)
    for output in (o for result in material.results.values() for o in result.outputs.values()):
        _add_output(nodes, edges, output, material.case)
    for step_id, result in sorted(material.results.items()):
        _add_derivations(nodes, edges, material.calls.get(step_id), result)
    for indicator_result in material.indicator_results:
        _add_indicator(nodes, edges, indicator_result)
    for claim in material.claims:
        _add_claim(nodes, edges, claim)
    for intervention in material.interventions:
        _add_intervention(nodes, edges, intervention)
    return EvidenceGraph(nodes=tuple(nodes.values()), edges=tuple(edges))


def _add_appraisal(
    nodes: dict[EvidenceId, EvidenceNode], edges: dict[EvidenceEdge, None], appraisal: ImageAppraisal
) -> None:
    image_id = EvidenceId(str(appraisal.image_id))
    image = nodes.get(image_id)
    if not isinstance(image, ImageNode):
        return
    finding = Finding(
        id=EvidenceId(f"finding-kind-{image_id}"),
        concept=IMAGE_KIND,
        presence=Presence.PRESENT,
        site=FindingSite(concept=IMAGE_KIND),
        derived_from=(image_id,),
        text=appraisal_sentence(appraisal),
    )
    nodes[finding.id] = FindingNode(id=finding.id, value=finding)
    edges[EvidenceEdge(source=finding.id, target=image_id, kind=EdgeKind.DERIVED_FROM)] = None


def appraisal_sentence(appraisal: ImageAppraisal) -> str:
    """Return what the pixels look like as a sentence."""
    return f"By its pixels the image is of this kind: {appraisal.pixel_modality.label} (score {appraisal.score:.2f})."


def _add_output(
    nodes: dict[EvidenceId, EvidenceNode], edges: dict[EvidenceEdge, None], output: FlowValue, case: Case
) -> None:
    node = _output_node(output)
    if node is not None:
        nodes[node.id] = node
    if isinstance(output, DifferentialValue):
        _add_hypotheses(nodes, edges, output, case)


def _add_hypotheses(
    nodes: dict[EvidenceId, EvidenceNode], edges: dict[EvidenceEdge, None], ranked: DifferentialValue, case: Case
) -> None:
    for finding in hypothesis_findings(ranked.value, case):
        nodes[finding.id] = FindingNode(id=finding.id, value=finding)
        for ground in finding.derived_from:
            if ground in nodes:
                edges[EvidenceEdge(source=finding.id, target=ground, kind=EdgeKind.DERIVED_FROM)] = None


def _add_derivations(
    nodes: dict[EvidenceId, EvidenceNode], edges: dict[EvidenceEdge, None], call: ToolCall | None, result: ToolResult
) -> None:
    inputs = [value_evidence_id(v) for v in call.inputs.values()] if call else []
    for output in result.outputs.values():
        made = value_evidence_id(output)
        if made is None or made not in nodes:
            continue
        for ground in inputs:
            if ground is not None and ground in nodes and ground != made:
                edges[EvidenceEdge(source=made, target=ground, kind=EdgeKind.DERIVED_FROM)] = None


def _output_node(output: FlowValue) -> EvidenceNode | None:
    match output:
        case LabelMapValue():
            return LabelMapNode(id=label_map_id(output.value), value=output.value)
        case MeasurementValue():
            return MeasurementNode(id=output.value.id, value=output.value)
        case EvaluationValue():
            return EvaluationNode(id=output.value.id, value=output.value)
        case FindingValue():
            return FindingNode(id=output.value.id, value=output.value)
        case _:
            return None


def _add_indicator(
    nodes: dict[EvidenceId, EvidenceNode], edges: dict[EvidenceEdge, None], result: IndicatorResult
) -> None:
    nodes[result.id] = IndicatorResultNode(id=result.id, value=result)
    for ground in result.evidence_ids:
        if ground in nodes:
            edges[EvidenceEdge(source=result.id, target=ground, kind=EdgeKind.DERIVED_FROM)] = None
    criterion = result.criterion
    if criterion is None:
        return
    criterion_id = EvidenceId(f"criterion-{criterion.indicator}")
    nodes[criterion_id] = CriterionNode(id=criterion_id, value=criterion)
    edges[EvidenceEdge(source=result.id, target=criterion_id, kind=EdgeKind.APPLIES)] = None
    if EvidenceId(criterion.passage_id) in nodes:
        cited = EvidenceId(criterion.passage_id)
        edges[EvidenceEdge(source=criterion_id, target=cited, kind=EdgeKind.CITES)] = None


def _add_claim(nodes: dict[EvidenceId, EvidenceNode], edges: dict[EvidenceEdge, None], claim: Claim) -> None:
    claim_id = EvidenceId(claim.id)
    nodes[claim_id] = ClaimNode(id=claim_id, value=claim)
    contradicted = claim.verdict is not None and claim.verdict.value == "CONTRADICTED"
    for ground in claim.evidence_ids:
        node = nodes.get(ground)
        if node is None:
            continue
        if isinstance(node, PassageNode) and not contradicted:
            edge = EvidenceEdge(source=claim_id, target=ground, kind=EdgeKind.CITES)
        else:
            kind = EdgeKind.CONTRADICTS if contradicted else EdgeKind.SUPPORTS
            edge = EvidenceEdge(source=ground, target=claim_id, kind=kind)
        edges[edge] = None


def _add_intervention(
    nodes: dict[EvidenceId, EvidenceNode], edges: dict[EvidenceEdge, None], intervention: Intervention
) -> None:
    node_id = intervention.node_id()
    nodes[node_id] = InterventionNode(id=node_id, value=intervention)
    for target in intervention.targets:
        if target in nodes:
            edges[EvidenceEdge(source=node_id, target=target, kind=EdgeKind.ACTS_ON)] = None
