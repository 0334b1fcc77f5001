"""A cohort loses nothing: bad cases stay in their line, dead workers hand on, a second call does what is missing."""

from __future__ import annotations

import csv
import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clinigraph.client.batch.engine import LocalEngine
from clinigraph.client.batch.run import run_cohort
from clinigraph.client.batch.values import BatchCase, CaseStatus
from clinigraph.errors import UsageError

HERE = str(Path(__file__).parent)


@pytest.fixture(autouse=True)
def _doubles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setenv("PYTHONPATH", HERE)
    monkeypatch.setenv("CLINIGRAPH_TEST_MARKER", str(tmp_path / "marker"))
    sys.modules.pop("doubles", None)


def cases(folder: Path, count: int, bad: Sequence[int] = ()) -> list[BatchCase]:
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:, 24:] = 200
    Image.fromarray(pixels).save(folder / "eye.png")
    (folder / "bad.png").write_text("no picture, only text\n" * 20, encoding="utf-8")
    names = ["bad.png" if i in bad else "eye.png" for i in range(count)]
    return [
        BatchCase(id=f"c{i}", paths=(folder / name,), question=f"Is there a thing? {i}") for i, name in enumerate(names)
    ]


def test_bad_cases_stay_in_their_line(tmp_path: Path) -> None:
    engine = LocalEngine(1, "doubles:quick")
    steps = list(run_cohort(cases(tmp_path, 3, bad=[1]), tmp_path / "out", engine))
    assert [s.row.status for s in steps] == [CaseStatus.DONE, CaseStatus.REFUSED, CaseStatus.DONE]
    assert steps[0].row.decision == "present"
    assert "text, not an image" in steps[1].row.message
    assert (tmp_path / "out" / "cases" / "c0" / "report.html").is_file()


def test_the_second_call_runs_only_what_is_missing_or_changed(tmp_path: Path) -> None:
    engine, out = LocalEngine(1, "doubles:quick"), tmp_path / "out"
    given = cases(tmp_path, 3)
    steps = run_cohort(given, out, engine)
    next(steps)
    steps.close()  # stopped after the first case
    again = list(run_cohort(given, out, engine))
    assert [s.resumed for s in again] == [True, False, False]
    changed = [given[0].replace(question="Is there another thing?"), *given[1:]]
    assert [s.resumed for s in run_cohort(changed, out, engine)] == [True, True, False]


def test_results_hold_one_line_a_case_with_each_indicator(tmp_path: Path) -> None:
    out = tmp_path / "out"
    list(run_cohort(cases(tmp_path, 2, bad=[1]), out, LocalEngine(1, "doubles:quick")))
    with (out / "results.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(r["id"], r["status"], r["indicator:size"]) for r in rows] == [("c0", "done", "0.9"), ("c1", "refused", "")]
    parquet = pytest.importorskip("pyarrow.parquet")
    assert parquet.read_table(out / "results.parquet").column("decision").to_pylist() == ["present", None]


def test_a_worker_that_dies_loses_nothing(tmp_path: Path) -> None:
    steps = list(run_cohort(cases(tmp_path, 4), tmp_path / "out", LocalEngine(2, "doubles:mortal")))
    assert {s.row.status for s in steps} == {CaseStatus.DONE}
    assert sorted(s.row.id for s in steps) == ["c0", "c1", "c2", "c3"]
    assert max(s.row.attempts for s in steps) == 2


def test_a_worker_killed_from_outside_loses_nothing(tmp_path: Path) -> None:
    steps = run_cohort(cases(tmp_path, 8), tmp_path / "out", LocalEngine(2, "doubles:quick"))
    first = next(steps)
    victim = multiprocessing.active_children()[0]
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    rows = [first.row, *(s.row for s in steps)]
    assert sorted(r.id for r in rows) == [f"c{i}" for i in range(8)]
    assert {r.status for r in rows} == {CaseStatus.DONE}
    assert not victim.is_alive()


def test_two_processes_do_not_work_on_one_folder(tmp_path: Path) -> None:
    steps = run_cohort(cases(tmp_path, 2), tmp_path / "out", LocalEngine(1, "doubles:quick"))
    next(steps)
    with pytest.raises(UsageError, match="Another process"):
        next(run_cohort(cases(tmp_path, 1), tmp_path / "out", LocalEngine(1, "doubles:quick")))
    steps.close()
