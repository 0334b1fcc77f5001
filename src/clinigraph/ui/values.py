"""What the walkthrough keeps of a case: its record, its runs, what people did."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, NewType, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from clinigraph.models.base import EvidenceId, ProtocolId, Value
from clinigraph.models.imaging import Box, Point
from clinigraph.models.interventions import Intervention

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


MAX_POINTS = 50
"""Most points for one structure; a person draws a handful."""


class Correction(Value):
    """A box, points or both that a person drew for a structure."""

    who: str = Field(min_length=1, max_length=80)
    at_unix: float
    label: str = Field(min_length=1, max_length=80)
    box: Box | None = None
    points: tuple[Point, ...] = Field(default=(), max_length=MAX_POINTS)
    image_id: str | None = None
    """The image of the run that was corrected."""

    @model_validator(mode="after")
    def _drawn(self) -> Self:
        if self.box is None and not self.points:
            raise ValueError("a correction needs a box or points")
        return self

    def intervention(self) -> Intervention:
        """Return the correction as it stands in the evidence graph."""
        detail: dict[str, JsonValue] = {"label": self.label}
        told: list[str] = []
        if self.box is not None:
            sides = [self.box.x0, self.box.y0, self.box.x1, self.box.y1]
            detail["box"] = list[JsonValue](sides)
            told.append("box " + ", ".join(f"{n:g}" for n in sides))
        if self.points:
            detail["points"] = [[p.x, p.y, p.inside] for p in self.points]
        for where, inside in (("inside", True), ("beside", False)):
            places = [f"({p.x:g}, {p.y:g})" for p in self.points if p.inside is inside]
            told += [f"{where} at {', '.join(places)}"] if places else []
        return Intervention(
            who=self.who,
            at_unix=self.at_unix,
            action="correct",
            reason=f"{self.label.replace('_', ' ')}: {'; '.join(told)}"[:1000],
            targets=(EvidenceId(self.image_id),) if self.image_id else (),
            detail=detail,
        )


class CaseForm(Value):
    """What a user says of a new case, or changes in an old one."""

    title: str = Field(default="", max_length=120)
    question: str = Field(default="", max_length=2000)
    facts: dict[str, str] = Field(default_factory=dict, max_length=100)
    """Fact name -> value with its unit, as it would be written in ``case.yaml``."""
    boxes: dict[str, Box] = Field(default_factory=dict, max_length=50)
    """Prompts by structure, in pixels of the first current image."""
    points: dict[str, Annotated[tuple[Point, ...], Field(max_length=MAX_POINTS)]] = Field(
        default_factory=dict, max_length=50
    )
    """Places inside or beside a structure, likewise."""
    corrections: tuple[Correction, ...] = Field(default=(), max_length=200)
    """What people drew on what an earlier run had outlined."""

    @field_validator("facts")
    @classmethod
    def _names(cls, facts: dict[str, str]) -> dict[str, str]:
        for name, value in facts.items():
            if not FACT_NAME.match(name) or len(value) > 200:
                raise ValueError("a fact has a name of lower-case letters, digits and _, and a value of at most 200")
        return facts

    def corrected(self, drawn: Correction) -> CaseForm:
        """Return the form with what was drawn in place of the box and the points that its structure had."""
        boxes = {label: box for label, box in self.boxes.items() if label != drawn.label}
        points = {label: many for label, many in self.points.items() if label != drawn.label}
        if drawn.box is not None:
            boxes[drawn.label] = drawn.box
        if drawn.points:
            points[drawn.label] = drawn.points
        return self.replace(boxes=boxes, points=points, corrections=(*self.corrections, drawn))


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
    """Question, facts and prompts as they were when it began."""
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
