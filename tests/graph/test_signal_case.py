"""A case whose file names an electrocardiogram: the lead is measured, the QT interval judged, every claim checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clinigraph.client.session import Session
from clinigraph.client.sources import PathSource
from clinigraph.models.findings import Presence
from clinigraph.models.report import Report
from clinigraph.models.reporting import Verdict
from clinigraph.settings import Settings


def drawn(beat_s: float, t_wave_s: float, hz: int = 250) -> np.ndarray:
    """Twenty seconds of beats; each wave is a bell curve (height, centre and width in seconds from the R peak)."""
    time = np.arange(0, 20, 1 / hz) % beat_s - beat_s / 2
    waves = ((0.15, -0.18, 0.025), (-0.1, -0.03, 0.01), (1.0, 0.0, 0.012), (-0.2, 0.03, 0.01), (0.3, t_wave_s, 0.05))
    bells = [height * np.exp(-(((time - centre) / width) ** 2) / 2) for height, centre, width in waves]
    return np.sum(bells, axis=0) + np.random.default_rng(0).normal(0, 0.005, time.size)


async def reported(folder: Path, samples: np.ndarray, facts: str) -> Report:
    case = folder / "case"
    case.mkdir()
    np.save(case / "ecg.npy", samples)
    text = f"question: Is the QTc prolonged?\nfacts: {facts}\nsignals:\n  - {{path: ecg.npy, sampling_rate_hz: 250}}\n"
    (case / "case.yaml").write_text(text)
    settings = Settings(state_dir=folder / "state")
    session = Session(settings)
    source = PathSource((case,), settings, "", {}, (), {})
    last = [event async for event in session.stream(source)][-1].report
    assert last is not None
    return last


@pytest.mark.parametrize(("t_wave_s", "decision"), [(0.36, Presence.PRESENT), (0.25, Presence.ABSENT)])
async def test_a_long_qt_interval_is_told_from_a_usual_one(tmp_path: Path, t_wave_s: float, decision: Presence) -> None:
    report = await reported(tmp_path, drawn(1.2, t_wave_s), "{sex: female}")
    assert report.protocol_id == "qtc-ecg"
    assert report.impression.decision is decision
    assert not report.unsupported
    assert all(c.verdict is Verdict.SUPPORTED for c in report.claims)
    advised = any("highly abnormal" in c.text for c in report.claims if c.section == "recommendations")
    assert advised == (decision is Presence.PRESENT)


async def test_without_the_sex_there_is_no_limit(tmp_path: Path) -> None:
    report = await reported(tmp_path, drawn(1.2, 0.36), "{age: 61}")
    assert report.impression.decision is Presence.INDETERMINATE
    [limit] = [i for i in report.indicators if i.id == "qtc_above_limit"]
    assert "neither female nor male" in limit.reason
