"""``clinigraph knowledge …``: what may be cited."""

from __future__ import annotations

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
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="guideline, consensus, study, textbook, document; repeatable.")
    ] = None,
    year_from: Annotated[int | None, typer.Option("--year-from", help="Not older than this year.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="Two letters, for example en.")] = None,
    exclude: Annotated[list[str] | None, typer.Option("--exclude", help="Passage to leave out; repeatable.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Others than were shown for this query before.")] = False,
    as_json: Json = False,
) -> None:
    """Find passages, best first."""
    from clinigraph.cli.searching import SearchRequest, search_passages

    search_passages(
        SearchRequest(
            text=text,
            top=top,
            specialty=specialty,
            kinds=kind or (),
            year_from=year_from,
            language=language,
            exclude=exclude or (),
            again=again,
            as_json=as_json,
        )
    )


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
    """Count cards and passages, and say which cards may be outdated."""
    from clinigraph.cli.holdings import show_stats

    show_stats(as_json=as_json)


@knowledge_app.command()
def verify(as_json: Json = False) -> None:
    """Prove every passage of cards and documents: readable, hashed, and each criterion tied to its statement."""
    from clinigraph.cli.holdings import verify_holdings

    raise typer.Exit(verify_holdings(as_json=as_json))


@knowledge_app.command()
def draft(
    condition: Annotated[str, typer.Argument(help="What the protocol is to decide, in words.")],
    modality: Annotated[str, typer.Option("--modality", help="Kind of image, for example US.")] = "OT",
    specialty: Annotated[str | None, typer.Option("--specialty", help="Narrows the search.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="File to write instead of printing.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    as_json: Json = False,
) -> None:
    """Draft a protocol from the criteria of the cards; it is marked as a draft that nobody has reviewed."""
    from clinigraph.cli.drafting import write_draft

    write_draft(condition, modality, specialty=specialty, out=out, force=force, as_json=as_json)
