"""What a plan may call and what comes back."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from clinigraph.models.base import StepId, Value
from clinigraph.models.case import Fact
from clinigraph.models.codes import Modality
from clinigraph.models.differential import Differential
from clinigraph.models.findings import Finding, Measurement, QualitativeEvaluation
from clinigraph.models.imaging import Box, Image, LabelMap, Point
from clinigraph.models.signals import Signal


class ValueKind(StrEnum):
    """Types that flow between steps."""

    IMAGE = "image"
    LABEL_MAP = "label_map"
    MEASUREMENT = "measurement"
    EVALUATION = "evaluation"
    FACT = "fact"
    BOX = "box"
    POINTS = "points"
    DIFFERENTIAL = "differential"
    FINDING = "finding"
    SIGNAL = "signal"


class Port(Value):
    """One named input or output of a tool."""

    kind: ValueKind
    required: bool = True
    unit: str | None = None
    """UCUM code of a measurement."""
    labels: tuple[str, ...] = ()
    """Segments that a label map must hold (input) or holds (output)."""
    description: str = ""


class Need(StrEnum):
    """What a tool cannot work without."""

    IMAGE_READING_MODEL = "image-reading model"
    CHECKPOINT = "user checkpoint"
    GPU = "gpu"
    NETWORK = "network"


class ToolSpec(Value):
    """What agents know of a tool."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str
    description: str
    modalities: tuple[Modality, ...] = ()
    """Accepted image kinds; empty when the tool takes no image."""
    body_parts: tuple[str, ...] = ()
    inputs: dict[str, Port] = Field(default_factory=dict)
    outputs: dict[str, Port] = Field(default_factory=dict)
    needs: tuple[Need, ...] = ()
    timeout_s: float = Field(default=120.0, gt=0)
    weights_sha256: str | None = None
    licence: str = "Apache-2.0"
    """Licence of the weights where there are any, else of the code."""


class ImageValue(Value):
    """An image on its way into a tool."""

    kind: Literal["image"] = "image"
    value: Image


class LabelMapValue(Value):
    """A label map between tools."""

    kind: Literal["label_map"] = "label_map"
    value: LabelMap


class MeasurementValue(Value):
    """A measurement between tools."""

    kind: Literal["measurement"] = "measurement"
    value: Measurement


class EvaluationValue(Value):
    """A qualitative reading between tools."""

    kind: Literal["evaluation"] = "evaluation"
    value: QualitativeEvaluation


class FactValue(Value):
    """A fact of the record on its way into a tool."""

    kind: Literal["fact"] = "fact"
    value: Fact


class BoxValue(Value):
    """A box prompt."""

    kind: Literal["box"] = "box"
    value: Box


class PointsValue(Value):
    """Point prompts for one structure."""

    kind: Literal["points"] = "points"
    value: tuple[Point, ...] = Field(min_length=1)


class SignalValue(Value):
    """A signal over time on its way into a tool."""

    kind: Literal["signal"] = "signal"
    value: Signal


class DifferentialValue(Value):
    """Ranked diseases between tools."""

    kind: Literal["differential"] = "differential"
    value: Differential


class FindingValue(Value):
    """Something that a rule found in measurements; told in the report in its own words."""

    kind: Literal["finding"] = "finding"
    value: Finding


FlowValue = Annotated[
    ImageValue
    | LabelMapValue
    | MeasurementValue
    | EvaluationValue
    | FactValue
    | BoxValue
    | PointsValue
    | DifferentialValue
    | FindingValue
    | SignalValue,
    Field(discriminator="kind"),
]


class ToolCall(Value):
    """A call with its inputs resolved."""

    step_id: StepId
    tool: str
    inputs: dict[str, FlowValue] = Field(default_factory=dict)
    question: str = ""
    """For readers: what to look for (data, not an instruction to the tool)."""
    rubric: str = ""
    attempt: int = Field(default=1, ge=1)


class ToolStatus(StrEnum):
    """How a call ended."""

    OK = "ok"
    EMPTY = "empty"
    """The tool worked and the structure is not there (or not visible); ``reason`` says why."""
    FAILED = "failed"
    """The tool could not work; another may."""


class ToolResult(Value):
    """What a call gave. Times are not part of it: the same inputs give the same result."""

    step_id: StepId
    tool: str
    tool_version: str
    status: ToolStatus
    outputs: dict[str, FlowValue] = Field(default_factory=dict)
    missing: dict[str, str] = Field(default_factory=dict)
    """Output name -> why this output could not be given although the call worked."""
    reason: str = ""
    retryable: bool = False
    """Whether the same call may succeed when it is made again."""

    @model_validator(mode="after")
    def _reasons(self) -> Self:
        if self.status is not ToolStatus.OK and not self.reason:
            raise ValueError("a result that is not ok needs a reason")
        return self
