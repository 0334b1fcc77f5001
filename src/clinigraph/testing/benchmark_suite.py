"""Conformance suite of benchmarks: what ``clinigraph.evals.contract`` promises, held to."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

from pydantic import JsonValue

from clinigraph.evals.contract import Benchmark, EvalContext, EvalItem, Outcome


def check_benchmark(benchmark: Benchmark, context: EvalContext, limit: int = 4) -> tuple[Outcome, ...]:
    """Run the invariants on a few items and return their outcomes.

    Args:
        benchmark: What is checked.
        context: Data (small ones made for the test will do).
        limit: Most items.

    Raises:
        AssertionError: An invariant does not hold.
    """
    items = tuple(benchmark.items(context, limit))
    _require(0 < len(items) <= limit, "a limit is kept, and there is something to measure")
    _require(items == tuple(benchmark.items(context, limit)), "equal folder, limit and seed give equal items")
    _require(len({i.id for i in items}) == len(items), "each item has an id of its own")
    outcomes = tuple(Outcome(i, _measured(benchmark, i, context)) for i in items)
    again = _measured(benchmark, items[-1], context)
    same = _untimed(again) == _untimed(outcomes[-1].values)
    _require(same, "an item's outcome, times aside, does not depend on what was measured before")
    _failures_stay(benchmark, outcomes)
    return outcomes


def _measured(benchmark: Benchmark, item: EvalItem, context: EvalContext) -> dict[str, JsonValue]:
    return dict(asyncio.run(benchmark.measure(item, context)))


def _untimed(values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in values.items() if not name.endswith("_ms")}


def _failures_stay(benchmark: Benchmark, outcomes: tuple[Outcome, ...]) -> None:
    mixed = list(outcomes)
    random.Random(0).shuffle(mixed)  # noqa: S311 - an order, not a secret
    whole = [t.model_dump() for t in benchmark.tables(outcomes)]
    _require(whole == [t.model_dump() for t in benchmark.tables(mixed)], "tables do not depend on the order of items")
    failed = (*outcomes[:-1], Outcome(outcomes[-1].item, error="made to fail"))
    _require(whole != [t.model_dump() for t in benchmark.tables(failed)], "a failed item changes the tables")
    _require(bool(benchmark.tables([Outcome(o.item, error="failed") for o in outcomes])), "all items may fail")


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise AssertionError(f"the benchmark breaks a rule: {rule}")
