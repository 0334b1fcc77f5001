"""What both disc-and-cup tools have in common: ports, structures, the answer "not found"."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Image
from clinigraph.models.tooling import Port, ToolCall, ToolResult, ToolSpec, ValueKind
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement import concepts
from clinigraph.tools.segmentation.results import Structure, label_map_result

LABELS = ("optic_disc", "optic_cup")


def disc_cup_spec(*, name: str, version: str, description: str, weights_sha256: str | None, licence: str) -> ToolSpec:
    """Return the spec of a tool that outlines disc and cup."""
    return ToolSpec(
        name=name,
        version=version,
        description=description,
        modalities=(Modality.FUNDUS,),
        body_parts=("EYE",),
        inputs={
            "image": Port(kind=ValueKind.IMAGE),
            "disc_box": Port(kind=ValueKind.BOX, required=False, description="Box round the disc, given by the user."),
        },
        outputs={"masks": Port(kind=ValueKind.LABEL_MAP, labels=LABELS)},
        timeout_s=180,
        weights_sha256=weights_sha256,
        licence=licence,
    )


def structures(
    disc: NDArray[np.bool_], cup: NDArray[np.bool_], *, confidence: float | None, cup_reason: str
) -> list[Structure]:
    """Return disc and cup as structures of a label map; the reason counts when the cup is empty."""
    return [
        Structure("optic_disc", concepts.OPTIC_DISC, disc, confidence),
        Structure("optic_cup", concepts.OPTIC_CUP, cup & disc, confidence, None if (cup & disc).any() else cup_reason),
    ]


def not_found(spec: ToolSpec, call: ToolCall, context: ToolContext, image: Image, reason: str) -> ToolResult:
    """Return empty masks on the image's grid with a reason."""
    empty = np.zeros(image.geometry.shape, dtype=np.bool_)
    found = [
        Structure("optic_disc", concepts.OPTIC_DISC, empty, reason=reason),
        Structure("optic_cup", concepts.OPTIC_CUP, empty, reason=reason),
    ]
    return label_map_result(spec, call, context, image, found)
