"""The tool `read_image`: a question about a picture, graded by an image-reading model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import ModelServerError, ToolFailure
from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.findings import FindingSite, QualitativeEvaluation
from clinigraph.models.imaging import Image, LabelMap
from clinigraph.models.tooling import (
    EvaluationValue,
    Need,
    Port,
    ToolCall,
    ToolResult,
    ToolSpec,
    ValueKind,
)
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.masks import extent
from clinigraph.tools.reading.contract import ImageReader, Pixels

SPEC = ToolSpec(
    name="read_image",
    version="1.0.0",
    description="Grades a question about the image from 1 (clearly absent) to 5 (clearly present) with an image model.",
    inputs={
        "image": Port(kind=ValueKind.IMAGE),
        "masks": Port(kind=ValueKind.LABEL_MAP, required=False, description="Where to look closely."),
        "box": Port(kind=ValueKind.BOX, required=False, description="Where to look closely; goes before masks."),
    },
    outputs={"evaluation": Port(kind=ValueKind.EVALUATION, required=False)},
    needs=(Need.IMAGE_READING_MODEL,),
    timeout_s=300,
)
_NO_READER = "no image-reading model is connected"
_MARGIN = 0.75
"""Border round the region of interest in the close view, as a share of its longer side."""


class ReadImage:
    """Asks an `ImageReader`; without one the tool says that it is unavailable."""

    def __init__(self, reader: ImageReader | None = None) -> None:
        self._reader = reader

    @property
    def spec(self) -> ToolSpec:
        """What agents know of the tool."""
        return SPEC

    def unavailable(self) -> str:
        """Return why the tool cannot work here, or an empty string."""
        return self._reader.unavailable() if self._reader is not None else _NO_READER

    def warm_up(self) -> None:
        """Load nothing: the model runs elsewhere."""

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Grade the question of the call.

        Raises:
            ToolFailure: No reader, no question, no picture, or the model gave no usable answer.
        """
        image = support.image_input(SPEC, call)
        reader = self._ready(call)
        rgb = _as_rgb(support.pixels_of(SPEC, image, context))
        crop = _crop(call, image, rgb, context)
        context.check_cancelled()
        try:
            reading = reader.read(rgb, crop, call.question, call.rubric)
        except ModelServerError as error:
            raise ToolFailure("The image-reading model gave no answer", given=error.what, todo=error.todo) from error
        label_map = support.label_map_input(SPEC, call)
        grounds = (support.label_map_id(label_map),) if label_map is not None else ()
        evaluation = QualitativeEvaluation(
            id=support.tracking_id(
                SPEC, "evaluation", image.id, call.question, call.rubric, reading.digest(), *grounds
            ),
            concept=_concept(call.question),
            score=reading.score,
            evidence_for=reading.evidence_for,
            evidence_against=reading.evidence_against,
            grades=reading.grades,
            disagreement=reading.disagreement,
            algorithm=f"{support.algorithm(SPEC)} with {reading.reader}",
            site=FindingSite(concept=_region(label_map), laterality=image.laterality),
            image_id=image.id,
            derived_from=grounds,
        )
        return support.result(SPEC, call, {"evaluation": EvaluationValue(value=evaluation)})

    def _ready(self, call: ToolCall) -> ImageReader:
        reason = self.unavailable()
        if self._reader is None or reason:
            raise ToolFailure("The image cannot be read", given=reason, todo="Connect a model that reads images.")
        if not call.question or not call.rubric:
            raise ToolFailure(
                "A reading needs a question and a rubric", given=f"step {call.step_id}", todo="Complete the plan."
            )
        return self._reader


def _as_rgb(pixels: NDArray[np.generic]) -> Pixels:
    if pixels.ndim == 2:
        values = pixels.astype(np.float32)
        low, high = (float(v) for v in np.percentile(values, (0.5, 99.5)))
        grey = values if pixels.dtype == np.uint8 else (values - low) / max(high - low, 1e-6) * 255
        return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
    if pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype == np.uint8:
        return np.asarray(pixels, dtype=np.uint8)
    raise ToolFailure(
        "A reading needs a single picture", given=f"an array of shape {pixels.shape}", todo="Choose one slice."
    )


def _crop(call: ToolCall, image: Image, rgb: Pixels, context: ToolContext) -> Pixels | None:
    """Return the region of interest with a border, or None when nothing says where to look."""
    box = support.box_input(call, "box")
    if box is not None:
        x0, y0, x1, y1 = support.clipped_box(SPEC, box, rgb.shape[:2])
    else:
        label_map = support.label_map_input(SPEC, call)
        if label_map is None:
            return None
        labels = tuple(s.label for s in label_map.segments)
        planes = support.planes_of(SPEC, label_map, image, context, labels)
        whole = extent(np.any(np.stack(list(planes.values())), axis=0))
        if whole is None:
            return None
        x0, y0, x1, y1 = whole.x0, whole.y0, whole.x1, whole.y1
    margin = _MARGIN * max(x1 - x0, y1 - y0)
    rows = slice(max(0, int(y0 - margin)), int(y1 + margin) + 1)
    return np.ascontiguousarray(rgb[rows, max(0, int(x0 - margin)) : int(x1 + margin) + 1])


def _concept(question: str) -> Concept:
    return Concept(value="READING", scheme=Scheme.CLINIGRAPH, meaning=question[:200])


def _region(label_map: LabelMap | None) -> Concept:
    if label_map is not None:
        return label_map.segments[0].concept
    return Concept(value="IMAGE", scheme=Scheme.CLINIGRAPH, meaning="Whole image")
