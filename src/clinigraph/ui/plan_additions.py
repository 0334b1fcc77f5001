"""Indicators that a person may add to a plan before its tools run: of a protocol, or measured by its tools anyway."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from clinigraph.errors import UsageError
from clinigraph.models.base import IndicatorId, StepId, Value
from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.planning import DiagnosticPlan, DiagnosticProtocol, Indicator, IndicatorKind, PlanStep
from clinigraph.models.tooling import ToolSpec, ValueKind


class Addition(Value):
    """An indicator that a plan may take in, with the steps that it takes."""

    indicator: Indicator
    steps: tuple[PlanStep, ...]
    """Steps that answer it; one with the id of a step of the plan takes its place."""
    source: str
    """Where it comes from, in words."""


def additions(
    plan: DiagnosticPlan, protocols: Iterable[DiagnosticProtocol], specs: Iterable[ToolSpec]
) -> tuple[Addition, ...]:
    """Return what can be added to a plan, each indicator once.

    An indicator of a protocol for the same kind of image comes with its weight and criterion. What a tool of the plan
    measures and no indicator asks for comes as context: no passage states a limit on it, so it weighs nothing.
    """
    found: dict[IndicatorId, Addition] = {}
    for protocol in sorted(protocols, key=lambda p: p.id != plan.protocol_id):
        if protocol.modality is plan.modality:
            for offered in _of_protocol(plan, protocol):
                found.setdefault(offered.indicator.id, offered)
    for offered in _of_tools(plan, {s.name: s for s in specs}):
        found.setdefault(offered.indicator.id, offered)
    return tuple(found.values())


def add_indicators(
    plan: DiagnosticPlan, wanted: Collection[str], offered: Sequence[Addition], who: str, reason: str
) -> DiagnosticPlan:
    """Return a plan that holds the wanted indicators too; weights are not yet brought to a sum of 1.

    Args:
        plan: The plan as proposed.
        wanted: Ids of indicators; those that the plan has already stay as they are.
        offered: What :func:`additions` returned for this plan.
        who: Name of the person.
        reason: Why; needed.

    Raises:
        UsageError: No reason, or an indicator that was not offered.
    """
    new = [i for i in wanted if plan.indicator(IndicatorId(i)) is None]
    if new and not reason.strip():
        raise UsageError("A change of the plan needs a reason", todo="Say in a few words why.")
    known = {str(a.indicator.id): a for a in offered}
    if unknown := sorted(set(new) - set(known)):
        raise UsageError(
            "That indicator cannot be added",
            given=", ".join(unknown)[:200],
            todo=f"These can: {', '.join(sorted(known)) or 'none'}.",
        )
    for name in new:
        plan = _with(plan, known[name], f"Added by {who.strip() or 'the user'}: {reason.strip()}")
    return plan


def _with(plan: DiagnosticPlan, added: Addition, told: str) -> DiagnosticPlan:
    indicator = added.indicator.replace(weight_source=f"{told} ({added.indicator.weight_source})")
    steps = {s.id: s for s in plan.steps}
    for step in added.steps:
        before = steps.get(step.id)
        steps[step.id] = step if before is None else before.replace(answers={**before.answers, **step.answers})
    return plan.replace(indicators=(*plan.indicators, indicator), steps=tuple(steps.values()))


def _of_protocol(plan: DiagnosticPlan, protocol: DiagnosticProtocol) -> Iterator[Addition]:
    for step in protocol.steps:
        for output, indicator_id in step.answers.items():
            indicator = next((i for i in protocol.indicators if i.id == indicator_id), None)
            if indicator is None or plan.indicator(indicator_id) is not None:
                continue
            needed = _needed(protocol, step.replace(answers={output: indicator_id}))
            if all(_fits(plan.step(s.id), s) for s in needed):
                yield Addition(indicator=indicator, steps=needed, source=f"protocol {protocol.title}")


def _needed(protocol: DiagnosticProtocol, last: PlanStep) -> tuple[PlanStep, ...]:
    """Return a step after the steps that it takes something from, which answer nothing here."""
    found: dict[StepId, PlanStep] = {}
    waiting = [last]
    while waiting:
        step = waiting.pop()
        found[step.id] = step
        sources = {r.removeprefix("step:").partition(".")[0] for r in step.inputs.values() if r.startswith("step:")}
        waiting += [s.replace(answers={}) for s in protocol.steps if s.id in sources and s.id not in found]
    return tuple(reversed(found.values()))


def _fits(there: PlanStep | None, needed: PlanStep) -> bool:
    """Whether a step may be added, or be the one that the plan has under this id."""
    return there is None or (there.tool == needed.tool and there.inputs == needed.inputs)


def _of_tools(plan: DiagnosticPlan, specs: Mapping[str, ToolSpec]) -> Iterator[Addition]:
    for step in plan.steps:
        spec = specs.get(step.tool)
        for output, port in spec.outputs.items() if spec is not None else ():
            free = output not in step.answers and plan.indicator(IndicatorId(output)) is None
            if port.kind is ValueKind.MEASUREMENT and port.unit is not None and free:
                yield Addition(
                    indicator=_context(output, port.unit, plan),
                    steps=(step.replace(answers={output: IndicatorId(output)}),),
                    source=f"tool {step.tool}",
                )


def _context(output: str, unit: str, plan: DiagnosticPlan) -> Indicator:
    name = output.replace("_", " ").capitalize()
    return Indicator(
        id=IndicatorId(output),
        name=name,
        concept=Concept(value=output.upper()[:16], scheme=Scheme.CLINIGRAPH, meaning=name),
        kind=IndicatorKind.QUANTITATIVE,
        unit=unit,
        weight=0,
        weight_source="Context only; no passage states a limit on it",
        modalities=(plan.modality,),
    )
