"""``clinigraph knowledge link`` and ``clinigraph knowledge umls import``: words to codes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clinigraph.knowledge.terminology.contract import Mention, Terminology
    from clinigraph.knowledge.terminology.umls.importer import ImportOptions, ImportSummary

umls_app = typer.Typer(help="Your own licensed UMLS release.", no_args_is_help=True, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="Print only JSON on standard output.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``clinigraph knowledge``."""
    app.command()(link)
    app.add_typer(umls_app, name="umls")


def link(
    text: Annotated[str, typer.Argument(help="Text to link, or - for standard input.")],
    vocabulary: Annotated[
        str, typer.Option("--vocabulary", help="auto, embedded (HPO, Disease Ontology, ICD-10-CM) or umls.")
    ] = "auto",
    every: Annotated[bool, typer.Option("--all", help="Every candidate of a mention, not only the best.")] = False,
    as_json: Json = False,
) -> None:
    """Find the coded concepts of a text: present, absent, possible, historical, of the family, hypothetical."""
    given = sys.stdin.read() if text == "-" else text
    mentions = _terminology(vocabulary).link(given)
    if as_json:
        typer.echo(json.dumps({"concepts": concept_rows(mentions, every=every)}, ensure_ascii=False, indent=2))
    else:
        _show(mentions)


def concept_rows(mentions: Sequence[Mention], *, every: bool = False) -> list[dict[str, object]]:
    """Return one row for each mention (its best candidate), or one for each candidate."""
    return [
        {
            "text": mention.text,
            "span": mention.span.model_dump(),
            "cui": candidate.cui,
            "scheme": candidate.concept.scheme.value,
            "value": candidate.concept.value,
            "meaning": candidate.concept.meaning,
            "assertion": mention.assertion.value,
            "negated": mention.negated,
            "laterality": mention.laterality.value,
            "score": candidate.score,
        }
        for mention in mentions
        for candidate in (mention.candidates if every else mention.candidates[:1])
    ]


def _terminology(vocabulary: str) -> Terminology:
    from clinigraph.errors import UsageError
    from clinigraph.knowledge.terminology.embedded import EmbeddedTerminology
    from clinigraph.knowledge.terminology.umls.store import UmlsTerminology, store_path
    from clinigraph.settings import Settings

    settings = Settings()
    if vocabulary not in ("auto", "embedded", "umls"):
        raise UsageError("There is no such vocabulary", given=vocabulary, todo="Choose auto, embedded or umls.")
    path = store_path(settings.state_dir)
    if vocabulary == "umls" or (vocabulary == "auto" and path.is_file()):
        return UmlsTerminology(path)
    return EmbeddedTerminology(settings.cache_dir)


def _show(mentions: Sequence[Mention]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in ("Text", "Concept", "Code", "UMLS", "Assertion", "Side", "Score"):
        table.add_column(column)
    for mention in mentions:
        best = mention.best
        side = "" if mention.laterality.value == "unknown" else mention.laterality.value
        said = (
            f"{mention.assertion.value}, denied"
            if mention.assertion == "family" and mention.negated
            else (mention.assertion.value)
        )
        cells = (mention.text, best.concept.meaning, best.concept.value, best.cui or "–", said, side)
        table.add_row(*(Text(c) for c in cells), f"{best.score:.2f}")
    out = Console(highlight=False)
    out.print(table if mentions else "No concept was found.")


@umls_app.command("import")
def import_release(
    meta_dir: Annotated[
        Path, typer.Argument(help="The META folder with MRCONSO.RRF, MRSTY.RRF, MRREL.RRF, MRDEF.RRF.")
    ],
    language: Annotated[list[str] | None, typer.Option("--language", help="Languages to keep.")] = None,
    source: Annotated[
        list[str] | None, typer.Option("--source", help="Sources to keep, e.g. SNOMEDCT_US; all.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew, also when an import was interrupted.")] = False,
    as_json: Json = False,
) -> None:
    """Read a UMLS release into one file; stop and run it again to resume."""
    from rich.console import Console

    from clinigraph.knowledge.terminology.umls.importer import ImportOptions
    from clinigraph.knowledge.terminology.umls.store import store_path
    from clinigraph.settings import Settings

    options = ImportOptions(languages=tuple(language or ("ENG",)), sources=tuple(source or ()), fresh=fresh)
    summary = _with_progress(meta_dir, store_path(Settings().state_dir), options)
    if as_json:
        typer.echo(summary.model_dump_json(indent=2))
    else:
        Console(highlight=False).print(summary.sentence)


def _with_progress(meta_dir: Path, target: Path, options: ImportOptions) -> ImportSummary:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    from clinigraph.errors import RunCancelled
    from clinigraph.knowledge.terminology.umls.importer import import_umls

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def report(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
            bar.update(tasks[name], completed=done, total=total)

        try:
            return import_umls(meta_dir, target, options, report)
        except KeyboardInterrupt as error:
            raise RunCancelled("The import was stopped", todo="Run the same command again to go on.") from error
