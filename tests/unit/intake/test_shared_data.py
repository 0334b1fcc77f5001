"""Real files of many kinds: each is a case or a refusal, never another exception."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clinigraph.errors import InputRefused
from clinigraph.models.case import Case

Read = Callable[..., Case]

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.mark.data
@pytest.mark.parametrize("name", ["dicom_mix", "multi_biomedparse_demo"])
def test_every_file_is_a_case_or_a_refusal(read: Read, name: str) -> None:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"no labelled images at {folder}")
    cases, refusals = [], []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        try:
            cases.append(read(path))
        except InputRefused as error:
            refusals.append(error)
    assert cases
    assert all(case.images or case.texts for case in cases)
    assert refusals
    assert all(error.todo and "\n" not in str(error) for error in refusals)


@pytest.mark.data
def test_a_slide_is_joined_from_its_tiles(read: Read) -> None:
    path = DATA / "dicom_mix" / "highdicom" / "data" / "test_files" / "sm_image.dcm"
    if not path.is_file():
        pytest.skip(f"no labelled images at {DATA}")
    [image] = read(path).images
    assert image.geometry.shape == (50, 50)
    assert "25 tiles joined" in image.notes
