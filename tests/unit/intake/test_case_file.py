"""``case.yaml``: what is read, and what is refused."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clinigraph.errors import CaseInvalid
from clinigraph.intake.case_file import parse_case_file, resolve_inside
from clinigraph.models.case import Case
from clinigraph.models.codes import Laterality, Modality
from clinigraph.models.imaging import Box, ImageRole, SpacingSource

Read = Callable[..., Case]
Make = Callable[..., Path]
Grey = NDArray[np.uint8]

FULL = """
question: Does this eye show signs of glaucoma?
facts:
  age: 64
  sex: F
  intraocular_pressure:
    - {value: 24, unit: mm[Hg], side: left}
    - {value: 16 mmHg, side: right}
  family_history_glaucoma: yes
images:
  - {path: now.png, modality: fundus, laterality: OS, boxes: {optic_disc: [1, 2, 10, 12]}, spacing_mm: 0.01}
  - {path: before/then.png, role: prior, modality: OP, laterality: left}
prior_reports:
  - {text: Disc rim thin., date: 2019-05-01}
"""


def test_a_full_case_folder(read: Read, folder: Path, picture: Make, gradient: Grey) -> None:
    picture(gradient, "now.png")
    (folder / "before").mkdir()
    picture(gradient[:, ::-1].copy(), "before/then.png")
    picture(gradient + 1, "not_listed.png")
    (folder / "case.yaml").write_text(FULL)
    case = read(folder)
    assert case == read(folder / "case.yaml")
    now, then = case.images
    assert now.modality is Modality.FUNDUS
    assert now.laterality is Laterality.LEFT
    assert now.boxes == {"optic_disc": Box(x0=1, y0=2, x1=10, y1=12)}
    assert now.geometry.spacing_mm == (0.01, 0.01)
    assert now.geometry.spacing_source is SpacingSource.CASE_FILE
    assert then.role is ImageRole.PRIOR
    assert case.question == "Does this eye show signs of glaucoma?"
    assert case.fact("intraocular_pressure", Laterality.RIGHT).value == 16
    assert case.fact("family_history_glaucoma").value is True
    assert case.prior_reports[0].date == "2019-05-01"
    assert "then.png" not in case.model_dump_json()


def test_the_question_and_facts_of_the_user_stand_above_the_file(
    read: Read, folder: Path, picture: Make, gradient: Grey
) -> None:
    from clinigraph.intake.facts import parse_fact

    picture(gradient, "now.png")
    (folder / "case.yaml").write_text("question: a\nfacts: {age: 64, sex: f}\n")
    case = read(folder, question="b", facts=parse_fact("age", 65))
    assert case.question == "b"
    assert (case.fact("age").value, case.fact("sex").value) == (65, "female")
    assert len(case.images) == 1


def test_what_the_case_file_says_against_the_header_is_noted(read: Read, folder: Path, dicom: Make) -> None:
    dicom(np.ones((4, 6), np.uint16), "a.dcm", Modality="MR", ImageLaterality="R")
    (folder / "case.yaml").write_text("images: [{path: a.dcm, laterality: left}]")
    [image] = read(folder).images
    assert image.laterality is Laterality.LEFT
    assert "the header says right, the case file left; the case file counts" in image.notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("qestion: x", "Unknown field 'qestion'.*Did you mean question"),
        ("images: [{path: a.png, lateralty: left}]", "Unknown field 'images.0.lateralty'.*laterality"),
        ("facts: {intraocular_pressure: 16 mmol/L}", r"intraocular_pressure: 16 mmol/L.*mm\[Hg\]"),
        ("facts: {intra_occular: 1}", "Unknown fact"),
        ("images: [{path: a.png, modality: phonograph}]", "write one of|Write one of fundus"),
        ("images: [{path: a.png, spacing_mm: 0}]", "Spacing_mm is one positive number"),
        ("images: [{path: a.png, spacing_mm: [1, 1, 1]}]", "spacing_mm does not fit an image with 2 axes"),
        ("images: [{path: a.png, boxes: {disc: [5, 5, 1, 9]}}]", "x0 < x1"),
        ("images: [{path: a.png, boxes: {disc: [5, 5, 900, 9]}}]", "beyond the image"),
        ("images: [{path: gone.png}]", "is not there"),
        ("images: [{path: ../a.png}]", "leads out of the case folder"),
        ("images: [{path: /etc/passwd}]", "leads out of the case folder"),
        ("images: [{path: a.png}, {path: a.png, laterality: left}]", "listed twice"),
        ("a: &x [1]\nb: *x", "anchors and aliases are not allowed"),
        ("question: !!python/object/apply:os.system [ls]", "tags are not allowed"),
        ("question: a\nquestion: b", "line 2: a key stands twice"),
        ("question: [", "malformed"),
        ("question: a\n---\nquestion: b", "more than one document"),
        ("- a\n- b", "not a list of fields"),
        ("[" * 500, "nested more than|malformed"),
        ("question: " + "x" * 5000, "question"),
    ],
)
def test_refusals(read: Read, folder: Path, picture: Make, gradient: Grey, text: str, message: str) -> None:
    picture(gradient, "a.png")
    (folder / "case.yaml").write_text(text)
    with pytest.raises(CaseInvalid, match=message) as caught:
        read(folder)
    assert "\n" not in str(caught.value)


def test_an_alias_bomb_is_refused_at_its_first_anchor(folder: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{n}: &{n} [{', '.join([f'*{p}'] * 9)}]" for p, n in zip("abcdefgh", "bcdefghi", strict=True)]
    with pytest.raises(CaseInvalid, match="line 1: anchors"):
        parse_case_file("\n".join(lines).encode(), given="case.yaml")


def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.png").touch()
    (folder / "a.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(CaseInvalid, match="leads out"):
        resolve_inside(folder, "a.png", given="case.yaml")


def test_a_case_folder_stands_alone(read: Read, folder: Path, picture: Make, gradient: Grey, tmp_path: Path) -> None:
    other = picture(gradient).rename(tmp_path / "other.png")
    (folder / "case.yaml").write_text("question: x")
    with pytest.raises(CaseInvalid, match="together with other paths"):
        read(folder, other)


def test_numbers_are_decimal_and_dates_stay_text() -> None:
    file = parse_case_file(b"facts: {age: 060}\nprior_reports: [{text: a, date: 2020-01-02}]", given="x")
    assert file.facts == {"age": 60}
    assert file.prior_reports[0].date == "2020-01-02"


words = st.sampled_from(
    [
        "question",
        "facts",
        "images",
        "path",
        "boxes",
        "prior_reports",
        ":",
        " ",
        "\n",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "&a",
        "*a",
        "!!int",
        "|",
        ">",
        "age",
        "60",
        "'",
        '"',
        "#",
        "---",
        "? ",
        "0x1f",
        "1:30",
        "~",
        "..",
        "%YAML 9",
        "\t",
        "<<",
    ]
)


@given(st.lists(words, max_size=40).map("".join) | st.text(max_size=200))
@settings(max_examples=300)
def test_any_text_is_a_case_file_or_case_invalid(text: str) -> None:
    with contextlib.suppress(CaseInvalid):
        parse_case_file(text.encode("utf-8", "replace"), given="case.yaml").parsed_facts("case.yaml")


@given(st.binary(max_size=100))
def test_any_bytes_are_a_case_file_or_case_invalid(data: bytes) -> None:
    with contextlib.suppress(CaseInvalid):
        parse_case_file(data, given="case.yaml")
