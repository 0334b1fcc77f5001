"""`clinigraph knowledge link` and `knowledge umls import` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clinigraph.cli.running import run_guarded
from clinigraph.evals.bench.umls_import import write_release
from clinigraph.knowledge.terminology.umls.store import UmlsTerminology
from clinigraph.settings import Settings


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    base = tmp_path_factory.getbasetemp() / "commands"
    monkeypatch.setenv("CLINIGRAPH_STATE_DIR", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setenv("CLINIGRAPH_CACHE_DIR", str(base))


def test_link_prints_the_agreed_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_guarded(["knowledge", "link", "No pleural effusion; possible glaucoma OS.", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["concepts"]
    assert [(r["text"], r["value"], r["scheme"], r["assertion"]) for r in rows] == [
        ("pleural effusion", "HP:0002202", "HP", "absent"),
        ("glaucoma", "HP:0000501", "HP", "possible"),
    ]
    assert {"text", "span", "cui", "scheme", "value", "assertion", "score"} <= set(rows[0])
    assert rows[0]["span"] == {"start": 3, "end": 19}


def test_link_shows_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_guarded(["knowledge", "link", "Family history of glaucoma."]) == 0
    assert "HP:0000501" in capsys.readouterr().out
    assert run_guarded(["knowledge", "link", ""]) == 0
    assert "No concept" in capsys.readouterr().out


def test_wrong_usage_and_missing_release_are_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run_guarded(["knowledge", "link", "x", "--vocabulary", "other"]) == 2
    assert run_guarded(["knowledge", "link", "x", "--vocabulary", "umls"]) == 5
    assert run_guarded(["knowledge", "umls", "import", str(tmp_path / "nowhere")]) == 3
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 3
    assert all(line.startswith("clinigraph: ") for line in lines)


def test_an_imported_release_is_used_for_linking(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write_release(tmp_path / "META", 800)
    assert run_guarded(["knowledge", "umls", "import", str(tmp_path / "META"), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["names"] > 0
    entry = UmlsTerminology(Settings().state_dir / "umls.sqlite").describe("C0000000")
    assert entry is not None
    assert run_guarded(["knowledge", "link", f"There is {entry.concept.meaning}.", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["concepts"]
    assert rows[0]["cui"] == "C0000000"
    assert rows[0]["scheme"] == "UMLS"


def test_a_stopped_import_is_one_line_and_can_go_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clinigraph.knowledge.terminology.umls import importer

    write_release(tmp_path / "META", 800)
    index = importer._index

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importer, "_index", interrupted)
    assert run_guarded(["knowledge", "umls", "import", str(tmp_path / "META")]) == 130
    assert capsys.readouterr().err.strip().startswith("clinigraph: The import was stopped")
    monkeypatch.setattr(importer, "_index", index)
    assert run_guarded(["knowledge", "umls", "import", str(tmp_path / "META"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["resumed"] is True
