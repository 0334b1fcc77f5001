"""From masks to a label map result: the last step of every segmenter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigraph.models.codes import Concept
from clinigraph.models.imaging import Calibration, Image, LabelMap, Segment
from clinigraph.models.tooling import LabelMapValue, ToolCall, ToolResult, ToolSpec
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Structure:
    """One mask on its way into a label map."""

    label: str
    concept: Concept
    mask: Mask
    confidence: float | None = None
    reason: str | None = None
    """Why the mask is empty or to be read with care."""


def label_map_result(
    spec: ToolSpec,
    call: ToolCall,
    context: ToolContext,
    image: Image,
    structures: list[Structure],
    *,
    samples: Mapping[str, tuple[float, ...]] | None = None,
    calibration: Mapping[str, Calibration] | None = None,
) -> ToolResult:
    """Store the masks and return them as output ``masks``; EMPTY when every mask is empty.

    Args:
        spec: Of the tool that made the masks.
        call: The call that is answered.
        context: Where pixels are stored.
        image: The image that the masks lie on; each mask has its grid.
        structures: In the order of segment numbers.
        samples: Measures of test-time-augmented passes.
        calibration: Errors on held-out images.

    Raises:
        ValueError: A mask does not have the image's grid (a mistake in the tool).
    """
    stack = np.stack([np.asarray(s.mask, dtype=np.bool_) for s in structures])
    if stack.shape[1:] != tuple(image.geometry.shape):
        raise ValueError(f"masks of shape {stack.shape[1:]} do not lie on the image's grid {image.geometry.shape}")
    label_map = LabelMap(
        image_id=image.id,
        artifact_id=context.artifacts.put(stack),
        geometry=image.geometry,
        segments=tuple(_segment(number, s) for number, s in enumerate(structures, start=1)),
        algorithm=support.algorithm(spec),
        samples=dict(samples or {}),
        calibration=dict(calibration or {}),
    )
    reasons = dict.fromkeys(s.reason or "" for s in label_map.segments if s.pixel_count == 0)
    empty = "; ".join(reasons) if all(s.pixel_count == 0 for s in label_map.segments) else ""
    return support.result(spec, call, {"masks": LabelMapValue(value=label_map)}, empty=empty)


def _segment(number: int, structure: Structure) -> Segment:
    count = int(structure.mask.sum())
    reason = structure.reason
    if count == 0 and not reason:
        reason = f"no {structure.label.replace('_', ' ')} was found on the image"
    confidence = structure.confidence if count else None
    return Segment(
        label=structure.label,
        number=number,
        concept=structure.concept,
        pixel_count=count,
        reason=reason,
        confidence=confidence,
    )
