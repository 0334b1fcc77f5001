"""The tool `medsam_box`: outlines whatever a box points at, with LiteMedSAM."""

from __future__ import annotations

from clinigraph.tools.segmentation import medsam
from clinigraph.tools.segmentation.medsam import MedSamLite
from clinigraph.tools.segmentation.prompting import BoxSegmenter, box_spec

SPEC = box_spec(
    name="medsam_box",
    description="Outlines the structure inside a given box on any single medical picture (LiteMedSAM).",
    weights_sha256=medsam.WEIGHTS_SHA256,
    licence=medsam.LICENCE,
)


class MedSamLiteSegmenter(BoxSegmenter):
    """The default promptable segmenter; the engine may be shared with other tools."""

    def __init__(self, engine: MedSamLite) -> None:
        super().__init__(SPEC, engine)
