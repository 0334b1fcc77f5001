"""The tool `medsam_box`: outlines whatever a box points at, with LiteMedSAM."""

from __future__ import annotations

from clinigraph.models.codes import Modality
from clinigraph.models.tooling import Port, ToolCall, ToolResult, ToolSpec, ValueKind
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.concepts import private
from clinigraph.tools.segmentation import medsam
from clinigraph.tools.segmentation.medsam import MedSamLite, Prompt
from clinigraph.tools.segmentation.pixels import to_rgb
from clinigraph.tools.segmentation.results import Structure, label_map_result

TARGET = private("TARGET", "Structure in the given box")

SPEC = ToolSpec(
    name="medsam_box",
    version="1.0.0",
    description="Outlines the structure inside a given box on any single medical picture (LiteMedSAM).",
    modalities=tuple(m for m in Modality if m not in (Modality.NOT_MEDICAL, Modality.UNKNOWN)),
    inputs={"image": Port(kind=ValueKind.IMAGE), "box": Port(kind=ValueKind.BOX, required=False)},
    outputs={"masks": Port(kind=ValueKind.LABEL_MAP, labels=("target",), required=False)},
    timeout_s=180,
    weights_sha256=medsam.WEIGHTS_SHA256,
    licence=medsam.LICENCE,
)
_NO_BOX = "nothing was outlined because no box says where to look"


class MedSamLiteSegmenter:
    """Outlines by a box; several boxes on one image cost one encoding."""

    def __init__(self, engine: MedSamLite) -> None:
        self._engine = engine

    spec = SPEC

    def unavailable(self) -> str:
        """Return why the tool cannot work here, or an empty string."""
        return self._engine.unavailable()

    def warm_up(self) -> None:
        """Load LiteMedSAM.

        Raises:
            WeightsInvalid: The weights are missing or not the tested ones.
        """
        self._engine.warm_up()

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Outline the structure in the box.

        Raises:
            ToolFailure: The image is no single medical picture, or the box lies outside of it.
        """
        image = support.image_input(SPEC, call)
        given = support.box_input(call, "box")
        if given is None:
            return support.result(SPEC, call, {}, missing={"masks": _NO_BOX})
        rgb = to_rgb(support.pixels_of(SPEC, image, context))
        box = support.clipped_box(SPEC, given, rgb.shape[:2])
        context.check_cancelled()
        answer = self._engine.segment(rgb, [Prompt(box=box)], key=str(image.artifact_id))[0]
        reason = None if answer.mask.any() else "the segmenter saw no outline inside the given box"
        target = Structure("target", TARGET, answer.mask, answer.score, reason)
        return label_map_result(SPEC, call, context, image, [target])
