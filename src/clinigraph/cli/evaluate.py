"""``clinigraph eval``: a thin wrapper of Inspect with our defaults and a table at the end."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from clinigraph.cli.eval_logs import WORDS, read_logs
from clinigraph.errors import UsageError

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog

    from clinigraph.evals.contract import EvalTable

_WIDTH_OF_LOGS = 160
"""Characters of a table that goes to a file or pipe: no interval of ours is cut there."""


@dataclass(frozen=True, slots=True)
class EvalRequest:
    """What was asked on the command line."""

    task: str | None
    data: Path | None
    work: Path | None
    log_dir: Path
    limit: int | None = None
    seed: int = 20260101
    model: str | None = None
    base_url: str | None = None
    resume: bool = False
    as_json: bool = False
    config: str | None = None
    logs: tuple[Path, ...] = ()
    out: Path | None = None


def run_benchmark(request: EvalRequest) -> None:
    """Run a benchmark and print its tables, or list what can be run.

    Raises:
        UsageError: The benchmark does not exist, or Inspect is not installed.
    """
    if request.task is None:
        _list(as_json=request.as_json)
        return
    if request.task in WORDS:
        read_logs(request.task, request.logs, request.out, as_json=request.as_json)
        return
    if request.logs:
        given = " ".join(str(p) for p in request.logs)
        raise UsageError("One benchmark is run at a time", given=given, todo="Logs go with compare or report.")
    if find_spec("inspect_ai") is None:
        raise UsageError("Benchmarks are run by Inspect", given=request.task, todo="pip install 'clinigraph[evals]'")
    from clinigraph.evals.registry import benchmark
    from clinigraph.evals.runner import tables_of

    chosen = benchmark(request.task)
    if chosen.spec.needs_model and request.model is None and not request.resume:
        raise UsageError(f"The benchmark {request.task} needs a model", todo="Give --model, for example vllm/NAME.")
    with redirect_stdout(sys.stderr) if request.as_json else nullcontext():  # Inspect's display is no JSON
        log = _evaluate(request)
    tables = tables_of(chosen, log)
    if request.as_json:
        typer.echo(json.dumps(_as_json(log, tables), ensure_ascii=False, indent=2))
    else:
        show_tables(tables, log)
    if log.status != "success":
        raise UsageError(
            "The benchmark was cut short", given=log.status, todo=f"clinigraph eval {request.task} --resume"
        )


def _evaluate(request: EvalRequest) -> EvalLog:
    from inspect_ai import eval as run_tasks
    from inspect_ai import eval_retry

    from clinigraph.evals.inspect_tasks import TASKS
    from clinigraph.evals.runner import unfinished_log

    name = str(request.task)
    log_dir = str(request.log_dir)
    display: Literal["none", "plain"] = "none" if request.as_json else "plain"
    cut_short = unfinished_log(request.log_dir, name) if request.resume else None
    if cut_short is not None:
        return _log_of(eval_retry(str(cut_short), log_dir=log_dir, display=display), request)
    arguments = {
        "data": str(request.data) if request.data else None,
        "work": str(request.work) if request.work else None,
        "limit": request.limit,
        "seed": request.seed,
        "config": request.config,
    }
    given = {key: value for key, value in arguments.items() if value is not None}
    logs = run_tasks(
        TASKS[name](**given),
        model=request.model or "none/none",
        model_base_url=request.base_url,
        log_dir=log_dir,
        display=display,
        max_samples=None if request.model else 1,
        log_realtime=False,
        log_buffer=1,  # a killed run keeps every finished sample
        score_display=False,
    )
    return _log_of(logs, request)


def _log_of(logs: Sequence[EvalLog], request: EvalRequest) -> EvalLog:
    """Return the log of a run; Inspect hands none over when it was interrupted, but has written it.

    Raises:
        UsageError: The run was stopped before there was a log.
    """
    from inspect_ai.log import read_eval_log

    from clinigraph.evals.runner import unfinished_log

    if logs:
        return logs[0]
    written = unfinished_log(request.log_dir, str(request.task))
    if written is None:
        todo = "Give the command again."
        raise UsageError("The benchmark was stopped before it began", given=str(request.task), todo=todo)
    return read_eval_log(str(written))


def _as_json(log: EvalLog, tables: Sequence[EvalTable]) -> dict[str, object]:
    from clinigraph.evals.runner import ended

    samples = ended(log)
    return {
        "task": log.eval.task,
        "version": log.eval.task_version,
        "status": log.status,
        "model": log.eval.model,
        "samples": len(samples),
        "failed": sum(s.error is not None for s in samples),
        "git": log.eval.revision.commit if log.eval.revision else None,
        "packages": log.eval.packages,
        "log": log.location,
        "tables": [t.model_dump(mode="json") for t in tables],
    }


def show_tables(tables: Sequence[EvalTable], log: EvalLog) -> None:
    """Print tables, then counts of samples and failures and where the log lies."""
    from clinigraph.evals.runner import ended

    console = _console()
    for table in tables:
        show_table(table, console)
    samples = ended(log)
    failed = sum(s.error is not None for s in samples)
    console.print(f"{len(samples)} samples, {failed} failed; log: {log.location} (inspect view)", soft_wrap=True)


def show_table(table: EvalTable, console: Console | None = None) -> None:
    """Print one table."""
    shown = Table(
        *(Column(escape(c), overflow="fold") for c in table.columns),
        title=escape(table.title),
        box=box.SIMPLE_HEAD,
        title_justify="left",
        caption=escape(table.note),
    )
    shown.caption_justify = "left"
    for row in table.rows:
        shown.add_row(*map(escape, row))
    (console or _console()).print(shown)


def _console() -> Console:
    """Return a console as wide as the terminal, or wide enough for any of our tables where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH_OF_LOGS)


def _list(*, as_json: bool) -> None:
    from clinigraph.evals.registry import specs

    if as_json:
        rows = [s.model_dump(mode="json", exclude={"factory"}) for s in specs()]
        typer.echo(json.dumps({"tasks": rows}, ensure_ascii=False, indent=2))
        return
    table = Table("Benchmark", "Version", "Model", "Measures", box=box.SIMPLE_HEAD)
    for spec in specs():
        table.add_row(spec.name, spec.version, "needed" if spec.needs_model else "optional", spec.title)
    Console().print(table)
