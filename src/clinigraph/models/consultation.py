"""What model roles say of a case: opinions beside the evidence, never evidence themselves."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from clinigraph.models.base import EvidenceId, IndicatorId, Value
from clinigraph.models.findings import Presence


class Urgency(StrEnum):
    """How soon somebody must look."""

    ROUTINE = "routine"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class Vote(Value):
    """One short run over the evidence (a rollout)."""

    decision: Presence
    evidence_id: EvidenceId
    """The evidence that decided; it exists."""
    reason: str = Field(default="", max_length=400)


class Statement(Value):
    """What one specialist says, having seen the evidence alone."""

    specialist: str
    decision: Presence
    evidence_ids: tuple[EvidenceId, ...] = ()
    speaks_for: str = Field(default="", max_length=400)
    speaks_against: str = Field(default="", max_length=400)


class AttendingOpinion(Value):
    """The attending, having heard the specialists, sides with one piece of evidence."""

    decision: Presence
    sides_with: EvidenceId
    reason: str = Field(default="", max_length=400)


class IndicatorOpinion(Value):
    """Whether the model decider keeps an indicator."""

    indicator_id: IndicatorId
    keep: bool
    reason: str = Field(default="", max_length=300)


class ModelJudgement(Value):
    """The model decider's answer."""

    opinions: tuple[IndicatorOpinion, ...]
    """One for each assessed indicator."""
    risk: float = Field(ge=0, le=1)


class DirectAnswer(Value):
    """The model's own answer to the question, without plan and weights."""

    decision: Presence
    probability: float = Field(ge=0, le=1)
    reason: str = Field(default="", max_length=400)


class Consultation(Value):
    """Everything that model roles said of one case before it was decided."""

    votes: tuple[Vote, ...] = ()
    votes_refused: int = Field(default=0, ge=0)
    """Rollouts that named evidence which does not exist, or failed."""
    statements: tuple[Statement, ...] = ()
    attending: AttendingOpinion | None = None
    judgement: ModelJudgement | None = None
    direct: DirectAnswer | None = None
    notes: tuple[str, ...] = ()
    """What failed and what stood in for it."""


class NextQuestion(Value):
    """The missing fact whose answer would change the decision most."""

    subject: str
    """Indicator id, or the code of a finding."""
    text: str
    """The question in words."""
    would_change: bool
    """Whether some answer gives another decision than the one that stands."""
    span: float = Field(ge=0, le=1)
    """Difference of the score between the answers."""
    outcomes: dict[str, str] = Field(default_factory=dict)
    """Answer -> decision."""
