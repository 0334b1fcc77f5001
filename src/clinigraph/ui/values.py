"""What the walkthrough keeps of a case: its record, its runs, what people did."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NewType

from pydantic import Field, JsonValue, field_validator

from clinigraph.models.base import ProtocolId, Value
from clinigraph.models.imaging import Box

UserId = NewType("UserId", str)
"""32 hexadecimal digits, derived from a secret that only the user's browser or client holds."""

FACT_NAME = re.compile(r"^[a-z][a-z0-9_]{0,63}$")


class RunStatus(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    """Waits for an answer; survives a restart."""
    DONE = "done"
    STOPPED = "stopped"
    """Cancelled by its user, or cut short by a restart; can be resumed."""
    FAILED = "failed"

    @property
    def live(self) -> bool:
        """Whether something is happening or waited for."""
        return self in (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.PAUSED)


class Correction(Value):
    """A box that a person drew for a structure."""

    who: str = Field(min_length=1, max_length=80)
    at_unix: float
    label: str
    box: Box
    image_id: str | None = None
    """The image of the run that was corrected."""


class CaseForm(Value):
    """What a user says of a new case, or changes in an old one."""

    title: str = Field(default="", max_length=120)
    question: str = Field(default="", max_length=2000)
    facts: dict[str, str] = Field(default_factory=dict, max_length=100)
    """Fact name -> value with its unit, as it would be written in ``case.yaml``."""
    boxes: dict[str, Box] = Field(default_factory=dict, max_length=50)
    """Prompts by structure, in pixels of the first current image."""
    corrections: tuple[Correction, ...] = Field(default=(), max_length=200)
    """Boxes that people drew on what an earlier run had outlined."""

    @field_validator("facts")
    @classmethod
    def _names(cls, facts: dict[str, str]) -> dict[str, str]:
        for name, value in facts.items():
            if not FACT_NAME.match(name) or len(value) > 200:
                raise ValueError("a fact has a name of lower-case letters, digits and _, and a value of at most 200")
        return facts


class RunForm(Value):
    """How a run is to be made."""

    protocol: ProtocolId | None = None
    approve: bool = False
    """Pause for approval of the plan."""
    sign_off: bool = False
    """Pause for sign-off of the verified claims."""


class RunRow(Value):
    """One run of a case."""

    number: int = Field(ge=1)
    form: RunForm
    case: CaseForm
    """Question, facts and boxes as they were when it began."""
    status: RunStatus
    started_unix: float
    finished_unix: float | None = None
    decision: str | None = None
    condition: str | None = None
    message: str = ""
    """Why it failed or stopped, in one line."""


class CaseRecord(Value):
    """A case in its user's library."""

    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    form: CaseForm
    files: tuple[str, ...] = ()
    """Names below the case's upload folder."""
    created_unix: float
    runs: tuple[RunRow, ...] = ()

    def run(self, number: int) -> RunRow | None:
        """Return a run by its number, or None."""
        return next((r for r in self.runs if r.number == number), None)


class StreamEvent(Value):
    """One line of a run's history: a run event, a question to the user, or what the user did."""

    index: int = Field(ge=0)
    kind: str
    at_unix: float
    node: str = ""
    message: str = ""
    seconds: float | None = None
    detail: dict[str, JsonValue] = Field(default_factory=dict)
