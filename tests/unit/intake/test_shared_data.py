"""Real files of many kinds: each is a case or a refusal, never another exception."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigraph.errors import InputRefused

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.mark.data
@pytest.mark.parametrize("name", ["dicom_mix", "multi_biomedparse_demo"])
def test_every_file_is_a_case_or_a_refusal(read, name):
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"no labelled images at {folder}")
    outcomes = {"case": 0, "refused": 0}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        try:
            case = read(path)
        except InputRefused as error:
            assert error.todo
            assert "\n" not in str(error)
            outcomes["refused"] += 1
        else:
            assert case.images
            outcomes["case"] += 1
    assert min(outcomes.values()) > 0


@pytest.mark.data
def test_a_slide_is_joined_from_its_tiles(read):
    path = DATA / "dicom_mix" / "highdicom" / "data" / "test_files" / "sm_image.dcm"
    if not path.is_file():
        pytest.skip(f"no labelled images at {DATA}")
    [image] = read(path).images
    assert image.geometry.shape == (50, 50)
    assert "25 tiles joined" in image.notes
