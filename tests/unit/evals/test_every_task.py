"""Every benchmark that asks a model runs through Inspect, by the name that users type, on a small made-up set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import eval_async
from inspect_ai.model import Model, ModelOutput, ModelUsage, get_model
from PIL import Image

from clinigraph.evals.inspect_tasks import TASKS
from clinigraph.evals.registry import benchmark, specs
from clinigraph.evals.runner import outcomes
from clinigraph.evals.scoring import Mark, mark_of

CHOICE = {"question": "Organ?", "answer_idx": "A", "options": {"A": "liver", "B": "heart"}, "facts": ["one", "two"]}
CASE = {
    "OSCE_Examination": {
        "Objective_for_Doctor": "Find it.", "Patient_Actor": {"Demographics": "35-year-old female"},
        "Physical_Examination_Findings": {}, "Test_Results": {}, "Correct_Diagnosis": "Gout",
    }
}  # fmt: skip
MEDCALC = {
    "Calculator Name": "Mean Arterial Pressure (MAP)", "Patient Note": "An invented patient.", "Question": "How much?",
    "Relevant Entities": "{'Systolic Blood Pressure': [120, 'mm hg'], 'Diastolic Blood Pressure': [60, 'mm hg']}",
    "Ground Truth Answer": "80", "Output Type": "decimal",
}  # fmt: skip
PICTURE = {"image": "a.png", "question": "Is it red?", "answer": "yes"}
PAIR = [{**PICTURE, "pair": "p"}, {**PICTURE, "question": "Is it blue?", "answer": "no", "pair": "p"}]
SETS: dict[str, list[dict[str, Any]]] = {
    "medqa": [CHOICE], "medmcqa": [CHOICE], "mmlu_med": [CHOICE], "asking": [CHOICE], "agentclinic": [CASE],
    "medcalc": [MEDCALC], "vqa": [PICTURE], "picture_pairs": PAIR, "tool_use": [], "abstain": [], "medagentbench": [],
}  # fmt: skip
"""Benchmarks that ask a model -> rows of a set; none where the items are made by the benchmark."""

pytestmark = pytest.mark.filterwarnings("ignore")


def mock(answer: str = "Answer: A\nConfidence: 60", count: int = 60) -> Model:
    said = []
    for _ in range(count):
        output = ModelOutput.from_content("mockllm/model", answer)
        output.usage = ModelUsage(input_tokens=30, output_tokens=10, total_tokens=40)
        said.append(output)
    return get_model("mockllm/model", custom_outputs=said, memoize=False)


def data_for(name: str, folder: Path) -> Path:
    spec = benchmark(name).spec
    if SETS[name]:
        place = folder / spec.folders[0]
        place.mkdir(parents=True)
        (place / "set.jsonl").write_text("\n".join(json.dumps(r) for r in SETS[name]), encoding="utf-8")
        Image.new("RGB", (8, 8), (200, 0, 0)).save(place / "a.png")
    return folder


def test_no_benchmark_that_needs_a_model_is_left_out() -> None:
    assert {s.name for s in specs() if s.needs_model} <= set(SETS)
    assert set(TASKS) == {s.name for s in specs()}


@pytest.mark.parametrize("name", SETS)
async def test_a_benchmark_runs_to_the_end_by_its_name(name: str, tmp_path: Path) -> None:
    config = {"medqa": "no_retrieval", "medmcqa": "no_retrieval", "mmlu_med": "no_retrieval"}.get(name)
    given = {"data": str(data_for(name, tmp_path / "data")), "work": str(tmp_path / "work"), "limit": 2}
    (log,) = await eval_async(
        f"clinigraph/{name}",
        task_args=given | ({"config": config} if config else {}),
        model=mock(),
        log_dir=str(tmp_path / "logs"),
    )
    assert log.status == "success"
    found = outcomes(log)
    assert 0 < len(found) <= 2
    assert [o.error for o in found] == [""] * len(found)
    assert Mark.FAILED not in {mark_of(o) for o in found}
    tables = benchmark(name).tables(found)
    assert tables[0].rows[0][1] == str(len(found))
    digests = (log.eval.metadata or {})["data_sha256"]
    assert (list(digests) == ["set.jsonl"]) == bool(SETS[name])
