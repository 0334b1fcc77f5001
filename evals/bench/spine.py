"""Speed and memory of the spine: import, help page, state machine, one warm case.

Run ``python -m clinigraph.evals.bench.spine [--json]``. Goals: import < 0.3 s, help < 0.6 s, state
machine with all tools stubbed <= 30 ms a case. Every figure is the median of several runs in this one process.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from clinigraph.client.sample import QUESTION, sample_photograph
from clinigraph.client.session import Session
from clinigraph.client.sources import PathSource
from clinigraph.settings import Settings
from clinigraph.testing.world import World

REPEATS = 7


def _seconds(work: Callable[[], object], repeats: int, label: str) -> list[float]:
    times = []
    for _ in track(range(repeats), description=label, console=Console(stderr=True), transient=True):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return times


def _python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)  # noqa: S603 - our own interpreter


def interpreter_s() -> list[float]:
    """Return seconds of an empty interpreter, to be subtracted by eye."""
    return _seconds(lambda: _python("-c", "pass"), REPEATS, "empty interpreter")


def import_s() -> list[float]:
    """Return seconds of ``import clinigraph`` in a fresh interpreter, its start included."""
    return _seconds(lambda: _python("-c", "import clinigraph"), REPEATS, "import clinigraph")


def help_s() -> list[float]:
    """Return seconds of ``clinigraph --help``, the interpreter's start included."""
    code = "import sys; sys.argv = ['clinigraph', '--help']; from clinigraph.cli import main; main()"
    return _seconds(lambda: _python("-c", code), REPEATS, "clinigraph --help")


def graph_s(folder: Path) -> list[float]:
    """Return seconds of a case whose tools, knowledge and pixels are doubles: checkpoints, report and overlays in."""
    world = World(folder)
    session = world.session()
    asyncio.run(world.run(session=session))
    return _seconds(lambda: asyncio.run(world.run(session=session)), 20, "state machine")


def graph_nodes_s(folder: Path) -> list[float]:
    """Return seconds between start and end of the state machine alone, checkpoints in, report and overlays out."""
    from clinigraph.models.events import EventKind

    world = World(folder)
    session = world.session()

    async def once() -> float:
        begin, end = time.perf_counter(), 0.0
        async for event in session.stream(world.source()):
            if event.kind is EventKind.NODE_FINISHED and event.node == "finish":
                end = time.perf_counter()
        return end - begin

    asyncio.run(world.run(session=session))
    return [asyncio.run(once()) for _ in range(20)]


def warm_case_s(folder: Path) -> list[float]:
    """Return seconds of the demonstration case in a session whose networks are loaded."""
    session = Session(Settings(state_dir=folder / "state"))
    source = PathSource((sample_photograph(),), session.settings, QUESTION)

    async def once() -> None:
        async for _ in session.stream(source):
            pass

    asyncio.run(once())
    return _seconds(lambda: asyncio.run(once()), 3, "warm case")


def run(as_json: bool = typer.Option(False, "--json", help="Print only JSON.")) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = {
            "empty interpreter": interpreter_s(),
            "import clinigraph": import_s(),
            "clinigraph --help": help_s(),
            "state machine, tools stubbed": graph_nodes_s(folder / "nodes"),
            "whole run, tools stubbed": graph_s(folder / "graph"),
            "warm case (demonstration)": warm_case_s(folder / "case"),
        }
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = {k: {"median_s": statistics.median(v), "max_s": max(v), "n": len(v)} for k, v in figures.items()}
    if as_json:
        typer.echo(json.dumps({"seconds": rows, "peak_memory_mib": peak_mib}, indent=2))
        return
    table = Table("What", "Median", "Max", "n")
    for name, row in rows.items():
        table.add_row(name, f"{row['median_s'] * 1000:.1f} ms", f"{row['max_s'] * 1000:.1f} ms", str(row["n"]))
    Console().print(table, f"Peak memory of this process: {peak_mib:.0f} MiB")


if __name__ == "__main__":
    typer.run(run)
