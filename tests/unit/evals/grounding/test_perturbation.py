"""The perturbation benchmark keeps the contract, and its falsehoods are false."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from clinigraph.evals.contract import EvalContext
from clinigraph.evals.grounding.bases import load_base
from clinigraph.evals.grounding.corruptions import CLASSES
from clinigraph.evals.grounding.reports import planted_run
from clinigraph.evals.grounding.sentences import spoken, true_sentences
from clinigraph.evals.registry import benchmark
from clinigraph.testing.benchmark_suite import check_benchmark


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> EvalContext:
    return EvalContext(data=tmp_path_factory.mktemp("data"), work=tmp_path_factory.mktemp("work"))


def test_the_benchmark_keeps_the_contract(context: EvalContext) -> None:
    check_benchmark(benchmark("grounding_perturbation"), context)


def test_no_falsehood_is_among_the_true_sentences(context: EvalContext) -> None:
    report = load_base("world-3", context).report
    true = set(true_sentences(report))
    for name, maker in CLASSES.items():
        made = set(maker(report, random.Random(0)))  # noqa: S311 - reproducible, not secret
        assert made or name == "patient", name
        assert not made & true, name


def test_items_of_one_made_up_case_are_judged_as_they_should_be(context: EvalContext) -> None:
    bench = benchmark("grounding_perturbation")
    items = [i for i in bench.items(context, 150) if i.data["base"] == "world-0"]
    drawn = random.Random(0).sample(items, min(40, len(items)))  # noqa: S311 - a draw, not a secret
    for item in drawn:
        values = asyncio.run(bench.measure(item, context))
        assert values["outcome"] in ({"passed"} if item.target == "supported" else {"convicted", "not judged"}), (
            item.input
        )


def test_a_planted_instruction_changes_no_impression_and_is_listed() -> None:
    assert [planted_run(n) for n in (0, 2)] == [(False, True), (False, True)]


@pytest.mark.parametrize(
    ("number", "words"), [("0.52", "zero point five two"), ("25", "twenty-five"), ("14", "fourteen")]
)
def test_numbers_are_spoken(number: str, words: str) -> None:
    assert spoken(number) == words


def test_a_set_that_is_not_there_is_refused(tmp_path: Path) -> None:
    from clinigraph.errors import InputRefused

    for name in ("healthver", "pubmedqa", "medec"):
        with pytest.raises(InputRefused, match="not there"):
            benchmark(name).items(EvalContext(data=tmp_path, work=tmp_path))
