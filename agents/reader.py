"""The reader: a multimodal model grades what only eyes can read, on the whole picture and on a close view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clinigraph.agents.asking import PACKAGE
from clinigraph.llm.contract import ChatModel
from clinigraph.llm.prompt_files import load_prompt
from clinigraph.models.base import Value
from clinigraph.models.findings import Grades
from clinigraph.tools.reading.contract import QualitativeReading

Picture = NDArray[np.uint8]
UNDECIDED_FROM = 2
"""Points between two readings from which neither counts. Our choice: the rubric's steps from absent to undecided."""


class Grade(Value):
    """What the model is asked for."""

    evidence_for: str = Field(max_length=400)
    """What speaks for the finding."""
    evidence_against: str = Field(max_length=400)
    """What speaks against it."""
    score: int = Field(ge=1, le=5)
    """1 to 5 by the rubric."""
    tool_quality: int | None = Field(default=None, ge=1, le=5)
    """How well this picture lets anybody judge the finding."""
    evidence_sufficiency: int | None = Field(default=None, ge=1, le=5)
    """How well what is seen carries the score."""
    task_difficulty: int | None = Field(default=None, ge=1, le=5)
    """1 easy to 5 hard."""
    clinical_relevance: int | None = Field(default=None, ge=1, le=5)
    """How much the finding matters."""

    @property
    def grades(self) -> Grades | None:
        """The grades of the answer; None where the model left out one of the two that weigh."""
        if self.tool_quality is None or self.evidence_sufficiency is None:
            return None
        said = self.model_dump(exclude={"evidence_for", "evidence_against", "score"}, exclude_none=True)
        return Grades.model_validate(said)


class ModelImageReader:
    """Asks a chat model twice where there is a close view: whole picture and close view, then the close view alone.

    When the two grades differ by two or more the reading is undecided (3), and says so.

    Args:
        model: A chat model that sees pictures.
    """

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    def unavailable(self) -> str:
        """Return why the model cannot read pictures, or an empty string."""
        return "" if self._model.sees_images else f"the model {self._model.name} sees no images"

    def read(self, image: Picture, crop: Picture | None, question: str, rubric: str) -> QualitativeReading:
        """Grade one question.

        Args:
            image: ``(H, W, 3)`` RGB.
            crop: ``(h, w, 3)`` RGB close view, or None.
            question: What to look for.
            rubric: What each score means.

        Raises:
            ModelServerError: No usable answer.
        """
        views = ((image,),) if crop is None else ((image, crop), (crop,))
        grades = [self._grade(pictures, question, rubric) for pictures in views]
        return self._reading(grades[0], grades[0].score - grades[-1].score)

    def _reading(self, grade: Grade, difference: int) -> QualitativeReading:
        score, note = grade.score, ""
        if abs(difference) >= UNDECIDED_FROM:
            close = grade.score - difference
            score, note = 3, f"The whole picture was graded {grade.score}, the close view {close}: undecided."
        return QualitativeReading(
            score=score,
            evidence_for=grade.evidence_for,
            evidence_against=f"{grade.evidence_against} {note}".strip(),
            grades=grade.grades,
            disagreement=abs(difference),
            reader=f"{self._model.name} {load_prompt(PACKAGE, 'reader').label}",
        )

    def _grade(self, pictures: tuple[Picture, ...], question: str, rubric: str) -> Grade:
        prompt = load_prompt(PACKAGE, "reader")
        messages = prompt.messages(data=f"Question: {question}\nRubric: {rubric}", images=pictures)
        return self._model.structured(messages, Grade, role="reader", max_tokens=400)
