"""The tool `chest_lungs_heart`: lungs and heart on a frontal chest film by the network of this project."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from clinigraph.models.codes import Modality
from clinigraph.models.tooling import Port, ToolCall, ToolResult, ToolSpec, ValueKind
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement import concepts
from clinigraph.tools.segmentation.bundle_tool import BundleTool, within_one
from clinigraph.tools.segmentation.pixels import to_grey
from clinigraph.tools.segmentation.results import Structure

if TYPE_CHECKING:
    from clinigraph.tools.segmentation.networks.chest import ChestNetwork

LABELS = ("left_lung", "right_lung", "heart")
_CONCEPTS = (
    concepts.sct("44029006", "Left lung"),
    concepts.sct("3341006", "Right lung"),
    concepts.HEART,
)
_NOT_FOUND = "the film does not show two lungs and a heart as a frontal chest film does"


class ChestLungsHeart(BundleTool["ChestNetwork"]):
    """Lungs and heart by one small ensemble."""

    bundle = "cxr_lungs_heart"
    subject = "chest"

    @cached_property
    def spec(self) -> ToolSpec:
        """What agents know of the tool; version, licence and sha256 come from the bundle."""
        return ToolSpec(
            name="chest_lungs_heart",
            version=self._card.version,
            description="Left lung, right lung and heart on a frontal chest film by a network trained for it.",
            modalities=(Modality.CHEST_FILM,),
            body_parts=("CHEST",),
            inputs={"image": Port(kind=ValueKind.IMAGE)},
            outputs={"masks": Port(kind=ValueKind.LABEL_MAP, labels=LABELS)},
            weights_sha256=self._card.sha256,
            licence=self._card.licence,
        )

    def _make(self, folder: Path) -> ChestNetwork:
        from clinigraph.tools.segmentation.networks.chest import ChestNetwork

        return ChestNetwork(folder)

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Outline lungs and heart.

        Raises:
            ToolFailure: The image is of another kind or no single picture.
        """
        image = support.image_input(self.spec, call)
        grey = to_grey(support.pixels_of(self.spec, image, context))
        context.check_cancelled()
        with self._lock:
            found = self._loaded().predict(grey)
        reason = f"{_NOT_FOUND} (confidence {found.confidence:.2f})"
        confidence = within_one(found.confidence)
        masks = (found.left_lung, found.right_lung, found.heart)
        structures = [
            Structure(label, concept, mask, confidence, None if mask.any() else reason)
            for label, concept, mask in zip(LABELS, _CONCEPTS, masks, strict=True)
        ]
        return self._outlined(call, context, image, structures, {"cardiothoracic_ratio": tuple(found.ctr_samples)})
