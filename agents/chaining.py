"""From outputs that are wanted to the steps that give them: the tools' own specifications say what they need.

A planner therefore names tool and output only. Order, inputs and references follow, so that no plan can hold a cycle, a
forward reference or an input of the wrong kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clinigraph.models.base import IndicatorId, StepId, Value
from clinigraph.models.codes import Modality
from clinigraph.models.planning import PlanStep
from clinigraph.models.tooling import Port, ToolSpec, ValueKind

MAX_DEPTH = 4
"""Longest chain of steps behind one answer: segment, measure, compare, score."""


class Wanted(Value):
    """One answer that a plan needs."""

    indicator: IndicatorId
    tool: str
    output: str


class NoChainError(ValueError):
    """No chain of tools leads to an output; the message says what is missing."""


class Chainer:
    """Builds steps backwards from what they answer.

    Args:
        specs: Specifications of the tools.
        modality: Kind of the current image.
        preferred: Tools to take first where several give the same masks, for example those that work here.
    """

    def __init__(self, specs: Iterable[ToolSpec], modality: Modality, preferred: Iterable[str] = ()) -> None:
        self._specs: Mapping[str, ToolSpec] = {s.name: s for s in specs}
        self._modality = modality
        self._preferred = tuple(preferred)
        self._steps: dict[tuple[str, str], PlanStep] = {}

    def steps(self, wanted: Iterable[Wanted]) -> tuple[PlanStep, ...]:
        """Return the steps that answer what is wanted, each after those whose outputs it takes.

        Raises:
            NoChainError: A tool or output does not exist, or an input cannot be provided.
        """
        self._steps = {}
        for want in wanted:
            spec = self._specs.get(want.tool)
            if spec is None:
                raise NoChainError(f"indicator {want.indicator}: there is no tool {want.tool!r}")
            if want.output not in spec.outputs:
                given = ", ".join(spec.outputs)
                raise NoChainError(f"indicator {want.indicator}: {want.tool} gives no {want.output!r}, only {given}")
            key = self._step(spec, want.indicator if _asked_for_each(spec) else "", depth=0)
            step = self._steps[key]
            self._steps[key] = step.replace(answers={**step.answers, want.output: want.indicator})
        return tuple(self._with_masks(step) for step in self._steps.values())

    def _with_masks(self, step: PlanStep) -> PlanStep:
        """Give a step that may look closely the masks that the plan makes anyway."""
        ports = self._specs[step.tool].inputs
        free = [
            n for n, p in ports.items() if p.kind is ValueKind.LABEL_MAP and not p.required and n not in step.inputs
        ]
        for name in free:
            for other in self._steps.values():
                made = self._specs[other.tool].outputs
                output = next((o for o, p in made.items() if _fits(ports[name], p)), None)
                if output is not None and other.id != step.id:
                    return step.replace(inputs={**step.inputs, name: f"step:{other.id}.{output}"})
        return step

    def _step(self, spec: ToolSpec, label: str, depth: int) -> tuple[str, str]:
        """Add the step of a tool, once a tool, or once an indicator where it answers one question a call."""
        key = (spec.name, label)
        if key in self._steps:
            return key
        if depth > MAX_DEPTH:
            raise NoChainError(f"{spec.name} needs more than {MAX_DEPTH} steps before it")
        if spec.modalities and self._modality not in spec.modalities:
            raise NoChainError(f"{spec.name} does not read a {self._modality.label}")
        inputs = {}
        for name, port in spec.inputs.items():
            reference = self._reference(spec, name, port, label, depth)
            if reference:
                inputs[name] = reference
        step_id = StepId(f"{spec.name}_{label}"[:80] if label else spec.name)
        self._steps[key] = PlanStep(id=step_id, tool=spec.name, inputs=inputs)
        return key

    def _reference(self, spec: ToolSpec, name: str, port: Port, label: str, depth: int) -> str:
        match port.kind:
            case ValueKind.IMAGE:
                return "image:current"
            case ValueKind.FACT:
                return f"fact:{label if name == 'fact' and label else name}"
            case ValueKind.BOX:
                structure = name.removesuffix("_box")
                return f"box:{structure}" if structure != "box" else ""
            case _ if not port.required:
                return ""
            case _:
                return self._from_tool(spec, name, port, depth)

    def _from_tool(self, spec: ToolSpec, name: str, port: Port, depth: int) -> str:
        reasons = []
        for source in self._sources():
            output = next((o for o, given in source.outputs.items() if _fits(port, given)), None)
            if output is None or source.name == spec.name:
                continue
            kept = dict(self._steps)
            try:
                key = self._step(source, "", depth + 1)
            except NoChainError as error:
                reasons.append(str(error))
                self._steps = kept
                continue
            return f"step:{self._steps[key].id}.{output}"
        why = f" ({reasons[0]})" if reasons else ""
        raise NoChainError(f"no tool gives the {port.kind.value} {name!r} that {spec.name} needs{why}")

    def _sources(self) -> list[ToolSpec]:
        first = [self._specs[n] for n in self._preferred if n in self._specs]
        return [*first, *(s for s in self._specs.values() if s.name not in self._preferred)]


def _asked_for_each(spec: ToolSpec) -> bool:
    """A tool that reads pictures, or takes any fact, is called once an indicator."""
    takes_any_fact = set(spec.inputs) == {"fact"}
    reads = len(spec.outputs) == 1 and all(p.kind is ValueKind.EVALUATION for p in spec.outputs.values())
    return takes_any_fact or reads


def _fits(needed: Port, given: Port) -> bool:
    return (
        given.kind is needed.kind
        and set(needed.labels) <= set(given.labels)
        and (needed.unit is None or needed.unit == given.unit)
    )
