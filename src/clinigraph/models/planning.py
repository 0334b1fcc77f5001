"""Protocols and plans: what a guideline asks to know and which tools answer it."""

from __future__ import annotations

import operator
from collections.abc import Callable
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from clinigraph.models.base import IndicatorId, PassageId, ProtocolId, StepId, Value
from clinigraph.models.codes import Concept, Modality


class Comparator(StrEnum):
    """Relation between a measured value and a threshold."""

    GT = ">"
    GE = ">="
    LT = "<"
    LE = "<="

    @property
    def holds(self) -> Callable[[float, float], bool]:
        """The comparison as a function of value and threshold."""
        return _OPERATORS[self]

    @property
    def upward(self) -> bool:
        """True when larger values meet the criterion."""
        return self in (Comparator.GT, Comparator.GE)


_OPERATORS: dict[Comparator, Callable[[float, float], bool]] = {
    Comparator.GT: operator.gt,
    Comparator.GE: operator.ge,
    Comparator.LT: operator.lt,
    Comparator.LE: operator.le,
}


class Criterion(Value):
    """A rule on an indicator, tied to the passage that states it."""

    indicator: IndicatorId
    comparator: Comparator
    threshold: float
    unit: str
    """UCUM code of the threshold."""
    passage_id: PassageId
    stated: float | None = None
    """Threshold that the passage states, where a person has set another one; None where the passage's own applies."""
    changed_by: str = Field(default="", max_length=1200)
    """Who set it and why; needed with ``stated``."""

    @model_validator(mode="after")
    def _change_is_signed(self) -> Self:
        if (self.stated is None) != (not self.changed_by):
            raise ValueError("a threshold that differs from its passage needs the stated one, and who set it and why")
        return self

    @property
    def source_threshold(self) -> float:
        """The threshold that the passage must state."""
        return self.threshold if self.stated is None else self.stated

    @property
    def text(self) -> str:
        """The rule in symbols, for example ``>= 0.7``."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"{self.comparator.value} {self.threshold:g}{unit}"


class IndicatorKind(StrEnum):
    """How an indicator is answered."""

    QUANTITATIVE = "quantitative"
    QUALITATIVE = "qualitative"


class Indicator(Value):
    """What a guideline asks to know."""

    id: IndicatorId = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    concept: Concept
    kind: IndicatorKind
    unit: str = "1"
    """UCUM code for quantitative indicators."""
    question: str = ""
    """What the reader is asked, for qualitative indicators."""
    rubric: str = ""
    """What each score 1-5 means, for qualitative indicators."""
    criterion: Criterion | None = None
    """None for context indicators, which weigh nothing."""
    critical: bool = False
    """A met critical indicator must be spoken of in the report."""
    weight: float = Field(ge=0, le=1)
    weight_source: str
    """Where the weight comes from."""
    passage_ids: tuple[PassageId, ...] = ()
    """Passages that say why this indicator matters."""
    modalities: tuple[Modality, ...] = ()
    """Image kinds on which it can be judged; empty for facts of the record."""

    @model_validator(mode="after")
    def _weight_needs_rule(self) -> Self:
        if self.kind is IndicatorKind.QUANTITATIVE and self.weight > 0 and self.criterion is None:
            raise ValueError(f"indicator {self.id!r} has a weight and no criterion")
        if self.kind is IndicatorKind.QUALITATIVE and not (self.question and self.rubric):
            raise ValueError(f"qualitative indicator {self.id!r} needs a question and a rubric")
        return self


class PlanStep(Value):
    """One tool call of a plan.

    An input is a reference: ``image:current``, ``image:prior``, ``image:end_diastole``, ``image:end_systole``,
    ``fact:<name>``, ``box:<label>``, ``points:<label>`` (optional prompts of the user; ``prior_box:`` and
    ``prior_points:`` are those on the prior image), ``signal:ecg`` or
    ``step:<id>.<output>``.
    """

    id: StepId = Field(pattern=r"^[a-z][a-z0-9_]*$")
    tool: str
    alternatives: tuple[str, ...] = ()
    """Tools to try in this order when the first fails; same inputs and outputs."""
    inputs: dict[str, str] = Field(default_factory=dict)
    answers: dict[str, IndicatorId] = Field(default_factory=dict)
    """Output name of the tool -> indicator that it answers."""


class Bound(Value):
    """A limit on one indicator, in its own unit; readings are bounded by their score from 1 to 5."""

    indicator: IndicatorId
    comparator: Comparator
    threshold: float
    unknown: bool = False
    """Whether the bound counts as kept when the indicator was not assessed."""


class RecommendationRule(Value):
    """When a recommended passage fits the case: every bound may hold."""

    passage_id: PassageId
    when: tuple[Bound, ...] = Field(min_length=1)


class DiagnosticPlan(Value):
    """What to do for one case."""

    condition: str
    protocol_id: ProtocolId | None = None
    protocol_version: str | None = None
    origin: str = "protocol"
    """protocol or model."""
    modality: Modality
    indicators: tuple[Indicator, ...] = Field(min_length=1)
    steps: tuple[PlanStep, ...] = ()
    threshold: float = Field(ge=0, le=1)
    """Score from which the condition is called present."""
    threshold_source: str = ""
    min_assessed_share: float = Field(default=0.5, ge=0, le=1)
    """Share of the total weight that must be assessed for a decision."""
    recommendation_passage_ids: tuple[PassageId, ...] = ()
    """Passages that ground what the report recommends."""
    recommendation_rules: tuple[RecommendationRule, ...] = ()
    """Recommended passages that are quoted only when their rule may hold; the others always are."""
    limitations: tuple[str, ...] = ()

    def indicator(self, indicator_id: IndicatorId) -> Indicator | None:
        """Return an indicator by id, or None."""
        return next((i for i in self.indicators if i.id == indicator_id), None)

    def step(self, step_id: StepId) -> PlanStep | None:
        """Return a step by id, or None."""
        return next((s for s in self.steps if s.id == step_id), None)


class DiagnosticProtocol(Value):
    """A curated plan for one question on one modality: the content of one protocol file."""

    id: ProtocolId = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    title: str
    condition: str
    specialty: str
    question_patterns: tuple[str, ...] = Field(min_length=1)
    """Case-insensitive regular expressions; one match makes the protocol a candidate."""
    modality: Modality
    default_for_modality: bool = False
    """Chosen when no question was asked."""
    indicators: tuple[Indicator, ...] = Field(min_length=1)
    steps: tuple[PlanStep, ...] = Field(min_length=1)
    threshold: float = Field(ge=0, le=1)
    threshold_source: str
    min_assessed_share: float = Field(default=0.5, ge=0, le=1)
    recommendation_passage_ids: tuple[PassageId, ...] = ()
    recommendation_rules: tuple[RecommendationRule, ...] = ()
    limitations: tuple[str, ...] = ()
    reviewed: str
    """ISO date of the last editorial review."""

    def plan(self) -> DiagnosticPlan:
        """Return the protocol as a plan."""
        return DiagnosticPlan(
            condition=self.condition,
            protocol_id=self.id,
            protocol_version=self.version,
            modality=self.modality,
            indicators=self.indicators,
            steps=self.steps,
            threshold=self.threshold,
            threshold_source=self.threshold_source,
            min_assessed_share=self.min_assessed_share,
            recommendation_passage_ids=self.recommendation_passage_ids,
            recommendation_rules=self.recommendation_rules,
            limitations=self.limitations,
        )
