"""A cohort from start to results: what is done is left alone, the rest is worked off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from clinigraph.client.batch.engine import Engine
from clinigraph.client.batch.results import write_results
from clinigraph.client.batch.values import BatchCase, BatchRow
from clinigraph.client.batch.work import finished_row
from clinigraph.errors import UsageError


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a cohort is, after one more line."""

    row: BatchRow
    done: int
    total: int
    resumed: bool
    """Whether the line was there already."""


def run_cohort(cases: Sequence[BatchCase], out: Path, engine: Engine) -> Iterator[Progress]:
    """Run a cohort and write its results; yields each line, first those that were there already.

    Stopping early (or a crash) loses at most the cases at work; the same call goes on with what is missing. Cases that
    failed are tried again, cases that were refused are not.

    Args:
        cases: The cohort.
        out: Folder for ``cases/<id>/``, ``results.csv`` and ``results.parquet``.
        engine: Spreads the work.

    Raises:
        UsageError: Another process works on the same folder, or it cannot be written.
    """
    lock = _locked(out)
    rows: dict[str, BatchRow] = {}
    try:
        for case in cases:
            stored = finished_row(case, out)
            if stored is not None:
                rows[case.id] = stored
                yield Progress(stored, len(rows), len(cases), resumed=True)
        missing = [case for case in cases if case.id not in rows]
        for row in engine.run(missing, out) if missing else ():
            rows[row.id] = row
            yield Progress(row, len(rows), len(cases), resumed=False)
    finally:
        if rows:
            write_results(list(rows.values()), out)
        lock.release()


def _locked(out: Path) -> FileLock:
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / ".lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UsageError(
            "Another process works on this folder", given=str(out), todo="Wait, or choose another."
        ) from error
    except OSError as error:
        raise UsageError("The folder cannot be written", given=str(out), todo="Choose another with --out.") from error
    return lock
