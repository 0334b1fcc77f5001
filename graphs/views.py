"""What the state of a case says, as values."""

from __future__ import annotations

from clinigraph.agents.evidence_builder import EvidenceInput, build_evidence
from clinigraph.graphs.state import CaseState, JsonDict, dump, load
from clinigraph.models.base import EvidenceId, StepId
from clinigraph.models.case import Case
from clinigraph.models.consultation import Consultation
from clinigraph.models.evidence import EvidenceGraph
from clinigraph.models.findings import IndicatorResult
from clinigraph.models.interventions import Intervention
from clinigraph.models.passages import Passage
from clinigraph.models.reporting import Claim
from clinigraph.models.tooling import FlowValue, ToolCall, ToolResult
from clinigraph.models.triage import Triage


def results_of(state: CaseState) -> dict[StepId, ToolResult]:
    """Return the last result of each step."""
    return {StepId(k): load(ToolResult, v) for k, v in state.get("results", {}).items()}


def outputs_of(state: CaseState) -> tuple[FlowValue, ...]:
    """Return every output of every tool."""
    return tuple(v for result in results_of(state).values() for v in result.outputs.values())


def indicators_of(state: CaseState) -> tuple[IndicatorResult, ...]:
    """Return the indicator results."""
    return tuple(load(IndicatorResult, i) for i in state.get("indicators", []))


def claims_of(state: CaseState) -> tuple[Claim, ...]:
    """Return the claims."""
    return tuple(load(Claim, c) for c in state.get("claims", []))


def passages_of(state: CaseState) -> tuple[Passage, ...]:
    """Return the cited and quoted passages."""
    return tuple(load(Passage, p) for p in state.get("passages", {}).values())


def interventions_of(state: CaseState) -> tuple[Intervention, ...]:
    """Return what people did."""
    return tuple(load(Intervention, i) for i in state.get("interventions", []))


def with_intervention(state: CaseState, answer: JsonDict, *targets: EvidenceId) -> list[JsonDict]:
    """Return the interventions of a state with that of an answer, where it names who gave it."""
    kept = list(state.get("interventions", []))
    given = answer.get("intervention")
    if not isinstance(given, dict):
        return kept
    return [*kept, dump(load(Intervention, given).replace(targets=targets))]


def consultation_of(state: CaseState) -> Consultation | None:
    """Return what model roles said, or None where none was asked."""
    return load(Consultation, state["consultation"]) if "consultation" in state else None


def evidence_of(state: CaseState, claims: tuple[Claim, ...] = ()) -> EvidenceGraph:
    """Assemble the evidence graph from the state."""
    return build_evidence(
        EvidenceInput(
            case=load(Case, state.get("case")),
            appraisals=load(Triage, state.get("triage")).appraisals,
            calls={StepId(k): load(ToolCall, v) for k, v in state.get("calls", {}).items()},
            results=results_of(state),
            indicator_results=indicators_of(state),
            passages=passages_of(state),
            claims=claims,
            interventions=interventions_of(state),
        )
    )
