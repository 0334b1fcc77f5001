"""Each published set of questions about pictures, as its authors lay it out."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from clinigraph.errors import InputRefused, InputUnreadable
from clinigraph.evals.contract import EvalContext
from clinigraph.evals.registry import benchmark
from clinigraph.testing.benchmark_suite import check_benchmark

Context = Callable[..., EvalContext]


def save(path: Path, red: int = 200) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (red, 0, 0)).save(path)


SETS: dict[str, tuple[list[dict[str, Any]], str, list[str]]] = {
    "VQA-RAD": (
        [{"qid": 7, "image_name": "synpic1.jpg", "image_organ": "CHEST", "question": "Is there a mass?",
          "answer": "Yes", "answer_type": "CLOSED"}],
        "VQA_RAD Image Folder/synpic1.jpg",
        ["yes"],
    ),
    "SLAKE": (
        [{"qid": 1, "img_name": "xmlab1/source.jpg", "question": "Which organ?", "answer": "Liver", "q_lang": "en"},
         {"qid": 2, "img_name": "xmlab1/source.jpg", "question": "?", "answer": "x", "q_lang": "zh"}],
        "imgs/xmlab1/source.jpg",
        ["Liver"],
    ),
    "OmniMedVQA": (
        [{"question_id": "O1", "image_path": "Images/a/b.png", "question": "Modality?", "gt_answer": "CT",
          "option_A": "CT", "option_B": "MRI", "modality_type": "CT"}],
        "Images/a/b.png",
        ["A"],
    ),
    "ChestAgentBench": (
        [{"full_question_id": "1_2", "question": "Which finding? A) Effusion B) Mass C) None of these",
          "answer": "B", "images": ["figures/1.jpg", "figures/2.jpg"], "categories": "detection"}],
        "figures/1.jpg",
        ["B"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_read_as_its_authors_lay_it_out(name: str, context: Context, tmp_path: Path, model: Any) -> None:
    rows, picture, targets = SETS[name]
    place = tmp_path / "data" / "vqa" / picture
    save(place)
    if name == "ChestAgentBench":
        save(place.with_name("2.jpg"))
    answers = {"yes_no": "Answer: yes", "open": "Answer: liver", "choice": f"Answer: {targets[0]}"}
    made = context("vqa", rows, chat=model(lambda role, text: answers[role]))
    outcomes = check_benchmark(benchmark("vqa"), made)
    assert [o.item.target for o in outcomes] == targets
    assert {o.values["mark"] for o in outcomes} == {"right"}
    if name == "ChestAgentBench":
        assert outcomes[0].item.input == "Which finding?"
        assert outcomes[0].item.data["options"] == {"A": "Effusion", "B": "Mass", "C": "None of these"}


def test_pictures_inside_a_table_are_read(context: Context, tmp_path: Path, model: Any) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), (9, 0, 0)).save(stream, "PNG")
    rows = [{"image": {"bytes": stream.getvalue(), "path": None}, "question": "Is it red?", "answer": "yes"}]
    folder = tmp_path / "data" / "vqa"
    folder.mkdir(parents=True)
    parquet.write_table(pa.Table.from_pylist(rows), folder / "test.parquet")
    made = context(chat=model(lambda role, text: "Answer: yes"))
    outcomes = check_benchmark(benchmark("vqa"), made)
    assert [o.values["mark"] for o in outcomes] == ["right"]


def test_probmed_pairs_are_a_true_and_a_misleading_question(context: Context, tmp_path: Path, model: Any) -> None:
    save(tmp_path / "data" / "vqa_pairs" / "a.jpg")
    kinds = [("modality_gt", "yes"), ("modality_hallu", "no"), ("entity_gt_1", "yes"), ("entity_hallu_1", "no"),
             ("abnormality", "yes")]  # fmt: skip
    rows = [
        {"id": 5, "image": "a.jpg", "qa_type": k, "question": f"{k}?", "answer": a, "image_type": "x"} for k, a in kinds
    ]
    made = context("vqa_pairs", rows, chat=model(lambda role, text: "Answer: yes"))
    bench = benchmark("picture_pairs")
    outcomes = check_benchmark(bench, made, limit=5)
    assert [len({o.item.data["pair"] for o in outcomes}), len(outcomes)] == [3, 5]
    assert bench.tables(outcomes)[1].rows[0][:3] == ("2", "0", "2")


def test_mediconfusion_asks_one_question_of_two_pictures(context: Context, tmp_path: Path, model: Any) -> None:
    for name in ("20192", "20053"):
        save(tmp_path / "data" / "vqa_pairs" / "images" / f"{name}.jpg")
    rows = [{"id": 1, "im_1": "train/a.jpg", "im_2": "train/b.jpg", "im_1_local": "20192", "im_2_local": "20053",
             "question": "What is seen?", "option_A": "this", "option_B": "that", "im_1_correct": "A",
             "im_2_correct": "B"}]  # fmt: skip
    made = context("vqa_pairs", rows, chat=model(lambda role, text: "Answer: A"))
    bench = benchmark("picture_pairs")
    outcomes = check_benchmark(bench, made)
    assert [o.values["mark"] for o in outcomes] == ["right", "wrong"]
    assert bench.tables(outcomes)[1].rows[0][:3] == ("1", "0", "1")
    del rows[0]["option_B"]
    with pytest.raises(InputRefused, match="option_B"):
        bench.items(context("vqa_pairs", rows))


def test_a_picture_outside_the_set_is_not_opened(context: Context, tmp_path: Path, model: Any) -> None:
    save(tmp_path / "elsewhere.png")
    rows = [{"image": "../../elsewhere.png", "question": "Is it red?", "answer": "yes"}]
    made = context("vqa", rows, chat=model(lambda role, text: json.dumps({"answer": "yes"})))
    bench = benchmark("vqa")
    item = bench.items(made)[0]
    with pytest.raises(InputUnreadable, match="not there"):
        asyncio.run(bench.measure(item, made))
