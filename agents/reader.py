"""The reader: a multimodal model grades what only eyes can read, on the whole picture and on a close view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clinigraph.llm.contract import ChatMessage, ChatModel
from clinigraph.models.base import Value
from clinigraph.tools.reading.contract import QualitativeReading

PROMPT_VERSION = "reader/1"
SYSTEM = (
    "You grade one finding on a medical picture for a research tool. Answer only with JSON. "
    "Give a score from 1 (clearly absent) over 3 (undecided) to 5 (clearly present) by the rubric, and in one short "
    "sentence each what on the picture speaks for the finding and what against it. "
    "If the picture does not let you judge, the score is 3. Say only what can be seen."
)


class Grade(Value):
    """What the model is asked for."""

    evidence_for: str = Field(max_length=400)
    """What speaks for the finding."""
    evidence_against: str = Field(max_length=400)
    """What speaks against it."""
    score: int = Field(ge=1, le=5)
    """1 to 5 by the rubric."""


class ModelImageReader:
    """Asks a chat model twice where there is a close view: whole picture and close view, then the close view alone.

    When the two grades differ by two or more the reading is undecided (3), and says so.

    Args:
        model: A chat model that sees pictures.
    """

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    def unavailable(self) -> str:
        """Return an empty string: the server was asked when the session began."""
        return ""

    def read(
        self, image: NDArray[np.uint8], crop: NDArray[np.uint8] | None, question: str, rubric: str
    ) -> QualitativeReading:
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
        first, last = grades[0], grades[-1]
        if abs(first.score - last.score) >= 2:
            return self._reading(
                3, first, f"The whole picture was graded {first.score}, the close view {last.score}: undecided."
            )
        return self._reading(first.score, first, "")

    def _reading(self, score: int, grade: Grade, note: str) -> QualitativeReading:
        return QualitativeReading(
            score=score,
            evidence_for=grade.evidence_for,
            evidence_against=f"{grade.evidence_against} {note}".strip(),
            reader=f"{self._model.name} {PROMPT_VERSION}",
        )

    def _grade(self, pictures: tuple[NDArray[np.uint8], ...], question: str, rubric: str) -> Grade:
        messages = (
            ChatMessage("system", SYSTEM),
            ChatMessage("user", f"Question: {question}\nRubric: {rubric}", images=pictures),
        )
        return self._model.structured(messages, Grade, max_tokens=400)
