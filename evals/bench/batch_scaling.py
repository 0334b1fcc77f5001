"""How near two workers come to twice the speed of one, over stubbed cases.

Run ``python -m clinigraph.evals.bench.batch_scaling [--cases 1000] [--seconds 0.05] [--json]``. Each case is read, run
through the real graph over doubles, and written; its tool waits for the stated seconds, as a network or a model would.
Starting the workers counts.
Goal: at least 0.85 of linear at two workers.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import typer
from PIL import Image

from clinigraph.client.batch.engine import LocalEngine
from clinigraph.client.batch.run import run_cohort
from clinigraph.client.batch.values import BatchCase
from clinigraph.client.session import Session
from clinigraph.models.tooling import ToolCall, ToolResult
from clinigraph.testing.world import MEASURE, World, measure_answer
from clinigraph.tools.contract import ToolContext

SECONDS = "CLINIGRAPH_BENCH_SECONDS"
"""Environment variable that tells workers how long the tool waits."""


def session() -> Session:
    """Return a session over doubles whose measuring tool waits."""
    world = World(Path(tempfile.mkdtemp(prefix="clinigraph-scaling-")))
    seconds = float(os.environ.get(SECONDS, "0"))

    def answer(call: ToolCall, context: ToolContext) -> ToolResult:
        time.sleep(seconds)
        return measure_answer(0.9)(call, context)

    world.replace_tool(MEASURE, answer)
    return world.session()


def measure(cases: int, workers: int) -> tuple[float, dict[str, int]]:
    """Return the seconds of a cohort and how its cases ended."""
    with tempfile.TemporaryDirectory(prefix="clinigraph-scaling-") as name:
        folder = Path(name)
        pixels = np.zeros((32, 48, 3), np.uint8)
        pixels[:, 24:] = 200
        Image.fromarray(pixels).save(folder / "eye.png")
        cohort = [
            BatchCase(id=f"c{i}", paths=(folder / "eye.png",), question=f"Is there a thing? {i}") for i in range(cases)
        ]
        engine = LocalEngine(workers, "clinigraph.evals.bench.batch_scaling:session")
        begin = time.perf_counter()
        ended = Counter(step.row.status.value for step in run_cohort(cohort, folder / "out", engine))
        return time.perf_counter() - begin, dict(ended)


def main(cases: int = 1000, seconds: float = 0.05, as_json: bool = typer.Option(False, "--json")) -> None:
    """Measure one worker, then two, and print the share of linear."""
    os.environ[SECONDS] = str(seconds)
    one, first = measure(cases, 1)
    two, second = measure(cases, 2)
    share = one / two / 2
    if as_json:
        typer.echo(json.dumps({"one_s": one, "two_s": two, "of_linear": share, "ended": [first, second]}))
        return
    typer.echo(f"{cases} cases, tool {seconds:g} s: one worker {one:.1f} s {first}, two workers {two:.1f} s {second}")
    typer.echo(f"of linear at two workers: {share:.2f}")


if __name__ == "__main__":
    typer.run(main)
