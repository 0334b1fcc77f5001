"""Hybrid retrieval: BM25 and vectors, fused by rank, narrowed by the case, cut where relevance drops.

Reciprocal-rank fusion after Cormack, Clarke and Buettcher, SIGIR 2009, with a smaller constant than theirs.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock

import numpy as np

from clinigraph.errors import UsageError
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.knowledge.embedding import Embedder, Vectors
from clinigraph.knowledge.lexical import LexicalIndex
from clinigraph.knowledge.searching import Filter, SearchableStore
from clinigraph.models.base import PassageId
from clinigraph.models.passages import ScoredPassage

MAX_QUERY_CHARS = 20_000
"""Longest query; longer ones are refused rather than silently shortened."""
_RRF_K = 20
"""Weight of the first ranks over later ones; 60 in the paper. See docs/decisions/0019-ranks-of-documents.md."""
_POOL = 100
"""Candidates of each half; also the ranks that fusion looks at."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """The numbers of fusion and cutting; ``clinigraph eval retrieval`` measures them."""

    lexical: float = 3.0
    """Weight of BM25 ranks; 0 switches that half off."""
    dense: float = 1.0
    """Weight of vector ranks; 0 switches that half off and loads no embedder."""
    document: float = 2.0
    """Weight of the rank of a passage's document beside that of the passage, in both halves."""
    domain_boost: float = 1.1
    """Factor for passages of the query's own specialty over those of none."""
    adaptive: bool = True
    """Whether the answer is cut where relevance drops."""
    keep: int = 2
    """Passages that the cut never takes."""
    floor: float = 0.5
    """Least relevance relative to the best passage."""
    drop: float = 0.7
    """Least relevance relative to the passage before."""


@dataclass(slots=True)
class _Candidate:
    shelf: _Shelf
    id: PassageId
    lexical: float = 0.0
    dense: float = 0.0
    fused: float = 0.0

    @property
    def document(self) -> str:
        """What its passages have in common: the id up to its ``#``."""
        return self.id.rpartition("#")[0] or self.id


class HybridRetriever:
    """A :class:`~clinigraph.knowledge.contract.Retriever` over one or several stores with the same embedder.

    The constructor is light; indexes and weights load with the first query or :meth:`warm_up`.

    Args:
        store: Where passages are.
        *more: Further stores; an id found in several comes from the first.
        tuning: Weights and cuts.
    """

    def __init__(self, store: SearchableStore, *more: SearchableStore, tuning: Tuning | None = None) -> None:
        self._shelves = tuple(_Shelf(s) for s in (store, *more))
        self._embedder: Embedder = store.embedder
        self._tuning = tuning or Tuning()

    def warm_up(self) -> None:
        """Load indexes, weights and Chroma."""
        self._answer(RetrievalQuery(text="warm up", top_k=1))

    def retrieve(self, query: RetrievalQuery) -> Sequence[ScoredPassage]:
        """Return the best passages, best first; see the contract.

        Raises:
            UsageError: The text is blank or longer than :data:`MAX_QUERY_CHARS`.
        """
        if not query.text.strip():
            raise UsageError("The query is empty", todo="Say what to look for.")
        if len(query.text) > MAX_QUERY_CHARS:
            raise UsageError(
                "The query is too long",
                given=f"{len(query.text)} characters",
                todo=f"Shorten it to {MAX_QUERY_CHARS} characters.",
            )
        return self._answer(query)

    def _answer(self, query: RetrievalQuery) -> Sequence[ScoredPassage]:
        ranked = self._fuse(self._candidates(query), query)[: query.top_k]
        if self._tuning.adaptive:
            ranked = ranked[: self._cut(ranked)]
        passages = {}
        for shelf in self._shelves:
            wanted = [c.id for c in ranked if c.shelf is shelf]
            passages.update({p.id: p for p in shelf.store.get_many(wanted)} if wanted else {})
        return tuple(ScoredPassage(passage=passages[c.id], score=c.fused) for c in ranked)

    def _candidates(self, query: RetrievalQuery) -> list[_Candidate]:
        narrow, banned = Filter.of(query), frozenset(query.exclude)
        vector = self._embedder.embed([query.text])[0] if self._tuning.dense > 0 else None
        found: dict[PassageId, _Candidate] = {}
        for shelf in self._shelves:
            for candidate in shelf.candidates(query.text, vector, narrow, banned):
                found.setdefault(candidate.id, candidate)
        return list(found.values())

    def _fuse(self, candidates: list[_Candidate], query: RetrievalQuery) -> list[_Candidate]:
        # Vectors compare across stores; BM25 does not, its word statistics differ: it ranks within one.
        groups = [[c for c in candidates if c.shelf is shelf] for shelf in self._shelves]
        halves = [(self._tuning.lexical, _by_lexical, g) for g in groups] + [
            (self._tuning.dense, _by_dense, candidates)
        ]
        for weight, key, group in halves:
            scored = sorted((c for c in group if key(c) > 0), key=partial(_order, key))[:_POOL]
            documents = {d: place for place, d in enumerate(dict.fromkeys(c.document for c in scored), start=1)}
            for rank, candidate in enumerate(scored, start=1):
                candidate.fused += weight / (_RRF_K + rank)
            for candidate in group:
                if candidate.document in documents:
                    candidate.fused += weight * self._tuning.document / (_RRF_K + documents[candidate.document])
        if query.specialty:
            for candidate in candidates:
                if candidate.shelf.specialty(candidate.id) == query.specialty:
                    candidate.fused *= self._tuning.domain_boost
        kept = [c for c in candidates if c.fused > 0]
        return sorted(kept, key=lambda c: (-c.fused, c.id))

    def _cut(self, ranked: Sequence[_Candidate]) -> int:
        """Return how many passages stay: all before the first marked drop of relevance."""
        relevance = _relevance(ranked)
        for place in range(max(self._tuning.keep, 1), len(relevance)):
            if relevance[place] < self._tuning.floor * relevance[0]:
                return place
            if relevance[place] < self._tuning.drop * relevance[place - 1]:
                return place
        return len(relevance)


