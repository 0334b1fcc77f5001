"""An imported UMLS release: names, meanings, relations, and linking with them."""

from __future__ import annotations

import re
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock

from clinigraph.errors import KnowledgeError
from clinigraph.knowledge.terminology.contract import Candidate, ConceptEntry, Mention
from clinigraph.knowledge.terminology.lexicon import Meaning, Row
from clinigraph.knowledge.terminology.linking import Linker
from clinigraph.knowledge.terminology.normal import WordCache, normal_name
from clinigraph.knowledge.terminology.umls import schema
from clinigraph.knowledge.terminology.umls.relations import EvidencePath, Relation
from clinigraph.knowledge.terminology.vocabularies import Coded
from clinigraph.models.codes import Concept, Scheme

DISORDERS = frozenset({"T019", "T020", "T033", "T037", "T046", "T047", "T048", "T049", "T050", "T184", "T190", "T191"})
"""Semantic types that linking looks for: the group "Disorders" of the UMLS semantic groups (McCray et al. 2001)."""
MAX_PATHS = 500
_BATCH = 900
_SYNONYM_SCORE = 0.97
Cell = str | int

_TOKEN = re.compile(r"[^\W_]+")


def store_path(state_dir: Path) -> Path:
    """Return where an imported release lies."""
    return state_dir / "umls.sqlite"


