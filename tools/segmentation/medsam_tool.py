"""The tool `medsam_box`: outlines whatever a box or points show, with LiteMedSAM."""

from __future__ import annotations

from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Calibration
from clinigraph.models.tooling import LabelMapValue, ToolCall, ToolResult
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.segmentation import medsam
from clinigraph.tools.segmentation.medsam import MedSamLite
from clinigraph.tools.segmentation.prompting import BoxSegmenter, box_spec

SPEC = box_spec(
    name="medsam_box",
    description="Outlines the structure inside a given box on any single medical picture (LiteMedSAM).",
    weights_sha256=medsam.WEIGHTS_SHA256,
    licence=medsam.LICENCE,
)
WIDEN = 2.5 / medsam.SIDE
"""The network was trained on boxes whose edges lay 0 to 5 of its 256 pixels outside the structure (Ma et al. 2024), so
a box drawn close round a structure is widened by the mean of that."""
CALIBRATION: dict[Modality, dict[str, Calibration]] = {
    Modality.ULTRASOUND: {
        "taller_than_wide": Calibration(
            halfwidth=0.148,
            level=0.9,
            n=105,
            caveat="breast masses of BUSI, perhaps known to the network; edges off by up to a tenth, not widened",
        )
    }
}
"""Errors of measures on masks from a given box, by kind of image (`clinigraph.evals.bench.lesions`)."""


class MedSamLiteSegmenter(BoxSegmenter):
    """The default promptable segmenter; the engine may be shared with other tools."""

    def __init__(self, engine: MedSamLite) -> None:
        super().__init__(SPEC, engine, WIDEN)

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Outline what the box and the points show; with a box, say how far measures on such masks may be off.

        Raises:
            ToolFailure: The image is no single medical picture, or a prompt lies outside of it.
        """
        result = super().run(call, context)
        masks = result.outputs.get("masks")
        known = CALIBRATION.get(support.image_input(SPEC, call).modality)
        if known is None or support.box_input(call, "box") is None or not isinstance(masks, LabelMapValue):
            return result
        return result.replace(outputs={"masks": LabelMapValue(value=masks.value.replace(calibration=known))})
