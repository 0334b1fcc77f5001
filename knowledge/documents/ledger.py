"""Which files are in the store, by path and content: what makes adding repeatable and resumable."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from clinigraph.errors import KnowledgeError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, file_sha256 TEXT NOT NULL, settings TEXT NOT NULL, source_id TEXT NOT NULL,
    title TEXT NOT NULL, passages INTEGER NOT NULL, note TEXT NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file whose passages are all stored."""

    path: str
    file_sha256: str
    settings: str
    """Version of the splitter, trust and specialty that it was added with."""
    source_id: str
    title: str
    passages: int
    note: str


class Known:
    """The entries as they will be when everything that has been read is stored.

    Args:
        entries: What the ledger holds.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries: dict[str, Entry] = {}
        self._files: Counter[str] = Counter()
        for entry in entries:
            self.record(entry)

    def entry(self, path: str) -> Entry | None:
        """Return what is known of a file, or None."""
        return self._entries.get(path)

    def others_with(self, source_id: str, path: str) -> bool:
        """Whether another file has the same content."""
        own = self._entries.get(path)
        return self._files[source_id] > (own is not None and own.source_id == source_id)

    def record(self, entry: Entry) -> None:
        """Put an entry in place of an older one of its path."""
        before = self._entries.get(entry.path)
        if before is not None:
            self._files[before.source_id] -= 1
        self._entries[entry.path] = entry
        self._files[entry.source_id] += 1


class Ledger:
    """Entries in one SQLite file beside the store.

    Args:
        path: The file; made by the first write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def entries(self) -> tuple[Entry, ...]:
        """Return all files, by path."""
        return tuple(Entry(*row) for row in self._read("SELECT * FROM files ORDER BY path"))

    def record(self, entries: Iterable[Entry]) -> None:
        """Write entries, each in place of an older one of its path."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            connection.execute(_SCHEMA)
            connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", map(astuple, entries))

    def clear(self) -> None:
        """Forget all files: the store beside holds nothing."""
        if self._path.exists():
            with self._open() as connection:
                connection.execute(_SCHEMA)
                connection.execute("DELETE FROM files")

    def _read(self, query: str) -> list[tuple[str, str, str, str, str, int, str]]:
        if not self._path.exists():
            return []
        with self._open() as connection:
            connection.execute(_SCHEMA)
            return connection.execute(query).fetchall()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self._path, timeout=30)
            try:
                with connection:
                    yield connection
            finally:
                connection.close()
        except sqlite3.DatabaseError as error:
            raise KnowledgeError(
                "The list of documents is damaged",
                given=self._path.name,
                todo="Remove the store's folder and add the documents again.",
            ) from error
