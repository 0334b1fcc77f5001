"""A contradicted claim that matters withdraws the decision beside it, unless a person keeps the decision."""

from __future__ import annotations

from collections.abc import Iterator

from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import EvidenceGraph, IndicatorResultNode
from clinigraph.models.findings import Impression, Presence
from clinigraph.models.planning import DiagnosticPlan
from clinigraph.models.reporting import Claim, ClaimKind, Verdict


def critical_contradictions(
    claims: tuple[Claim, ...], graph: EvidenceGraph, plan: DiagnosticPlan | None
) -> tuple[Claim, ...]:
    """Return the contradicted claims that bear on the decision.

    These are claims of the impression, and claims on an indicator that the plan calls critical.

    Args:
        claims: Claims with verdicts, after the last revision.
        graph: The evidence.
        plan: Says which indicators are critical; None when nothing was planned.
    """
    grounds = set(_critical(graph, plan))
    return tuple(
        c
        for c in claims
        if c.verdict is Verdict.CONTRADICTED and (c.kind is ClaimKind.IMPRESSION or grounds & set(c.evidence_ids))
    )


def _critical(graph: EvidenceGraph, plan: DiagnosticPlan | None) -> Iterator[EvidenceId]:
    marked = {i.id for i in plan.indicators if i.critical} if plan is not None else set()
    for node in graph.nodes:
        if isinstance(node, IndicatorResultNode) and node.value.indicator_id in marked:
            yield from (node.id, *node.value.evidence_ids)


def withdrawn(impression: Impression, claims: tuple[Claim, ...]) -> Impression:
    """Return the impression without its decision, because of contradicted claims; score and range stay as computed."""
    names = "; ".join(dict.fromkeys(c.explanation for c in claims if c.explanation))[:300]
    reason = f"The decision was withdrawn: what was written of it is contradicted by the evidence ({names})."
    return impression.replace(
        decision=Presence.INDETERMINATE, contested=reason, rationale=f"{reason} {impression.rationale}"
    )
