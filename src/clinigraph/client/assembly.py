"""From the final state of a run to the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clinigraph.graphs.state import CaseState, load
from clinigraph.graphs.views import (
    claims_of,
    consultation_of,
    evidence_of,
    indicators_of,
    interventions_of,
    outputs_of,
    passages_of,
    results_of,
)
from clinigraph.models.case import Case
from clinigraph.models.consultation import NextQuestion
from clinigraph.models.evidence import EvidenceGraph, FindingNode, MeasurementNode
from clinigraph.models.findings import Impression, IndicatorResult
from clinigraph.models.passages import Passage
from clinigraph.models.planning import DiagnosticPlan, Indicator
from clinigraph.models.report import IndicatorRow, Report, Unsupported
from clinigraph.models.reporting import Verdict
from clinigraph.models.run import AlgorithmIdentification, RunRecord
from clinigraph.models.tooling import DifferentialValue, ToolSpec
from clinigraph.models.triage import Triage


def assemble(state: CaseState, run: RunRecord, outdated: tuple[str, ...] = ()) -> Report:
    """Return the report of a finished run.

    Claims that are not supported leave the text and are listed with their reasons.

    Args:
        state: The final state.
        run: How it was made.
        outdated: Ids of cited passages whose sources may be outdated.
    """
    case = load(Case, state.get("case"))
    made = load(DiagnosticPlan, state["plan"]) if "plan" in state else None
    claims = claims_of(state)
    kept = tuple(c for c in claims if c.verdict is Verdict.SUPPORTED)
    graph = evidence_of(state, claims)
    return Report(
        case_id=case.id,
        question=case.question,
        protocol_id=made.protocol_id if made else None,
        impression=load(Impression, state.get("impression")),
        indicators=tuple(_row(i) for i in indicators_of(state)),
        measurements=tuple(n.value for n in graph.nodes if isinstance(n, MeasurementNode)),
        findings=tuple(n.value for n in graph.nodes if isinstance(n, FindingNode)),
        passages=passages_of(state),
        claims=kept,
        unsupported=tuple(
            Unsupported(claim=c, reason=c.explanation or "not verified") for c in claims if c not in kept
        ),
        limitations=(*_limitations(state, case, made, graph), *_currency(outdated, passages_of(state))),
        evidence_graph=graph,
        urgency=load(Triage, state.get("triage")).urgency,
        next_question=load(NextQuestion, state["next_question"]) if "next_question" in state else None,
        consultation=consultation_of(state),
        interventions=interventions_of(state),
        differentials=tuple(v.value for v in outputs_of(state) if isinstance(v, DifferentialValue)),
        run=run,
    )


def _row(result: IndicatorResult) -> IndicatorRow:
    return IndicatorRow(
        id=result.indicator_id,
        name=result.name,
        kind=result.kind,
        value=result.value,
        unit=result.unit,
        interval=result.interval,
        criterion=result.criterion,
        met=result.met,
        weight=result.weight,
        status=result.status,
        evidence_ids=result.evidence_ids,
        reason=result.reason,
    )


def _limitations(state: CaseState, case: Case, made: DiagnosticPlan | None, graph: EvidenceGraph) -> tuple[str, ...]:
    outcome = load(Triage, state.get("triage"))
    measured = (n.value for n in graph.nodes if isinstance(n, MeasurementNode))
    parts: Iterable[str] = (
        *((outcome.refusal,) if outcome.refusal else ()),
        *outcome.notes,
        *case.notes,
        *state.get("notes", []),
        *(f"{m.concept.meaning}: {text}" for m in measured for text in m.limitations),
        *(note for image in case.images for note in image.notes),
        *(made.limitations if made else ()),
        *(_changed_threshold(i) for i in (made.indicators if made else ()) if i.criterion and i.criterion.changed_by),
    )
    return tuple(dict.fromkeys(parts))


def _changed_threshold(indicator: Indicator) -> str:
    criterion = indicator.criterion
    if criterion is None or criterion.stated is None:
        return ""
    return (
        f"{indicator.name}: the threshold {criterion.threshold:g} was set by a person ({criterion.changed_by}); "
        f"the cited source states {criterion.stated:g}."
    )


def _currency(outdated: tuple[str, ...], passages: tuple[Passage, ...]) -> tuple[str, ...]:
    """Say what may be outdated: by age in one sentence, by a newer edition that is known in one for each."""
    newer: dict[str, list[str]] = {}
    for passage in passages:
        if passage.source.superseded_by is not None and str(passage.id) in outdated:
            newer.setdefault(passage.source.superseded_by.note, []).append(str(passage.id))
    known = {i for ids in newer.values() for i in ids}
    aged = sorted(set(outdated) - known)
    return (
        *((f"Guidance that may be outdated, check for a newer edition: {', '.join(aged)}.",) if aged else ()),
        *(f"Guidance that may be outdated: {', '.join(sorted(newer[note]))}. {note}." for note in sorted(newer)),
    )


def algorithms(state: CaseState, specs: Mapping[str, ToolSpec]) -> tuple[AlgorithmIdentification, ...]:
    """Return the tools that gave a result in a run."""
    used = sorted({(r.tool, r.tool_version) for r in results_of(state).values() if r.outputs})
    return tuple(
        AlgorithmIdentification(
            name=name,
            version=version,
            weights_sha256=specs[name].weights_sha256 if name in specs else None,
            licence=specs[name].licence if name in specs else None,
        )
        for name, version in used
    )


def cited_cards(passages: Iterable[Passage]) -> dict[str, str]:
    """Return each cited source with a digest over what is cited from it."""
    return {p.id: p.sha256 for p in passages}
