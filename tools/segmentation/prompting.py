"""What promptable segmenters share: prompts, answers, and the tool around an engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clinigraph.models.codes import Concept, Modality
from clinigraph.models.imaging import Image
from clinigraph.models.tooling import Need, Port, ToolCall, ToolResult, ToolSpec, ValueKind
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.concepts import private
from clinigraph.tools.segmentation.pixels import RGB, to_rgb
from clinigraph.tools.segmentation.results import Structure, label_map_result

BoxXYXY = tuple[float, float, float, float]
TARGET = private("TARGET", "Structure in the given box")
_NO_PROMPT = "nothing was outlined because no box or point says where to look"
_ONLY_OUTSIDE = "nothing was outlined because points say only what does not belong to the structure"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A box, points, or both, in pixels of the image; points carry whether they lie inside."""

    box: BoxXYXY | None = None
    points: tuple[tuple[float, float, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class PromptedMask:
    """What one prompt gave."""

    mask: NDArray[np.bool_]
    """(H, W) on the grid of the image."""
    probability: NDArray[np.float32]
    """(H, W) 0..1."""
    score: float
    """The network's own estimate of its overlap (intersection over union), 0..1, not calibrated."""


class PromptEngine(Protocol):
    """A network that answers prompts; encodes each image once."""

    def unavailable(self) -> str:
        """Return why the engine cannot work here, or an empty string. Cheap."""
        ...

    def warm_up(self) -> None:
        """Load the weights once."""
        ...

    def segment(self, rgb: RGB, prompts: Sequence[Prompt], *, key: str) -> list[PromptedMask]:
        """Outline what each prompt points at, on the grid of ``rgb``; equal keys must mean equal pixels."""
        ...


def box_spec(
    *, name: str, description: str, weights_sha256: str | None, licence: str, needs: tuple[Need, ...] = ()
) -> ToolSpec:
    """Return the spec of a tool that outlines what a box or points show."""
    return ToolSpec(
        name=name,
        version="1.2.0",
        description=description,
        modalities=tuple(m for m in Modality if m not in (Modality.NOT_MEDICAL, Modality.UNKNOWN)),
        inputs={
            "image": Port(kind=ValueKind.IMAGE),
            "box": Port(kind=ValueKind.BOX, required=False),
            "points": Port(kind=ValueKind.POINTS, required=False, description="Places in the structure or beside it."),
        },
        outputs={"masks": Port(kind=ValueKind.LABEL_MAP, labels=("target",), required=False)},
        needs=needs,
        timeout_s=300,
        weights_sha256=weights_sha256,
        licence=licence,
    )


def widened(box: BoxXYXY, share: float, shape: tuple[int, ...]) -> BoxXYXY:
    """Return a box with each edge moved outwards by a share of the image's longer side, cut to the image ``(H, W)``."""
    by = share * max(shape[-2:])
    height, width = shape[-2:]
    return max(0.0, box[0] - by), max(0.0, box[1] - by), min(width, box[2] + by), min(height, box[3] + by)


class EngineTool:
    """A tool on an engine, which may be shared with other tools."""

    def __init__(self, spec: ToolSpec, engine: PromptEngine) -> None:
        self._spec = spec
        self._engine = engine

    @property
    def spec(self) -> ToolSpec:
        """What agents know of the tool."""
        return self._spec

    def unavailable(self) -> str:
        """Return why the tool cannot work here, or an empty string."""
        return self._engine.unavailable()

    def warm_up(self) -> None:
        """Load the engine.

        Raises:
            WeightsInvalid: The weights are missing or not the expected ones.
        """
        self._engine.warm_up()

    def _target(
        self, call: ToolCall, context: ToolContext, image: Image, rgb: RGB, prompt: Prompt, concept: Concept
    ) -> ToolResult:
        """What one prompt shows, as the structure ``target``."""
        context.check_cancelled()
        answer = self._engine.segment(rgb, [prompt], key=str(image.artifact_id))[0]
        reason = None if answer.mask.any() else "the segmenter saw no outline where it was asked to look"
        target = Structure("target", concept, answer.mask, answer.score, reason)
        return label_map_result(self._spec, call, context, image, [target])


class BoxSegmenter(EngineTool):
    """Outlines by a box, points, or both; several prompts on one image cost one encoding."""

    def __init__(self, spec: ToolSpec, engine: PromptEngine, widen: float = 0.0) -> None:
        """Remember the engine.

        Args:
            spec: What agents know of the tool.
            engine: Answers prompts.
            widen: How far each edge of a box is moved outwards, as a share of the image's longer side.
        """
        super().__init__(spec, engine)
        self._widen = widen

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Outline what the box and the points show.

        Raises:
            ToolFailure: The image is no single medical picture, or a prompt lies outside of it.
        """
        image = support.image_input(self._spec, call)
        prompt, doubt = self._prompt(call, image.geometry.shape)
        if prompt is None:
            return support.nothing(self._spec, call, doubt)
        rgb = to_rgb(support.pixels_of(self._spec, image, context))
        return self._target(call, context, image, rgb, prompt, TARGET)

    def _prompt(self, call: ToolCall, shape: tuple[int, ...]) -> tuple[Prompt | None, str]:
        """Return the prompt of a call, or None with a reason in words."""
        given = support.box_input(call, "box")
        points = support.points_input(self._spec, call, shape, "points")
        if given is None and not any(point.inside for point in points):
            return None, _ONLY_OUTSIDE if points else _NO_PROMPT
        box = None if given is None else widened(support.clipped_box(self._spec, given, shape), self._widen, shape)
        return Prompt(box=box, points=tuple((p.x, p.y, p.inside) for p in points)), ""
