"""The one validator that every plan passes, whoever made it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from clinigraph.agents.contract import CitedLibrary
from clinigraph.errors import PassageMissing, PlanInvalid
from clinigraph.models.base import PassageId, StepId
from clinigraph.models.imaging import CardiacPhase, ImageRole
from clinigraph.models.planning import DiagnosticPlan, Indicator, PlanStep
from clinigraph.models.tooling import Port, ToolSpec, ValueKind

MODEL_PLAN_INDICATORS = (3, 7)
"""Fewest and most indicators of a plan that a model made (MedAgent-Pro, arXiv 2503.18968)."""

_REF_KINDS = {
    "image": ValueKind.IMAGE, "fact": ValueKind.FACT, "box": ValueKind.BOX, "points": ValueKind.POINTS,
    "signal": ValueKind.SIGNAL, "prior_box": ValueKind.BOX, "prior_points": ValueKind.POINTS,
}  # fmt: skip

IMAGE_REFERENCES = (*(role.value for role in ImageRole), *(phase.value for phase in CardiacPhase))
"""What may follow ``image:``."""


class PlanValidator:
    """Checks tools, inputs, order, units, weights, and that each criterion is what its passage states.

    Args:
        specs: Specifications of all known tools.
        library: Where criteria must be found.
    """

    def __init__(self, specs: Iterable[ToolSpec], library: CitedLibrary) -> None:
        self._specs: Mapping[str, ToolSpec] = {s.name: s for s in specs}
        self._library = library

    def problems(self, plan: DiagnosticPlan) -> tuple[str, ...]:
        """Return every rule that the plan breaks, in words that its author can act on."""
        return (
            *_unique_ids(plan),
            *_order(plan),
            *(p for step in plan.steps for p in self._step(plan, step)),
            *_answers(plan),
            *_weights(plan),
            *(p for indicator in plan.indicators for p in self._indicator(plan, indicator)),
        )

    def check(self, plan: DiagnosticPlan) -> None:
        """Accept the plan or refuse it.

        Raises:
            PlanInvalid: At least one rule is broken; ``problems`` lists all.
        """
        problems = self.problems(plan)
        if problems:
            raise PlanInvalid(
                f"The plan for {plan.condition} breaks {len(problems)} rule(s)",
                given="; ".join(problems),
                todo="Correct the plan; `clinigraph tools` lists tools, inputs and outputs.",
                problems=problems,
            )

    def _step(self, plan: DiagnosticPlan, step: PlanStep) -> Iterator[str]:
        for name in (step.tool, *step.alternatives):
            spec = self._specs.get(name)
            if spec is None:
                yield f"step {step.id}: there is no tool {name!r}"
                continue
            yield from self._inputs(plan, step, spec)
            yield from _outputs(plan, step, spec)
            if spec.modalities and plan.modality not in spec.modalities:
                yield f"step {step.id}: {name} does not read a {plan.modality.label}"

    def _inputs(self, plan: DiagnosticPlan, step: PlanStep, spec: ToolSpec) -> Iterator[str]:
        for port_name, port in spec.inputs.items():
            if port.required and port_name not in step.inputs:
                yield f"step {step.id}: {spec.name} needs the input {port_name!r}"
        for name, ref in step.inputs.items():
            if name not in spec.inputs:
                yield f"step {step.id}: {spec.name} has no input {name!r}"
            else:
                yield from self._reference(plan, step, spec.inputs[name], ref)

    def _reference(self, plan: DiagnosticPlan, step: PlanStep, port: Port, ref: str) -> Iterator[str]:
        head, _, rest = ref.partition(":")
        if head in _REF_KINDS:
            if _REF_KINDS[head] is not port.kind:
                yield f"step {step.id}: {ref!r} is no {port.kind.value}"
            elif head == "image" and rest not in IMAGE_REFERENCES:
                yield f"step {step.id}: there is no image {rest!r}, only {', '.join(IMAGE_REFERENCES)}"
            elif head == "signal" and rest != "ecg":
                yield f"step {step.id}: there is no signal {rest!r}, only ecg"
            return
        source_id, _, output = rest.partition(".")
        source = plan.step(StepId(source_id)) if head == "step" else None
        if source is None:
            yield f"step {step.id}: the input {ref!r} does not exist"
            return
        offered = self._specs[source.tool].outputs.get(output) if source.tool in self._specs else None
        if offered is None:
            yield f"step {step.id}: step {source_id} gives no output {output!r}"
        elif offered.kind is not port.kind:
            yield f"step {step.id}: {ref!r} is a {offered.kind.value}, needed is a {port.kind.value}"
        elif missing := set(port.labels) - set(offered.labels):
            yield f"step {step.id}: {ref!r} lacks the segment(s) {', '.join(sorted(missing))}"

    def _indicator(self, plan: DiagnosticPlan, indicator: Indicator) -> Iterator[str]:
        if indicator.modalities and plan.modality not in indicator.modalities:
            yield f"indicator {indicator.id}: cannot be judged on a {plan.modality.label}"
        for passage_id in indicator.passage_ids:
            yield from self._passage(f"indicator {indicator.id}", passage_id)
        criterion = indicator.criterion
        if criterion is None:
            return
        if criterion.indicator != indicator.id:
            yield f"indicator {indicator.id}: its criterion is about {criterion.indicator}"
        if criterion.unit != indicator.unit:
            yield f"indicator {indicator.id}: unit {indicator.unit!r}, but criterion in {criterion.unit!r}"
        yield from self._passage(f"criterion of {indicator.id}", criterion.passage_id)
        stated = self._library.stated_criterion(criterion.passage_id)
        given = (criterion.indicator, criterion.comparator, criterion.source_threshold, criterion.unit)
        if stated is None:
            yield f"criterion of {indicator.id}: the passage {criterion.passage_id} states no criterion"
        elif given != (stated.indicator, stated.comparator, stated.threshold, stated.unit):
            yield (
                f"criterion of {indicator.id}: the passage {criterion.passage_id} states "
                f"{stated.indicator} {stated.comparator.value} {stated.threshold:g} {stated.unit}"
            )

    def _passage(self, where: str, passage_id: str) -> Iterator[str]:
        try:
            self._library.get(PassageId(passage_id))
        except PassageMissing:
            yield f"{where}: there is no passage {passage_id!r}"


def _unique_ids(plan: DiagnosticPlan) -> Iterator[str]:
    for what, ids in (("step", [s.id for s in plan.steps]), ("indicator", [i.id for i in plan.indicators])):
        for name, count in Counter(map(str, ids)).items():
            if count > 1:
                yield f"{what} id {name!r} is used {count} times"


def step_dependencies(plan: DiagnosticPlan) -> dict[StepId, set[StepId]]:
    """Return for each step the steps whose outputs it takes."""
    return {
        step.id: {
            StepId(ref.removeprefix("step:").partition(".")[0])
            for ref in step.inputs.values()
            if ref.startswith("step:")
        }
        for step in plan.steps
    }


def _order(plan: DiagnosticPlan) -> Iterator[str]:
    try:
        TopologicalSorter(step_dependencies(plan)).prepare()
    except CycleError as error:
        yield f"steps wait for each other: {' -> '.join(map(str, error.args[1]))}"


def _outputs(plan: DiagnosticPlan, step: PlanStep, spec: ToolSpec) -> Iterator[str]:
    for output, indicator_id in step.answers.items():
        port, indicator = spec.outputs.get(output), plan.indicator(indicator_id)
        if port is None:
            yield f"step {step.id}: {spec.name} gives no output {output!r}"
        if indicator is None:
            yield f"step {step.id}: answers {indicator_id!r}, which is no indicator of the plan"
        if port is None or indicator is None:
            continue
        if port.kind not in (ValueKind.MEASUREMENT, ValueKind.EVALUATION):
            yield f"step {step.id}: {output!r} is a {port.kind.value} and answers no indicator"
        if port.unit is not None and port.kind is ValueKind.MEASUREMENT and port.unit != indicator.unit:
            yield f"step {step.id}: {output!r} has unit {port.unit!r}, indicator {indicator.id} {indicator.unit!r}"


def _answers(plan: DiagnosticPlan) -> Iterator[str]:
    answered = Counter(str(i) for step in plan.steps for i in step.answers.values())
    for indicator in plan.indicators:
        if answered[indicator.id] != 1:
            yield f"indicator {indicator.id}: answered by {answered[indicator.id]} steps, needed is one"


def _weights(plan: DiagnosticPlan) -> Iterator[str]:
    total = sum(i.weight for i in plan.indicators)
    if abs(total - 1) > 0.01:
        yield f"the weights sum to {total:.2f}, needed is 1"
    if plan.threshold <= 0:
        yield "the threshold is 0: every case would be called present"
    low, high = MODEL_PLAN_INDICATORS
    if plan.origin == "model" and not low <= len(plan.indicators) <= high:
        yield f"{len(plan.indicators)} indicators, needed are {low} to {high}"
