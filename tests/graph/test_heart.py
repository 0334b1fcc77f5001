"""The heart protocol from files to report: two frames, a time series, and what is said when a frame is missing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.client.sources import PathSource
from clinigraph.models.codes import Modality
from clinigraph.models.evidence import ImageNode
from clinigraph.models.findings import Met
from clinigraph.models.imaging import CardiacPhase, Image
from clinigraph.models.reporting import Verdict
from clinigraph.settings import Settings
from clinigraph.testing.heart import drawn_heart
from clinigraph.tools.segmentation.cine_network import CineMrHeart

QUESTION = "What is the ejection fraction?"
CASE = """question: What is the ejection fraction?
facts: {height: 175 cm, weight: 70 kg}
images:
  - {path: full.nii.gz, phase: end_diastole, modality: mri}
  - {path: empty.nii.gz, phase: end_systole, modality: mri}
"""

pytestmark = pytest.mark.skipif(bool(CineMrHeart().unavailable()), reason="the bundle cine_mr_heart is not installed")


def save(path: Path, *frames: np.ndarray) -> Path:
    import nibabel as nib

    values = np.stack([frame.astype(np.int16).transpose(2, 1, 0) for frame in frames], axis=3)
    image = nib.Nifti1Image(values[..., 0] if len(frames) == 1 else values, np.diag([-1.5, -1.5, 9.0, 1.0]))
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    return path


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return Session(Settings(state_dir=tmp_path_factory.mktemp("state")))


def run(session: Session, *paths: Path) -> Report:
    async def last() -> Report:
        events = [e async for e in session.stream(PathSource(paths, session.settings, QUESTION))]
        assert isinstance(events[-1].report, Report)
        return events[-1].report

    return asyncio.run(last())


def images(report: Report) -> list[Image]:
    return [n.value for n in report.evidence_graph.nodes if isinstance(n, ImageNode)]


@pytest.fixture(scope="module")
def report(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("heart")
    save(folder / "full.nii.gz", drawn_heart(18.0, 8.0, 4))
    save(folder / "empty.nii.gz", drawn_heart(14.0, 10.0, 4))
    (folder / "case.yaml").write_text(CASE)
    return run(session, folder)


def test_two_frames_give_function_volumes_and_indexed_values(report: Report) -> None:
    assert report.protocol_id == "heart-cine-mr"
    by_id = {str(r.id): r for r in report.indicators}
    assert all(r.value is not None for r in by_id.values()), [r.reason for r in by_id.values() if r.value is None]
    edv, esv = (by_id[f"left_end_{m}_volume"].value or 0.0 for m in ("diastolic", "systolic"))
    assert by_id["left_ventricular_ejection_fraction"].value == pytest.approx(100 * (1 - esv / edv))
    assert by_id["left_end_diastolic_volume_index"].value == pytest.approx(edv / (175 * 70 / 3600) ** 0.5)
    assert by_id["left_ventricular_ejection_fraction"].met is not Met.NOT_ASSESSED


def test_class_and_pattern_are_findings_with_their_rule(report: Report) -> None:
    texts = [f.text for f in report.findings]
    assert any("left ventricular ejection fraction of" in text and "ESC 2021" in text for text in texts)
    assert any("has the pattern:" in text and "by the rule:" in text for text in texts)


def test_every_sentence_hangs_on_evidence(report: Report) -> None:
    assert report.unsupported == ()
    assert {c.verdict for c in report.claims} == {Verdict.SUPPORTED}


def test_one_frame_alone_says_which_is_missing(session: Session, tmp_path: Path) -> None:
    text = CASE.replace("  - {path: empty.nii.gz, phase: end_systole, modality: mri}\n", "")
    save(tmp_path / "full.nii.gz", drawn_heart(18.0, 8.0, 2))
    (tmp_path / "case.yaml").write_text(text)
    reasons = [r.reason for r in run(session, tmp_path).indicators if r.met is Met.NOT_ASSESSED]
    assert any("no end-systole image" in reason for reason in reasons)


def test_of_a_time_series_the_fullest_and_emptiest_frames_are_kept(session: Session, tmp_path: Path) -> None:
    frames = [drawn_heart(cavity, wall, 2) for cavity, wall in ((16.0, 9.0), (19.0, 8.0), (13.5, 10.0))]
    found = images(run(session, save(tmp_path / "cine.nii", *frames)))
    assert [(i.frame, i.phase) for i in found] == [(2, CardiacPhase.END_DIASTOLE), (3, CardiacPhase.END_SYSTOLE)]
    assert all("left ventricle by a quick outline" in " ".join(i.notes) for i in found)
    assert {i.modality for i in found} <= {Modality.MR, Modality.UNKNOWN}
