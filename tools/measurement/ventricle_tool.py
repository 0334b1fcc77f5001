"""The tool `ventricle_measures`: volumes, function, mass and wall of the heart from masks of two frames."""

from __future__ import annotations

import math

from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Image, LabelMap
from clinigraph.models.tooling import (
    FactValue,
    FindingValue,
    FlowValue,
    MeasurementValue,
    Port,
    ToolCall,
    ToolResult,
    ToolSpec,
    ValueKind,
)
from clinigraph.tools import ports, support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.ventricle_findings import ejection_finding, pattern_finding
from clinigraph.tools.measurement.ventricle_heart import Frame, Heart
from clinigraph.tools.measurement.ventricle_values import AREA_INDEXED, LABELS, MILLIMETRES, OUTPUTS, to_measurement
from clinigraph.tools.ready import ReadyTool

_ED, _ES = "end-diastole", "end-systole"
_MASKS = Port(kind=ValueKind.LABEL_MAP, labels=LABELS)

SPEC = ToolSpec(
    name="ventricle_measures",
    version="1.0.0",
    description="Ventricular volumes, ejection fractions, mass, wall thickness and pattern from short-axis masks.",
    modalities=(Modality.MR,),
    body_parts=("HEART",),
    inputs={
        "ed_image": ports.image("End-diastolic stack that its masks lie on."),
        "es_image": ports.image("End-systolic stack that its masks lie on."),
        "ed_masks": _MASKS,
        "es_masks": _MASKS,
        "height": Port(kind=ValueKind.FACT, required=False, description="In cm; with the weight it indexes values."),
        "weight": Port(kind=ValueKind.FACT, required=False, description="In kg."),
    },
    outputs={
        **{name: ports.measured(unit) for name, unit in OUTPUTS.items()},
        "ejection_class": Port(kind=ValueKind.FINDING, required=False),
        "heart_pattern": Port(kind=ValueKind.FINDING, required=False),
    },
    timeout_s=60,
)


class VentricleMeasures(ReadyTool):
    """Measures what earlier steps outlined; loads nothing."""

    _spec = SPEC

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Measure one heart.

        Raises:
            ToolFailure: An image is of another kind, or masks and image lie on different grids.
        """
        images = support.image_input(SPEC, call, "ed_image"), support.image_input(SPEC, call, "es_image")
        maps = support.label_map_input(SPEC, call, "ed_masks"), support.label_map_input(SPEC, call, "es_masks")
        if maps[0] is None or maps[1] is None:
            return support.nothing(
                SPEC, call, "no outlines of the heart in both frames were handed on by the steps before"
            )
        reason = _unusable(images, (maps[0], maps[1]))
        if reason:
            return support.nothing(SPEC, call, reason)
        frames = [
            Frame.of(support.planes_of(SPEC, label_map, image, context, LABELS), image, label_map)
            for image, label_map in zip(images, (maps[0], maps[1]), strict=True)
        ]
        heart = Heart(frames[0], frames[1], _body_surface(call))
        if heart.left.stroke < 0:
            return support.nothing(
                SPEC,
                call,
                "the left ventricle is larger in the frame given as end-systole; the two frames may be exchanged",
            )
        outputs = _outputs(heart)
        return support.result(SPEC, call, outputs, missing=_missing(heart, set(outputs)))


def _unusable(images: tuple[Image, Image], maps: tuple[LabelMap, LabelMap]) -> str:
    """Why the two frames give no volumes, or an empty string."""
    if not all(image.geometry.is_volume for image in images):
        return "a single slice gives no ventricular volume; give the whole short-axis stack of both frames"
    for label_map, frame in zip(maps, (_ED, _ES), strict=True):
        reason = support.empty_reason(label_map, "lv_cavity") or support.empty_reason(label_map, "myocardium")
        if reason and frame == _ED:
            return f"at {frame}: {reason}"
        if reason and not _vanished(label_map):
            return f"at {frame}: {reason}"
    return _grids_differ(images[0], images[1])


def _vanished(label_map: LabelMap) -> bool:
    """Whether muscle is there and only the cavity is empty: a ventricle may empty altogether."""
    return support.empty_reason(label_map, "myocardium") == ""


def _grids_differ(first: Image, second: Image) -> str:
    same = first.geometry.shape == second.geometry.shape
    one, other = first.geometry.spacing_mm, second.geometry.spacing_mm
    if same and one is not None and other is not None:
        same = all(math.isclose(a, b, rel_tol=1e-3) for a, b in zip(one, other, strict=True))
    return "" if same else "the two frames lie on different grids, so their volumes cannot be compared"


def _body_surface(call: ToolCall) -> float | None:
    """Body surface in m2 by Mosteller (N Engl J Med 317:1098, 1987): sqrt(height cm x weight kg / 3600)."""
    height, weight = (_number(call, name) for name in ("height", "weight"))
    if height is None or weight is None or height <= 0 or weight <= 0:
        return None
    surface = math.sqrt(height * weight / 3600)
    return surface if 0.1 <= surface <= 4 else None


def _number(call: ToolCall, port: str) -> float | None:
    value = call.inputs.get(port)
    if not isinstance(value, FactValue) or isinstance(value.value.value, bool | str):
        return None
    return float(value.value.value)


def _outputs(heart: Heart) -> dict[str, FlowValue]:
    grounds = heart.diastole.label_map, heart.systole.label_map
    made = {name: to_measurement(SPEC, name, draft, grounds) for name, draft in heart.drafts().items()}
    values: dict[str, FlowValue] = {name: MeasurementValue(value=value) for name, value in made.items()}
    values["ejection_class"] = FindingValue(value=ejection_finding(SPEC, made))
    pattern = pattern_finding(SPEC, made)
    if pattern is not None:
        values["heart_pattern"] = FindingValue(value=pattern)
    return values


def _missing(heart: Heart, made: set[str]) -> dict[str, str]:
    """Why each other output is not there."""
    return {name: _why_missing(heart, name) for name in SPEC.outputs if name not in made}


def _why_missing(heart: Heart, name: str) -> str:
    if heart.voxel_ml is None and name in MILLIMETRES:
        return "the images carry no voxel size, so no millilitres, grams or millimetres can be given"
    if heart.surface_m2 is None and name in AREA_INDEXED:
        return "indexing by body surface needs height and weight from the record"
    if name.startswith("right") or (name == "heart_pattern" and not heart.has_right):
        return "the right ventricle was not found, or is not larger at end-diastole"
    return "the wall of the left ventricle could not be measured in both frames"
