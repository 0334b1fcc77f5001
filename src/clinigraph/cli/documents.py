"""``clinigraph knowledge add``: a user's own documents."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import typer

from clinigraph.errors import RunCancelled
from clinigraph.knowledge.documents.ingest import FileReport, IngestOptions, Ingestor, Outcome, Progress
from clinigraph.models.passages import Trust
from clinigraph.settings import Settings


def add_documents(paths: Sequence[Path], *, signed: bool, specialty: str | None, as_json: bool) -> int:
    """Take documents into the user's store and say what became of each.

    Args:
        paths: Files and folders.
        signed: The user vouches for them.
        specialty: Of all of them; None takes it from the documents.
        as_json: Print ``{"files": [...]}`` and nothing else.

    Returns:
        0, or 3 when every file was refused.

    Raises:
        UsageError: A path does not exist, or holds no file of a known kind.
        RunCancelled: Stopped with Ctrl-C; what was finished is kept.
    """
    options = IngestOptions(trust=Trust.USER_SIGNED if signed else Trust.UNSIGNED, specialty=specialty)
    reports = _ingest(list(paths), options)
    if as_json:
        rows = [
            {"path": str(r.path), "outcome": r.outcome.value, "passages": r.passages, "note": r.note} for r in reports
        ]
        typer.echo(json.dumps({"files": rows}, ensure_ascii=False, indent=2))
    else:
        _show(reports)
    return 3 if reports and all(r.outcome is Outcome.REFUSED for r in reports) else 0


def _ingest(paths: list[Path], options: IngestOptions) -> tuple[FileReport, ...]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from clinigraph.knowledge.library import open_library

    console = Console(stderr=True)
    columns = (
        TextColumn("Adding documents"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[passages]} passages"),
    )
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("add", total=None, passages=0)

        def moved(progress: Progress) -> None:
            bar.update(task, total=progress.total, completed=progress.done, passages=progress.passages)

        library = open_library(Settings())
        ingestor = Ingestor(library.user_store, options, progress=moved)
        try:
            reports = ingestor.add(paths)
            if any(r.outcome in (Outcome.ADDED, Outcome.REPLACED) for r in reports):
                library.warm_up()
            return reports
        except KeyboardInterrupt as error:
            raise RunCancelled("Adding documents was stopped", todo="Run the same command again to go on.") from error


def _show(reports: Sequence[FileReport]) -> None:
    from rich.console import Console
    from rich.text import Text

    out = Console(highlight=False)
    for report in reports:
        if report.outcome is Outcome.REFUSED:
            out.print(Text(f"refused: {report.path}: {report.note}", style="yellow"), soft_wrap=True)
    counts = Counter(r.outcome.value for r in reports)
    words = ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))
    out.print(f"{len(reports)} files: {words}; {sum(r.passages for r in reports)} passages.")
