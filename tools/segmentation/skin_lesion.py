"""The tool `skin_lesion_outline`: outlines a lesion on dermoscopy, in the user's box or in one it finds itself."""

from __future__ import annotations

from clinigraph.models.codes import Modality
from clinigraph.models.tooling import Port, ToolCall, ToolResult, ToolSpec, ValueKind
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.concepts import private
from clinigraph.tools.segmentation import medsam
from clinigraph.tools.segmentation.dermoscopy_box import find_lesion
from clinigraph.tools.segmentation.pixels import RGB, to_rgb
from clinigraph.tools.segmentation.prompting import EngineTool, Prompt, PromptEngine

LESION = private("SKIN-LESION", "Pigmented skin lesion")
_NOT_FOUND = "no lesion stands out from the skin; give a box round it (--box lesion=x0,y0,x1,y1)"

SPEC = ToolSpec(
    name="skin_lesion_outline",
    version="1.1.0",
    description="Outlines the lesion on a dermoscopy picture by a box, points or the central dark part (LiteMedSAM).",
    modalities=(Modality.DERMOSCOPY,),
    inputs={
        "image": Port(kind=ValueKind.IMAGE),
        "box": Port(kind=ValueKind.BOX, required=False),
        "points": Port(kind=ValueKind.POINTS, required=False, description="Places in the lesion or beside it."),
    },
    outputs={"masks": Port(kind=ValueKind.LABEL_MAP, labels=("target",), required=False)},
    timeout_s=300,
    weights_sha256=medsam.WEIGHTS_SHA256,
    licence=medsam.LICENCE,
)


class SkinLesionOutline(EngineTool):
    """Finds the box when none is given; the engine may be shared with other tools."""

    def __init__(self, engine: PromptEngine) -> None:
        super().__init__(SPEC, engine)

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Outline the lesion.

        Raises:
            ToolFailure: The image is no dermoscopy picture, or the box lies outside of it.
        """
        image = support.image_input(SPEC, call)
        rgb = to_rgb(support.pixels_of(SPEC, image, context))
        prompt = _prompt(call, rgb)
        if prompt is None:
            return support.nothing(SPEC, call, _NOT_FOUND)
        return self._target(call, context, image, rgb, prompt, LESION)


def _prompt(call: ToolCall, rgb: RGB) -> Prompt | None:
    """Return what is asked of the engine: the given box or the one found, and the given points.

    Points alone replace the box that would be found, unless all of them only say what does not belong to the lesion.
    """
    given = support.box_input(call, "box")
    points = support.points_input(SPEC, call, rgb.shape[:2], "points")
    places = tuple((p.x, p.y, p.inside) for p in points)
    if given is not None:
        return Prompt(box=support.clipped_box(SPEC, given, rgb.shape[:2]), points=places)
    if any(point.inside for point in points):
        return Prompt(points=places)
    found = find_lesion(rgb)
    return None if found is None else Prompt(box=found.box, points=places)
