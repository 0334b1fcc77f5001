"""The results of a cohort as one table: CSV always, Parquet where pyarrow is installed."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from clinigraph.client.batch.values import BatchRow

Cell = str | float | int | None


def table(rows: Sequence[BatchRow]) -> list[dict[str, Cell]]:
    """Return rows as flat cells, one column for each indicator that any row has, in a fixed order."""
    names = sorted({name for row in rows for name in row.indicators})
    made: list[dict[str, Cell]] = []
    for row in sorted(rows, key=lambda r: r.id):
        flat = row.model_dump(mode="json", exclude={"indicators"})
        made.append({**flat, **{f"indicator:{name}": row.indicators.get(name) for name in names}})
    return made


def write_results(rows: Sequence[BatchRow], out: Path) -> tuple[Path, ...]:
    """Write ``results.csv`` and, with pyarrow, ``results.parquet``; each is replaced whole.

    Returns:
        What was written.
    """
    cells = table(rows)
    written = [_write_csv(cells, out / "results.csv")]
    if find_spec("pyarrow") is not None:
        written.append(_write_parquet(cells, out / "results.parquet"))
    return tuple(written)


def _write_csv(cells: list[dict[str, Cell]], path: Path) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".results-")
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(cells[0]) if cells else ["id"])
        writer.writeheader()
        writer.writerows(cells)
    Path(name).replace(path)
    return path


def _write_parquet(cells: list[dict[str, Cell]], path: Path) -> Path:
    import pyarrow as arrow
    from pyarrow import parquet

    part = path.with_name(f".{path.name}.part")
    parquet.write_table(arrow.Table.from_pylist(cells), part)
    part.replace(path)
    return path
