"""The later weighted form of MedAgent-Pro: each weight is scaled by how good the answer is graded."""

from __future__ import annotations

from collections.abc import Sequence

from clinigraph.agents.decider import weigh
from clinigraph.models.consultation import Consultation
from clinigraph.models.findings import Grades, Impression, IndicatorResult, Met
from clinigraph.models.planning import DiagnosticPlan, IndicatorKind

THETA_RANGE = (0.20, 0.55)
"""Range to which the threshold is clamped (MedAgent-Pro, later form; its default is 0.40)."""


class GradedDecider:
    """Weighs with w' = w (tool_quality + evidence_sufficiency) / 10, zero where tool_quality is 1, then normalised.

    A reading of score s adds v = (s - 1) / 4. What :class:`~clinigraph.agents.decider.WeightedDecider` says of missing
    and uncertain indicators holds here as well; an answer whose weight falls to zero counts as not assessed.
    """

    def decide(
        self, plan: DiagnosticPlan, results: Sequence[IndicatorResult], consultation: Consultation | None = None
    ) -> Impression:
        """Return the impression."""
        del consultation
        return weigh_graded(results, plan.condition, plan.threshold, plan.min_assessed_share)


def weigh_graded(
    results: Sequence[IndicatorResult], condition: str, threshold: float, min_assessed_share: float
) -> Impression:
    """Weigh with grades; the threshold is clamped to :data:`THETA_RANGE`."""
    low, high = THETA_RANGE
    theta = min(high, max(low, threshold))
    return weigh(results, condition, theta, min_assessed_share, quality_factor).replace(rule="graded")


def quality_factor(result: IndicatorResult) -> float:
    """Return (tool_quality + evidence_sufficiency) / 10, or 0 where tool_quality is 1."""
    grades = result.grades or rule_grades(result)
    return 0.0 if grades.tool_quality <= 1 else (grades.tool_quality + grades.evidence_sufficiency) / 10


def rule_grades(result: IndicatorResult) -> Grades:
    """Grade an answer that no reader graded. The steps are our choice.

    Tool quality: 5 for a number with an error interval (or one taken from the record, which has no error of ours), 3
    for a number without one; readings by a model that graded nothing get 3. Evidence: 5 where the criterion is surely
    met or surely not met, 3 where it is uncertain.
    """
    quantitative = result.kind == IndicatorKind.QUANTITATIVE.value
    quality = 5 if quantitative and result.interval is not None else 3
    return Grades(tool_quality=quality, evidence_sufficiency=3 if result.met is Met.UNCERTAIN else 5)
