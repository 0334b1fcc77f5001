"""``clinigraph batch``: a cohort with progress and time left."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from clinigraph.errors import UsageError


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What was asked on the command line."""

    cohort: Path
    out: Path
    workers: int
    engine: str
    address: str | None
    as_json: bool


def run_batch(request: BatchRequest) -> None:
    """Work off a cohort, show progress, say where the results lie.

    Raises:
        UsageError: The cohort or the engine cannot be used.
    """
    from clinigraph.client.batch.cohort import read_cohort
    from clinigraph.client.batch.engine import Engine, LocalEngine, RayEngine
    from clinigraph.client.batch.run import run_cohort
    from clinigraph.client.batch.work import SESSION

    cases = read_cohort(request.cohort)
    engines: dict[str, Engine] = {
        "local": LocalEngine(request.workers, SESSION),
        "ray": RayEngine(request.workers, SESSION, request.address),
    }
    if request.engine not in engines:
        raise UsageError("There is no such engine", given=request.engine, todo="Use local or ray.")
    counts: Counter[str] = Counter()
    console = Console(stderr=True)
    columns = (TextColumn("cases"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=request.as_json or not console.is_terminal) as bar:
        task = bar.add_task("cases", total=len(cases))
        for step in run_cohort(cases, request.out, engines[request.engine]):
            counts[step.row.status.value] += 1
            counts["resumed"] += step.resumed
            bar.update(task, completed=step.done)
    _tell(request, len(cases), counts)


def _tell(request: BatchRequest, total: int, counts: Counter[str]) -> None:
    summary = {"cases": total, **{k: counts[k] for k in ("done", "refused", "failed", "resumed")}}
    if request.as_json:
        typer.echo(json.dumps({**summary, "results": str(request.out / "results.csv")}))
        return
    told = ", ".join(f"{n} {name}" for name, n in summary.items() if name != "cases")
    typer.echo(f"{total} cases: {told}. Results: {request.out / 'results.csv'}")
