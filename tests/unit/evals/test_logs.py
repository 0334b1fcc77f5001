"""Runs through Inspect with its mock model: the bridge is used, logs are paired and reported."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from inspect_ai import eval_async
from inspect_ai.log import EvalLog, read_eval_log, write_eval_log
from inspect_ai.model import Model, ModelOutput, ModelUsage, get_model

from clinigraph.cli.evaluate import EvalRequest, run_benchmark
from clinigraph.errors import InputUnreadable, ModelUnreachable, UsageError
from clinigraph.evals.contract import EvalContext, EvalItem, Outcome
from clinigraph.evals.logs import Run, is_right, load_run, pair
from clinigraph.evals.registry import benchmark, known_config
from clinigraph.evals.reporting import markdown_table, write_report
from clinigraph.evals.runner import DEAD_PORT, as_task, outcomes
from clinigraph.llm.contract import ChatMessage
from clinigraph.llm.openai_chat import OpenAiChat
from clinigraph.llm.retrying import RetryPolicy

ROWS = [
    {"question": f"Organ {i}?", "answer_idx": "ABCD"[i % 4],
     "options": {"A": "liver", "B": "heart", "C": "lung", "D": "brain"}}
    for i in range(8)
]  # fmt: skip


def mock(answer: str, count: int = 40) -> Model:
    """A model of Inspect that says one thing and states what it used."""
    said = []
    for _ in range(count):
        output = ModelOutput.from_content("mockllm/model", answer)
        output.usage = ModelUsage(input_tokens=30, output_tokens=10, total_tokens=40)
        said.append(output)
    return get_model("mockllm/model", custom_outputs=said)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two runs of the same items: one model always says B with confidence, the other B or nothing."""
    folder = tmp_path_factory.mktemp("runs")
    path = folder / "data" / "qa_medqa" / "set.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(json.dumps(r) for r in ROWS), encoding="utf-8")
    context = EvalContext(data=folder / "data", work=folder / "work", config="no_retrieval")
    made = []
    for name, answer in (("a", "Answer: B\nConfidence: 60"), ("b", "I do not know.")):
        task = as_task(benchmark("medqa"), context)
        log = asyncio.run(eval_async(task, model=mock(answer), log_dir=str(folder / name)))[0]
        assert log.status == "success", log.error
        made.append(Path(log.location.removeprefix("file://")))
    return made[0], made[1]


pytestmark = pytest.mark.filterwarnings("ignore")


def test_the_bridge_reaches_the_model_of_inspect_and_counts_its_tokens(logs: tuple[Path, Path]) -> None:
    run = load_run(logs[0])
    assert [o.error for o in run.outcomes] == [""] * 8
    assert {o.values["tokens"] for o in run.outcomes} == {40}
    assert run.share_right() == (2, 8)
    assert (run.task, run.model, run.finished) == ("medqa", "mockllm/model", True)
    log = read_eval_log(str(logs[0]))
    assert log.stats.model_usage["mockllm/model"].total_tokens == 8 * 40


def test_limits_and_temperature_of_a_role_reach_the_model(logs: tuple[Path, Path]) -> None:
    sample = (read_eval_log(str(logs[0])).samples or [])[0]
    asked = [e.config for e in sample.events if e.event == "model"]
    assert [(c.max_tokens, c.temperature) for c in asked] == [(700, 0.0)]


def test_a_call_that_the_bridge_does_not_catch_fails_here() -> None:
    chat = OpenAiChat(DEAD_PORT, "some-model", timeout_s=5, retry=RetryPolicy(retries=0))
    with pytest.raises(ModelUnreachable):
        asyncio.run(chat.atext((ChatMessage("user", "Hello?"),), role="reader"))


