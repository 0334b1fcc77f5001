"""Taking a user's documents in: repeatable, resumable, and never stopped by one bad file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Event

from clinigraph.errors import InputRefused, InputTooLarge, InputUnreadable, RunCancelled, UsageError
from clinigraph.knowledge.chroma_store import ChromaStore
from clinigraph.knowledge.documents.blocks import MAX_FILE_BYTES
from clinigraph.knowledge.documents.language import guess_language
from clinigraph.knowledge.documents.ledger import Entry, Known, Ledger
from clinigraph.knowledge.documents.readers import READERS, read_document
from clinigraph.knowledge.documents.splitting import document_source, normalised_text, split
from clinigraph.models.passages import Passage, Trust

SPLITTER_VERSION = 2
"""Raised when the same bytes would give other passages; files are then taken in anew."""
_BATCH_PASSAGES = 1024
"""Passages that are embedded and stored together; also what a killed run can lose of finished work."""


class Outcome(StrEnum):
    """What became of one file."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    """Another file with the same content is there already."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file, and why."""

    path: Path
    outcome: Outcome
    passages: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingestion is."""

    done: int
    total: int
    passages: int
    """New passages so far."""
    report: FileReport
    """The file that was finished last."""


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """What is said of all documents of one call."""

    trust: Trust = Trust.UNSIGNED
    """``USER_SIGNED`` when the user vouches for the documents; ``EMBEDDED`` is refused."""
    specialty: str | None = None
    """Specialty of all documents; None takes it from the document where it says so."""

    @property
    def key(self) -> str:
        """The options as a word for the ledger."""
        return f"{SPLITTER_VERSION}|{self.trust.value}|{self.specialty or ''}"


@dataclass(slots=True)
class _Pending:
    """Files that are read and whose passages wait for the next write."""

    passages: list[Passage] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    reports: list[FileReport] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Written:
    """What a stored batch brought."""

    reports: Sequence[FileReport]
    new: int


@dataclass(slots=True)
class _Told:
    """Reports so far, each passed on once its file is stored."""

    total: int
    progress: Callable[[Progress], None]
    reports: list[FileReport] = field(default_factory=list)
    new: int = 0

    def tell(self, written: _Written) -> None:
        self.new += written.new
        for report in written.reports:
            self.reports.append(report)
            self.progress(Progress(len(self.reports), self.total, self.new, report))


class Ingestor:
    """Adds files to a store.

    Args:
        store: Where passages go; the ledger lies in its folder.
        options: Trust and specialty.
        progress: Called after each finished file.
        cancelled: Set it to stop when the batch that is being stored is in; a later call goes on from there.
    """

    def __init__(
        self,
        store: ChromaStore,
        options: IngestOptions | None = None,
        *,
        progress: Callable[[Progress], None] | None = None,
        cancelled: Event | None = None,
    ) -> None:
        self._store = store
        self._options = options or IngestOptions()
        if self._options.trust is Trust.EMBEDDED:
            raise UsageError("A user's document cannot be embedded", todo="Choose user-signed or unsigned.")
        self._ledger = Ledger(store.path / "documents.sqlite")
        self._progress = progress or (lambda _: None)
        self._cancelled = cancelled or Event()

    def add(self, paths: Sequence[Path]) -> tuple[FileReport, ...]:
        """Add files and folders (with what lies below them).

        Returns:
            One report per file, in order of path.

        Raises:
            UsageError: A path does not exist, or there is no file of a known kind.
            KnowledgeError: The store cannot be written.
            RunCancelled: The user stopped; what was finished is kept.
        """
        files = find_files(paths)
        if self._store.count() == 0:
            self._ledger.clear()
        known, told = Known(self._ledger.entries()), _Told(len(files), self._progress)
        with ThreadPoolExecutor(1, "knowledge-writer") as writer:
            running: Future[_Written] | None = None
            for batch in self._batches(files, known):
                if running is not None:
                    told.tell(running.result())
                if self._cancelled.is_set():
                    raise RunCancelled("Adding documents was stopped", todo="Run it again to go on.")
                running = writer.submit(self._write, batch)
            if running is not None:
                told.tell(running.result())
        return tuple(told.reports)

    def _batches(self, files: Sequence[Path], known: Known) -> Iterator[_Pending]:
        """Read files in order; the next batch is read while the one before is being stored."""
        pending = _Pending()
        for path in files:
            if self._cancelled.is_set():
                break
            self._take(path, known, pending)
            if len(pending.passages) >= _BATCH_PASSAGES:
                yield pending
                pending = _Pending()
        yield pending

    def _take(self, path: Path, known: Known, pending: _Pending) -> None:
        """Read one file into the pending batch."""
        key = str(path.resolve())
        try:
            raw = _read_bytes(path)
            digest = hashlib.sha256(raw).hexdigest()
            before = known.entry(key)
            if before is not None and (before.file_sha256, before.settings) == (digest, self._options.key):
                pending.reports.append(FileReport(path, Outcome.UNCHANGED, 0, before.note))
                return
            entry = self._split(path, key, raw, digest, known, pending)
            known.record(entry)
            pending.entries.append(entry)
        except InputRefused as error:
            pending.reports.append(FileReport(path, Outcome.REFUSED, 0, str(error)))

    def _split(self, path: Path, key: str, raw: bytes, digest: str, known: Known, pending: _Pending) -> Entry:
        document = read_document(path, raw)
        language = guess_language(normalised_text(document))
        source = document_source(
            document,
            title=path.stem,
            trust=self._options.trust,
            specialty=self._options.specialty,
            language=language,
        )
        note = "" if language == "en" else f"language {language}: search works best on English text"
        before = known.entry(key)
        if before is not None:
            pending.stale.append(before.source_id)
        if known.others_with(source.id, key):
            note = "the same content is there already"
            pending.reports.append(FileReport(path, Outcome.DUPLICATE, 0, note))
            return Entry(key, digest, self._options.key, source.id, source.title, 0, note)
        passages = split(document, source)
        pending.passages.extend(passages)
        outcome = Outcome.ADDED if before is None else Outcome.REPLACED
        pending.reports.append(FileReport(path, outcome, len(passages), note))
        return Entry(key, digest, self._options.key, source.id, source.title, len(passages), note)

    def _write(self, pending: _Pending) -> _Written:
        """Store a batch, then note its files: a run killed between the two does the batch again, to the same end."""
        after = {e.path: e.source_id for e in (*self._ledger.entries(), *pending.entries)} if pending.stale else {}
        fresh, held = {p.source.id for p in pending.passages}, set(after.values())
        stale = [s for s in pending.stale if s in fresh or s not in held]
        sources = list(dict.fromkeys([*stale, *(p.source.id for p in pending.passages)]))
        new = self._store.replace_sources(sources, pending.passages) if sources else 0
        if pending.entries:
            self._ledger.record(pending.entries)
        return _Written(pending.reports, new)


def find_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files of known kinds, sorted, each once; a file named outright is taken whatever its ending.

    Raises:
        UsageError: A path does not exist, or nothing is left.
    """
    found = dict.fromkeys(p for path in paths for p in _below(path))
    if not found:
        raise UsageError("There are no documents", todo=f"Name files that end in {', '.join(sorted(READERS))}.")
    return tuple(sorted(found))


def _below(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (p for p in path.rglob("*") if p.suffix.lower() in READERS and p.is_file())
    elif path.exists():
        yield path
    else:
        raise UsageError("There is no such file or folder", given=str(path), todo="Check the path.")


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InputTooLarge(
                "The file is too large", given=f"{size} bytes", todo=f"Split it at {MAX_FILE_BYTES} bytes."
            )
        return path.read_bytes()
    except OSError as error:
        raise InputUnreadable("The file cannot be read", given=path.name, todo="Check its permissions.") from error
