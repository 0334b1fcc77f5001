"""Streams a UMLS release into one SQLite file; stopped or killed, it goes on where the last batch ended.

Everything is written to ``umls.sqlite.part`` and renamed when it is whole, so a finished file is never half a release.
Each batch of rows and the place in the source file are one transaction.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import Field

from clinigraph.errors import InputUnreadable, KnowledgeError
from clinigraph.knowledge.terminology.normal import WordCache
from clinigraph.knowledge.terminology.umls import rrf, schema
from clinigraph.models.base import Value

Progress = Callable[[str, int, int], None]
"""Told the name of the piece of work, what is done and the whole (bytes, or steps of indexing)."""

_SUPPRESSED = frozenset("OEY")
"""SUPPRESS: O obsolete, E by an editor, Y by its source; N is kept (UMLS Reference Manual, 3.3.4)."""
_PREFERRED = ("P", "PF", "Y")
_TEXT_STEP = 250_000


class ImportOptions(Value):
    """What of a release is kept."""

    languages: tuple[str, ...] = ("ENG",)
    """Codes of the column LAT; empty keeps all."""
    sources: tuple[str, ...] = ()
    """Codes of the column SAB; empty keeps all."""
    fresh: bool = False
    """Throw away what an interrupted import has left."""


class ImportSummary(Value):
    """What an import did."""

    rows_read: int = Field(ge=0)
    """Lines of all tables, those of an interrupted run included."""
    names: int = Field(ge=0)
    concepts: int = Field(ge=0)
    relations: int = Field(ge=0)
    definitions: int = Field(ge=0)
    seconds: float = Field(ge=0)
    """Of this run."""
    resumed: bool

    @property
    def sentence(self) -> str:
        """The summary in words."""
        how = "Resumed and finished" if self.resumed else "Imported"
        return (
            f"{how}: {self.names:,} names of {self.concepts:,} concepts, {self.relations:,} relations and "
            f"{self.definitions:,} definitions from {self.rows_read:,} lines in {self.seconds:,.1f} s."
        )


def _silent(name: str, done: int, total: int) -> None:
    """Tell nobody."""


def import_umls(
    meta_dir: Path, target: Path, options: ImportOptions | None = None, progress: Progress = _silent
) -> ImportSummary:
    """Import a release.

    Args:
        meta_dir: Folder with MRCONSO.RRF, MRSTY.RRF, MRREL.RRF and MRDEF.RRF.
        target: The file to make, ``umls.sqlite``; an older one is replaced when the new one is whole.
        options: Languages and sources to keep.
        progress: Told about the work after every piece.

    Raises:
        InputUnreadable: A table is missing, damaged or truncated (file and line are named); what was read is kept.
        KnowledgeError: Another import is running, the disk is full, or nothing was left by the filters.
    """
    options = options or ImportOptions()
    rrf.check_release(meta_dir)
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(str(target) + ".lock", timeout=0)
    try:
        with lock:
            return _import(meta_dir, target, options, progress)
    except Timeout as error:
        raise KnowledgeError("Another import is running", given=str(target), todo="Wait until it has ended.") from error
    except sqlite3.Error as error:
        raise KnowledgeError(
            "The vocabulary cannot be written", given=f"{target.parent} ({error})", todo="Make room, then run it again."
        ) from error


def _import(meta_dir: Path, target: Path, options: ImportOptions, progress: Progress) -> ImportSummary:
    begin = time.perf_counter()
    part = target.with_name(target.name + ".part")
    connection, resumed = _open(part, _release(meta_dir, options), options.fresh)
    try:
        writer = _Writer(connection, options)
        for table, work in writer.works():
            _stream(connection, meta_dir, table, work, progress)
        _index(connection, progress)
        summary = _summary(connection, time.perf_counter() - begin, resumed)
        if not summary.names:
            raise KnowledgeError(
                "No name is left", given="the chosen languages and sources", todo="Choose ones that the release holds."
            )
        connection.execute("INSERT OR REPLACE INTO state VALUES ('finished', '1')")
    finally:
        connection.close()
    part.replace(target)
    return summary


def _release(meta_dir: Path, options: ImportOptions) -> str:
    """Return a hash of what is imported; a part file of something else is not gone on with."""
    digest = hashlib.sha256(f"{options.languages}{options.sources}{schema.VERSION}".encode())
    for table in rrf.TABLES:
        path = meta_dir / table.file
        with path.open("rb") as file:
            digest.update(f"{table.file}{path.stat().st_size}".encode() + file.read(65536))
    return digest.hexdigest()


def _open(part: Path, release: str, fresh: bool) -> tuple[sqlite3.Connection, bool]:
    for attempt in (0, 1):
        if fresh or attempt:
            for leftover in (part, part.with_name(part.name + "-journal")):
                leftover.unlink(missing_ok=True)
        try:
            connection = schema.connect_for_import(part)
            found = connection.execute("SELECT value FROM state WHERE name = 'release'").fetchone()
        except sqlite3.DatabaseError:
            continue
        if found is None:
            connection.execute("INSERT INTO state VALUES ('release', ?)", (release,))
            return connection, False
        if found[0] == release:
            return connection, True
        connection.close()
    raise KnowledgeError("The unfinished import cannot be opened", given=str(part), todo="Delete it and run it again.")


def _stream(
    connection: sqlite3.Connection,
    folder: Path,
    table: rrf.Table,
    work: Callable[[list[list[str]]], None],
    progress: Progress,
) -> None:
    size = (folder / table.file).stat().st_size
    kept = connection.execute("SELECT value FROM state WHERE name = ?", (table.file,)).fetchone()
    offset, lines = (int(n) for n in kept[0].split()) if kept else (0, 0)
    if offset > size:
        raise InputUnreadable("The file is shorter than before", given=table.file, todo="Run again with --fresh.")
    progress(table.file, offset, size)
    for chunk in rrf.chunks(folder, table, offset, lines):
        connection.execute("BEGIN")
        work(chunk.rows)
        connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (table.file, f"{chunk.offset} {chunk.lines}"))
        connection.execute("COMMIT")
        progress(table.file, chunk.offset, size)


class _Writer:
    """Turns rows of the release into rows of the file."""

    def __init__(self, connection: sqlite3.Connection, options: ImportOptions) -> None:
        self._db = connection
        self._languages = frozenset(options.languages)
        self._sources = frozenset(options.sources)
        self._cache = WordCache()
        self._words: dict[str, int] = dict(connection.execute("SELECT text, id FROM word"))
        self._cui, self._seen = "", set[str]()

    def works(self) -> Iterator[tuple[rrf.Table, Callable[[list[list[str]]], None]]]:
        """Yield each table with what is done to its rows."""
        yield rrf.CONSO, self.names
        yield rrf.STY, self.semantic_types
        yield rrf.DEF, self.definitions
        yield rrf.REL, self.relations

    def names(self, rows: list[list[str]]) -> None:
        """Store MRCONSO rows."""
        self._db.executemany("INSERT INTO atom VALUES (?,?,?,?,?,?,?,?)", self._atoms(rows))

    def _atoms(self, rows: list[list[str]]) -> Iterator[tuple[int, str, int, int, str, int, int, int]]:
        languages, sources, cache, word = self._languages, self._sources, self._cache, self._word
        for row in rows:
            if (languages and row[1] not in languages) or row[16] in _SUPPRESSED:
                continue
            if sources and row[11] not in sources:
                continue
            cui, name = row[0], row[14]
            if cui != self._cui:
                self._cui = cui
                self._seen.clear()
            low = name.lower()
            first = low not in self._seen
            self._seen.add(low)
            preferred = row[2] == "P" and row[4] == "PF" and row[6] == "Y"
            key = schema.key_number(low, cache) if first else -1
            yield int(cui[1:]), name, word(row[11]), word(row[12]), row[13], preferred, first, key

    def semantic_types(self, rows: list[list[str]]) -> None:
        """Store MRSTY rows."""
        self._db.executemany("INSERT INTO semantic VALUES (?,?,?)", ((int(r[0][1:]), r[1], r[3]) for r in rows))

    def definitions(self, rows: list[list[str]]) -> None:
        """Store MRDEF rows."""
        kept = (r for r in rows if r[6] not in _SUPPRESSED and (not self._sources or r[4] in self._sources))
        self._db.executemany(
            "INSERT INTO definition VALUES (?,?,?)", ((int(r[0][1:]), self._word(r[4]), r[5]) for r in kept)
        )

    def relations(self, rows: list[list[str]]) -> None:
        """Store MRREL rows between different concepts."""
        self._db.executemany("INSERT INTO relation VALUES (?,?,?,?,?)", self._links(rows))

    def _links(self, rows: Iterable[list[str]]) -> Iterator[tuple[int, int, int, int, int]]:
        sources, word = self._sources, self._word
        for row in rows:
            one, two, source = row[0], row[4], row[10]
            if one != two and row[14] not in _SUPPRESSED and (not sources or source in sources):
                yield int(one[1:]), word(row[3]), word(row[7]), int(two[1:]), word(source)

    def _word(self, text: str) -> int:
        number = self._words.get(text)
        if number is None:
            number = len(self._words) + 1
            self._words[text] = number
            self._db.execute("INSERT INTO word VALUES (?, ?)", (number, text))
        return number


def _index(connection: sqlite3.Connection, progress: Progress) -> None:
    steps = len(schema.INDEXES)
    for number, (_, statement) in enumerate(schema.INDEXES):
        progress("indexes", number, steps)
        connection.execute(statement)
    progress("indexes", steps, steps)
    connection.execute(schema.FULL_TEXT)
    kept = connection.execute("SELECT value FROM state WHERE name = 'text'").fetchone()
    done = int(kept[0]) if kept else 0
    last = connection.execute("SELECT coalesce(max(rowid), 0) FROM atom").fetchone()[0]
    while done < last:
        connection.execute("BEGIN")
        connection.execute(
            "INSERT INTO atom_text (rowid, name) SELECT rowid, name FROM atom WHERE rowid > ? AND rowid <= ? AND first",
            (done, done + _TEXT_STEP),
        )
        done += _TEXT_STEP
        connection.execute("INSERT OR REPLACE INTO state VALUES ('text', ?)", (str(done),))
        connection.execute("COMMIT")
        progress("full text", min(done, last), last)


def _summary(connection: sqlite3.Connection, seconds: float, resumed: bool) -> ImportSummary:
    def count(query: str) -> int:
        return int(connection.execute(query).fetchone()[0])

    rows = [connection.execute("SELECT value FROM state WHERE name = ?", (t.file,)).fetchone() for t in rrf.TABLES]
    return ImportSummary(
        rows_read=sum(int(r[0].split()[1]) for r in rows if r),
        names=count("SELECT count(*) FROM atom"),
        concepts=count("SELECT count(DISTINCT cui) FROM atom"),
        relations=count("SELECT count(*) FROM relation"),
        definitions=count("SELECT count(*) FROM definition"),
        seconds=seconds,
        resumed=resumed,
    )
