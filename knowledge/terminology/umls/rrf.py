"""Reads the tables of a UMLS release (Rich Release Format) in pieces that can be resumed.

Columns are those of the UMLS Reference Manual, chapter 3 (NLM). A line is ``field|field|…|``, so a table of n columns
splits into n + 1 parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clinigraph.errors import InputUnreadable

CHUNK_BYTES = 1024 * 1024
"""Piece that is read, parsed and committed at once; larger ones are slower, for want of cache."""


@dataclass(frozen=True, slots=True)
class Table:
    """One file of the release."""

    file: str
    columns: int


CONSO = Table("MRCONSO.RRF", 18)
STY = Table("MRSTY.RRF", 6)
REL = Table("MRREL.RRF", 16)
DEF = Table("MRDEF.RRF", 8)
TABLES = (CONSO, STY, REL, DEF)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of a table."""

    rows: list[list[str]]
    """Each with ``columns + 1`` parts, the last one empty."""
    offset: int
    """Bytes of the file up to and including these lines."""
    lines: int
    """Lines up to and including these."""


def check_release(folder: Path) -> None:
    """Make sure that the four tables are there.

    Raises:
        InputUnreadable: The folder or a table is missing or empty; all missing ones are named.
    """
    if not folder.is_dir():
        raise InputUnreadable("There is no such folder", given=str(folder), todo="Give the META folder of a release.")
    missing = [t.file for t in TABLES if not (folder / t.file).is_file()]
    if missing:
        raise InputUnreadable(
            "The folder is not a complete UMLS release",
            given=f"{folder} lacks {', '.join(missing)}",
            todo="Give the META folder that MetamorphoSys wrote, unpacked.",
        )
    if (folder / CONSO.file).stat().st_size == 0:
        raise InputUnreadable("The file is empty", given=CONSO.file, todo="Unpack the release again.")


def chunks(folder: Path, table: Table, offset: int = 0, lines: int = 0) -> Iterator[Chunk]:
    """Yield the rows of a table from a byte offset on.

    Args:
        folder: The META folder.
        table: Which file.
        offset: Where an earlier run stopped, in bytes; a line begins there.
        lines: Lines before that offset.

    Raises:
        InputUnreadable: A line has another number of columns, is not UTF-8, or the file ends inside a line; the line's
            number is given.
    """
    parts = table.columns + 1
    with (folder / table.file).open("rb") as file:
        file.seek(offset)
        rest = b""
        while data := file.read(CHUNK_BYTES):
            whole, newline, tail = (rest + data).rpartition(b"\n")
            rest = tail
            if not newline:
                continue
            rows = _rows(table, whole, lines)
            if any(len(row) != parts for row in rows):
                raise _wrong_columns(table, rows, lines)
            offset += len(whole) + 1
            lines += len(rows)
            yield Chunk(rows, offset, lines)
    if rest:
        raise InputUnreadable(
            "The file ends inside a line", given=f"{table.file}, line {lines + 1:,}", todo="Copy or unpack it again."
        )


def _rows(table: Table, whole: bytes, lines: int) -> list[list[str]]:
    try:
        text = whole.decode("utf-8")
    except UnicodeDecodeError as error:
        number = lines + 1 + whole.count(b"\n", 0, error.start)
        raise InputUnreadable(
            "A line is not UTF-8", given=f"{table.file}, line {number:,}", todo="Unpack the release again."
        ) from error
    return [line.rstrip("\r").split("|") for line in text.split("\n")]


def _wrong_columns(table: Table, rows: list[list[str]], lines: int) -> InputUnreadable:
    place, row = next((n, r) for n, r in enumerate(rows) if len(r) != table.columns + 1)
    return InputUnreadable(
        "A line has the wrong number of columns",
        given=f"{table.file}, line {lines + place + 1:,}: {len(row) - 1} where {table.columns} are due",
        todo="The file is damaged or of another format; unpack the release again.",
    )
