"""Multiple choice in three public formats; what a model says becomes one of five marks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clinigraph.errors import InputRefused, InputUnreadable, UsageError
from clinigraph.evals.agenteval.abstain import Nonsense
from clinigraph.evals.agenteval.multiple_choice import MultipleChoice
from clinigraph.evals.contract import EvalContext, Outcome
from clinigraph.evals.registry import benchmark
from clinigraph.testing.benchmark_suite import check_benchmark

Context = Callable[..., EvalContext]
MEDQA = [
    {"question": f"Which organ is number {i}?", "options": {"A": "liver", "B": "heart", "C": "lung", "D": "brain"},
     "answer_idx": "ABCD"[i]} for i in range(4)
]  # fmt: skip
MEDMCQA = [
    {"question": f"Organ {i}?", "opa": "liver", "opb": "heart", "opc": "lung", "opd": "brain", "cop": i + 1,
     "subject_name": "Anatomy"} for i in range(4)
]  # fmt: skip
MMLU = [
    {"question": "Organ?", "choices": ["liver", "heart", "lung", "brain"], "answer": i, "subject": "anatomy"}
    for i in range(4)
]


@pytest.mark.parametrize(("name", "folder", "rows"), [
    ("medqa", "qa_medqa", MEDQA), ("medmcqa", "qa_medmcqa", MEDMCQA), ("mmlu_med", "qa_mmlu_med", MMLU),
])  # fmt: skip
def test_three_formats_keep_the_contract_and_know_their_keys(
    name: str, folder: str, rows: list[dict[str, Any]], context: Context, model: Any
) -> None:
    chat = model(lambda role, text: "Thinking about a heart.\nAnswer: B\nConfidence: 70")
    made = context(folder, rows, chat=chat, config="no_retrieval")
    outcomes = check_benchmark(benchmark(name), made)
    assert sorted(o.item.target for o in outcomes) == list("ABCD")
    assert sorted(str(o.values["mark"]) for o in outcomes) == ["right", "wrong", "wrong", "wrong"]
    assert {o.values["confidence"] for o in outcomes} == {0.7}
    tables = benchmark(name).tables(outcomes)
    assert tables[0].rows[0][1:4] == ("4", "1", "3")
    assert tables[1].rows[0][1] == "0.450"  # a stated 0.7 against a quarter right


def test_full_looks_passages_up_and_quotes_them(context: Context, model: Any) -> None:
    seen: list[str] = []

    def says(role: str, text: str) -> str:
        seen.append(text)
        return "Answer: A"

    class Found(MultipleChoice):
        def _passages(self, question: str) -> list[str]:
            return ["The liver is the largest gland."]

    made = context("qa_medqa", MEDQA, chat=model(says), config="full")
    bench = Found(benchmark("medqa").spec)
    outcomes = check_benchmark(bench, made)
    assert all("largest gland" in text for text in seen)
    assert {o.values["passages"] for o in outcomes} == {1}


def test_abstaining_and_rambling_are_not_wrong(context: Context, model: Any) -> None:
    answers = iter(["I do not know.", "A patient like this needs rest.", "A or B", "Answer: A"] * 2)
    made = context("qa_medqa", MEDQA, chat=model(lambda role, text: next(answers)), config="no_retrieval")
    bench = benchmark("medqa")
    import asyncio

    outcomes = [Outcome(i, asyncio.run(bench.measure(i, made))) for i in bench.items(made)]
    row = bench.tables(outcomes)[0].rows[0]
    assert row[4:6] == ("1", "2")


def test_without_a_model_it_says_that_it_needs_one(context: Context) -> None:
    import asyncio

    made = context("qa_medqa", MEDQA)
    bench = benchmark("medqa")
    with pytest.raises(UsageError, match="medqa needs a model"):
        asyncio.run(bench.measure(bench.items(made)[0], made))


def test_missing_columns_are_named(context: Context) -> None:
    made = context("qa_medqa", [{"text": "x", "options": {"A": "y"}}])
    with pytest.raises(InputRefused, match=r"question .* answer "):
        benchmark("medqa").items(made)
    with pytest.raises(InputRefused, match="options"):
        benchmark("medqa").items(context("qa_medqa", [{"question": "x", "answer": "A"}]))


def test_numbers_that_could_count_from_0_or_1_are_refused(context: Context) -> None:
    rows = [{**MEDMCQA[0], "cop": 2}]
    with pytest.raises(InputRefused, match="from 0 or from 1"):
        benchmark("medmcqa").items(context("qa_medmcqa", rows))


def test_changed_bytes_are_refused_where_the_benchmark_names_a_sum(context: Context) -> None:
    made = context("qa_medqa", MEDQA)
    bench = MultipleChoice(benchmark("medqa").spec.replace(sha256={"set.jsonl": "0" * 64}))
    with pytest.raises(InputRefused, match="sha256"):
        bench.items(made)


def test_no_file_and_two_files_are_refused(context: Context) -> None:
    with pytest.raises(InputUnreadable, match="no data file"):
        benchmark("medqa").items(context())
    context("qa_medqa", MEDQA)
    with pytest.raises(InputUnreadable, match="2 data files"):
        benchmark("medqa").items(context("qa_medqa", MEDQA, name="other.jsonl"))


def test_nonsense_is_right_when_the_model_abstains(context: Context, model: Any) -> None:
    made = context(chat=model(lambda role, text: "I do not know this disease."))
    outcomes = check_benchmark(benchmark("abstain"), made)
    assert {o.values["mark"] for o in outcomes} == {"right"}
    knowing = context(chat=model(lambda role, text: "Answer: A"))
    bench = Nonsense(benchmark("abstain").spec)
    outcomes = check_benchmark(bench, knowing)
    assert {o.values["mark"] for o in outcomes} == {"wrong"}
