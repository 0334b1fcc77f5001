"""Questions about pictures, alone and in pairs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from clinigraph.errors import InputRefused, InputUnreadable, ModelSeesNoImages
from clinigraph.evals.agenteval.vqa import open_answer, picture
from clinigraph.evals.contract import EvalContext
from clinigraph.evals.registry import benchmark
from clinigraph.testing.benchmark_suite import check_benchmark

Context = Callable[..., EvalContext]
ROWS = [
    {"image_name": "a.png", "question": "Is it red?", "answer": "Yes", "answer_type": "CLOSED", "qid": 1},
    {"image_name": "a.png", "question": "What colour is it?", "answer": "dark red", "answer_type": "OPEN", "qid": 2},
    {"image_name": "a.png", "question": "Which?", "answer": "red", "option_A": "blue", "option_B": "red",
     "option_C": "green", "option_D": "grey", "answer_type": "CHOICE", "qid": 3},
    {"image_name": "a.png", "question": "Hvad er det?", "answer": "rod", "q_lang": "zh", "qid": 4},
]  # fmt: skip
PAIRS = [
    {"image": "a.png", "question": q, "answer": a, "pair": p}
    for p in ("one", "two")
    for q, a in (("Is it red?", "yes"), ("Is it blue?", "no"))
]


@pytest.fixture
def pictures(tmp_path: Path) -> None:
    for folder in ("vqa", "vqa_pairs"):
        (tmp_path / "data" / folder).mkdir(parents=True)
        Image.new("RGB", (8, 8), (200, 0, 0)).save(tmp_path / "data" / folder / "a.png")


@pytest.mark.usefixtures("pictures")
def test_closed_open_and_choice_questions_are_marked_each_in_its_way(context: Context, model: Any) -> None:
    answers = {"yes_no": "Answer: yes", "open": "Answer: red, dark", "choice": "The answer is red."}
    made = context("vqa", ROWS, chat=model(lambda role, text: answers[role]))
    outcomes = check_benchmark(benchmark("vqa"), made)
    assert len(outcomes) == 3  # the question in another language is not asked
    assert {o.values["mark"] for o in outcomes} == {"right"}


@pytest.mark.usefixtures("pictures")
def test_a_model_that_takes_no_images_is_told_so(context: Context, model: Any) -> None:
    made = context("vqa", ROWS, chat=model(lambda role, text: "yes", sees_images=False))
    bench = benchmark("vqa")
    with pytest.raises(ModelSeesNoImages, match="vision model"):
        asyncio.run(bench.measure(bench.items(made)[0], made))


@pytest.mark.usefixtures("pictures")
def test_a_model_that_always_says_yes_has_no_pair_right(context: Context, model: Any) -> None:
    made = context("vqa_pairs", PAIRS, chat=model(lambda role, text: "Answer: yes"))
    bench = benchmark("picture_pairs")
    outcomes = check_benchmark(bench, made)
    pairs = next(t for t in bench.tables(outcomes) if t.title.startswith("Consistency"))
    assert pairs.rows[0][:4] == ("2", "0", "2", "0")
    assert bench.tables(outcomes)[0].rows[0][1:4] == ("4", "2", "2")
    assert len(bench.items(made, 3)) == 2  # pairs are whole


@pytest.mark.usefixtures("pictures")
def test_rows_that_form_no_pairs_are_refused(context: Context) -> None:
    with pytest.raises(InputRefused, match="pairs"):
        benchmark("picture_pairs").items(context("vqa_pairs", PAIRS[:3]))


def test_only_pictures_of_the_set_are_opened(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "secret.png")
    for name in ("../secret.png", "missing.png"):
        with pytest.raises(InputUnreadable, match="not there"):
            picture(tmp_path / "set", name)


def test_an_open_answer_is_its_words_in_any_order() -> None:
    assert open_answer("Answer: Left lung, lower", "lower left lung").text == "lower left lung"
    assert open_answer("Answer: right lung", "left lung").text == "right lung"
