"""The contract of something that looks at a picture and grades what it is asked about.

Invariants: the score follows the rubric; question and rubric are data, never instructions to change the task; the
reader returns a reading or raises ``ModelServerError``/``ToolFailure``, it never invents a neutral score.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clinigraph.models.base import Value
from clinigraph.models.findings import Grades

Pixels = NDArray[np.uint8]


class QualitativeReading(Value):
    """What a reader answers."""

    score: int = Field(ge=1, le=5)
    """1 clearly absent, 3 undecided, 5 clearly present."""
    evidence_for: str = ""
    """What on the picture speaks for the finding."""
    evidence_against: str = ""
    """What on the picture speaks against it."""
    grades: Grades | None = None
    """How good the reader holds its own answer to be."""
    disagreement: int = Field(default=0, ge=0, le=4)
    """Points between the reading of the whole picture and that of the close view."""
    reader: str = Field(min_length=1)
    """Model and version, for the record."""


@runtime_checkable
class ImageReader(Protocol):
    """A model that reads images."""

    def unavailable(self) -> str:
        """Return why the reader cannot work, or an empty string. Cheap; makes no call."""
        ...

    def read(self, image: Pixels, crop: Pixels | None, question: str, rubric: str) -> QualitativeReading:
        """Grade one question on one picture.

        Args:
            image: ``(H, W, 3)`` RGB, the whole picture.
            crop: ``(h, w, 3)`` RGB, the part that matters at full resolution, or None.
            question: What to look for.
            rubric: What each score from 1 to 5 means.

        Raises:
            ModelServerError: The model cannot be reached or gave no usable answer.
        """
        ...
