"""The lexical half of retrieval: BM25 (Robertson and Zaragoza 2009, Lucene's variant) over words, and facets."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clinigraph.knowledge.searching import Filter, Row
from clinigraph.knowledge.words import words
from clinigraph.models.base import PassageId

if TYPE_CHECKING:
    from bm25s import BM25

Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]

LEXICAL_FORMAT = 2
MAX_QUERY_WORDS = 256
"""Distinct words of a query that are scored; the rest of a very long query adds nothing but time."""
_K1, _B = 1.2, 0.6


class LexicalIndex:
    """BM25 scores and facets of a store's passages, row by row in order of id.

    Args:
        ids: Passage ids, sorted.
        facets: One JSON-able list per row: specialty, kind, year, language.
        engine: A fitted ``bm25s.BM25``, or None for an empty store.
    """

    def __init__(self, ids: list[PassageId], facets: list[tuple[str, str, int, str]], engine: BM25 | None) -> None:
        self.ids = ids
        self.row_of = {passage_id: row for row, passage_id in enumerate(ids)}
        self._facets = facets
        self._engine = engine
        self.specialties = np.array([f[0] for f in facets], dtype=np.str_)
        self._kinds = np.array([f[1] for f in facets], dtype=np.str_)
        self._years = np.array([f[2] for f in facets], dtype=np.int32)
        self._languages = np.array([f[3] for f in facets], dtype=np.str_)

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def build(cls, rows: Iterable[Row]) -> LexicalIndex:
        """Fit the index to rows."""
        from bm25s import BM25

        ids: list[PassageId] = []
        facets: list[tuple[str, str, int, str]] = []
        vocabulary: dict[str, int] = {"": 0}
        documents: list[list[int]] = []
        for row in rows:
            ids.append(row.id)
            facets.append((row.facets.specialty, row.facets.kind, row.facets.year, row.facets.language))
            documents.append([vocabulary.setdefault(w, len(vocabulary)) for w in words(row.text)] or [0])
        if not ids:
            return cls([], [], None)
        engine = BM25(k1=_K1, b=_B, method="lucene", backend="numpy", csc_backend="numpy")
        engine.index((documents, vocabulary), show_progress=False)
        return cls(ids, facets, engine)

    def scores(self, text: str) -> Scores:
        """Return the (rows,) BM25 scores of a query; zero means no word in common."""
        empty = np.zeros(len(self.ids), dtype=np.float32)
        if self._engine is None:
            return empty
        known = [w for w in dict.fromkeys(words(text)) if w in self._engine.vocab_dict][:MAX_QUERY_WORDS]
        if not known:
            return empty
        scores: Scores = self._engine.get_scores(known)
        return scores

    def mask(self, narrow: Filter) -> Mask:
        """Return the (rows,) mask of passages that a filter lets through.

        A specialty lets its own passages and those of none through; one that the store does not know lets none.
        """
        mask = np.ones(len(self.ids), dtype=np.bool_)
        if narrow.specialty:
            own = self.specialties == narrow.specialty
            mask &= own | (self.specialties == "") if own.any() else own
        if narrow.kinds:
            mask &= np.isin(self._kinds, narrow.kinds)
        if narrow.year_from:
            mask &= self._years >= narrow.year_from
        if narrow.language:
            mask &= self._languages == narrow.language
        return mask

    def save(self, folder: Path) -> None:
        """Write the index as a folder that appears whole or not at all."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".part-"))
        try:
            if self._engine is not None:
                self._engine.save(part / "bm25", show_progress=False)
            table = {"format": LEXICAL_FORMAT, "ids": self.ids, "facets": self._facets}
            (part / "rows.json").write_text(json.dumps(table), encoding="utf-8")
            shutil.rmtree(folder, ignore_errors=True)
            part.replace(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex | None:
        """Read an index, or return None when there is none or it is damaged (it can be built again)."""
        from bm25s import BM25

        try:
            table = json.loads((folder / "rows.json").read_text(encoding="utf-8"))
            if table["format"] != LEXICAL_FORMAT:
                return None
            facets = [(str(s), str(k), int(y), str(lang)) for s, k, y, lang in table["facets"]]
            ids = [PassageId(i) for i in table["ids"]]
            engine = BM25.load(folder / "bm25", mmap=True, show_progress=False) if ids else None
        except (OSError, ValueError, KeyError, TypeError, EOFError):
            return None
        if engine is not None and engine.scores["num_docs"] != len(ids):
            return None
        return cls(ids, facets, engine)
