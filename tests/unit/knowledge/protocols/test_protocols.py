"""Each curated protocol is valid against the installed tools and the embedded cards."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clinigraph.client.session import Session
from clinigraph.errors import PlanInvalid
from clinigraph.knowledge.protocols import FOLDER, load_protocol, load_protocols
from clinigraph.models.planning import DiagnosticProtocol
from clinigraph.settings import Settings

PROTOCOLS = load_protocols()


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return Session(Settings(state_dir=tmp_path_factory.mktemp("state")))


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=[p.id for p in PROTOCOLS])
def test_a_protocol_passes_the_plan_validator(session: Session, protocol: DiagnosticProtocol) -> None:
    assert session.validator.problems(protocol.plan()) == ()


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=[p.id for p in PROTOCOLS])
def test_a_protocol_is_available_with_what_is_installed(session: Session, protocol: DiagnosticProtocol) -> None:
    outcome = session.availability[protocol.id]
    assert outcome.available, outcome.reason


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=[p.id for p in PROTOCOLS])
def test_a_threshold_can_be_reached_and_missed_with_what_is_installed(
    session: Session, protocol: DiagnosticProtocol
) -> None:
    assert 0 < protocol.threshold <= 1
    assert session.availability[protocol.id].assessable_share >= protocol.min_assessed_share


def test_the_first_two_protocols_are_there() -> None:
    assert {p.id for p in PROTOCOLS} >= {"glaucoma-fundus", "cardiomegaly-cxr"}


@pytest.mark.parametrize(
    ("question", "protocol"),
    [
        ("Does this eye show signs of glaucoma?", "glaucoma-fundus"),
        ("What is the cup-to-disc ratio?", "glaucoma-fundus"),
        ("Is the heart enlarged?", "cardiomegaly-cxr"),
        ("Cardiothoracic ratio please", "cardiomegaly-cxr"),
        ("What is the ejection fraction?", "heart-cine-mr"),
        ("Is there a cardiomyopathy on this cine MR?", "heart-cine-mr"),
    ],
)
def test_questions_find_their_protocol(question: str, protocol: str) -> None:
    hits = [p.id for p in PROTOCOLS if any(re.search(x, question, re.IGNORECASE) for x in p.question_patterns)]
    assert hits == [protocol]


@pytest.mark.parametrize("text", ["", "a: [", "id: x", "- 1", "id: glaucoma-fundus\nversion: one"])
def test_a_broken_protocol_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    with pytest.raises(PlanInvalid, match=r"broken\.yaml"):
        load_protocol(path)


def test_two_files_with_one_id_are_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text((FOLDER / "glaucoma-fundus.yaml").read_text())
    with pytest.raises(PlanInvalid, match="glaucoma-fundus"):
        load_protocols(tmp_path)
