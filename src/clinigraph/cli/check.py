"""``clinigraph check``."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from clinigraph.models.reporting import Verdict


def check_report(path: Path, *, as_json: bool) -> int:
    """Verify a report again and print the verdicts.

    Args:
        path: A report.json.
        as_json: Print ``{"claims": [...]}`` and nothing else.

    Returns:
        0 when every claim is supported and the report agrees with its own evidence, else 1.

    Raises:
        InputUnreadable: The file is missing or is no report.
    """
    from clinigraph.client.checking import check
    from clinigraph.client.report import Report

    outcome = asyncio.run(check(Report.load(path)))
    if as_json:
        data = {"claims": [c.model_dump(mode="json") for c in outcome.claims], "problems": list(outcome.problems)}
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return 0 if outcome.sound else 1
    out = Console(highlight=False)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in ("Verdict", "Claim", "Why"):
        table.add_column(name, overflow="fold")
    for claim in outcome.claims:
        good = claim.verdict is Verdict.SUPPORTED
        style = "green" if good else "bold red"
        verdict = claim.verdict.value if claim.verdict else "–"
        table.add_row(f"[{style}]{verdict}[/]", claim.text.replace("[", r"\["), claim.explanation.replace("[", r"\["))
    out.print(table)
    for problem in outcome.problems:
        out.print(f"The report disagrees with itself: {problem}", style="bold red", markup=False)
    return 0 if outcome.sound else 1
