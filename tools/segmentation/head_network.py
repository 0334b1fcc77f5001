"""The tool `fetal_head`: the head on an obstetric ultrasound picture by the network of this project."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Image
from clinigraph.models.tooling import Port, ToolCall, ToolResult, ToolSpec, ValueKind
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement import concepts
from clinigraph.tools.measurement.planar import Ellipse
from clinigraph.tools.segmentation.bundle_tool import BundleTool, within_one
from clinigraph.tools.segmentation.pixels import to_grey
from clinigraph.tools.segmentation.results import Structure

if TYPE_CHECKING:
    from clinigraph.tools.segmentation.networks.head import HeadNetwork, HeadPrediction

LABEL = "fetal_head"
_NOT_FOUND = "the picture does not show a fetal head whose outline is an oval"
_SQUARE = 0.01
"""Largest relative difference of row and column spacing at which the ellipses of the passes become millimetres."""


class FetalHead(BundleTool["HeadNetwork"]):
    """The head by one small ensemble, as an ellipse along the outer edge of the skull."""

    bundle = "us_fetal_head"
    subject = "fetal head"

    @cached_property
    def spec(self) -> ToolSpec:
        """What agents know of the tool; version, licence and sha256 come from the bundle."""
        return ToolSpec(
            name="fetal_head",
            version=self._card.version,
            description="Fetal head on an obstetric ultrasound picture by a network trained for it.",
            modalities=(Modality.ULTRASOUND,),
            inputs={"image": Port(kind=ValueKind.IMAGE)},
            outputs={"masks": Port(kind=ValueKind.LABEL_MAP, labels=(LABEL,))},
            weights_sha256=self._card.sha256,
            licence=self._card.licence,
        )

    def _make(self, folder: Path) -> HeadNetwork:
        from clinigraph.tools.segmentation.networks.head import HeadNetwork

        return HeadNetwork(folder)

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Outline the head.

        Raises:
            ToolFailure: The image is of another kind or no single picture.
        """
        image = support.image_input(self.spec, call)
        grey = to_grey(support.pixels_of(self.spec, image, context))
        context.check_cancelled()
        with self._lock:
            found = self._loaded().predict(grey)
        reason = None if found.head.any() else f"{_NOT_FOUND} (confidence {found.confidence:.2f})"
        confidence = within_one(found.confidence)
        head = Structure(LABEL, concepts.FETAL_HEAD, found.head, confidence, reason)
        return self._outlined(call, context, image, [head], {"head_circumference": _samples(found, image)})


def _samples(found: HeadPrediction, image: Image) -> tuple[float, ...]:
    """Return the circumference of every pass in millimetres; none without a spacing or with oblong pixels."""
    spacing = image.geometry.spacing_mm
    if spacing is None or abs(spacing[0] / spacing[1] - 1) > _SQUARE:
        return ()
    ovals = [oval.grown(-0.5) for oval in found.passes]
    return tuple(Ellipse((o.x, o.y), o.semi_major, o.semi_minor).circumference * spacing[0] for o in ovals)
