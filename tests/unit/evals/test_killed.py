"""A benchmark whose process is killed goes on where it stopped."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from inspect_ai.log import list_eval_logs, read_eval_log

from clinigraph.cli.evaluate import run_benchmark
from clinigraph.evals.agenteval.safety import Safety

CHILD = Path(__file__).with_name("killed_child.py")
pytestmark = pytest.mark.filterwarnings("ignore")


def stopped(folder: Path, how: signal.Signals) -> tuple[Path, str, str]:
    """Return the file of measured items, and what a run printed that a signal ended in the middle."""
    code = f"import sys; sys.path.insert(0, {str(CHILD.parent)!r}); import pathlib, killed_child; "
    code += f"killed_child.run(pathlib.Path({str(folder)!r}))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    measured = folder / "measured.txt"
    end = time.monotonic() + 240
    while time.monotonic() < end and process.poll() is None:
        if measured.is_file() and len(measured.read_text(encoding="utf-8").split()) >= 4:
            break
        time.sleep(0.05)
    os.kill(process.pid, how)
    out, err = process.communicate(timeout=60)
    if not measured.is_file():
        pytest.skip("this machine is too busy to start a process within four minutes")
    return measured, out, err


def test_an_interrupted_run_shows_what_it_measured_and_says_how_to_go_on(tmp_path: Path) -> None:
    measured, out, err = stopped(tmp_path, signal.SIGINT)
    shown = json.loads(out)
    assert shown["status"] == "cancelled"
    assert 3 <= shown["samples"] <= len(measured.read_text(encoding="utf-8").split()) < 8
    assert shown["failed"] == 0
    assert "clinigraph eval safety --resume" in err


def test_a_killed_run_repeats_no_finished_sample(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured, _, _ = stopped(tmp_path, signal.SIGKILL)
    (info,) = list_eval_logs(str(tmp_path / "logs"))
    log = read_eval_log(info.name)
    kept = {str(s.id) for s in log.samples or []}
    assert log.status == "started"
    assert 3 <= len(kept) < 8
    spec = importlib.util.spec_from_file_location("killed_child", CHILD)
    assert spec is not None
    assert spec.loader is not None
    child = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(child)
    monkeypatch.setattr(Safety, "measure", Safety.measure)  # put back after the test
    child.measure_slowly(tmp_path, 0.0)
    run_benchmark(child.request(tmp_path, resume=True))
    counts = Counter(measured.read_text(encoding="utf-8").split())
    assert len(counts) == 8
    assert all(counts[name] == 1 for name in kept)
    printed = json.loads(capsys.readouterr().out)
    assert (printed["samples"], printed["failed"], printed["status"]) == (8, 0, "success")
