"""Which frame of a heart is which: by the case file, or by the names of two files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigraph.errors import CaseInvalid
from clinigraph.intake import case_digest
from clinigraph.intake.phases import phase_of_name
from clinigraph.models.case import Case
from clinigraph.models.imaging import CardiacPhase

Read = Callable[..., Case]
Make = Callable[..., Path]
ED, ES = CardiacPhase.END_DIASTOLE, CardiacPhase.END_SYSTOLE


def volume(level: int) -> np.ndarray:
    return np.full((4, 5, 3), level, np.int16)


@pytest.mark.parametrize(
    ("name", "phase"),
    [
        ("ed.nii.gz", ED),
        ("ES.nii", ES),
        ("patient7_end-diastole.nii.gz", ED),
        ("heart_systole_02.nii", ES),
        ("EndSystolic.nii", ES),
        ("bed.nii", None),
        ("patient001_frame01.nii.gz", None),
        ("ed_and_es.nii", None),
        ("x.ed.nii", None),
    ],
)
def test_a_name_states_a_phase_only_as_a_word_of_its_own(name: str, phase: CardiacPhase | None) -> None:
    assert phase_of_name(name) is phase


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_name_can_be_asked(name: str) -> None:
    assert phase_of_name(name) in (ED, ES, None)


def test_two_files_named_after_the_phases_get_them_in_either_order(read: Read, nifti: Make) -> None:
    full, empty = nifti(volume(1), name="a_ed.nii"), nifti(volume(2), name="a_es.nii.gz")
    assert [i.phase for i in read(full, empty).images] == [ED, ES]
    assert [i.phase for i in read(empty, full).images] == [ES, ED]
    assert [i.phase for i in read(full.parent).images] == [ED, ES]


def test_names_that_do_not_tell_both_phases_apart_give_none(read: Read, nifti: Make) -> None:
    one, other = nifti(volume(1), name="a_ed.nii"), nifti(volume(2), name="b_ed.nii")
    assert [i.phase for i in read(one, other).images] == [None, None]
    third = nifti(volume(3), name="c_es.nii")
    assert [i.phase for i in read(one, other, third).images] == [None, None, None]


def test_the_case_file_states_the_phase(read: Read, nifti: Make, folder: Path) -> None:
    nifti(volume(1), name="one.nii")
    nifti(volume(2), name="two.nii")
    text = "images:\n  - {path: one.nii, phase: end_systole}\n  - {path: two.nii, phase: ED}\n"
    (folder / "case.yaml").write_text(text)
    assert [i.phase for i in read(folder).images] == [ES, ED]


def test_a_phase_that_does_not_exist_is_refused_with_the_two_that_do(read: Read, nifti: Make, folder: Path) -> None:
    nifti(volume(1), name="one.nii")
    (folder / "case.yaml").write_text("images:\n  - {path: one.nii, phase: mid}\n")
    with pytest.raises(CaseInvalid, match="end_diastole or end_systole"):
        read(folder)


def test_a_phase_for_a_whole_time_series_is_refused(read: Read, nifti: Make, folder: Path) -> None:
    nifti(np.arange(4 * 5 * 3 * 2, dtype=np.int16).reshape((4, 5, 3, 2)), name="cine.nii")
    (folder / "case.yaml").write_text("images:\n  - {path: cine.nii, phase: end_systole}\n")
    with pytest.raises(CaseInvalid, match="phase or side are stated for a path that holds several images"):
        read(folder)


def test_names_that_state_phases_count_in_the_key_of_a_case_and_others_do_not(nifti: Make) -> None:
    one, other = nifti(volume(1), name="a_ed.nii"), nifti(volume(2), name="a_es.nii")
    stated = case_digest([one, other])
    exchanged = [one.rename(one.with_name("b_es.nii")), other.rename(other.with_name("b_ed.nii"))]
    assert case_digest(exchanged) != stated
    silent = [exchanged[0].rename(one.with_name("x.nii")), exchanged[1].rename(one.with_name("y.nii"))]
    unnamed = case_digest(silent)
    assert case_digest([silent[0].rename(one.with_name("z.nii")), silent[1]]) == unnamed
