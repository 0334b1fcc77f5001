"""The tool `fetal_head_measures`: circumference and proportions of an outlined fetal head."""

from __future__ import annotations

from clinigraph.models.codes import Modality
from clinigraph.models.tooling import FlowValue, MeasurementValue, ToolCall, ToolResult, ToolSpec
from clinigraph.tools import ports, support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement import lesion_concepts as codes
from clinigraph.tools.measurement.masks import Mask
from clinigraph.tools.measurement.planar import Spacing, fit_ellipse, head_circumference
from clinigraph.tools.measurement.structure import NO_SPACING, Structure, StructureTool, half_pixel, structure_ports

_CIRCUMFERENCE, _RATIO = "head_circumference", "head_axis_ratio"

SPEC = ToolSpec(
    name="fetal_head_measures",
    version="1.0.0",
    description="Fetal head circumference in millimetres by the ellipse round the skull, and the ratio of its axes.",
    modalities=(Modality.ULTRASOUND,),
    inputs=structure_ports("The picture that the masks lie on."),
    outputs={
        _CIRCUMFERENCE: ports.measured("mm"),
        _RATIO: ports.measured(),
    },
    timeout_s=60,
)
_PLANE = "Whether the picture shows the standard plane (thalami, cavum) was not checked."
_SQUARE = "The pixels are taken to be square, because the image states no spacing."


class FetalHeadMeasures(StructureTool):
    """Measures what an earlier step outlined; loads nothing."""

    _spec = SPEC

    def _measure(self, structure: Structure, call: ToolCall, context: ToolContext) -> ToolResult:
        """Measure one head."""
        if structure.mask.ndim != 2:
            reason = "the head is measured on a single picture, not in a volume"
            return support.nothing(SPEC, call, reason)
        known = structure.image.geometry.spacing_mm
        outputs: dict[str, FlowValue] = {_RATIO: _ratio(structure, known)}
        if known is None:
            return support.result(SPEC, call, outputs, missing={_CIRCUMFERENCE: NO_SPACING})
        outputs[_CIRCUMFERENCE] = _circumference(structure, (known[0], known[1]))
        return support.result(SPEC, call, outputs)


def _circumference(structure: Structure, spacing: Spacing) -> MeasurementValue:
    half = half_pixel(head_circumference, structure.mask, spacing)
    measured = structure.measurement(
        SPEC,
        _CIRCUMFERENCE,
        codes.HEAD_CIRCUMFERENCE,
        head_circumference(structure.mask, spacing),
        structure.spread(_CIRCUMFERENCE, half),
        f"perimeter of the ellipse along the outer edge of the skull (ISUOG, Salomon 2019); {structure.spacing_origin}",
        unit="mm",
        limitations=(_PLANE,),
    )
    return MeasurementValue(value=measured)


def _ratio(structure: Structure, known: tuple[float, ...] | None) -> MeasurementValue:
    spacing = (1.0, 1.0) if known is None else (known[0], known[1])
    measured = structure.measurement(
        SPEC,
        _RATIO,
        codes.HEAD_AXES,
        _axes(structure.mask, spacing),
        structure.spread(_RATIO, half_pixel(_axes, structure.mask, spacing)),
        "short over long axis of the ellipse along the outer edge of the skull",
        limits=(0.0, 1.0),
        limitations=(_PLANE, *(() if known else (_SQUARE,))),
    )
    return MeasurementValue(value=measured)


def _axes(mask: Mask, spacing: Spacing) -> float:
    ellipse = fit_ellipse(mask, spacing)
    return ellipse.semi_minor / ellipse.semi_major
