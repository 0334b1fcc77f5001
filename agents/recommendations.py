"""Which recommended passages fit a case: those whose rule may hold within the errors of what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from clinigraph.models.base import PassageId
from clinigraph.models.findings import IndicatorResult
from clinigraph.models.planning import Bound, DiagnosticPlan


def fits(plan: DiagnosticPlan | None, passage_id: PassageId, results: Sequence[IndicatorResult]) -> bool:
    """Say whether a passage may be quoted as far as the plan's rules go.

    A passage without a rule fits. With one, each bound must hold at the value or at an end of its interval, so a size
    whose interval spans two classes brings the advice for both. A passage with several rules fits when one does.

    Args:
        plan: The plan that was run; None restricts nothing.
        passage_id: The passage.
        results: What became of the indicators.
    """
    rules = [r for r in plan.recommendation_rules if r.passage_id == passage_id] if plan is not None else []
    by_id = {r.indicator_id: r for r in results}
    return not rules or any(all(_may_hold(b, by_id.get(b.indicator)) for b in rule.when) for rule in rules)


def _may_hold(bound: Bound, result: IndicatorResult | None) -> bool:
    if result is None or result.value is None:
        return bound.unknown
    ends = (result.interval.low, result.interval.high) if result.interval is not None else ()
    return any(bound.comparator.holds(value, bound.threshold) for value in (result.value, *ends))
