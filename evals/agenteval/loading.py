"""Local files of a benchmark: found, checked against their sha256, and held to the columns that a task names."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from clinigraph.errors import InputRefused, InputUnreadable
from clinigraph.evals.contract import EvalContext, EvalSpec

Row = Mapping[str, object]
_SUFFIXES = (".jsonl", ".json", ".csv", ".parquet")


def data_file(spec: EvalSpec, context: EvalContext) -> Path:
    """Return the one data file of a benchmark.

    ``--data`` may name the file itself, its folder, or the folder that holds the benchmark's folder.

    Raises:
        InputUnreadable: There is none, or there are several.
        InputRefused: Its bytes are not those that the YAML file names.
    """
    given = context.data
    if given.is_file():
        return _checked(given, spec)
    folders = [given / f for f in spec.folders if (given / f).is_dir()] or [given]
    found = [p for f in folders if f.is_dir() for p in sorted(f.iterdir()) if p.suffix.lower() in _SUFFIXES]
    named = [p for p in found if p.name in spec.sha256]
    found = named or found
    if len(found) != 1:
        what = "no data file" if not found else f"{len(found)} data files ({', '.join(p.name for p in found[:5])})"
        wanted = f"one of {', '.join(_SUFFIXES)}"
        raise InputUnreadable(
            f"The data of {spec.name} cannot be read",
            given=f"{what} in {folders[0].name}",
            todo=f"Give the file ({wanted}) or its folder with --data; nothing is downloaded.",
        )
    return _checked(found[0], spec)


def _checked(path: Path, spec: EvalSpec) -> Path:
    expected = spec.sha256.get(path.name)
    if expected is not None:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != expected:
            raise InputRefused(
                f"The data of {spec.name} are not those of its version {spec.version}",
                given=f"{path.name} has sha256 {digest[:12]}…, expected {expected[:12]}…",
                todo="Take the file that the benchmark names.",
            )
    return path


def digests(spec: EvalSpec, context: EvalContext) -> dict[str, str]:
    """Return file name -> sha256 of the tables that a benchmark finds, for the log; none where it makes its items."""
    given = context.data
    folders = [f for n in spec.folders if "*" not in n and (f := given / n).is_dir()]
    if given.is_dir() and spec.folders and not folders and not any("*" in n for n in spec.folders):
        folders = [given]
    files = [given] if given.is_file() else [p for f in folders for p in sorted(f.iterdir())]
    tables = [p for p in files if p.is_file() and p.suffix.lower() in _SUFFIXES]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in tables}


def lies_in(folder: Path, path: Path) -> bool:
    """Whether a path lies below a folder after links; a snapshot of the hub's cache links into its own blobs."""
    place, root = path.resolve(), folder.resolve()
    allowed = [root]
    parts = folder.absolute().parts
    if "snapshots" in parts:
        at = len(parts) - 1 - parts[::-1].index("snapshots")
        allowed.append(Path(*parts[:at], "blobs").resolve())
    return any(place.is_relative_to(a) for a in allowed)


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a JSON, JSON lines, CSV or Parquet file.

    A JSON file may hold a list, or an object of rows by id (the id becomes the column ``id`` where there is none).

    Raises:
        InputUnreadable: The file is no table.
    """
    try:
        rows = list(_rows(path))
    except (OSError, ValueError, UnicodeDecodeError, csv.Error) as error:
        raise InputUnreadable(
            "A data file cannot be read", given=path.name, todo="Save it again as JSON lines."
        ) from error
    if not rows or not all(isinstance(r, dict) for r in rows):
        raise InputUnreadable("A data file holds no rows", given=path.name)
    return rows


def _rows(path: Path) -> Iterator[Row]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        from pyarrow import parquet

        yield from parquet.read_table(path).to_pylist()
        return
    if suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
        return
    text = path.read_text(encoding="utf-8-sig")
    if suffix == ".jsonl":
        yield from (json.loads(line) for line in text.splitlines() if line.strip())
        return
    found = json.loads(text)
    if isinstance(found, dict):
        yield from ({"id": key, **value} if isinstance(value, dict) else value for key, value in found.items())
        return
    yield from found


def columns(
    rows: Sequence[Row], wanted: Mapping[str, Sequence[str]], where: str, optional: Sequence[str] = ()
) -> dict[str, str]:
    """Return under which name the rows carry each column.

    Args:
        rows: The rows; a column may be missing from single rows, never from all.
        wanted: Our name -> the names that public copies of the set use, best first.
        where: File name, for the message.
        optional: Of our names, those that may be missing.

    Raises:
        InputRefused: Names every missing column at once.
    """
    have = {name for row in rows for name in row}
    found = {ours: next((n for n in names if n in have), "") for ours, names in wanted.items()}
    missing = [
        f"{ours} ({' or '.join(wanted[ours])})" for ours, name in found.items() if not name and ours not in optional
    ]
    if missing:
        raise InputRefused(
            "A data file lacks columns",
            given=f"{where}: {', '.join(missing)}",
            todo=f"It has: {', '.join(sorted(have)[:20])}.",
        )
    return {ours: name for ours, name in found.items() if name}


def text_of(row: Row, name: str) -> str:
    """Return a cell as text; empty where there is none."""
    value = row.get(name) if name else None
    return "" if value is None else str(value).strip()
