"""A server that misbehaves in mid-case ends the command in one line with the way out, and the same command resumes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clinigraph.testing.models_server import (
    Json,
    Turn,
    WireServer,
    context_overflow,
    fails,
    html,
    no_image_support,
    says,
)

NOTE = "A woman of 61 years has fever and cough. No chest pain."
OPINION = says({"reason": "fever", "probability": 0.7, "decision": "present"})
NONE_FOUND = says({"findings": []})
BAD = {
    "401": (fails(401, "bad key"), "Set CLINIGRAPH_MODEL_API_KEY."),
    "404": (fails(404, "The model `tiny` does not exist."), "The server does not serve this model".lower()),
    "429": (fails(429, "slow down", Retry_After="3600"), "asks to wait 3600 s"),
    "500": (fails(500, NOTE), "(HTTP 500). See its log."),
    "400": (fails(400, NOTE), "(HTTP 400)"),
    "html": (html(), "it usually ends in /v1"),
    "hang up": (Turn(hang_up=True), "Start it again."),
    "overflow": (context_overflow(2048), "(2048 tokens). Serve it with a larger --max-model-len"),
}


def good(body: Json) -> Turn:
    asked = str(body.get("response_format"))
    if "PointedFindings" in asked:
        return NONE_FOUND
    return OPINION if "DirectReply" in asked else no_image_support()


def turning(bad: Turn) -> WireServer:
    """Serve the reading of the record well, and what follows badly."""
    return WireServer(otherwise=lambda body: bad if "DirectReply" in str(body.get("response_format")) else good(body))


def direct(cli: Any, server: WireServer, folder: Path, *more: str) -> Any:
    given = ("-q", "Is this pneumonia?", "--direct", "--model", "tiny", "--base-url", server.base_url)
    return cli("diagnose", str(folder / "note.txt"), *given, "--out", str(folder / "out"), *more)


def said(ran: Any) -> str:
    line: str
    (line,) = (line for line in ran.err.splitlines() if line.startswith("clinigraph:"))
    return line


@pytest.fixture(autouse=True)
def _quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "note.txt").write_text(NOTE, encoding="utf-8")
    monkeypatch.setenv("CLINIGRAPH_MODEL_RETRIES", "0")
    monkeypatch.setenv("CLINIGRAPH_MODEL_TIMEOUT_S", "20")


@pytest.mark.parametrize("name", BAD)
def test_each_way_to_misbehave_has_its_line(cli: Any, tmp_path: Path, name: str) -> None:
    turn, words = BAD[name]
    with turning(turn) as server:
        ran = direct(cli, server, tmp_path)
    assert ran.code == 4
    assert words in said(ran)
    assert "The same command resumes; with --fallback" in said(ran)
    assert "fever" not in ran.err
    assert not (tmp_path / "out").exists()


def test_the_same_command_resumes_at_a_server_that_works(cli: Any, tmp_path: Path) -> None:
    with turning(fails(500)) as server:
        assert direct(cli, server, tmp_path).code == 4
    with WireServer(otherwise=good) as server:
        ran = direct(cli, server, tmp_path)
    assert ran.code == 0, ran.err
    assert "resumed before consult" in ran.err
    asked = [str(r.get("response_format")) for r in server.requests]
    assert not any("PointedFindings" in text for text in asked)
    assert (tmp_path / "out" / "report.json").exists()


def test_with_fallback_the_same_command_goes_on_without(cli: Any, tmp_path: Path) -> None:
    with turning(fails(500)) as server:
        assert direct(cli, server, tmp_path).code == 4
        ran = direct(cli, server, tmp_path, "--fallback")
    assert ran.code == 0, ran.err
    assert "resumed before consult" in ran.err
    report = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert "No answer of the model as direct answer" in report


def test_what_was_spent_before_the_stop_counts_against_the_budget(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINIGRAPH_MODEL_MAX_CALLS", "1")
    with WireServer(otherwise=good) as server:
        assert "1 of 1 calls. Raise CLINIGRAPH_MODEL_MAX_CALLS." in said(direct(cli, server, tmp_path))
        assert "1 of 1 calls" in said(direct(cli, server, tmp_path))
        monkeypatch.setenv("CLINIGRAPH_MODEL_MAX_CALLS", "2")
        assert direct(cli, server, tmp_path).code == 0


def test_a_wrong_name_and_a_wrong_address_are_told_before_anything_runs(cli: Any, tmp_path: Path) -> None:
    with WireServer(otherwise=good, models=("other",)) as server:
        ran = direct(cli, server, tmp_path)
        assert ran.code == 4
        assert "does not serve this model: tiny. It serves: other." in said(ran)
        server.base_url = server.base_url.removesuffix("/v1") + "/v2"
    ran = direct(cli, server, tmp_path)
    assert ran.code == 4
    assert "cannot be reached" in said(ran)
