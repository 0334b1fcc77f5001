"""Which parts of the method take part in a run: every one can be switched off, so that an evaluation can pair runs."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from clinigraph.models.base import Value


class DeciderKind(StrEnum):
    """How indicators become an impression."""

    WEIGHTED = "weighted"
    """Shares of weight (MedAgent-Pro, first form)."""
    GRADED = "graded"
    """Weights scaled by the grades of each answer (MedAgent-Pro, later form)."""
    MODEL = "model"
    """The model keeps or discards each indicator and states a risk."""
    COMBINED = "combined"
    """The weighted form; model opinions can make it indeterminate, never flip it."""


class PlannerKind(StrEnum):
    """Who makes the plan."""

    AUTO = "auto"
    """The curated protocol where there is one, else the model."""
    PROTOCOL = "protocol"
    """Curated protocols only."""
    MODEL = "model"
    """The model first; the curated protocol when its plan is refused."""


class WriterKind(StrEnum):
    """Who phrases the claims."""

    TEMPLATE = "template"
    MODEL = "model"


class Switches(Value):
    """Parts of the method; those that need a model do nothing without one."""

    decider: DeciderKind = DeciderKind.COMBINED
    planner: PlannerKind = PlannerKind.AUTO
    writer: WriterKind = WriterKind.TEMPLATE
    plan: bool = True
    """False: the same tools, but the model answers from their raw output, without criteria, weights or passages."""
    reflect: bool = True
    """False: no second tool, no second retrieval, no question to the user."""
    direct: bool = False
    """True: the model answers question and picture alone; no tool, no guideline."""
    rollouts: int = Field(default=3, ge=0, le=16)
    """Most independent runs over the same evidence; easy cases get one."""
    specialists: bool | None = None
    """Whether specialists and an attending are heard; None hears them on hard cases only."""
    max_questions: int = Field(default=0, ge=0, le=5)
    """Most facts that the user is asked for when one would change the decision."""

    def arguments(self) -> dict[str, str]:
        """Return the switches as text, for the run record."""
        return {f"switch.{k}": "auto" if v is None else str(v) for k, v in self.model_dump(mode="json").items()}
