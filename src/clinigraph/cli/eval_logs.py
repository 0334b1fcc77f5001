"""``clinigraph eval compare`` and ``clinigraph eval report``: what was measured, read back from Inspect's logs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import typer

from clinigraph.errors import UsageError

WORDS = ("compare", "report")
"""First words of ``clinigraph eval`` that are no benchmarks."""


def read_logs(word: str, logs: Sequence[Path], out: Path | None, *, as_json: bool) -> None:
    """Pair two logs, or write a report of any number.

    Raises:
        UsageError: Too few or too many logs, or runs that cannot be paired.
        InputUnreadable: A file is no log.
    """
    if find_spec("inspect_ai") is None:
        raise UsageError("Logs are read by Inspect", given=word, todo="pip install 'clinigraph[evals]'")
    if word == "compare":
        _compare(logs, as_json=as_json)
    else:
        _report(logs, out or Path("eval-report"), as_json=as_json)


def _compare(logs: Sequence[Path], *, as_json: bool) -> None:
    from clinigraph.cli.evaluate import show_table
    from clinigraph.evals.logs import load_run, paired_table

    if len(logs) != 2:
        raise UsageError("Two logs are compared", given=str(len(logs)), todo="clinigraph eval compare A.eval B.eval")
    table = paired_table(*(load_run(p) for p in logs))
    if as_json:
        typer.echo(json.dumps(table.model_dump(mode="json"), ensure_ascii=False, indent=2))
    else:
        show_table(table)


def _report(logs: Sequence[Path], out: Path, *, as_json: bool) -> None:
    from clinigraph.evals.logs import load_run
    from clinigraph.evals.reporting import write_report

    paths = [p for given in logs for p in (sorted(given.glob("*.eval")) if given.is_dir() else [given])]
    page, text = write_report([load_run(p) for p in paths], out)
    if as_json:
        typer.echo(json.dumps({"html": str(page), "markdown": str(text), "logs": len(paths)}, indent=2))
    else:
        typer.echo(f"{len(paths)} logs: {page} and {text}")