class UmlsTerminology:
    """Links text to UMLS concepts and walks their relations. Read-only; may be shared by threads.

    Args:
        path: File made by ``import_umls``; opened on first use.
        semantic_types: Types (TUI) that ``link`` keeps; empty keeps all.
    """

    def __init__(self, path: Path, semantic_types: Iterable[str] = DISORDERS) -> None:
        self._path = path
        self._types = frozenset(semantic_types)
        self._db: sqlite3.Connection | None = None
        self._words: dict[int, str] = {}
        self._cache = WordCache()
        self._lock = Lock()
        self._linker = Linker(self)

    def link(self, text: str) -> Sequence[Mention]:
        """See the contract."""
        return self._linker.link(text)

    def lookup(self, name: str) -> Sequence[Candidate]:
        """Return the concepts of a name in any order or spelling, best first, of every semantic type."""
        key = normal_name(name[:1000], self._cache).key
        rows = self._named([key], frozenset()).get(key, []) if key else []
        low = name.lower()
        found = [
            Candidate(
                concept=Concept(value=r.concept.code, scheme=Scheme.UMLS, meaning=r.concept.meaning),
                cui=r.concept.cui,
                score=r.score if r.name.lower() == low else round(r.score * 0.96, 4),
                matched=r.name,
            )
            for r in rows
        ]
        return tuple(sorted(found, key=lambda c: (-c.score, c.concept.value)))

    def search(self, text: str, limit: int = 20) -> Sequence[Candidate]:
        """Return concepts whose names hold all words of the text (full-text search), shortest names first.

        The score is the share of the name that the words make up.
        """
        words = _TOKEN.findall(text)[:32]
        if not words:
            return ()
        query = " AND ".join(f'"{w}"' for w in words)
        rows = self._all(
            "SELECT a.cui, a.name FROM atom_text t JOIN atom a ON a.rowid = t.rowid WHERE atom_text MATCH ?"
            " ORDER BY length(a.name), a.rowid LIMIT ?",
            (query, limit * 4),
        )
        best: dict[int, str] = {}
        for cui, name in rows:
            best.setdefault(int(cui), str(name))
        names = self._preferred(best)
        length = len(" ".join(words))
        return tuple(
            Candidate(
                concept=Concept(value=schema.cui_text(cui), scheme=Scheme.UMLS, meaning=names.get(cui, name)),
                cui=schema.cui_text(cui),
                score=round(min(1.0, max(0.05, length / max(1, len(name)))), 4),
                matched=name,
            )
            for cui, name in list(best.items())[:limit]
        )

    def describe(self, value: str, scheme: Scheme = Scheme.UMLS) -> ConceptEntry | None:
        """Return names, definition, codes, parents and types of a CUI, or None."""
        cui = schema.cui_number(value) if scheme is Scheme.UMLS else -1
        atoms = self._all("SELECT name, source, code, preferred, first FROM atom WHERE cui = ?", (cui,))
        if not atoms:
            return None
        meaning = next((str(n) for n, _, _, preferred, _ in atoms if preferred), str(atoms[0][0]))
        definition = self._all("SELECT text FROM definition WHERE cui = ? LIMIT 1", (cui,))
        return ConceptEntry(
            concept=Concept(value=value, scheme=Scheme.UMLS, meaning=meaning),
            cui=value,
            synonyms=tuple(dict.fromkeys(str(n) for n, _, _, _, first in atoms if first and n != meaning)),
            definition=str(definition[0][0]) if definition else "",
            xrefs=tuple(sorted({f"{self._word(int(s))}:{c}" for _, s, c, _, _ in atoms if c})),
            parents=tuple(sorted({r.to_cui for r in self.relations(value) if r.rel == "PAR"})),
            semantic_types=self.semantic_types(value),
        )

    def semantic_types(self, cui: str) -> tuple[str, ...]:
        """Return the semantic types of a concept as ``T047 Disease or Syndrome``."""
        rows = self._all(
            "SELECT DISTINCT tui, name FROM semantic WHERE cui = ? ORDER BY tui", (schema.cui_number(cui),)
        )
        return tuple(f"{tui} {name}" for tui, name in rows)

    def relations(self, cui: str) -> tuple[Relation, ...]:
        """Return the relations of a concept; ``PAR`` leads to a broader, ``CHD`` to a narrower concept."""
        rows = self._all(
            "SELECT DISTINCT rel, rela, cui2, source FROM relation WHERE cui1 = ? ORDER BY rel, cui2, rela, source",
            (schema.cui_number(cui),),
        )
        return tuple(
            Relation(
                from_cui=cui,
                rel=self._word(int(rel)),
                rela=self._word(int(rela)),
                to_cui=schema.cui_text(int(two)),
                source=self._word(int(source)),
            )
            for rel, rela, two, source in rows
        )

    def neighbours(self, cui: str, hops: int = 2, limit: int = MAX_PATHS) -> tuple[EvidencePath, ...]:
        """Return the shortest path to every concept within one or two hops, nearest first, at most ``limit``."""
        seen, paths, frontier = {cui}, list[EvidencePath](), [EvidencePath(cui=cui, steps=())]
        for _ in range(min(2, hops)):
            reached: list[EvidencePath] = []
            for path in frontier:
                for relation in self.relations(path.end):
                    if relation.to_cui not in seen:
                        seen.add(relation.to_cui)
                        reached.append(EvidencePath(cui=cui, steps=(*path.steps, relation)))
                    if len(paths) + len(reached) >= limit:
                        return (*paths, *reached)
            paths += reached
            frontier = reached
        return tuple(paths)

    def path_between(self, one: str, two: str) -> EvidencePath | None:
        """Return how two concepts hang together within two hops, or None."""
        for path in self.neighbours(one, hops=2, limit=20_000):
            if path.end == two:
                return path
        return None

    def knows(self, word: str) -> bool:
        """Let every word through: the release is too large for a list in memory."""
        return bool(word)

    def rows(self, keys: Iterable[str]) -> dict[str, list[Row]]:
        """Return the names under keys, of the chosen semantic types."""
        return self._named(keys, self._types)

    def meanings(self, key: str) -> list[Meaning]:
        """Return nothing: a release has its own everyday names."""
        del key
        return []

    def _named(self, keys: Iterable[str], types: frozenset[str]) -> dict[str, list[Row]]:
        numbers = {zlib.crc32(key.encode()): key for key in keys}
        found: list[tuple[str, int, str, bool]] = []
        for batch in _batches(sorted(numbers)):
            marks = ",".join("?" * len(batch))
            query = f"SELECT key, cui, name, preferred FROM atom WHERE key IN ({marks})"  # noqa: S608 - only marks
            for number, cui, name, preferred in self._all(query, batch):
                key = numbers[int(number)]
                if normal_name(str(name).lower(), self._cache).key == key:
                    found.append((key, int(cui), str(name), bool(preferred)))
        cuis = {cui for _, cui, _, _ in found}
        allowed = self._of_types(cuis, types) if types else cuis
        names = self._preferred(cuis & allowed)
        rows: dict[str, dict[int, Row]] = {}
        for key, cui, name, preferred in found:
            score = 1.0 if preferred else _SYNONYM_SCORE
            known = rows.setdefault(key, {}).get(cui)
            if cui in allowed and (known is None or known.score < score):
                code = schema.cui_text(cui)
                coded = Coded(Scheme.UMLS, code, names.get(cui, name), code)
                rows[key][cui] = Row(coded, name, score, name.isupper() and len(name) <= 5)
        return {key: list(by_cui.values()) for key, by_cui in rows.items() if by_cui}

    def _of_types(self, cuis: set[int], types: frozenset[str]) -> set[int]:
        kept: set[int] = set()
        for batch in _batches(sorted(cuis)):
            marks = ",".join("?" * len(batch))
            query = f"SELECT cui, tui FROM semantic WHERE cui IN ({marks})"  # noqa: S608 - only marks
            kept |= {int(cui) for cui, tui in self._all(query, batch) if tui in types}
        return kept

    def _preferred(self, cuis: Iterable[int]) -> dict[int, str]:
        names: dict[int, str] = {}
        for batch in _batches(sorted(set(cuis))):
            marks = ",".join("?" * len(batch))
            query = f"SELECT cui, name FROM atom WHERE cui IN ({marks}) AND preferred"  # noqa: S608 - only marks
            for cui, name in self._all(query, batch):
                names.setdefault(int(cui), str(name))
        return names

    def _word(self, number: int) -> str:
        return self._words.get(number, "")

    def _all(self, query: str, values: Sequence[object] = ()) -> list[tuple[Cell, ...]]:
        with self._lock:
            try:
                db = self._db or self._open()
                return [tuple(row) for row in db.execute(query, tuple(values))]
            except sqlite3.Error as error:
                raise KnowledgeError(
                    "The imported UMLS release cannot be read",
                    given=f"{self._path.name} ({error})",
                    todo="Run clinigraph knowledge umls import again.",
                ) from error

    def _open(self) -> sqlite3.Connection:
        if not self._path.is_file():
            raise KnowledgeError(
                "No UMLS release is imported",
                given=str(self._path),
                todo="Run clinigraph knowledge umls import META_DIR.",
            )
        db = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version != schema.VERSION:
            db.close()
            raise KnowledgeError(
                "The imported UMLS release is of another version of clinigraph",
                given=f"format {version}, needed {schema.VERSION}",
                todo="Run clinigraph knowledge umls import again.",
            )
        self._words = {int(n): str(t) for n, t in db.execute("SELECT id, text FROM word")}
        self._db = db
        return db


def _batches(values: Sequence[int]) -> Iterable[Sequence[int]]:
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]
