"""A run that was killed goes on where it stopped; the same run twice gives the same scores."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from inspect_ai.log import list_eval_logs, read_eval_log, write_eval_log
from pydantic import JsonValue

from clinigraph.cli.evaluate import EvalRequest, run_benchmark
from clinigraph.evals.agenteval.safety import Safety
from clinigraph.evals.contract import EvalContext, EvalItem
from clinigraph.evals.logs import load_run

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the items that were measured, in order; nothing is run."""
    seen: list[str] = []

    async def measure(self: Safety, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        seen.append(item.id)
        return {"mark": "right", "wrong": ""}

    monkeypatch.setattr(Safety, "measure", measure)
    return seen


def request(folder: Path, *, resume: bool = False) -> EvalRequest:
    return EvalRequest("safety", None, folder / "work", folder / "logs", limit=6, resume=resume, as_json=True)


def test_finished_samples_are_not_measured_again(
    tmp_path: Path, measured: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run_benchmark(request(tmp_path))
    first = list(measured)
    assert len(first) == 6
    (info,) = list_eval_logs(str(tmp_path / "logs"))
    log = read_eval_log(info.name)
    log.status, log.samples = "cancelled", (log.samples or [])[:4]
    write_eval_log(log, info.name)
    kept = {str(s.id) for s in log.samples}
    measured.clear()
    capsys.readouterr()
    run_benchmark(request(tmp_path, resume=True))
    assert set(measured) == set(first) - kept
    printed = json.loads(capsys.readouterr().out)
    assert (printed["samples"], printed["failed"], printed["status"]) == (6, 0, "success")


def test_the_same_run_twice_gives_the_same_marks(tmp_path: Path, measured: list[str]) -> None:
    runs = []
    for name in ("one", "two"):
        run_benchmark(request(tmp_path / name))
        (info,) = list_eval_logs(str(tmp_path / name / "logs"))
        runs.append(load_run(Path(info.name.removeprefix("file://"))).right())
    assert runs[0] == runs[1]
    assert measured[:6] == measured[6:]
