"""A question about another kind of picture gets a statement, not a measurement."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.client.sources import PathSource
from clinigraph.models.events import EventKind
from clinigraph.models.findings import Presence
from clinigraph.settings import Settings


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return Session(Settings(state_dir=tmp_path_factory.mktemp("state")))


def report_on(session: Session, path: Path, question: str) -> Report:
    async def run() -> Report:
        events = [e async for e in session.stream(PathSource((path,), session.settings, question))]
        assert events[-1].kind is EventKind.REPORT_READY
        assert isinstance(events[-1].report, Report)
        return events[-1].report

    return asyncio.run(run())


def picture(name: str, folder: Path) -> Path:
    import skimage

    data = Path(skimage.__file__).parent / "data"
    known = {"cat": "chelsea.png", "astronaut": "astronaut.png", "text": "text.png", "moon": "moon.png",
             "coffee": "coffee.png", "histology": "ihc.png"}  # fmt: skip
    if name in known:
        return data / known[name]
    path = folder / f"{name}.png"
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (300, 300, 3), np.uint8) if name == "noise" else np.zeros((300, 300, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("cat", "Is there glaucoma?"), ("cat", ""), ("astronaut", "Is there glaucoma?"),
        ("text", "Is there glaucoma?"), ("text", "Is the heart enlarged?"), ("moon", "Is there glaucoma?"),
        ("coffee", "Is there glaucoma?"), ("histology", "Is the heart enlarged?"), ("noise", ""),
        ("black", "Is the heart enlarged?"),
    ],
)  # fmt: skip
def test_no_protocol_applies(session: Session, tmp_path: Path, name: str, question: str) -> None:
    report = report_on(session, picture(name, tmp_path), question)
    assert report.impression.decision is Presence.INDETERMINATE
    assert report.measurements == ()
    assert report.protocol_id is None
    assert "No protocol applies" in report.impression.rationale
    assert report.unsupported == ()
    assert len(report.claims) >= 2


def test_a_fundus_photograph_asked_about_the_heart_is_not_measured(session: Session) -> None:
    from clinigraph.client.sample import sample_photograph

    report = report_on(session, sample_photograph(), "Is the heart enlarged?")
    assert report.measurements == ()
    assert "fundus photograph" in report.impression.rationale
