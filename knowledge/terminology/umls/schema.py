"""The SQLite file that a release becomes."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

from clinigraph.knowledge.terminology.normal import WordCache, normal_name

VERSION = 1
APPLICATION_ID = 0x434C554D
"""Marks our files (the letters CLUM)."""

TABLES = """
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS atom (
    cui INTEGER NOT NULL, name TEXT NOT NULL, source INTEGER NOT NULL, tty INTEGER NOT NULL, code TEXT NOT NULL,
    preferred INTEGER NOT NULL, first INTEGER NOT NULL, key INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS semantic (cui INTEGER NOT NULL, tui TEXT NOT NULL, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS definition (cui INTEGER NOT NULL, source INTEGER NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS relation (
    cui1 INTEGER NOT NULL, rel INTEGER NOT NULL, rela INTEGER NOT NULL, cui2 INTEGER NOT NULL, source INTEGER NOT NULL
);
"""
"""``word`` holds sources, term types and relation names once; ``key`` is the CRC-32 of the normal form of the name;
``first`` marks the first atom of a concept with its wording (what full-text search covers)."""

INDEXES = (
    ("names by normal form", "CREATE INDEX IF NOT EXISTS atom_key ON atom (key)"),
    ("names by concept", "CREATE INDEX IF NOT EXISTS atom_cui ON atom (cui)"),
    ("semantic types", "CREATE INDEX IF NOT EXISTS semantic_cui ON semantic (cui)"),
    ("definitions", "CREATE INDEX IF NOT EXISTS definition_cui ON definition (cui)"),
    ("relations", "CREATE INDEX IF NOT EXISTS relation_cui ON relation (cui1)"),
)
FULL_TEXT = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS atom_text USING fts5"
    "(name, content='atom', content_rowid='rowid', detail=none, columnsize=0,"
    ' tokenize="unicode61 remove_diacritics 2")'
)


def cui_number(cui: str) -> int:
    """Return the digits of a CUI as a number; -1 when it is none.

    Example:
        >>> cui_number("C0018801"), cui_number("HP:0001")
        (18801, -1)
    """
    return int(cui[1:]) if len(cui) == 8 and cui[0] == "C" and cui[1:].isdecimal() else -1


def cui_text(number: int) -> str:
    """Return a number as a CUI."""
    return f"C{number:07d}"


def key_number(name: str, cache: WordCache) -> int:
    """Return the CRC-32 of the normal form of a name; -1 when it has none."""
    key = normal_name(name, cache).key
    return zlib.crc32(key.encode()) if key else -1


def connect_for_import(path: Path) -> sqlite3.Connection:
    """Open the file that is being written. A killed process leaves the last committed batch intact."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        "PRAGMA page_size=8192; PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=OFF; PRAGMA cache_size=-262144;"
        f"PRAGMA temp_store=FILE; PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={VERSION};"
        f"PRAGMA threads=2; {TABLES}"
    )
    return connection
