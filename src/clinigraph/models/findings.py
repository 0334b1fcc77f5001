"""What tools and readers report: measurements, readings, findings, indicator results, impressions."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from clinigraph.models.base import EvidenceId, ImageId, IndicatorId, Value
from clinigraph.models.codes import Concept, Laterality
from clinigraph.models.planning import Criterion


class Interval(Value):
    """Range that holds the true value with a stated probability."""

    low: float
    high: float
    level: float = Field(default=0.9, gt=0, lt=1)
    """Coverage that the method aims at; ``method`` says how far it was checked."""
    method: str
    """How it was obtained, for example ``split conformal, n=50``."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.high):
            raise ValueError("an interval needs finite low <= high")
        return self


class FindingSite(Value):
    """Where on the body."""

    concept: Concept
    laterality: Laterality = Laterality.UNKNOWN


class Measurement(Value):
    """A number from an image or record, complete enough for DICOM SR TID 300."""

    id: EvidenceId
    """Also the tracking id: stable for the same inputs."""
    concept: Concept
    value: float
    unit: str
    """UCUM code; ``1`` for ratios."""
    interval: Interval | None = None
    """None when the method has no error model; reports then say so."""
    method: str
    """How it is computed, with the source of the formula."""
    algorithm: str
    """Tool name and version."""
    site: FindingSite
    image_id: ImageId | None = None
    derived_from: tuple[EvidenceId, ...] = ()
    """Label maps, measurements or facts that it was computed from."""
    limitations: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _finite(self) -> Self:
        if not math.isfinite(self.value):
            raise ValueError("a measurement must be a finite number")
        return self


class Grades(Value):
    """Four grades of an answer, each 1 (poor) to 5 (good) (MedAgent-Pro, later form)."""

    tool_quality: int = Field(ge=1, le=5)
    evidence_sufficiency: int = Field(ge=1, le=5)
    task_difficulty: int = Field(default=3, ge=1, le=5)
    """1 easy, 5 hard; recorded, weighs nothing."""
    clinical_relevance: int = Field(default=3, ge=1, le=5)
    """Recorded, weighs nothing."""


class QualitativeEvaluation(Value):
    """A non-numeric reading: by a model (score 1-5) or a rule."""

    id: EvidenceId
    concept: Concept
    score: int = Field(ge=1, le=5)
    """1 clearly absent, 3 undecided, 5 clearly present (MedAgent-Pro grading)."""
    evidence_for: str = ""
    evidence_against: str = ""
    grades: Grades | None = None
    """How good the reader holds its own answer to be; None where nobody graded it."""
    disagreement: int = Field(default=0, ge=0, le=4)
    """Points between the reading of the whole picture and that of the close view."""
    algorithm: str
    site: FindingSite
    image_id: ImageId | None = None
    derived_from: tuple[EvidenceId, ...] = ()


class Presence(StrEnum):
    """Outcome of a question about a finding or disease."""

    PRESENT = "present"
    ABSENT = "absent"
    INDETERMINATE = "indeterminate"


class Finding(Value):
    """Something that was seen, or looked for and not seen."""

    id: EvidenceId
    concept: Concept
    presence: Presence
    site: FindingSite
    derived_from: tuple[EvidenceId, ...] = ()
    text: str = ""
    """How whoever found it says it; may be empty."""

    @property
    def sentence(self) -> str:
        """The text, or name and presence where there is none."""
        return self.text.strip() or f"{self.concept.meaning}: {self.presence.value}."


class IndicatorStatus(StrEnum):
    """MedAgent-Pro's check on every result."""

    COMPLETE = "complete"
    CONTINUE = "continue"
    TERMINATE = "terminate"


class Met(StrEnum):
    """Whether a criterion holds, honest about the interval."""

    YES = "yes"
    NO = "no"
    UNCERTAIN = "uncertain"
    """The interval lies on both sides of the threshold, or the reader was undecided."""
    NOT_ASSESSED = "not assessed"


class IndicatorResult(Value):
    """What became of one indicator of the plan."""

    id: EvidenceId
    indicator_id: IndicatorId
    name: str
    kind: str
    """quantitative or qualitative."""
    status: IndicatorStatus
    met: Met
    value: float | None = None
    unit: str | None = None
    interval: Interval | None = None
    score: float | None = Field(default=None, ge=0, le=1)
    """Share of its weight that it adds: 1 met, 0.5 uncertain, 0 not met, (s-1)/4 for readings."""
    criterion: Criterion | None = None
    weight: float = Field(ge=0, le=1)
    """Weight in the plan, before it is spread over what was assessed."""
    evidence_ids: tuple[EvidenceId, ...] = ()
    grades: Grades | None = None
    """Grades of the answer that it rests on; None before anybody graded it."""
    disagreement: int = Field(default=0, ge=0, le=4)
    """Points by which two readings of it differ."""
    reason: str = ""
    """Why it was not assessed, or what limits it."""


class Uncertainty(Value):
    """What makes an impression uncertain; each term from 0 (nothing) to 1."""

    missing: float = Field(default=0.0, ge=0, le=1)
    """Share of the weight that was not assessed."""
    crossing: float = Field(default=0.0, ge=0, le=1)
    """Share of the assessed weight whose indicator is uncertain (interval across its threshold, undecided reading)."""
    readers: float = Field(default=0.0, ge=0, le=1)
    """Largest disagreement of two readings of one indicator, in quarters of the scale."""
    rollouts: float = Field(default=0.0, ge=0, le=1)
    """Share of valid rollouts that do not hold the decision of the rule."""
    attending: float = Field(default=0.0, ge=0, le=1)
    """1 when the attending holds the opposite of the rule's decision, 0.5 when it is undecided."""
    combined: float = Field(default=0.0, ge=0, le=1)
    """1 minus the product of (1 - term) over all terms."""


class Impression(Value):
    """The conclusion on the question."""

    decision: Presence
    condition: str
    """The condition asked about, in words."""
    score: float | None = Field(default=None, ge=0, le=1)
    """Weighted share of met indicators over those assessed; not a probability."""
    score_low: float | None = Field(default=None, ge=0, le=1)
    """Score when every uncertain indicator counts as not met."""
    score_high: float | None = Field(default=None, ge=0, le=1)
    """Score when every uncertain indicator counts as met."""
    threshold: float | None = Field(default=None, ge=0, le=1)
    assessed_share: float = Field(default=0.0, ge=0, le=1)
    """Weight of the assessed indicators over the weight of all."""
    min_assessed_share: float | None = Field(default=None, ge=0, le=1)
    """Assessed share below which no decision is made."""
    rule: str = "weighted"
    """weighted, graded, model, combined or direct: how the decision follows from what the impression names."""
    kept: tuple[IndicatorId, ...] | None = None
    """Indicators that the model decider kept; None for the other rules."""
    uncertainty: Uncertainty | None = None
    contested: str = ""
    """Why the decision was withdrawn although the score gives one; empty when it stands."""
    rationale: str
