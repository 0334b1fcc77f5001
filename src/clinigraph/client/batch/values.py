"""What a cohort is made of."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import Field

from clinigraph.models.base import Value


class BatchCase(Value):
    """One line of a cohort."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    """Names the case's folder; from the table, or derived from the line's content."""
    paths: tuple[Path, ...] = Field(min_length=1)
    """Files or a case folder, absolute."""
    question: str = ""
    protocol: str | None = None
    facts: dict[str, str] = Field(default_factory=dict)
    """Fact name -> value with its unit."""

    def key(self) -> str:
        """Return what distinguishes this line's content; a finished case with the same key is not run again."""
        return self.digest()


class CaseStatus(StrEnum):
    """How a case of a cohort ended."""

    DONE = "done"
    REFUSED = "refused"
    """The input cannot become a case; running it again changes nothing."""
    FAILED = "failed"
    """Something else went wrong; the next run tries again."""


class BatchRow(Value):
    """One line of the results."""

    id: str
    status: CaseStatus
    question: str = ""
    protocol: str | None = None
    condition: str | None = None
    decision: str | None = None
    score: float | None = None
    assessed_share: float | None = None
    supported: int = 0
    """Claims in the report."""
    unsupported: int = 0
    """Claims left out."""
    indicators: dict[str, float | None] = Field(default_factory=dict)
    """Indicator id -> value."""
    message: str = ""
    """Why it was refused or failed."""
    seconds: float = Field(default=0.0, ge=0)
    attempts: int = Field(default=1, ge=1)
    key: str = ""
    report_hash: str | None = None
