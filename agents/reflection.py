"""Reflection: every indicator ends Complete, Continue (another tool is worth trying) or Terminate (say so)."""

from __future__ import annotations

from collections.abc import Mapping

from clinigraph.agents.judgement import from_evaluation, from_measurement, not_assessed
from clinigraph.agents.plan_validator import step_dependencies
from clinigraph.models.base import IndicatorId, StepId, Value
from clinigraph.models.findings import IndicatorResult
from clinigraph.models.planning import DiagnosticPlan, Indicator, PlanStep
from clinigraph.models.tooling import EvaluationValue, MeasurementValue, ToolResult, ToolStatus


class Reflection(Value):
    """What to do next."""

    again: tuple[StepId, ...] = ()
    """Steps to run with their next alternative tool (status Continue)."""
    indicators: tuple[IndicatorResult, ...] = ()
    """One result for each indicator, when nothing is left to try."""


def reflect(plan: DiagnosticPlan, results: Mapping[StepId, ToolResult], tries: Mapping[StepId, int]) -> Reflection:
    """Judge every indicator.

    Args:
        plan: The plan that was run.
        results: Last result of each step.
        tries: How many tools of each step have been tried.

    Returns:
        Steps to run again with another tool, or the final indicator results.
    """
    again = tuple(s.id for s in plan.steps if _worth_another(s, results.get(s.id), tries.get(s.id, 1)))
    if again:
        return Reflection(again=again)
    return Reflection(indicators=tuple(_judge(plan, i, results) for i in plan.indicators))


def to_discard(plan: DiagnosticPlan, again: tuple[StepId, ...]) -> set[StepId]:
    """Return the steps whose results fall when some steps are run again: they and all that depend on them."""
    needs = step_dependencies(plan)
    gone = set(again)
    for _ in plan.steps:
        gone |= {step for step, grounds in needs.items() if grounds & gone}
    return gone


def _worth_another(step: PlanStep, result: ToolResult | None, tried: int) -> bool:
    if result is None or result.status is ToolStatus.OK:
        return False
    return tried <= len(step.alternatives)


def _judge(plan: DiagnosticPlan, indicator: Indicator, results: Mapping[StepId, ToolResult]) -> IndicatorResult:
    step, output = _answer(plan, indicator.id)
    if step is None:
        return not_assessed(indicator, "no step of the plan answers it")
    result = results.get(step.id)
    if result is None:
        return not_assessed(indicator, "the step that answers it did not run")
    value = result.outputs.get(output)
    if isinstance(value, MeasurementValue):
        if value.value.unit != indicator.unit:
            return not_assessed(indicator, f"the tool answered in {value.value.unit}, needed is {indicator.unit}")
        return from_measurement(indicator, value.value)
    if isinstance(value, EvaluationValue):
        return from_evaluation(indicator, value.value)
    return not_assessed(indicator, result.missing.get(output) or result.reason or "the tool gave no answer")


def _answer(plan: DiagnosticPlan, indicator_id: IndicatorId) -> tuple[PlanStep | None, str]:
    for step in plan.steps:
        for output, answered in step.answers.items():
            if answered == indicator_id:
                return step, output
    return None, ""
