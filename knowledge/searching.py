"""What the retriever needs of a store, beyond holding passages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from clinigraph.knowledge.contract import KnowledgeStore, RetrievalQuery
from clinigraph.knowledge.embedding import Embedder, Vectors
from clinigraph.models.base import PassageId
from clinigraph.models.passages import Passage, Source


@dataclass(frozen=True, slots=True)
class Facets:
    """What filters look at."""

    specialty: str
    """Empty when the source has none."""
    kind: str
    year: int
    """0 when unknown."""
    language: str

    @classmethod
    def of(cls, source: Source) -> Facets:
        """Return a source's facets."""
        return cls(source.specialty or "", source.kind, source.year or 0, source.language)


@dataclass(frozen=True, slots=True)
class Row:
    """A passage as the indexes see it."""

    id: PassageId
    facets: Facets
    text: str
    """Heading path and text: what is searched."""


@dataclass(frozen=True, slots=True)
class Filter:
    """The narrowing part of a query."""

    specialty: str = ""
    kinds: tuple[str, ...] = ()
    year_from: int = 0
    language: str = ""

    @classmethod
    def of(cls, query: RetrievalQuery) -> Filter:
        """Return a query's filter."""
        return cls(query.specialty or "", query.kinds, query.year_from or 0, query.language or "")

    def lets_through(self, facets: Facets) -> bool:
        """Whether a passage with these facets passes."""
        return (
            (not self.specialty or facets.specialty in (self.specialty, ""))
            and (not self.kinds or facets.kind in self.kinds)
            and facets.year >= self.year_from
            and (not self.language or facets.language == self.language)
        )

    @property
    def empty(self) -> bool:
        """Whether everything passes."""
        return self == Filter()


@runtime_checkable
class SearchableStore(KnowledgeStore, Protocol):
    """A store with vectors that can be walked through."""

    @property
    def embedder(self) -> Embedder:
        """What made the vectors."""
        ...

    @property
    def cache_folder(self) -> Path | None:
        """Where indexes computed from the store may be kept; None keeps them in memory."""
        ...

    def revision(self) -> str:
        """Return a word that changes with every change of content."""
        ...

    def rows(self) -> Iterator[Row]:
        """Yield every passage as a row, in order of id."""
        ...

    def nearest(self, vector: Vectors, n: int, narrow: Filter) -> Sequence[tuple[PassageId, float]]:
        """Return up to n ids with cosine similarity, nearest first, among those the filter lets through.

        Args:
            vector: (dimension,) unit vector.
            n: Most results.
            narrow: The filter; an empty one lets everything through.
        """
        ...

    def get_many(self, ids: Sequence[PassageId]) -> Sequence[Passage]:
        """Return passages in the given order.

        Raises:
            PassageMissing: One of the ids is unknown.
        """
        ...


def search_text(passage: Passage) -> str:
    """Return what is searched of a passage: title, heading path and text; a path that begins with the title says it."""
    title = passage.source.title
    heading = passage.section if passage.section.startswith(title) else f"{title}. {passage.section}"
    return f"{heading}. {passage.text}"
