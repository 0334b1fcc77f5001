"""Everything that may be cited, in one place: the embedded cards and, when there are any, the user's documents.

Looking a card's passage up or verifying it reads YAML only. The cards' search index is computed, lives in the cache
folder under a hash of what went into it, and is built anew when it is missing or damaged.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from threading import Lock

from filelock import FileLock

from clinigraph.errors import ClinigraphError, KnowledgeError, PassageMissing
from clinigraph.knowledge.cards import CURRENCY_YEARS, CardKind, GuidelineCard, card_passages, load_cards
from clinigraph.knowledge.chroma_store import STORE_FORMAT, ChromaStore
from clinigraph.knowledge.contract import RetrievalQuery, Retriever
from clinigraph.knowledge.embedding import DirectoryEmbedder, Embedder, MiniLmEmbedder
from clinigraph.knowledge.lexical import LEXICAL_FORMAT
from clinigraph.knowledge.retrieval import HybridRetriever, Tuning
from clinigraph.models.base import PassageId
from clinigraph.models.passages import Passage, ScoredPassage
from clinigraph.settings import Settings

_BUILD_WAIT_S = 300.0


class Library:
    """Cards and user documents behind one retriever.

    The constructor is light. Safe for several threads, and for several processes on the same folders.

    Args:
        cards: The embedded cards.
        cache_dir: Where the cards' index is kept.
        user_dir: The user's store; need not exist.
        embedder: What turns text into vectors.
        tuning: Weights and cuts of the retriever.
    """

    def __init__(
        self,
        cards: Sequence[GuidelineCard],
        cache_dir: Path,
        user_dir: Path,
        embedder: Embedder,
        tuning: Tuning | None = None,
    ) -> None:
        self.cards = tuple(cards)
        self._by_id = {c.id: c for c in self.cards}
        self.user_store = ChromaStore(user_dir, embedder)
        self._embedded: Mapping[PassageId, Passage] = {p.id: p for c in self.cards for p in card_passages(c)}
        self._cache_dir = cache_dir
        self._embedder = embedder
        self._tuning = tuning
        self._lock = Lock()
        self._opened: tuple[tuple[ChromaStore, ...], HybridRetriever] | None = None

    @property
    def retriever(self) -> Retriever:
        """The retriever over everything; it opens its indexes with the first query."""
        return _LazyRetriever(self)

    def get(self, passage_id: PassageId) -> Passage:
        """Return a passage.

        Raises:
            PassageMissing: The id is unknown.
        """
        found = self._embedded.get(passage_id)
        if found is not None:
            return found
        if not self.user_store.exists():
            raise PassageMissing("There is no such passage", given=passage_id, todo="Check the id.")
        return self.user_store.get(passage_id)

    def verify(self, passage: Passage) -> bool:
        """Whether the library holds exactly this passage, byte for byte."""
        known = self._embedded.get(passage.id)
        if known is not None:
            return known == passage
        return self.user_store.exists() and self.user_store.verify(passage)

    def count(self) -> int:
        """Return the number of passages."""
        return len(self._embedded) + (self.user_store.count() if self.user_store.exists() else 0)

    def user_trust(self) -> Mapping[str, int]:
        """Return how many passages of the user's documents carry each level of trust."""
        return self.user_store.trust_counts() if self.user_store.exists() else {}

    def damaged_user_passages(self) -> Sequence[PassageId]:
        """Return the passages of the user's documents that cannot be read or do not match their hash."""
        return self.user_store.damaged() if self.user_store.exists() else ()

    def warm_up(self) -> None:
        """Open indexes and load weights, so that the first query is as quick as the others."""
        self.hybrid().warm_up()

    def hybrid(self) -> HybridRetriever:
        """Return the retriever with its indexes open; a user store that appears later is taken in."""
        return self._open()[1]

    def hybrid_stores(self) -> tuple[ChromaStore, ...]:
        """Return the stores that are searched: the cards', then the user's when there is one."""
        return self._open()[0]

    def may_be_outdated(self, passage: Passage, today: date) -> bool:
        """Whether a passage's source has a newer edition or is older than the span stated for its kind.

        Undated sources are not flagged.
        """
        card = self._by_id.get(passage.source.id)
        if card is not None:
            return card.may_be_outdated(today)
        kinds = {k.value: years for k, years in CURRENCY_YEARS.items()}
        span = kinds.get(passage.source.kind, CURRENCY_YEARS[CardKind.GUIDELINE])
        return passage.source.year is not None and today.year - passage.source.year > span

    def close(self) -> None:
        """Let go of all files; the next query opens them again."""
        with self._lock:
            for store in (self.user_store, *(self._opened[0] if self._opened else ())):
                store.close()
            self._opened = None

    def _open(self) -> tuple[tuple[ChromaStore, ...], HybridRetriever]:
        with self._lock:
            with_user = self.user_store.exists() or not self._embedded
            if self._opened is None or len(self._opened[0]) != bool(self._embedded) + with_user:
                held = self._opened[0][0] if self._opened and self._embedded else None
                cards = (held or self._open_cards(),) if self._embedded else ()
                stores = (*cards, self.user_store) if with_user else cards
                self._opened = (stores, HybridRetriever(*stores, tuning=self._tuning))
            return self._opened

    def _open_cards(self) -> ChromaStore:
        folder = self._cache_dir / "knowledge" / self._key()
        store = ChromaStore(folder, self._embedder)
        if self._complete(store):
            return store
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{folder.name}.lock"), timeout=_BUILD_WAIT_S):
            if not self._complete(store):
                store.close()
                self._build(folder)
        if not self._complete(store):
            raise KnowledgeError(
                "The index of the guideline cards cannot be built", given=folder.name, todo="Check the cache folder."
            )
        return store

    def _build(self, folder: Path) -> None:
        """Build the cards' store beside its place and move it there whole."""
        part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".part-"))
        try:
            made = ChromaStore(part / "store", self._embedder)
            made.add(self._embedded.values())
            made.close()
            shutil.rmtree(folder, ignore_errors=True)
            (part / "store").replace(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _complete(self, store: ChromaStore) -> bool:
        """Whether the store opens, answers, and holds exactly the cards' passages."""
        if not store.exists():
            return False
        try:
            held = {p.id: p for p in store.get_many(list(self._embedded))}
            probe = self._probe(store)
        except ClinigraphError:
            return False
        return held == self._embedded and probe and store.count() == len(held)

    def _probe(self, store: ChromaStore) -> bool:
        import numpy as np

        from clinigraph.knowledge.searching import Filter

        vector = np.full(self._embedder.dimension, self._embedder.dimension**-0.5, dtype=np.float32)
        return bool(store.nearest(vector, 1, Filter()))

    def _key(self) -> str:
        digest = hashlib.sha256(f"{STORE_FORMAT} {LEXICAL_FORMAT} {self._embedder.name}".encode())
        for passage in self._embedded.values():
            digest.update(passage.digest().encode())
        return f"cards-{digest.hexdigest()[:16]}"


class _LazyRetriever:
    """The library's retriever, opened with the first query."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def retrieve(self, query: RetrievalQuery) -> Sequence[ScoredPassage]:
        """See :class:`~clinigraph.knowledge.contract.Retriever`."""
        return self._library.hybrid().retrieve(query)


def open_library(settings: Settings) -> Library:
    """Return the library that the settings describe; opens no index and loads no weights.

    Args:
        settings: ``cache_dir`` for the cards' index, ``state_dir`` for the user's store, ``embedding_dir`` for a model.
    """
    return Library(
        load_cards(),
        cache_dir=settings.cache_dir,
        user_dir=settings.state_dir / "knowledge",
        embedder=DirectoryEmbedder(settings.embedding_dir) if settings.embedding_dir else MiniLmEmbedder(),
    )
