"""``clinigraph check``."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from clinigraph.models.reporting import Verdict

if TYPE_CHECKING:
    from clinigraph.client.checking import CheckOutcome

_STYLES = {
    Verdict.SUPPORTED: "green",
    Verdict.CONTRADICTED: "bold red",
    Verdict.UNSUPPORTED: "red",
    Verdict.UNVERIFIABLE: "yellow",
}


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What was asked on the command line."""

    report: Path
    case: Path | None = None
    alpha: float | None = None
    """Error rate asked for; None takes that of the settings."""
    as_json: bool = False


def check_report(request: CheckRequest) -> int:
    """Verify a report again, or somebody's text against a case, and print the verdicts.

    Args:
        request: The report (report.json, plain text or Markdown), the case it speaks of, and how to print.

    Returns:
        0 when every claim is supported, nothing is left out and nothing differs, else 1.

    Raises:
        InputRefused: The file is missing, is no report, or is too long.
    """
    outcome = asyncio.run(_checked(request))
    if request.as_json:
        data = outcome.model_dump(mode="json")
        typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return 0 if outcome.sound else 1
    _show(outcome, grounded=request.case is not None or request.report.suffix == ".json")
    return 0 if outcome.sound else 1


async def _checked(request: CheckRequest) -> CheckOutcome:
    from clinigraph.client.checking import check, check_text, read_text, run_for_evidence
    from clinigraph.client.report import Report
    from clinigraph.client.session import Session
    from clinigraph.settings import Settings

    ours = Report.load(request.report) if request.report.suffix.lower() == ".json" else None
    text = "" if ours is not None else read_text(request.report)
    chosen = {} if request.alpha is None else {"alpha": request.alpha}
    session = Session(Settings().model_copy(update={"model_base_url": None, "model_name": None, **chosen}))
    case = await run_for_evidence(request.case, session) if request.case is not None else None
    return await (check(ours, session, case) if ours is not None else check_text(text, session, case))


def _show(outcome: CheckOutcome, *, grounded: bool) -> None:
    out = Console(highlight=False)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in ("Verdict", "Claim", "Why"):
        table.add_column(name, overflow="fold")
    for claim in outcome.claims:
        style = _STYLES[claim.verdict] if claim.verdict else "red"
        verdict = claim.verdict.value if claim.verdict else "–"
        table.add_row(f"[{style}]{verdict}[/]", claim.text.replace("[", r"\["), claim.explanation.replace("[", r"\["))
    out.print(table)
    for problem in outcome.problems:
        out.print(f"The report disagrees with its evidence: {problem}", style="bold red", markup=False)
    for omission in outcome.omissions:
        out.print(f"Left out: {omission.sentence}", style="bold red", markup=False)
    if outcome.certainty.alpha is not None:
        out.print(f"Error rate of the claims: {outcome.certainty.text}.", markup=False)
    if not grounded:
        out.print("No case was given, so nothing has ground; give --case DIR to check the text against it.")
