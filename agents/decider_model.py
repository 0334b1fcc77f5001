"""The model form of MedAgent-Pro's decider: the model keeps or discards each indicator and states a risk."""

from __future__ import annotations

from collections.abc import Sequence

from clinigraph.agents.decider import weigh
from clinigraph.agents.uncertainty import uncertainty
from clinigraph.models.base import IndicatorId
from clinigraph.models.consultation import Consultation, ModelJudgement
from clinigraph.models.findings import Impression, IndicatorResult, Met, Presence
from clinigraph.models.formatting import format_percent
from clinigraph.models.planning import DiagnosticPlan

THETA_RANGE = (0.35, 0.95)
"""Range to which the threshold is clamped for a risk that a model states (MedAgent-Pro)."""


class ModelDecider:
    """Compares the model's risk with the clamped threshold.

    Beyond the published form: an indicator that the model forgets makes its answer invalid (see
    :mod:`clinigraph.agents.judging`) instead of weighing nothing; when it discards everything, or more than the plan
    allows to be missing, the impression is indeterminate and says so. Without an answer the weighted form stands in.
    """

    def decide(
        self, plan: DiagnosticPlan, results: Sequence[IndicatorResult], consultation: Consultation | None = None
    ) -> Impression:
        """Return the impression."""
        judgement = consultation.judgement if consultation else None
        ruled = weigh(results, plan.condition, plan.threshold, plan.min_assessed_share)
        if judgement is None:
            return ruled
        kept = tuple(o.indicator_id for o in judgement.opinions if o.keep)
        made = judged(results, plan.condition, plan.threshold, plan.min_assessed_share, kept, judgement.risk)
        rationale = f"{made.rationale} {_dropped(judgement, results)}".strip()
        return made.replace(uncertainty=uncertainty(results, made.decision, consultation), rationale=rationale)


def judged(
    results: Sequence[IndicatorResult],
    condition: str,
    threshold: float,
    min_assessed_share: float,
    kept: tuple[IndicatorId, ...],
    risk: float,
) -> Impression:
    """Return the impression that follows from a risk and the indicators kept.

    Args:
        results: One result for each indicator.
        condition: What is decided.
        threshold: Clamped to :data:`THETA_RANGE`.
        min_assessed_share: Share of the weight that must be assessed and kept.
        kept: Indicators that the model kept; those not assessed do not count.
        risk: What the model stated, 0 to 1.
    """
    low, high = THETA_RANGE
    theta = min(high, max(low, threshold))
    total = sum(r.weight for r in results)
    used = [r for r in results if r.indicator_id in kept and r.met is not Met.NOT_ASSESSED]
    share = round(sum(r.weight for r in used) / total, 6) if total else 0.0
    enough = bool(used) and share + 1e-6 >= min_assessed_share
    decision = Presence.INDETERMINATE
    if enough:
        decision = Presence.PRESENT if risk >= theta else Presence.ABSENT
    return Impression(
        decision=decision,
        condition=condition,
        score=risk if enough else None,
        score_low=risk if enough else None,
        score_high=risk if enough else None,
        threshold=theta,
        assessed_share=share,
        min_assessed_share=min_assessed_share,
        rule="model",
        kept=tuple(r.indicator_id for r in used),
        rationale=_rationale(decision, share, risk, theta, min_assessed_share),
    )


def _rationale(decision: Presence, share: float, risk: float, theta: float, needed: float) -> str:
    if decision is Presence.INDETERMINATE:
        return (
            f"The model kept indicators of {format_percent(share)} of the weight; "
            f"a decision needs {format_percent(needed)}."
        )
    side = "reaches" if decision is Presence.PRESENT else "stays below"
    return f"The model's risk of {risk:.2f} {side} the threshold of {theta:.2f}."


def _dropped(judgement: ModelJudgement, results: Sequence[IndicatorResult]) -> str:
    names = {r.indicator_id: r.name for r in results}
    dropped = [names.get(o.indicator_id, str(o.indicator_id)) for o in judgement.opinions if not o.keep]
    return f"Discarded by the model: {'; '.join(dropped)}." if dropped else ""
