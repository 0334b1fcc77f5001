"""A cohort on a local Ray cluster of two workers: every case once, a bad one in its line, a dead worker hands on."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clinigraph.client.batch.engine import RayEngine
from clinigraph.client.batch.run import run_cohort
from clinigraph.client.batch.values import BatchCase, CaseStatus

pytest.importorskip("ray", reason="the extra cluster is not installed")
HERE = str(Path(__file__).parent)
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(autouse=True)
def _doubles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setenv("PYTHONPATH", HERE)
    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "200")  # a busy machine starts Ray slowly
    monkeypatch.setenv("CLINIGRAPH_TEST_MARKER", str(tmp_path / "marker"))
    sys.modules.pop("doubles", None)


def test_two_workers_lose_no_case_although_one_of_them_dies(tmp_path: Path) -> None:
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:, 24:] = 200
    Image.fromarray(pixels).save(tmp_path / "eye.png")
    (tmp_path / "bad.png").write_text("no picture, only text\n" * 20, encoding="utf-8")
    names = ["eye.png", "bad.png", "eye.png", "eye.png", "eye.png", "eye.png"]
    cases = [
        BatchCase(id=f"c{i}", paths=(tmp_path / n,), question=f"Is there a thing? {i}") for i, n in enumerate(names)
    ]
    steps = list(run_cohort(cases, tmp_path / "out", RayEngine(2, "doubles:mortal")))
    rows = {s.row.id: s.row for s in steps}
    assert len(steps) == len(rows) == len(cases)
    assert rows.pop("c1").status is CaseStatus.REFUSED
    assert {r.status for r in rows.values()} == {CaseStatus.DONE}
    assert sorted(r.attempts for r in rows.values()) == [1, 1, 1, 1, 2]
