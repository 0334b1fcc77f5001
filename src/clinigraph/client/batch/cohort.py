"""A cohort from a CSV file."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path

from pydantic import ValidationError

from clinigraph.client.batch.values import BatchCase
from clinigraph.errors import InputUnreadable, UsageError

COLUMNS = ("id", "path", "question", "protocol")
"""Columns of a cohort; any other one must be called ``fact:<name>``. Only ``path`` is needed."""
SEPARATOR = "|"
"""Between several paths of one case."""


def read_cohort(path: Path) -> tuple[BatchCase, ...]:
    """Read a cohort; paths are relative to the file.

    Args:
        path: CSV with a header line, UTF-8.

    Returns:
        One case a line, in order. A line without an id gets one from its content, so that the same line has the same
        folder in every run.

    Raises:
        InputUnreadable: The file is missing, empty or no CSV.
        UsageError: A column is unknown or missing, a line breaks a rule, or two lines have one id; the line is named.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            columns = tuple(reader.fieldnames or ())
            _check_columns(path, columns)
            cases = tuple(_case(path, number, line) for number, line in enumerate(reader, start=2))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputUnreadable("The cohort cannot be read", given=path.name, todo="Give a CSV file in UTF-8.") from error
    double = next((i for i, n in Counter(c.id for c in cases).items() if n > 1), None)
    if double is not None:
        raise UsageError("Two lines of the cohort have one id", given=double, todo="Give each line its own id.")
    if not cases:
        raise InputUnreadable("The cohort holds no case", given=path.name, todo="Add a line for each case.")
    return cases


def _check_columns(path: Path, columns: tuple[str, ...]) -> None:
    unknown = [c for c in columns if c not in COLUMNS and not c.startswith("fact:")]
    if "path" not in columns or unknown:
        raise UsageError(
            "The columns of the cohort cannot be used",
            given=f"{path.name}: {', '.join(unknown) or 'no column path'}",
            todo=f"Use {', '.join(COLUMNS)} and fact:NAME.",
        )


def _case(path: Path, number: int, line: dict[str, str | None]) -> BatchCase:
    if None in line:
        raise UsageError("A line of the cohort has more cells than the header", given=f"{path.name}, line {number}")
    texts = {k: (v or "").strip() for k, v in line.items()}
    places = tuple((path.parent / p.strip()).resolve() for p in texts.get("path", "").split(SEPARATOR) if p.strip())
    facts = {k.removeprefix("fact:"): v for k, v in texts.items() if k.startswith("fact:") and v}
    try:
        return BatchCase(
            id=texts.get("id") or _id(texts),
            paths=places,
            question=texts.get("question", ""),
            protocol=texts.get("protocol") or None,
            facts=facts,
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(
            "A line of the cohort cannot be used",
            given=f"{path.name}, line {number}, {'.'.join(map(str, first['loc']))}: {first['msg']}",
            todo="Correct the line.",
        ) from error


def _id(texts: dict[str, str]) -> str:
    content = "\x1f".join(f"{k}={v}" for k, v in sorted(texts.items()) if k != "id")
    return f"case-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
