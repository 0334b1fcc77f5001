"""Claims, verdicts and the report document."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from clinigraph.models.base import ClaimId, EvidenceId, IndicatorId, PassageId, Value
from clinigraph.models.codes import Laterality


class ClaimKind(StrEnum):
    """What sort of statement a claim makes; each sort has its verifiers."""

    QUANTITATIVE = "quantitative"
    QUALITATIVE = "qualitative"
    ANATOMICAL = "anatomical"
    TEMPORAL = "temporal"
    COMPARATIVE = "comparative"
    KNOWLEDGE = "knowledge"
    RECOMMENDATION = "recommendation"
    IMPRESSION = "impression"
    LIMITATION = "limitation"


class Verdict(StrEnum):
    """Outcome of a check; UNVERIFIABLE means the checker could not judge and counts as neither."""

    SUPPORTED = "SUPPORTED"
    CONTRADICTED = "CONTRADICTED"
    UNSUPPORTED = "UNSUPPORTED"
    UNVERIFIABLE = "UNVERIFIABLE"


class Section(StrEnum):
    """Sections of a report in reading order."""

    IMPRESSION = "impression"
    FINDINGS = "findings"
    RECORD = "record"
    KNOWLEDGE = "knowledge"
    RECOMMENDATIONS = "recommendations"
    LIMITATIONS = "limitations"


class Assertion(Value):
    """What a claim says in a form that a machine can recompute.

    A writer fills what the sentence states; verifiers compare each field with the evidence and with the text.
    """

    indicator_id: IndicatorId | None = None
    value: float | None = None
    """Number as written, after rounding."""
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    comparator: str | None = None
    """``>``, ``>=``, ``<`` or ``<=`` as the text states it."""
    threshold: float | None = None
    met: str | None = None
    """Whether the text says that the criterion is met: yes, no, uncertain, not assessed."""
    decision: str | None = None
    """For impressions: present, absent, indeterminate."""
    score: float | None = None
    laterality: Laterality | None = None
    passage_id: PassageId | None = None


class ClaimUncertainty(Value):
    """How far a claim may be wrong although its verdict stands; each term from 0 (sure) to 1, None where it is mute."""

    margin: float | None = Field(default=None, ge=0, le=1)
    """Nearness of the value to the threshold it is judged by, in half-widths of its interval: 1 on it or across it."""
    interval: float | None = Field(default=None, ge=0, le=1)
    """Width of the tool's interval beside the value."""
    disagreement: float | None = Field(default=None, ge=0, le=1)
    """Disagreement of readers, and of rollouts for impressions."""
    retrieval: float | None = Field(default=None, ge=0, le=1)
    """1 minus the similarity of the sentence to its best evidence."""
    verifier: float | None = Field(default=None, ge=0, le=1)
    """1 minus the confidence of the check that decided; None for rules, which recompute."""
    combined: float = Field(default=0.0, ge=0, le=1)
    """1 minus the product of (1 - term) over the terms that have a say."""


class Certainty(Value):
    """What a report promises about its claims."""

    alpha: float | None = Field(default=None, gt=0, lt=1)
    """Error rate asked for."""
    threshold: float | None = None
    """Largest combined uncertainty that a kept claim may have; None when not calibrated."""
    achieved: float | None = Field(default=None, ge=0, le=1)
    """Share of false claims among those kept, on the calibration items held out."""
    count: int = Field(default=0, ge=0)
    """Calibration items."""
    source: str = ""
    """Where the calibration items come from."""
    covers: str = ""
    """Beginning of the names of the verifiers whose claims are covered; empty covers all."""

    @property
    def text(self) -> str:
        """The promise in words."""
        if self.threshold is None or self.alpha is None or self.achieved is None:
            return "not calibrated"
        covered = f"; claims judged by {self.covers.rstrip('/')} are covered, no others" if self.covers else ""
        return (
            f"calibrated to an error rate of {self.alpha:.1%}; achieved {self.achieved:.1%} on {self.count} items "
            f"({self.source}){covered}"
        )


class Claim(Value):
    """One checkable sentence."""

    id: ClaimId
    section: Section
    text: str = Field(min_length=1)
    kind: ClaimKind
    evidence_ids: tuple[EvidenceId, ...] = ()
    """Empty means: a claim without ground, which never renders as a finding."""
    assertion: Assertion = Assertion()
    verdict: Verdict | None = None
    explanation: str = ""
    """What the verifier saw, in a sentence a clinician understands."""
    reason_code: str = ""
    """Machine-readable reason of the verdict, for example ``number.mismatch``."""
    verifier: str = ""
    """Name of the check that decided."""
    revision: int = Field(default=0, ge=0)
    prose: bool = False
    """Free wording, by a model or a person: numbers may be rounded as they are written, every word must be read."""
    uncertainty: ClaimUncertainty | None = None
    """None before it was computed."""


class Omission(Value):
    """Something that the evidence holds and a text is silent about."""

    evidence_id: EvidenceId
    code: str
    """Machine-readable reason, for example ``omission.met``."""
    sentence: str
    """What is missing, for a clinician."""


class ReportSection(Value):
    """Claims of one section, in reading order."""

    section: Section
    claims: tuple[Claim, ...]

    @model_validator(mode="after")
    def _belongs(self) -> Self:
        if any(c.section is not self.section for c in self.claims):
            raise ValueError("a claim stands in a section that is not its own")
        return self
