"""What a set of findings may mean: ranked diseases with their grounds."""

from __future__ import annotations

from pydantic import Field

from clinigraph.models.base import EvidenceId, Value
from clinigraph.models.codes import Concept


class MatchedFinding(Value):
    """A finding of the patient beside the finding of the disease that explains it best."""

    given: Concept
    """As the patient has it."""
    annotated: Concept
    """As the disease is annotated with it."""
    similarity: float = Field(ge=0, le=1)
    """Lin's similarity of the two terms; 1 is the same term."""
    frequency: float = Field(ge=0, le=1)
    """Share of patients with the disease that have the annotated finding."""


class ExpectedFinding(Value):
    """A finding that the disease has and that speaks against it, or that was not looked for."""

    concept: Concept
    frequency: float = Field(ge=0, le=1)


class Hypothesis(Value):
    """One disease of a differential."""

    disease_id: str
    """OMIM, ORPHA or DECIPHER identifier."""
    name: str
    score: float = Field(ge=0, le=1)
    """Weighted agreement of findings; not a probability."""
    matched: tuple[MatchedFinding, ...] = ()
    unexplained: tuple[Concept, ...] = ()
    """Findings of the patient that the disease does not have."""
    contradicted: tuple[ExpectedFinding, ...] = ()
    """Findings of the disease that the patient does not have."""
    missing: tuple[ExpectedFinding, ...] = ()
    """Frequent findings of the disease that nothing is said about: what to look for next."""


class Differential(Value):
    """Diseases ranked by how well they fit the findings."""

    id: EvidenceId
    present: tuple[Concept, ...] = Field(min_length=1)
    absent: tuple[Concept, ...] = ()
    unknown_terms: tuple[str, ...] = ()
    """What was given and is no finding of the vocabulary."""
    hypotheses: tuple[Hypothesis, ...]
    method: str
    """Formula with its sources."""
    algorithm: str
    """Tool name and version."""
    limitations: tuple[str, ...] = ()
