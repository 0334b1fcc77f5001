"""Benchmarks run as Inspect tasks; what the log holds is what the tables show."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from inspect_ai import eval_async
from pydantic import JsonValue

from clinigraph.errors import UsageError
from clinigraph.evals import registry
from clinigraph.evals.contract import EvalContext, EvalItem, EvalSpec, EvalTable, Outcome
from clinigraph.evals.runner import as_task, outcomes, tables_of, unfinished_log
from clinigraph.testing.benchmark_suite import check_benchmark

SPEC = EvalSpec(
    name="squares",
    version="1.0.0",
    title="Squares of small numbers",
    factory="tests:Squares",
    source="made here",
    licence="none",
    split="all",
)


class Squares:
    """Squares numbers, and cannot square the number three."""

    def __init__(self, spec: EvalSpec = SPEC, breaks_at: int = 3) -> None:
        self.spec = spec
        self._breaks_at = breaks_at

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        return [EvalItem(id=f"n{i}", input=str(i), data={"n": i}) for i in range(5)][:limit]

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        n = int(str(item.data["n"]))
        if n == self._breaks_at:
            raise ValueError("three cannot be squared")
        return {"square": n * n, "path": [n, n], "model": context.chat is not None}

    def tables(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        failed = sum(bool(o.error) for o in outcomes)
        total = sum(int(str(o.values["square"])) for o in outcomes if not o.error)
        row = (str(len(outcomes)), str(failed), str(total))
        return [EvalTable(title="Squares", columns=("n", "failed", "sum"), rows=(row,))]


@pytest.fixture
def context(tmp_path: Path) -> EvalContext:
    return EvalContext(data=tmp_path, work=tmp_path / "work")


@pytest.mark.filterwarnings("ignore")
def test_a_failed_item_stays_in_the_log_and_in_the_tables(context: EvalContext, tmp_path: Path) -> None:
    task = as_task(Squares(), context)
    log = asyncio.run(eval_async(task, model="none/none", log_dir=str(tmp_path / "logs"), max_samples=1))[0]
    found = {o.item.id: o for o in outcomes(log)}
    assert found["n2"].values == {"square": 4, "path": [2, 2], "model": False}
    assert "three cannot be squared" in found["n3"].error
    assert tables_of(Squares(), log)[0].rows == (("5", "1", "21"),)
    assert unfinished_log(tmp_path / "logs", "squares") is None


def test_the_conformance_suite_passes_an_honest_benchmark(context: EvalContext) -> None:
    assert len(check_benchmark(Squares(breaks_at=-1), context)) == 4


def test_the_conformance_suite_convicts_a_benchmark_that_drops_failures(context: EvalContext) -> None:
    class Dropping(Squares):
        def tables(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
            return super().tables([o for o in outcomes if not o.error] * 2)[:1] if outcomes[0].error == "" else []

    with pytest.raises(AssertionError):
        check_benchmark(Dropping(breaks_at=-1), context)


def test_every_benchmark_file_is_named_as_its_benchmark_and_can_be_made() -> None:
    for spec in registry.specs():
        assert registry.benchmark(spec.name).spec == spec


def test_an_unknown_benchmark_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UsageError, match="no such benchmark: nothing"):
        registry.benchmark("nothing")


def test_a_benchmark_file_that_breaks_the_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("name: x\nversion: one\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"x\.yaml"):
        registry.load_spec(path)
