"""Options of the model's part: wrong values are told in one line, an absent server has a way out."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from clinigraph.cli.diagnose import switches
from clinigraph.cli.running import run_guarded
from clinigraph.client.sample import sample_photograph
from clinigraph.errors import UsageError
from clinigraph.models.switches import DeciderKind


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_switches_are_read_from_words() -> None:
    assert switches(decider="graded", rollouts=5).decider is DeciderKind.GRADED
    with pytest.raises(UsageError, match="--decider majority"):
        switches(decider="majority")


def test_an_absent_server_is_exit_code_4_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLINIGRAPH_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CLINIGRAPH_MODEL_RETRIES", "0")
    address = f"http://127.0.0.1:{free_port()}/v1"
    given = ["diagnose", str(sample_photograph()), "--model", "m", "--base-url", address, "--out", str(tmp_path / "o")]
    assert run_guarded(given) == 4
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("clinigraph:")]
    assert len(lines) == 1
    assert not (tmp_path / "o").exists()


def test_an_answer_of_the_model_alone_without_a_model_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLINIGRAPH_STATE_DIR", str(tmp_path / "state"))
    assert run_guarded(["diagnose", str(sample_photograph()), "--direct", "--out", str(tmp_path / "o")]) == 2
    assert "needs a model" in capsys.readouterr().err


def test_a_plan_file_that_is_none_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("steps: []\n", encoding="utf-8")
    assert run_guarded(["diagnose", str(sample_photograph()), "--plan", str(path)]) == 2
    assert "plan file cannot be used" in capsys.readouterr().err


def test_an_unknown_kind_of_image_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_guarded(["plan", "glaucoma", "--modality", "x-ray specs", "--out", str(tmp_path / "p.yaml")]) == 2
    assert "no such kind of image" in capsys.readouterr().err