def test_two_runs_are_paired_by_item(logs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    found = pair(load_run(logs[0]), load_run(logs[1]))
    assert (found.items, found.only_first, found.only_second, found.neither) == (8, 2, 0, 6)
    assert found.p == 0.5
    run_benchmark(EvalRequest("compare", None, None, Path("logs"), as_json=True, logs=logs))
    printed = json.loads(capsys.readouterr().out)
    assert ["only the first right", "2"] in printed["rows"]
    run_benchmark(EvalRequest("compare", None, None, Path("logs"), logs=logs))
    assert "McNemar" in capsys.readouterr().out


def test_a_report_is_one_page_without_outside_parts(logs: tuple[Path, Path], tmp_path: Path) -> None:
    run_benchmark(EvalRequest("report", None, None, Path("logs"), as_json=True, logs=logs, out=tmp_path / "out"))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2  # forest, and risk against coverage of the run with confidences
    assert not re.findall(r"(?:src|href)=\"(?!#)[^\"]+\"", page.replace('xlink:href="#', 'href="#'))
    assert "Nori et al. 2023" in page
    text = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "| all | 8 | 2 | 6 | 0 | 0 | 0 |" in text
    assert "paired" in text


def test_a_run_that_was_cut_short_is_not_paired_and_says_how_to_go_on(logs: tuple[Path, Path], tmp_path: Path) -> None:
    log: EvalLog = read_eval_log(str(logs[0]))
    log.status = "cancelled"
    log.samples = (log.samples or [])[:3]
    short = tmp_path / "short.eval"
    write_eval_log(log, str(short))
    run = load_run(short)
    assert not run.finished
    with pytest.raises(UsageError, match=r"3 of 8 samples.*eval-retry"):
        pair(run, load_run(logs[1]))
    page, _ = write_report([run], tmp_path / "out")
    assert "CUT SHORT: 3 of 8" in page.read_text(encoding="utf-8")


def test_other_files_other_tasks_and_other_counts_are_refused(logs: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "x.eval"
    other.write_text("no log", encoding="utf-8")
    with pytest.raises(InputUnreadable, match="no log"):
        load_run(other)
    with pytest.raises(UsageError, match="Two logs"):
        run_benchmark(EvalRequest("compare", None, None, Path("logs"), logs=logs[:1]))
    with pytest.raises(UsageError, match="at least one"):
        run_benchmark(EvalRequest("report", None, None, Path("logs")))
    first = load_run(logs[0])
    with pytest.raises(UsageError, match="same task"):
        pair(first, Run(**{**{f: getattr(first, f) for f in first.__slots__}, "task": "medmcqa"}))
    with pytest.raises(UsageError, match="One benchmark"):
        run_benchmark(EvalRequest("medqa", None, None, Path("logs"), logs=logs))


def test_a_wrong_name_gives_the_nearest_ones() -> None:
    with pytest.raises(UsageError, match="Did you mean medqa"):
        benchmark("medqq")
    with pytest.raises(UsageError, match="full, no_retrieval"):
        known_config(benchmark("medqa").spec, "half")


def test_a_benchmark_that_needs_a_model_is_not_started_without(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs a model"):
        run_benchmark(EvalRequest("medqa", tmp_path, tmp_path, tmp_path / "logs"))


def test_failures_are_not_right_and_unmarked_items_are_neither() -> None:
    item = EvalItem(id="x", input="", target="yes")
    assert is_right(Outcome(item, error="broke")) is False
    assert is_right(Outcome(item, {"answer": "yes"})) is True
    assert is_right(Outcome(item, {"dice": 0.9})) is None


def test_a_table_in_markdown_keeps_its_columns() -> None:
    from clinigraph.evals.contract import EvalTable

    made = markdown_table(EvalTable(title="T", columns=("a", "b"), rows=(("x|y", "1\n2"),), note="n"))
    assert "| x\\|y | 1 2 |" in made


def test_outcomes_of_a_log_are_all_there(logs: tuple[Path, Path]) -> None:
    assert len(outcomes(read_eval_log(str(logs[1])))) == 8


def test_inspect_knows_the_tasks_with_their_arguments(tmp_path: Path) -> None:
    from clinigraph.evals.inspect_tasks import TASKS

    assert len(TASKS["safety"](data=str(tmp_path), work=str(tmp_path), limit=2).dataset) == 2
    with pytest.raises(UsageError, match="no such configuration"):
        TASKS["safety"](data=str(tmp_path), work=str(tmp_path), config="direct")
