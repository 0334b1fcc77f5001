"""What every tool does with its inputs and outputs: checks, pixels, stable ids, results."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import ToolFailure
from clinigraph.models.base import EvidenceId
from clinigraph.models.codes import Modality
from clinigraph.models.findings import FindingSite
from clinigraph.models.imaging import Box, Image, LabelMap, Point
from clinigraph.models.tooling import (
    BoxValue,
    FlowValue,
    ImageValue,
    LabelMapValue,
    PointsValue,
    ToolCall,
    ToolResult,
    ToolSpec,
    ToolStatus,
)
from clinigraph.tools.contract import ToolContext

Mask = NDArray[np.bool_]


def image_input(spec: ToolSpec, call: ToolCall, port: str = "image") -> Image:
    """Return the image on a port.

    Raises:
        ToolFailure: There is none, or it is of a kind that the tool does not accept.
    """
    value = call.inputs.get(port)
    if not isinstance(value, ImageValue):
        raise ToolFailure(f"The tool {spec.name} needs an image", given=f"input {port!r}", todo="Check the plan.")
    check_modality(spec, value.value)
    return value.value


def check_modality(spec: ToolSpec, image: Image) -> None:
    """Refuse an image that is known to be of another kind; an unknown kind is let through.

    Raises:
        ToolFailure: The modality is known and not among those that the tool accepts.
    """
    if not spec.modalities or image.modality is Modality.UNKNOWN or image.modality in spec.modalities:
        return
    accepted = " or ".join(m.label for m in spec.modalities)
    raise ToolFailure(
        f"The tool {spec.name} reads a {accepted}",
        given=image.modality.label,
        todo="Give an image of that kind, or state the modality if it was misjudged.",
    )


def label_map_input(spec: ToolSpec, call: ToolCall, port: str = "masks") -> LabelMap | None:
    """Return the label map on a port, or None when an earlier step gave none."""
    value = call.inputs.get(port)
    return value.value if isinstance(value, LabelMapValue) else None


def box_input(call: ToolCall, port: str) -> Box | None:
    """Return the box on a port, or None."""
    value = call.inputs.get(port)
    return value.value if isinstance(value, BoxValue) else None


def points_input(spec: ToolSpec, call: ToolCall, shape: tuple[int, ...], port: str) -> tuple[Point, ...]:
    """Return the points on a port, none when it is empty.

    Raises:
        ToolFailure: A point lies outside an image of ``shape`` (rows and columns last).
    """
    value = call.inputs.get(port)
    points = value.value if isinstance(value, PointsValue) else ()
    height, width = shape[-2:]
    for point in points:
        if point.x > width or point.y > height:
            raise ToolFailure(
                f"A point given to {spec.name} lies outside the image",
                given=f"point {point.x:g},{point.y:g} on {width} x {height} pixels",
                todo="Give points in pixels of this image: column, row.",
            )
    return points


def clipped_box(spec: ToolSpec, box: Box, shape: tuple[int, ...]) -> tuple[float, float, float, float]:
    """Return a box cut to the image, as ``(x0, y0, x1, y1)`` in pixels.

    Raises:
        ToolFailure: The box lies outside the image, or less than two pixels of it are inside.
    """
    height, width = shape[-2:]
    x0, y0, x1, y1 = max(0.0, box.x0), max(0.0, box.y0), min(float(width), box.x1), min(float(height), box.y1)
    if x1 - x0 < 2 or y1 - y0 < 2:
        raise ToolFailure(
            f"The box given to {spec.name} lies outside the image",
            given=f"box {box.x0:g},{box.y0:g},{box.x1:g},{box.y1:g} on {width} x {height} pixels",
            todo="Give a box in pixels of this image: left, top, right, bottom.",
        )
    return x0, y0, x1, y1


def pixels_of(spec: ToolSpec, image: Image, context: ToolContext) -> NDArray[np.generic]:
    """Return the pixels of an image, checked against its geometry and free of NaN and infinity.

    Raises:
        ToolFailure: The array does not fit the geometry, or holds values that are not numbers.
    """
    array = context.artifacts.get(image.artifact_id)
    grid = array.shape[:-1] if image.colour else array.shape
    if tuple(grid) != tuple(image.geometry.shape):
        raise ToolFailure(
            "The pixels do not fit the image's stated grid",
            given=f"{grid} against {image.geometry.shape}",
            todo="Load the image again.",
        )
    if np.issubdtype(array.dtype, np.floating) and not bool(np.isfinite(array).all()):
        raise ToolFailure(
            f"The image given to {spec.name} holds values that are not numbers",
            given=f"dtype {array.dtype}",
            todo="Export the image again without NaN or infinite pixels.",
        )
    return array


def planes_of(
    spec: ToolSpec, label_map: LabelMap, image: Image | None, context: ToolContext, labels: tuple[str, ...]
) -> dict[str, Mask]:
    """Return the masks with the given labels; labels that the map does not hold are left out.

    Raises:
        ToolFailure: Mask and image do not lie on the same grid, or belong to different images.
    """
    stack = context.artifacts.get(label_map.artifact_id)
    expected = (len(label_map.segments), *label_map.geometry.shape)
    same_image = image is None or (image.id == label_map.image_id and image.geometry.shape == label_map.geometry.shape)
    if stack.shape != expected or stack.dtype != np.bool_ or not same_image:
        raise ToolFailure(
            f"The masks given to {spec.name} do not lie on the grid of the image",
            given=f"masks {label_map.geometry.shape}, image {image.geometry.shape if image else stack.shape}",
            todo="Segment this image and measure on the masks of that step.",
        )
    return {label: stack[label_map.plane(label)] for label in labels if label_map.segment(label) is not None}


def algorithm(spec: ToolSpec) -> str:
    """Return ``name version`` as measurements and label maps state it."""
    return f"{spec.name} {spec.version}"


def tracking_id(spec: ToolSpec, output: str, *grounds: str) -> EvidenceId:
    """Return a stable id: the same tool, version, output and inputs give the same one."""
    text = "\x1f".join((spec.name, spec.version, output, *grounds))
    return EvidenceId(f"{output}-{hashlib.sha256(text.encode()).hexdigest()[:12]}")


def label_map_id(label_map: LabelMap) -> EvidenceId:
    """Return the node id that a label map has in the evidence graph."""
    return EvidenceId(f"labelmap-{label_map.digest()[:12]}")


def empty_reason(label_map: LabelMap, label: str) -> str:
    """Return why a structure cannot be measured on a label map, in words; an empty string when it can.

    It is not looked for, or empty, or fills the whole image, so that no edge of it is seen.
    """
    segment = label_map.segment(label)
    words = label.replace("_", " ")
    if segment is None:
        return f"the segmentation does not look for the {words}"
    if segment.pixel_count == 0:
        return segment.reason or f"no {words} was found on the image"
    if segment.pixel_count >= math.prod(label_map.geometry.shape):
        return f"the outline of the {words} fills the whole image, so no edge of it is seen"
    return ""


def result(
    spec: ToolSpec,
    call: ToolCall,
    outputs: Mapping[str, FlowValue],
    *,
    missing: Mapping[str, str] | None = None,
    empty: str = "",
) -> ToolResult:
    """Return an OK result, or EMPTY when a reason is given or every output is missing."""
    missing = dict(missing or {})
    reason = empty or ("" if outputs else "; ".join(dict.fromkeys(missing.values())))
    status = ToolStatus.EMPTY if reason else ToolStatus.OK
    return ToolResult(
        step_id=call.step_id,
        tool=spec.name,
        tool_version=spec.version,
        status=status,
        outputs=dict(outputs),
        missing=missing,
        reason=reason,
    )


def nothing(spec: ToolSpec, call: ToolCall, reason: str) -> ToolResult:
    """Return EMPTY with one reason for every output."""
    return result(spec, call, {}, missing=dict.fromkeys(spec.outputs, reason))


def sided(site: FindingSite, image: Image) -> FindingSite:
    """Return the site with the image's laterality."""
    return site.replace(laterality=image.laterality)
