"""The tool `cine_mr_heart`: chambers of the heart on short-axis MR by the network of this project."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import ToolFailure
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Image, ImageGeometry
from clinigraph.models.tooling import Port, ToolCall, ToolResult, ToolSpec, ValueKind
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement import concepts
from clinigraph.tools.segmentation.bundle_tool import BundleTool, within_one
from clinigraph.tools.segmentation.pixels import to_grey, to_uint8
from clinigraph.tools.segmentation.results import Structure

if TYPE_CHECKING:
    from clinigraph.tools.segmentation.networks.cine import CineNetwork

LABELS = ("lv_cavity", "myocardium", "rv_cavity")
_CONCEPTS = (
    concepts.sct("87878005", "Left ventricle"),
    concepts.sct("74281007", "Myocardium"),
    concepts.sct("53085002", "Right ventricle"),
)
_NOT_FOUND = "the slices do not show a left ventricle in short axis as cine MR does"
MAX_SLICES = 64
"""A volume with more slices is no short-axis stack (ACDC has 6 to 18)."""
_THICKER = 1.5
"""An axis is taken for the slice axis when its step is so much longer than the others'."""


class CineMrHeart(BundleTool["CineNetwork"]):
    """Cavity and muscle of the left ventricle and cavity of the right, on one slice or a stack."""

    bundle = "cine_mr_heart"
    subject = "cine MR"

    @cached_property
    def spec(self) -> ToolSpec:
        """What agents know of the tool; version, licence and sha256 come from the bundle."""
        return ToolSpec(
            name="cine_mr_heart",
            version=self._card.version,
            description="Left ventricular cavity, myocardium and right ventricular cavity on short-axis cine MR.",
            modalities=(Modality.MR,),
            body_parts=("HEART",),
            inputs={"image": Port(kind=ValueKind.IMAGE, description="One short-axis slice, or a stack of them.")},
            outputs={"masks": Port(kind=ValueKind.LABEL_MAP, labels=LABELS)},
            timeout_s=300,
            weights_sha256=self._card.sha256,
            licence=self._card.licence,
        )

    def _make(self, folder: Path) -> CineNetwork:
        from clinigraph.tools.segmentation.networks.cine import CineNetwork

        return CineNetwork(folder)

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Outline the chambers.

        Raises:
            ToolFailure: The image is of another kind, or has more slices than a short-axis stack.
        """
        image = support.image_input(self.spec, call)
        axis = slice_axis(image.geometry)
        stack = self._stack(image, support.pixels_of(self.spec, image, context), axis)
        context.check_cancelled()
        with self._lock:
            found = self._loaded().predict(stack)
        reason = f"{_NOT_FOUND} (confidence {found.confidence:.2f})"
        confidence = within_one(found.confidence)
        masks = [
            np.moveaxis(mask, 0, axis) if image.geometry.is_volume else mask[0]
            for mask in (found.lv_cavity, found.myocardium, found.rv_cavity)
        ]
        left = bool(masks[0].any())
        structures = [
            Structure(label, concept, mask, confidence, None if mask.any() else _absent(label, reason, left))
            for label, concept, mask in zip(LABELS, _CONCEPTS, masks, strict=True)
        ]
        samples = zip(*found.voxel_samples, strict=True)
        return self._outlined(
            call,
            context,
            image,
            structures,
            {f"{label}_voxels": tuple(values) for label, values in zip(LABELS, samples, strict=False)},
        )

    def _stack(self, image: Image, pixels: NDArray[np.generic], axis: int) -> NDArray[np.uint8]:
        if not image.geometry.is_volume:
            return to_grey(pixels)[None]
        stack = np.moveaxis(to_uint8(pixels), axis, 0)
        if len(stack) > MAX_SLICES:
            raise ToolFailure(
                f"A volume of {len(stack)} slices is no stack of short-axis slices",
                given=f"{MAX_SLICES} slices at most",
                todo="Give the short-axis stack of one frame.",
            )
        return np.ascontiguousarray(stack)


def slice_axis(geometry: ImageGeometry) -> int:
    """Return the axis of a volume along which its slices lie: the one with the longest step, else the first.

    Args:
        geometry: Of a volume ``(D, H, W)`` or a picture, for which it is 0.
    """
    spacing = geometry.spacing_mm
    if not geometry.is_volume or spacing is None:
        return 0
    longest = int(np.argmax(spacing))
    others = max(step for axis, step in enumerate(spacing) if axis != longest)
    return longest if spacing[longest] >= _THICKER * others else 0


def _absent(label: str, reason: str, left_found: bool) -> str:
    """Why one structure is empty: the heart was not found, or this part of it does not reach into the slices."""
    return f"no {label.replace('_', ' ')} was found beside the left ventricle" if left_found else reason
