"""``clinigraph model check`` says in one line what is wrong with a server; ``serve`` says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigraph.cli.running import run_guarded
from clinigraph.testing.models_server import Turn, WireServer, fails, html, no_image_support


def check(base_url: str, name: str = "tiny") -> int:
    return run_guarded(["model", "check", "--base-url", base_url, "--model", name])


def test_a_good_server_is_said_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    with WireServer(otherwise=lambda _: Turn("Yes", "length")) as server:
        assert check(server.base_url) == 0
    assert capsys.readouterr().out == "tiny answers and takes pictures.\n"


def test_a_text_model_is_said_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    with WireServer(otherwise=lambda _: no_image_support()) as server:
        assert check(server.base_url) == 0
    assert capsys.readouterr().out == "tiny answers and takes text only.\n"


@pytest.mark.parametrize(
    ("listing", "name", "words"),
    [
        (html(), "tiny", "/v1"),
        (fails(401), "tiny", "CLINIGRAPH_MODEL_API_KEY"),
        (None, "huge", "It serves: tiny."),
        (fails(500), "tiny", "HTTP 500"),
    ],
)
def test_a_bad_server_is_one_line_and_exit_code_4(
    capsys: pytest.CaptureFixture[str], listing: Turn | None, name: str, words: str
) -> None:
    with WireServer(listing=listing) as server:
        assert check(server.base_url, name) == 4
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert words in said


def test_without_a_server_the_options_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MODEL_BASE_URL", "MODEL_NAME"):
        monkeypatch.delenv(f"CLINIGRAPH_{name}", raising=False)
    assert run_guarded(["model", "check"]) == 2
    assert "--base-url" in capsys.readouterr().err


def test_serving_without_vllm_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLINIGRAPH_VLLM_PYTHON", str(tmp_path / "python"))
    assert run_guarded(["model", "serve", "--model", "text"]) == 4
    assert "make vllm-cpu" in capsys.readouterr().err


def test_an_unknown_device_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_guarded(["model", "serve", "--model", "text", "--device", "tpu"]) == 2
    assert "auto, cpu or cuda" in capsys.readouterr().err
