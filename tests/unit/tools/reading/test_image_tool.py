"""The reading tool hands the right pixels and words to the reader, and says when there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import ModelServerError, ToolFailure
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Box, Image, ImageFormat, ImageGeometry
from clinigraph.models.tooling import BoxValue, EvaluationValue, ImageValue, ToolCall, ToolResult
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.reading.contract import Pixels, QualitativeReading
from clinigraph.tools.reading.image_tool import ReadImage


class Reader:
    """Remembers what it was shown."""

    def __init__(self, error: ModelServerError | None = None) -> None:
        self.seen: list[tuple[Pixels, Pixels | None, str, str]] = []
        self.error = error

    def unavailable(self) -> str:
        return ""

    def read(self, image: Pixels, crop: Pixels | None, question: str, rubric: str) -> QualitativeReading:
        self.seen.append((image, crop, question, rubric))
        if self.error:
            raise self.error
        return QualitativeReading(score=4, evidence_for="a flame", reader="eyes 1")


def run(tmp_path: Path, reader: Reader | None, box: Box | None = None, question: str = "Haemorrhage?") -> ToolResult:
    store = ArtifactStore(tmp_path)
    pixels = np.arange(100 * 80, dtype=np.uint16).reshape(100, 80)
    image = Image(
        id="i",
        artifact_id=store.put(pixels),
        geometry=ImageGeometry(shape=(100, 80)),
        format=ImageFormat.PNG,
        modality=Modality.FUNDUS,
    )
    inputs = {"image": ImageValue(value=image)} | ({"box": BoxValue(value=box)} if box else {})
    call = ToolCall.model_validate(
        {"step_id": "r", "tool": "read_image", "inputs": inputs, "question": question, "rubric": "1 no, 5 yes"}
    )
    return ReadImage(reader).run(call, ToolContext(artifacts=store))


def test_reader_gets_rgb_question_and_rubric_and_its_score_is_kept(tmp_path: Path) -> None:
    reader = Reader()
    value = run(tmp_path, reader).outputs["evaluation"]
    image, crop, question, rubric = reader.seen[0]
    assert (image.shape, image.dtype, crop) == ((100, 80, 3), np.uint8, None)
    assert (question, rubric) == ("Haemorrhage?", "1 no, 5 yes")
    assert isinstance(value, EvaluationValue)
    assert (value.value.score, value.value.evidence_for) == (4, "a flame")
    assert "eyes 1" in value.value.algorithm


def test_a_box_gives_a_close_view_with_a_border(tmp_path: Path) -> None:
    reader = Reader()
    run(tmp_path, reader, Box(x0=30, y0=40, x1=50, y1=60))
    crop = reader.seen[0][1]
    assert crop is not None
    assert crop.shape == (51, 51, 3)


def test_without_reader_or_question_the_tool_refuses(tmp_path: Path) -> None:
    assert ReadImage(None).unavailable() == "no image-reading model is connected"
    with pytest.raises(ToolFailure, match="no image-reading model"):
        run(tmp_path, None)
    with pytest.raises(ToolFailure, match="question and a rubric"):
        run(tmp_path, Reader(), question="")


def test_a_model_without_answer_is_a_failure_not_a_score(tmp_path: Path) -> None:
    with pytest.raises(ToolFailure, match="gave no answer"):
        run(tmp_path, Reader(ModelServerError("timed out")))


def test_a_box_outside_the_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolFailure, match="outside the image"):
        run(tmp_path, Reader(), Box(x0=200, y0=0, x1=300, y1=50))
