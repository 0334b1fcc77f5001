"""Passages and their vectors in Chroma, in this process only.

One writer at a time (a file lock), many readers. Chroma's own embedder, telemetry and server are never used. A folder
holds ``format.json`` (what made it), ``revision`` (changes with every write), ``writer.lock``, ``chroma/`` and
``lexical/`` (computed, may be deleted).
"""

from __future__ import annotations

import json
import os
import re
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, TypeVar, cast

from filelock import FileLock, Timeout
from pydantic import ValidationError

from clinigraph.errors import KnowledgeError, PassageMissing
from clinigraph.knowledge.embedding import Embedder, Vectors
from clinigraph.knowledge.searching import Facets, Filter, Row, search_text
from clinigraph.models.base import PassageId
from clinigraph.models.passages import Passage

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateCollectionConfiguration
    from chromadb.api.models.Collection import Collection
    from chromadb.api.types import Where

_T = TypeVar("_T")

STORE_FORMAT = 1
_COLLECTION = "passages"
_BATCH = 1024
_PART = 256
"""Passages that are embedded while the part before is stored."""
_PAGE = 2000
_REVISION = re.compile(r"[0-9a-f]{32}")
_HNSW = {"hnsw": {"space": "cosine", "ef_construction": 128, "ef_search": 256, "max_neighbors": 24, "num_threads": 1}}
"""One thread, so that the same passages in the same order give the same graph."""