class _Shelf:
    """One store with its lexical index, built again when the store has changed."""

    def __init__(self, store: SearchableStore) -> None:
        self.store = store
        self._lock = Lock()
        self._index: tuple[str, LexicalIndex] | None = None

    def specialty(self, passage_id: PassageId) -> str:
        index = self._lexical()
        row = index.row_of.get(passage_id)
        return "" if row is None else str(index.specialties[row])

    def candidates(
        self, text: str, vector: Vectors | None, narrow: Filter, banned: frozenset[PassageId]
    ) -> list[_Candidate]:
        """Return the pool of both halves with both scores as far as known."""
        index = self._lexical()
        mask = index.mask(narrow)
        for passage_id in banned & index.row_of.keys():
            mask[index.row_of[passage_id]] = False
        if not mask.any():
            return []
        scores = index.scores(text) * mask
        found = {index.ids[row]: _Candidate(self, index.ids[row]) for row in _top(scores, _POOL)}
        for passage_id, similarity in self._near(vector, narrow, mask, index):
            found.setdefault(passage_id, _Candidate(self, passage_id)).dense = similarity
        for candidate in found.values():
            candidate.lexical = float(scores[index.row_of[candidate.id]])
        return list(found.values())

    def _near(
        self, vector: Vectors | None, narrow: Filter, mask: np.ndarray, index: LexicalIndex
    ) -> list[tuple[PassageId, float]]:
        """Return the nearest passages that the mask lets through.

        Without a filter in Chroma first (it is quicker), with it when too few are left.
        """
        if vector is None:
            return []
        wanted = min(_POOL, int(mask.sum()))
        for narrowing in (Filter(), narrow):
            hits = self.store.nearest(vector, 2 * _POOL if mask.sum() < len(mask) else _POOL, narrowing)
            kept = [(i, s) for i, s in hits if i in index.row_of and mask[index.row_of[i]]]
            if narrow.empty or len(kept) >= wanted:
                break
        return kept[:_POOL]

    def _lexical(self) -> LexicalIndex:
        with self._lock:
            revision = self.store.revision()
            if self._index is None or self._index[0] != revision:
                self._index = (revision, _open_index(self.store, revision))
            return self._index[1]


def _open_index(store: SearchableStore, revision: str) -> LexicalIndex:
    folder = store.cache_folder
    if folder is None or not revision:
        return LexicalIndex.build(store.rows())
    index = LexicalIndex.load(folder / revision)
    if index is not None and len(index) == store.count():
        return index
    index = LexicalIndex.build(store.rows())
    if store.revision() == revision:
        _keep(index, folder / revision)
    return index


def _keep(index: LexicalIndex, folder: Path) -> None:
    """Save an index and drop those of older revisions; a folder that cannot be written only costs time."""
    with suppress(OSError):
        older = [p for p in folder.parent.glob("*") if p.is_dir() and p != folder] if folder.parent.exists() else []
        index.save(folder)
        for path in older:
            shutil.rmtree(path, ignore_errors=True)


def _top(scores: np.ndarray, n: int) -> list[int]:
    """Return the rows of the n highest positive scores, best first, ties in row order."""
    if len(scores) > n:
        limit = np.partition(scores, len(scores) - n)[len(scores) - n]
        rows = np.flatnonzero((scores >= limit) & (scores > 0))
    else:
        rows = np.flatnonzero(scores > 0)
    return [int(r) for r in rows[np.argsort(-scores[rows], kind="stable")][:n]]


def _order(key: Callable[[_Candidate], float], candidate: _Candidate) -> tuple[float, str]:
    return -key(candidate), candidate.id


def _by_lexical(candidate: _Candidate) -> float:
    return candidate.lexical


def _by_dense(candidate: _Candidate) -> float:
    return candidate.dense


def _relevance(ranked: Sequence[_Candidate]) -> list[float]:
    """Return the mean of both scores, each over its best; never rising down the ranks."""
    best_lexical = max((c.lexical for c in ranked), default=0.0) or 1.0
    best_dense = max((c.dense for c in ranked), default=0.0) or 1.0
    values = [(c.lexical / best_lexical + c.dense / best_dense) / 2 for c in ranked]
    return [float(v) for v in np.minimum.accumulate(values)] if values else []
