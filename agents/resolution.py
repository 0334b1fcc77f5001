"""From a plan step to a tool call: every input reference is resolved, or the step is skipped with a reason."""

from __future__ import annotations

from collections.abc import Mapping

from clinigraph.models.base import ImageId, StepId, Value
from clinigraph.models.case import Case
from clinigraph.models.codes import Laterality
from clinigraph.models.imaging import CardiacPhase, Image, ImageRole
from clinigraph.models.planning import DiagnosticPlan, PlanStep
from clinigraph.models.tooling import (
    BoxValue,
    FactValue,
    FlowValue,
    ImageValue,
    PointsValue,
    SignalValue,
    ToolCall,
    ToolResult,
    ToolSpec,
)

_LIMB_LEADS = ("II", "MLII")


class Skip(Value):
    """A step that cannot run, and why, in a clinician's words."""

    reason: str


class Resolver:
    """Resolves the inputs of steps against one case.

    Args:
        case: Facts and images.
        image_id: The image that triage chose.
        results: Results so far, by step.
    """

    def __init__(self, case: Case, image_id: ImageId | None, results: Mapping[StepId, ToolResult]) -> None:
        self._case = case
        self._image = next((i for i in case.images if i.id == image_id), None)
        self._results = results

    def call(self, plan: DiagnosticPlan, step: PlanStep, spec: ToolSpec, attempt: int = 1) -> ToolCall | Skip:
        """Return the call of a step, or why it is skipped."""
        inputs: dict[str, FlowValue] = {}
        for name, ref in step.inputs.items():
            value = self._value(ref)
            if isinstance(value, Skip):
                if spec.inputs[name].required:
                    return value
            else:
                inputs[name] = value
        asked = [i for a in step.answers.values() if (i := plan.indicator(a)) is not None]
        question, rubric = (asked[0].question, asked[0].rubric) if len(asked) == 1 else ("", "")
        return ToolCall(
            step_id=step.id, tool=spec.name, inputs=inputs, question=question, rubric=rubric, attempt=attempt
        )

    def _value(self, ref: str) -> FlowValue | Skip:
        head, _, rest = ref.partition(":")
        match head:
            case "image":
                return self._image_value(rest)
            case "box" | "prior_box":
                return self._box(rest, self._shown(head))
            case "points" | "prior_points":
                return self._points(rest, self._shown(head))
            case "fact":
                return self._fact(rest)
            case "signal":
                return self._signal()
            case _:
                return self._output(rest)

    def _image_value(self, role: str) -> FlowValue | Skip:
        if role == ImageRole.CURRENT.value and self._image is not None:
            return ImageValue(value=self._image)
        if role in tuple(CardiacPhase):
            return self._phase_value(CardiacPhase(role))
        other = next((i for i in self._case.images if i.role.value == role), None)
        return ImageValue(value=other) if other is not None else Skip(reason=f"the case has no {role} image")

    def _phase_value(self, phase: CardiacPhase) -> FlowValue | Skip:
        """The one current image of a phase; two of them would leave open which heartbeat is meant."""
        found = [i for i in self._case.current_images() if i.phase is phase]
        words = phase.value.replace("_", "-")
        if len(found) == 1:
            return ImageValue(value=found[0])
        if found:
            return Skip(reason=f"the case has {len(found)} {words} images; one is needed")
        todo = f"give both frames of the heart, or write phase: {phase.value} in case.yaml"
        return Skip(reason=f"the case has no {words} image; {todo}")

    def _shown(self, head: str) -> Image | None:
        """The image that a prompt was drawn on: the prior one, or the one that triage chose."""
        if not head.startswith("prior_"):
            return self._image
        return next((i for i in self._case.images if i.role is ImageRole.PRIOR), None)

    def _box(self, label: str, image: Image | None) -> FlowValue | Skip:
        box = image.boxes.get(label) if image is not None else None
        return BoxValue(value=box) if box is not None else Skip(reason=f"no box was given for {label}{_where(image)}")

    def _points(self, label: str, image: Image | None) -> FlowValue | Skip:
        points = image.points.get(label) if image is not None else None
        return PointsValue(value=points) if points else Skip(reason=f"no point was given for {label}{_where(image)}")

    def _fact(self, name: str) -> FlowValue | Skip:
        fact = self._case.fact(name, _side(self._image))
        return (
            FactValue(value=fact) if fact is not None else Skip(reason=f"the record gives no {name.replace('_', ' ')}")
        )

    def _signal(self) -> FlowValue | Skip:
        """The lead to measure: II, in which intervals are usually read (Rautaharju 2009), else the first."""
        leads = self._case.signals
        chosen = next((s for s in leads if s.lead.upper() in _LIMB_LEADS), leads[0] if leads else None)
        if chosen is None:
            return Skip(reason="the case holds no electrocardiogram; list it under signals: in case.yaml")
        return SignalValue(value=chosen)

    def _output(self, rest: str) -> FlowValue | Skip:
        step_id, _, output = rest.partition(".")
        result = self._results.get(StepId(step_id))
        if result is None:
            return Skip(reason=f"step {step_id} did not run")
        value = result.outputs.get(output)
        if value is None:
            return Skip(reason=result.missing.get(output) or result.reason or f"step {step_id} gave no {output}")
        return value


def _where(image: Image | None) -> str:
    return " on the prior image" if image is not None and image.role is ImageRole.PRIOR else ""


def _side(image: Image | None) -> Laterality:
    return image.laterality if image is not None else Laterality.UNKNOWN