class ChromaStore:
    """A :class:`~clinigraph.knowledge.contract.KnowledgeStore` that can be searched.

    Args:
        path: Folder of the store; made by the first write.
        embedder: What turns text into vectors; must be the one that made the store.
        lock_timeout_s: How long a writer waits for another one.
    """

    def __init__(self, path: Path, embedder: Embedder, *, lock_timeout_s: float = 10.0) -> None:
        self.path = path
        self._embedder = embedder
        self._lock_timeout_s = lock_timeout_s
        self._guard = RLock()
        self._open: tuple[str, ClientAPI, Collection] | None = None

    @property
    def embedder(self) -> Embedder:
        """What made the vectors."""
        return self._embedder

    @property
    def cache_folder(self) -> Path | None:
        """The folder of computed indexes inside the store."""
        return self.path / "lexical"

    def exists(self) -> bool:
        """Whether something was ever written here."""
        return (self.path / "format.json").exists()

    def revision(self) -> str:
        """Return a word that changes with every write."""
        try:
            revision = (self.path / "revision").read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return ""
        return revision if _REVISION.fullmatch(revision) else ""

    def add(self, passages: Iterable[Passage]) -> int:
        """Store passages; see the contract.

        Raises:
            KnowledgeError: Another writer is at work, the store is of another version or embedder, or an id is already
                taken by other text.
        """
        with self._writing() as collection:
            return sum(self._add_batch(collection, batch) for batch in _chunks(passages, _BATCH))

    def replace_sources(self, source_ids: Sequence[str], passages: Iterable[Passage]) -> int:
        """Put passages in place of those of some sources, and return how many were new or changed.

        What stays the same stays stored; the rest of the old passages goes only after the new ones are in.

        Raises:
            KnowledgeError: As for :meth:`add`.
        """
        with self._writing() as collection:
            stale = {i for ids in _chunks(source_ids, _PAGE) for i in _ids_of_sources(collection, ids)}
            new = 0
            for batch in _chunks(passages, _BATCH):
                replaceable = frozenset(stale)
                stale -= {str(p.id) for p in batch}
                new += self._add_batch(collection, batch, replaceable)
            for ids in _chunks(sorted(stale), _PAGE):
                collection.delete(ids=ids)
            return new

    def get(self, passage_id: PassageId) -> Passage:
        """Return a passage; see the contract."""
        return self.get_many([passage_id])[0]

    def get_many(self, ids: Sequence[PassageId]) -> Sequence[Passage]:
        """Return passages in the given order; see :class:`~clinigraph.knowledge.searching.SearchableStore`."""
        found = self._fetch(ids)
        missing = next((i for i in ids if i not in found), None)
        if missing is not None:
            raise PassageMissing("There is no such passage", given=missing, todo="Search again; the store has changed.")
        return [found[i] for i in ids]

    def verify(self, passage: Passage) -> bool:
        """Whether exactly this passage is stored; see the contract."""
        return self._fetch([passage.id]).get(passage.id) == passage

    def count(self) -> int:
        """Return the number of passages."""
        with self._reading() as collection:
            return 0 if collection is None else int(collection.count())

    def has_source(self, source_id: str) -> bool:
        """Whether a source has passages here."""
        with self._reading() as collection:
            return collection is not None and bool(
                collection.get(where={"source": source_id}, limit=1, include=[])["ids"]
            )

    def trust_counts(self) -> Mapping[str, int]:
        """Return how many passages carry each level of trust.

        Raises:
            PassageMissing: A passage is damaged.
        """
        return Counter(p.source.trust.value for page in self._pages() for p in self.get_many(page))

    def damaged(self) -> Sequence[PassageId]:
        """Return the ids whose passage cannot be read, does not match its hash, or bears another id."""
        bad: list[PassageId] = []
        for page in self._pages():
            try:
                self.get_many(page)
            except PassageMissing:
                bad += [i for i in page if not self._readable(i)]
        return bad

    def _readable(self, passage_id: PassageId) -> bool:
        try:
            return self.get(passage_id).id == passage_id
        except PassageMissing:
            return False

    def _pages(self) -> Iterator[list[PassageId]]:
        with self._reading() as collection:
            ids = [] if collection is None else sorted(collection.get(include=[])["ids"])
        return _chunks((PassageId(i) for i in ids), _PAGE)

    def rows(self) -> Iterator[Row]:
        """Yield every passage as a row, in order of id."""
        for page in self._pages():
            for passage in self.get_many(page):
                yield Row(passage.id, Facets.of(passage.source), search_text(passage))

    def nearest(self, vector: Vectors, n: int, narrow: Filter) -> Sequence[tuple[PassageId, float]]:
        """Return the nearest passages; see :class:`~clinigraph.knowledge.searching.SearchableStore`."""
        with self._reading() as collection:
            if collection is None:
                return ()
            found = collection.query(
                query_embeddings=cast("list[Sequence[float]]", [vector]),
                n_results=n,
                where=_where(narrow),
                include=["distances"],
            )
        distances = (found["distances"] or [[]])[0]
        return [(PassageId(i), 1.0 - float(d)) for i, d in zip(found["ids"][0], distances, strict=True)]

    def _add_batch(
        self, collection: Collection, batch: Sequence[Passage], replaceable: frozenset[str] = frozenset()
    ) -> int:
        unique = {p.id: p for p in batch}
        if any(unique[p.id] != p for p in batch):
            raise _clash(next(p.id for p in batch if unique[p.id] != p))
        known = _read(collection, list(unique))
        clash = next((i for i, p in known.items() if unique[i] != p and i not in replaceable), None)
        if clash is not None:
            raise _clash(clash)
        new = [p for i, p in unique.items() if known.get(i) != p]
        for part, vectors in self._embedded(new):
            collection.upsert(
                ids=[p.id for p in part],
                embeddings=list(vectors),
                documents=[p.text for p in part],
                metadatas=[_metadata(p) for p in part],
            )
        return len(new)

    def _embedded(self, passages: Sequence[Passage]) -> Iterator[tuple[list[Passage], Vectors]]:
        """Yield parts with their vectors; the next part is embedded while the caller stores the one before."""
        with ThreadPoolExecutor(1, "knowledge-embedder") as ahead:
            waiting: tuple[list[Passage], Future[Vectors]] | None = None
            for part in _chunks(passages, _PART):
                started = ahead.submit(self._embedder.embed, [search_text(p) for p in part])
                if waiting is not None:
                    yield waiting[0], waiting[1].result()
                waiting = part, started
            if waiting is not None:
                yield waiting[0], waiting[1].result()

    def _fetch(self, ids: Sequence[PassageId]) -> dict[PassageId, Passage]:
        with self._reading() as collection:
            return {} if collection is None or not ids else _read(collection, ids)

    @contextmanager
    def _writing(self) -> Iterator[Collection]:
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path / "writer.lock", timeout=self._lock_timeout_s), self._guard:
                self._check_format(create=True)
                collection = self._connect(create=True)
                self._bump()
                try:
                    yield collection
                finally:
                    self._bump()
        except Timeout as error:
            raise KnowledgeError(
                "Another process is writing to the knowledge store",
                given=self.path.name,
                todo="Wait until it has finished.",
            ) from error

    @contextmanager
    def _reading(self) -> Iterator[Collection | None]:
        """Give the collection to one thread at a time, so that none is closed under another's feet."""
        with self._guard:
            if self.exists():
                self._await_first_write()
                self._check_format(create=False)
                yield self._connect(create=False)
            else:
                yield None

    def _check_format(self, *, create: bool) -> None:
        wanted = {"format": STORE_FORMAT, "embedder": self._embedder.name}
        path = self.path / "format.json"
        if create and not path.exists():
            _write_text(path, json.dumps(wanted))
            return
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _damaged(self.path) from error
        if given != wanted:
            raise KnowledgeError(
                "The knowledge store was made by another version or embedding model",
                given=f"{given} where {wanted} is needed",
                todo="Use the version and model that made it, or remove the folder and add the documents again.",
            )

    def _connect(self, *, create: bool) -> Collection:
        """Return the collection, opened again when another process has written."""
        revision = self.revision()
        if self._open is not None:
            if self._open[0] == revision:
                return self._open[2]
            self.close()
        client, collection = self._patiently(create=create)
        self._open = (revision, client, collection)
        return collection

    def _patiently(self, *, create: bool) -> tuple[ClientAPI, Collection]:
        """Open the files; a reader that meets a store in the making waits for its writer before it calls it damaged."""
        deadline = time.monotonic() + self._lock_timeout_s
        while True:
            busy = not create and self._being_written()
            try:
                return _opened(self.path, create=create)
            except KnowledgeError:
                if create or not (busy or self._being_written()) or time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def _await_first_write(self) -> None:
        """Wait while another process makes the store: Chroma's files must not be opened before it has made them."""
        deadline = time.monotonic() + self._lock_timeout_s
        while not self.revision() and self._being_written() and time.monotonic() < deadline:
            time.sleep(0.05)

    def _being_written(self) -> bool:
        lock = FileLock(self.path / "writer.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        return False

    def _bump(self) -> None:
        revision = uuid.uuid4().hex
        _write_text(self.path / "revision", revision)
        if self._open is not None:
            self._open = (revision, *self._open[1:])

    def close(self) -> None:
        """Let go of the files; the next call opens them again."""
        with self._guard:
            if self._open is not None:
                client, self._open = self._open[1], None
                cast("Client", client).close()


def _opened(path: Path, *, create: bool) -> tuple[ClientAPI, Collection]:
    client = _client(path / "chroma")
    try:
        if create:
            collection = client.get_or_create_collection(
                _COLLECTION, embedding_function=None, configuration=cast("CreateCollectionConfiguration", _HNSW)
            )
        else:
            collection = client.get_collection(_COLLECTION, embedding_function=None)
    except Exception as error:  # chromadb raises many kinds, some from its native part
        raise _damaged(path) from error
    return client, collection


def _client(path: Path) -> ClientAPI:
    import chromadb
    from chromadb.config import Settings

    try:
        return chromadb.PersistentClient(path=str(path), settings=Settings(anonymized_telemetry=False))
    except Exception as error:  # chromadb raises many kinds, some from its native part
        raise _damaged(path.parent) from error


def _metadata(passage: Passage) -> Mapping[str, str | int]:
    facets = Facets.of(passage.source)
    return {
        "passage": passage.model_dump_json(exclude={"text"}),
        "source": passage.source.id,
        "specialty": facets.specialty,
        "kind": facets.kind,
        "year": facets.year,
        "language": facets.language,
    }


def _read(collection: Collection, ids: Sequence[PassageId]) -> dict[PassageId, Passage]:
    found = collection.get(ids=[str(i) for i in dict.fromkeys(ids)], include=["documents", "metadatas"])
    passages = {}
    for text, metadata in zip(found["documents"] or (), found["metadatas"] or (), strict=True):
        try:
            passage = Passage.model_validate({**json.loads(str(metadata["passage"])), "text": text})
        except (ValidationError, ValueError, KeyError) as error:
            raise PassageMissing(
                "A stored passage does not match its hash", todo="Remove the document and add it again."
            ) from error
        passages[passage.id] = passage
    return passages


def _ids_of_sources(collection: Collection, source_ids: Sequence[str]) -> list[str]:
    where = cast("Where", {"source": {"$in": list(source_ids)}})
    return list(collection.get(where=where, include=[])["ids"])


def _where(narrow: Filter) -> Where | None:
    parts: list[dict[str, object]] = []
    if narrow.specialty:
        parts.append({"specialty": {"$in": [narrow.specialty, ""]}})
    if narrow.kinds:
        parts.append({"kind": {"$in": list(narrow.kinds)}})
    if narrow.year_from:
        parts.append({"year": {"$gte": narrow.year_from}})
    if narrow.language:
        parts.append({"language": narrow.language})
    if not parts:
        return None
    return cast("Where", parts[0] if len(parts) == 1 else {"$and": parts})


def _chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _write_text(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _clash(passage_id: str) -> KnowledgeError:
    return KnowledgeError(
        "A passage id is already taken by other text", given=passage_id, todo="Replace the document instead."
    )


def _damaged(path: Path) -> KnowledgeError:
    return KnowledgeError(
        "The knowledge store is damaged", given=path.name, todo="Remove the folder and add the documents again."
    )
