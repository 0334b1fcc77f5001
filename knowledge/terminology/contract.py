"""The contract of a terminology: text in, coded mentions out.

Invariants, checked by ``clinigraph.testing.terminology_suite`` for every implementation:

- ``text[m.span.start:m.span.end] == m.text`` for every mention; mentions are in order and do not overlap unless they
  share a head ("pleural or pericardial effusion");
- candidates are best first and hold each code once; scores lie in (0, 1]; 1 is the vocabulary's own wording;
- the same text gives the same answer; text is data: nothing in it is obeyed;
- empty text has no mentions; text over ``MAX_CHARACTERS`` is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pydantic import Field

from clinigraph.models.base import Value
from clinigraph.models.codes import Concept, Laterality, Scheme
from clinigraph.models.passages import Span

MAX_CHARACTERS = 200_000
"""Longest text that is linked in one call, about 60 pages."""


class Assertion(StrEnum):
    """What the text says of a mention (after ConText: Harkema et al. 2009, J Biomed Inform 42:839)."""

    PRESENT = "present"
    ABSENT = "absent"
    POSSIBLE = "possible"
    HISTORICAL = "historical"
    FAMILY = "family"
    """Said of a relative, not of the patient."""
    HYPOTHETICAL = "hypothetical"
    """Feared, awaited or advised on: return if fever develops."""


class Candidate(Value):
    """One concept that a mention may mean."""

    concept: Concept
    cui: str | None = Field(default=None, pattern=r"^C\d{7}$")
    """UMLS concept identifier; None where the vocabulary gives none."""
    score: float = Field(gt=0, le=1)
    """1 for the vocabulary's own words, less for each variation that was needed; not a probability."""
    matched: str
    """The vocabulary's name that matched."""


class Mention(Value):
    """A stretch of the text that names concepts."""

    text: str = Field(min_length=1)
    span: Span
    """Half-open range of characters of the text as given."""
    candidates: tuple[Candidate, ...] = Field(min_length=1)
    """Best first."""
    assertion: Assertion = Assertion.PRESENT
    cue: str = ""
    """The words that decided the assertion; empty when nothing did."""
    negated: bool = False
    """Absent, or a family history that is denied ("no family history of glaucoma")."""
    laterality: Laterality = Laterality.UNKNOWN

    @property
    def best(self) -> Candidate:
        """The first candidate."""
        return self.candidates[0]


class ConceptEntry(Value):
    """What a vocabulary knows of one concept."""

    concept: Concept
    cui: str | None = None
    synonyms: tuple[str, ...] = ()
    definition: str = ""
    xrefs: tuple[str, ...] = ()
    """Codes of other vocabularies as ``SCHEME:code``."""
    parents: tuple[str, ...] = ()
    """Codes of the broader concepts in the same vocabulary."""
    semantic_types: tuple[str, ...] = ()


@runtime_checkable
class Terminology(Protocol):
    """Links text to coded concepts."""

    def link(self, text: str) -> Sequence[Mention]:
        """Return the mentions of a text in order.

        Raises:
            InputTooLarge: The text is longer than ``MAX_CHARACTERS``.
            KnowledgeError: The vocabulary cannot be read.
        """
        ...

    def lookup(self, name: str) -> Sequence[Candidate]:
        """Return the concepts of one name, best first; empty when there is none."""
        ...

    def describe(self, value: str, scheme: Scheme) -> ConceptEntry | None:
        """Return what is known of a code, or None."""
        ...
