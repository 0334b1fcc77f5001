"""A benchmark in a process of its own that the test kills; each measured item leaves a line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from clinigraph.cli.evaluate import EvalRequest, run_benchmark
from clinigraph.evals.agenteval.safety import Safety
from clinigraph.evals.contract import EvalContext, EvalItem


def request(folder: Path, *, resume: bool = False) -> EvalRequest:
    """Return a run of eight items."""
    return EvalRequest("safety", None, folder / "work", folder / "logs", limit=8, resume=resume, as_json=True)


def measure_slowly(folder: Path, seconds: float) -> None:
    """Let the benchmark write a line an item instead of measuring it."""

    async def measure(self: Safety, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        del self, context
        await asyncio.sleep(seconds)
        with (folder / "measured.txt").open("a", encoding="utf-8") as file:
            file.write(f"{item.id}\n")
        return {"mark": "right", "wrong": ""}

    Safety.measure = measure  # type: ignore[method-assign]


def run(folder: Path) -> None:
    """Run in this process."""
    measure_slowly(folder, 0.4)
    run_benchmark(request(folder))
