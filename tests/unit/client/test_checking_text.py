"""Anybody's text against the evidence of a case."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from clinigraph.client.checking import check, check_text, read_text
from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.errors import InputTooLarge, InputUnreadable
from clinigraph.models.reporting import Verdict
from clinigraph.testing.world import World

GOOD = (
    "# Report\nThe size of the thing is 0.90 and meets the criterion.\n\n"
    "Pressure was not assessed.\nLooks odd was not assessed."
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Session]:
    world = World(Path(tmp_path_factory.mktemp("world")))
    return asyncio.run(world.report()), world.session()


def test_a_true_text_that_tells_everything_is_sound(made: tuple[Report, Session]) -> None:
    outcome = asyncio.run(check_text(GOOD, made[1], made[0]))
    assert outcome.sound, outcome


def test_a_false_number_and_a_silence_are_found(made: tuple[Report, Session]) -> None:
    outcome = asyncio.run(check_text("The size of the thing is 0.50.", made[1], made[0]))
    assert [c.verdict for c in outcome.claims] == [Verdict.CONTRADICTED]
    assert {o.code for o in outcome.omissions} == {"omission.met", "omission.gap"}
    assert not outcome.sound


def test_without_a_case_nothing_has_ground(made: tuple[Report, Session]) -> None:
    outcome = asyncio.run(check_text("The CDR is 0.5. There is glaucoma.", made[1]))
    assert {c.verdict for c in outcome.claims} == {Verdict.UNSUPPORTED}
    assert outcome.omissions == ()


def test_a_report_of_other_pixels_is_named(made: tuple[Report, Session], tmp_path: Path) -> None:
    report = made[0]
    data = report.model_dump(mode="json")
    image = next(n for n in data["evidence_graph"]["nodes"] if n["kind"] == "image")
    image["value"]["artifact_id"] = "sha256:" + "0" * 64
    outcome = asyncio.run(check(Report.model_validate(data), made[1], report))
    assert any("not an image of the case" in p for p in outcome.problems)


def test_evidence_that_contradicts_itself_is_named(made: tuple[Report, Session]) -> None:
    data = made[0].model_dump(mode="json")
    nodes = data["evidence_graph"]["nodes"]
    node = next(n for n in nodes if n["kind"] == "measurement")
    other = {**node["value"], "id": "measurement-again", "value": 0.1, "interval": None}
    nodes.append({"kind": "measurement", "id": "measurement-again", "value": other})
    outcome = asyncio.run(check(Report.model_validate(data), made[1]))
    assert any("exclude each other" in p for p in outcome.problems)
    assert not any("exclude each other" in p for p in asyncio.run(check(made[0], made[1])).problems)


def test_a_promise_is_stated_and_keeps_to_its_rate(made: tuple[Report, Session]) -> None:
    session = made[1]
    asked = Session(session.settings.model_copy(update={"alpha": 0.05}), library=session.library)
    outcome = asyncio.run(check(made[0], asked))
    assert "error rate of 5.0%; achieved" in outcome.certainty.text
    assert all(c.uncertainty is not None for c in outcome.claims)
    assert asyncio.run(check(made[0], session)).certainty.text == "not calibrated"


def test_files_that_are_no_text_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty, binary = tmp_path / "a.txt", tmp_path / "b.txt"
    empty.write_text(" \n", encoding="utf-8")
    binary.write_bytes(b"\xff\xfe\x00\x80")
    for path in (empty, binary, tmp_path / "missing.txt"):
        with pytest.raises(InputUnreadable):
            read_text(path)
    monkeypatch.setattr("clinigraph.client.checking.LARGEST", 2)
    with pytest.raises(InputTooLarge):
        read_text(binary)
