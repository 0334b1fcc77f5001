"""``clinigraph knowledge …``: what may be cited."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from clinigraph.cli import terminology

knowledge_app = typer.Typer(help="Guideline cards and your own documents.", no_args_is_help=True, rich_markup_mode=None)
terminology.register(knowledge_app)

Json = Annotated[bool, typer.Option("--json", help="Print only JSON on standard output.")]


@knowledge_app.command()
def search(
    text: Annotated[str, typer.Argument(help="What is looked for.")],
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="Most passages.")] = 8,
    specialty: Annotated[str | None, typer.Option("--specialty", help="For example ophthalmology.")] = None,
    as_json: Json = False,
) -> None:
    """Find passages, best first."""
    from rich.console import Console
    from rich.text import Text

    from clinigraph.errors import UsageError
    from clinigraph.knowledge.contract import RetrievalQuery
    from clinigraph.knowledge.library import open_library
    from clinigraph.settings import Settings

    if not text.strip() or len(text) > 10_000:
        raise UsageError(
            "The query is empty or too long", given=f"{len(text)} characters", todo="Give up to 10,000 characters."
        )
    hits = open_library(Settings()).retriever.retrieve(RetrievalQuery(text=text, top_k=top, specialty=specialty))
    if as_json:
        rows = [{**h.passage.model_dump(mode="json"), "score": h.score} for h in hits]
        typer.echo(json.dumps({"passages": rows}, ensure_ascii=False, indent=2))
        return
    out = Console(highlight=False)
    for hit in hits:
        out.print(Text.assemble((str(hit.passage.id), "bold"), f"  {hit.score:.3f}  ", (hit.passage.citation, "dim")))
        out.print(Text(f"  {hit.passage.text}"))


@knowledge_app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(help="PDF, HTML, XML, Markdown, DOCX or text; folders too.")],
    signed: Annotated[bool, typer.Option("--signed", help="You vouch for these documents.")] = False,
    specialty: Annotated[str | None, typer.Option("--specialty", help="Specialty of all of them.")] = None,
    as_json: Json = False,
) -> None:
    """Take in your own documents; run it again to go on after a stop, or to take in changed files."""
    from clinigraph.cli.documents import add_documents

    raise typer.Exit(add_documents(paths, signed=signed, specialty=specialty, as_json=as_json))


@knowledge_app.command()
def stats(as_json: Json = False) -> None:
    """Count cards and passages by specialty, and say which may be outdated."""
    from datetime import UTC, datetime

    from rich import box
    from rich.console import Console
    from rich.table import Table

    from clinigraph.knowledge.library import open_library
    from clinigraph.settings import Settings

    library = open_library(Settings())
    today = datetime.now(tz=UTC).date()
    by_specialty = Counter(card.specialty for card in library.cards)
    old = sorted(card.id for card in library.cards if card.may_be_outdated(today))
    passages = library.count()
    if as_json:
        data = {"cards": len(library.cards), "passages": passages, "specialties": by_specialty, "may_be_outdated": old}
        typer.echo(json.dumps(data, indent=2))
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("Specialty")
    table.add_column("Cards", justify="right")
    for name, count in sorted(by_specialty.items(), key=lambda item: str(item[0])):
        table.add_row(str(name), str(count))
    out = Console(highlight=False)
    out.print(table, f"{len(library.cards)} cards, {passages} passages; {len(old)} may be outdated.")


@knowledge_app.command()
def verify(as_json: Json = False) -> None:
    """Prove every passage of the cards: readable, hashed, and each criterion tied to its statement."""
    from rich.console import Console

    from clinigraph.knowledge.cards import card_passages
    from clinigraph.knowledge.library import open_library
    from clinigraph.settings import Settings

    library = open_library(Settings())

    bad = [str(p.id) for card in library.cards for p in card_passages(card) if not library.verify(library.get(p.id))]
    if as_json:
        typer.echo(json.dumps({"passages": library.count(), "failed": bad}, indent=2))
    else:
        Console(highlight=False).print(f"{library.count()} passages, {len(bad)} failed. {' '.join(bad)}")
    raise typer.Exit(1 if bad else 0)
