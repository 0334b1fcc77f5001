"""Which benchmarks there are: one YAML file each in ``evals/tasks``."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from pathlib import Path

import yaml
from pydantic import ValidationError

from clinigraph.errors import UsageError
from clinigraph.evals.contract import Benchmark, EvalSpec

FOLDER = Path(__file__).resolve().parent / "tasks"


def load_spec(path: Path) -> EvalSpec:
    """Read one benchmark file.

    Raises:
        UsageError: It cannot be read, breaks the schema, or its name is not the file's.
    """
    try:
        spec = EvalSpec.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        text = " ".join(str(error).split())
        raise UsageError("A benchmark file cannot be used", given=f"{path.name}: {text}") from error
    if spec.name != path.stem:
        raise UsageError("A benchmark file bears another name than its benchmark", given=f"{path.name}: {spec.name}")
    return spec


@cache
def specs() -> tuple[EvalSpec, ...]:
    """Return the shipped benchmarks, sorted by name; nothing else of them is imported."""
    return tuple(load_spec(path) for path in sorted(FOLDER.glob("*.yaml")))


def benchmark(name: str) -> Benchmark:
    """Make a benchmark.

    Raises:
        UsageError: There is no benchmark of this name.
    """
    spec = next((s for s in specs() if s.name == name), None)
    if spec is None:
        names = [s.name for s in specs()]
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        todo = f"Did you mean {' or '.join(near)}?" if near else f"Known are: {', '.join(names)}."
        raise UsageError("There is no such benchmark", given=name, todo=todo)
    module, _, factory = spec.factory.partition(":")
    made = getattr(import_module(module), factory)(spec)
    if not isinstance(made, Benchmark):
        raise TypeError(f"{spec.factory} makes no benchmark")
    return made


def known_config(spec: EvalSpec, config: str | None) -> str:
    """Return the configuration to run; the benchmark's first where none is asked for.

    Raises:
        UsageError: The benchmark has no such configuration.
    """
    if config is None:
        return spec.configs[0]
    if config not in spec.configs:
        raise UsageError(
            f"The benchmark {spec.name} has no such configuration",
            given=config,
            todo=f"It has: {', '.join(spec.configs)}.",
        )
    return config
