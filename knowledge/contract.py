"""The contracts of what may be cited.

Invariants, checked by the suites in ``clinigraph.testing``:

- passages come back exactly as they went in, byte for byte; ids are stable across processes and machines;
- ``retrieve`` returns the best first, never more than asked, never one excluded, the same answer for the same store;
- filters narrow, they never widen; an unknown specialty is an empty answer, not an error;
- ``verify`` is true only when the store holds this id with this text, source and span.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from pydantic import Field

from clinigraph.models.base import PassageId, Value
from clinigraph.models.passages import Passage, ScoredPassage


class RetrievalQuery(Value):
    """What is looked for, and where."""

    text: str = Field(min_length=1)
    top_k: int = Field(default=8, ge=1, le=100)
    specialty: str | None = None
    """Boost and filter: passages of this specialty, or of none."""
    kinds: tuple[str, ...] = ()
    """Document kinds to keep; empty keeps all."""
    year_from: int | None = None
    language: str | None = None
    exclude: tuple[PassageId, ...] = ()
    """Passages already seen (re-retrieval asks for others)."""


@runtime_checkable
class KnowledgeStore(Protocol):
    """Passages by id."""

    def add(self, passages: Iterable[Passage]) -> int:
        """Store passages and return how many were new; the same passage twice adds nothing."""
        ...

    def get(self, passage_id: PassageId) -> Passage:
        """Return a passage.

        Raises:
            PassageMissing: The id is unknown.
        """
        ...

    def verify(self, passage: Passage) -> bool:
        """Whether the store holds exactly this passage, byte for byte."""
        ...

    def count(self) -> int:
        """Return the number of passages."""
        ...


@runtime_checkable
class Retriever(Protocol):
    """Ranked passages for a query."""

    def retrieve(self, query: RetrievalQuery) -> Sequence[ScoredPassage]:
        """Return the best passages, best first."""
        ...
