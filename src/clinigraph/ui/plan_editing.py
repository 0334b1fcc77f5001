"""A person's changes to a plan before its tools run: drop an indicator, weigh it otherwise."""

from __future__ import annotations

import math
from collections.abc import Mapping

from clinigraph.agents.plan_validator import step_dependencies
from clinigraph.errors import UsageError
from clinigraph.models.base import IndicatorId, StepId
from clinigraph.models.planning import DiagnosticPlan, Indicator, IndicatorKind, PlanStep


def edit_plan(
    plan: DiagnosticPlan,
    weights: Mapping[IndicatorId, float],
    who: str,
    reason: str,
    thresholds: Mapping[IndicatorId, float] | None = None,
) -> DiagnosticPlan:
    """Return a plan that holds only the named indicators, with these weights brought to a sum of 1.

    Steps that answer nothing any more and feed no other step are left out. The source of each changed weight names who
    changed it and why.

    Args:
        plan: The plan as proposed.
        weights: Indicator id -> weight, not negative, for every indicator that stays.
        who: Name of the person.
        reason: Why; needed.
        thresholds: Indicator id -> another threshold than its passage states, in the criterion's unit; the plan then
            says who set it and why, beside what the passage states.

    Raises:
        UsageError: No reason, an unknown indicator, a negative weight, a threshold that is no number, or nothing that
            weighs is left.
    """
    if not reason.strip():
        raise UsageError("A change of the plan needs a reason", todo="Say in a few words why.")
    unknown = sorted(set(weights) - {i.id for i in plan.indicators})
    if unknown or any(w < 0 for w in weights.values()):
        raise UsageError("The plan cannot be changed so", given=", ".join(unknown) or "a negative weight")
    total = sum(weights.values())
    if total <= 0:
        raise UsageError("A plan needs an indicator that weighs", todo="Keep at least one with a weight above 0.")
    source = f"Set by {who.strip() or 'the user'}: {reason.strip()}"
    limits = thresholds or {}
    if not all(math.isfinite(t) for t in limits.values()):
        raise UsageError("A threshold is a number", todo="Correct it.")
    lacking = [i.name for i in plan.indicators if weights.get(i.id) and _only_context(i)]
    if lacking:
        raise UsageError(
            "What has no limit cannot weigh", given=", ".join(lacking), todo="Give it the weight 0; it is then shown."
        )
    indicators = tuple(
        i
        if i.weight == weights[i.id] and abs(total - 1) < 1e-9
        else i.replace(weight=round(weights[i.id] / total, 6), weight_source=source)
        for i in plan.indicators
        if i.id in weights
    )
    steps = tuple(s.replace(answers={output: i for output, i in s.answers.items() if i in weights}) for s in plan.steps)
    told = tuple(_limited(i, limits.get(i.id), source) for i in indicators)
    return plan.replace(indicators=told, steps=_useful(plan, steps))


def _only_context(indicator: Indicator) -> bool:
    return indicator.kind is IndicatorKind.QUANTITATIVE and indicator.criterion is None


def _limited(indicator: Indicator, threshold: float | None, source: str) -> Indicator:
    criterion = indicator.criterion
    if criterion is None or threshold is None or threshold == criterion.threshold:
        return indicator
    stated = criterion.source_threshold
    back = threshold == stated
    return indicator.replace(
        criterion=criterion.replace(
            threshold=threshold,
            stated=None if back else stated,
            changed_by="" if back else source.removeprefix("Set by "),
        )
    )


def _useful(plan: DiagnosticPlan, steps: tuple[PlanStep, ...]) -> tuple[PlanStep, ...]:
    needs = step_dependencies(plan)
    kept: set[StepId] = {s.id for s in steps if s.answers}
    for _ in steps:
        kept |= {ground for step in kept for ground in needs.get(step, set())}
    return tuple(s for s in steps if s.id in kept)
