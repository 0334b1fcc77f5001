"""Inspect's entry point: every benchmark as the task ``clinigraph/<name>``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from inspect_ai import Task, task

from clinigraph.evals.contract import EvalContext
from clinigraph.evals.hub import local_data
from clinigraph.evals.registry import benchmark, known_config, specs
from clinigraph.evals.runner import as_task
from clinigraph.settings import Settings


def _task(name: str) -> Callable[..., Task]:
    def make(
        data: str | None = None,
        work: str | None = None,
        limit: int | None = None,
        seed: int = 20260101,
        config: str | None = None,
    ) -> Task:
        settings = Settings()
        context = EvalContext(
            data=local_data(data) if data else settings.eval_data,
            work=Path(work) if work else settings.cache_dir / "evals",
            seed=seed,
        )
        chosen = benchmark(name)
        return as_task(chosen, replace(context, config=known_config(chosen.spec, config)), limit)

    make.__name__ = name
    made: Callable[..., Task] = task(name=name)(make)
    return made


TASKS: dict[str, Callable[..., Task]] = {spec.name: _task(spec.name) for spec in specs()}
"""Benchmark name -> the registered task; arguments are given with ``-T data=…``."""
