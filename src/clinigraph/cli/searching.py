"""``clinigraph knowledge search``: passages, best first, and others when asked again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from clinigraph.errors import UsageError

if TYPE_CHECKING:
    from clinigraph.models.base import PassageId
    from clinigraph.models.passages import ScoredPassage

MAX_QUERY_CHARS = 10_000
"""Longest query that the command line takes."""
_REMEMBERED = 200
"""Queries whose answers are remembered for ``--again``."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What was asked on the command line."""

    text: str
    top: int = 8
    specialty: str | None = None
    kinds: Sequence[str] = ()
    year_from: int | None = None
    language: str | None = None
    exclude: Sequence[str] = ()
    again: bool = False
    as_json: bool = False


def search_passages(request: SearchRequest) -> None:
    """Search and print.

    Raises:
        UsageError: The query is empty or too long.
    """
    from clinigraph.knowledge.contract import RetrievalQuery
    from clinigraph.knowledge.library import open_library
    from clinigraph.models.base import PassageId
    from clinigraph.settings import Settings

    text = request.text
    if not text.strip() or len(text) > MAX_QUERY_CHARS:
        raise UsageError(
            "The query is empty or too long",
            given=f"{len(text)} characters",
            todo=f"Give up to {MAX_QUERY_CHARS:,} characters.",
        )
    settings = Settings()
    seen = SeenPassages(settings.state_dir / "searches.json")
    before = seen.of(text) if request.again else ()
    query = RetrievalQuery(
        text=text,
        top_k=request.top,
        specialty=request.specialty,
        kinds=tuple(request.kinds),
        year_from=request.year_from,
        language=request.language,
        exclude=tuple(PassageId(i) for i in dict.fromkeys([*request.exclude, *before])),
    )
    hits = open_library(settings).retriever.retrieve(query)
    seen.remember(text, [*before, *(h.passage.id for h in hits)])
    if request.as_json:
        rows = [{**h.passage.model_dump(mode="json"), "score": h.score} for h in hits]
        typer.echo(json.dumps({"passages": rows}, ensure_ascii=False, indent=2))
    else:
        _show(hits)


def _show(hits: Sequence[ScoredPassage]) -> None:
    from rich.console import Console
    from rich.text import Text

    out = Console(highlight=False)
    if not hits:
        out.print("Nothing was found.")
    for hit in hits:
        trust = Text(f"  {hit.passage.source.trust.value}", style="dim")
        out.print(
            Text.assemble((str(hit.passage.id), "bold"), f"  {hit.score:.3f}  ", (hit.passage.citation, "dim"), trust)
        )
        out.print(Text(f"  {hit.passage.text}"))
        if hit.passage.source.superseded_by is not None:
            out.print(Text(f"  {hit.passage.source.superseded_by.note}", style="dim"))


class SeenPassages:
    """Which passages were shown for which query. Queries are kept as hashes: they may hold words of a case.

    Args:
        path: JSON file; one that is damaged counts as empty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, query: str) -> tuple[PassageId, ...]:
        """Return the passages shown for a query."""
        return tuple(self._read().get(_key(query), ()))

    def remember(self, query: str, ids: Sequence[PassageId]) -> None:
        """Note what was shown; the oldest queries are forgotten, and a folder that cannot be written is no error."""
        known = self._read()
        known.pop(_key(query), None)
        known[_key(query)] = list(ids)
        kept = dict(list(known.items())[-_REMEMBERED:])
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = self._path.with_suffix(".part")
            part.write_text(json.dumps(kept), encoding="utf-8")
            part.replace(self._path)
        except OSError:
            return

    def _read(self) -> dict[str, list[PassageId]]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(found, dict) or not all(isinstance(v, list) for v in found.values()):
            return {}
        return found


def _key(query: str) -> str:
    return hashlib.sha256(" ".join(query.lower().split()).encode()).hexdigest()
