"""The contracts of the roles. Rule-based and model-based implementations stand side by side behind each.

Invariants:

- roles are pure with respect to the case: they read values and give values, and change nothing;
- a planner either gives a plan that the one ``PlanValidator`` accepts, or raises ``PlanInvalid``;
- a decider never turns missing evidence into "absent";
- a writer gives claims that name their evidence; what it cannot ground it does not write;
- a verifier gives every claim a verdict, and says UNVERIFIABLE rather than guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol, runtime_checkable

from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.models.base import PassageId, Value
from clinigraph.models.case import Case
from clinigraph.models.consultation import Consultation
from clinigraph.models.evidence import EvidenceGraph
from clinigraph.models.findings import Impression, IndicatorResult
from clinigraph.models.passages import Passage, ScoredPassage
from clinigraph.models.planning import Comparator, DiagnosticPlan
from clinigraph.models.reporting import Claim
from clinigraph.models.triage import Triage


class StatedCriterion(Value):
    """The machine-readable rule that a cited statement carries."""

    indicator: str
    comparator: Comparator
    threshold: float
    unit: str


@runtime_checkable
class CitedLibrary(Protocol):
    """What roles see of the knowledge store."""

    def get(self, passage_id: PassageId) -> Passage:
        """Return a passage.

        Raises:
            PassageMissing: The id is unknown.
        """
        ...

    def verify(self, passage: Passage) -> bool:
        """Whether the store holds exactly this passage."""
        ...

    def stated_criterion(self, passage_id: PassageId) -> StatedCriterion | None:
        """Return the rule that a statement carries, or None."""
        ...

    def retrieve(self, query: RetrievalQuery) -> Sequence[ScoredPassage]:
        """Return the best passages, best first."""
        ...

    def may_be_outdated(self, passage: Passage, today: date) -> bool:
        """Whether a passage's source has a newer edition or is older than what is current for its kind."""
        ...


@runtime_checkable
class Planner(Protocol):
    """Triage in, plan out."""

    async def plan(self, case: Case, triage: Triage) -> DiagnosticPlan:
        """Return a valid plan.

        Raises:
            PlanInvalid: No valid plan could be made.
        """
        ...


@runtime_checkable
class Decider(Protocol):
    """Indicator results in, impression out."""

    def decide(
        self, plan: DiagnosticPlan, results: Sequence[IndicatorResult], consultation: Consultation | None = None
    ) -> Impression:
        """Return the impression.

        Args:
            plan: Gives condition, threshold and least assessed share.
            results: One result for each indicator of the plan.
            consultation: What model roles said, where they were asked.
        """
        ...


class WriterInput(Value):
    """Everything a writer may speak of: the evidence graph holds what may be said, the rest says what matters."""

    plan: DiagnosticPlan | None
    results: tuple[IndicatorResult, ...]
    impression: Impression
    graph: EvidenceGraph
    """Case, outputs of tools, criteria, indicator results and passages; no claims yet."""
    knowledge: tuple[Passage, ...] = ()
    """Passages worth quoting, best first."""


@runtime_checkable
class Writer(Protocol):
    """Evidence in, claims out."""

    async def write(self, material: WriterInput) -> tuple[Claim, ...]:
        """Return claims without verdicts."""
        ...

    async def revise(self, material: WriterInput, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
        """Return the claims with those that are not supported rewritten (``revision`` + 1) or dropped."""
        ...


@runtime_checkable
class ClaimVerifier(Protocol):
    """Claims and evidence in, verdicts out."""

    async def verify(
        self, claims: tuple[Claim, ...], graph: EvidenceGraph, impression: Impression
    ) -> tuple[Claim, ...]:
        """Return the same claims, each with verdict, explanation, reason code and verifier."""
        ...
