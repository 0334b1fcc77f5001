"""A cohort is read whole or refused with the line that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigraph.client.batch.cohort import read_cohort
from clinigraph.errors import ClinigraphError


def cohort(folder: Path, text: str) -> Path:
    path = folder / "cohort.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_file_and_facts_have_columns_of_their_own(tmp_path: Path) -> None:
    path = cohort(tmp_path, "id,path,question,fact:age\na,x.png|y.png,Is there a thing?,61 years\n")
    case = read_cohort(path)[0]
    assert case.paths == (tmp_path / "x.png", tmp_path / "y.png")
    assert case.facts == {"age": "61 years"}


def test_a_line_without_an_id_gets_the_same_one_every_time(tmp_path: Path) -> None:
    first, second = read_cohort(cohort(tmp_path, "path,question\nx.png,one\nx.png,two\n"))
    assert first.id != second.id
    assert read_cohort(cohort(tmp_path, "question,path\none,x.png\n"))[0].id == first.id


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no column path"),
        ("path\n", "no case"),
        ("path,colour\nx.png,red\n", "colour"),
        ("id,path\na,x.png\na,y.png\n", "one id: a"),
        ("id,path\na,\n", "line 2"),
        ("id,path\n../a,x.png\n", "line 2"),
        ("id,path\na,x.png,more\n", "line 2"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ClinigraphError) as caught:
        read_cohort(cohort(tmp_path, text))
    assert told in str(caught.value)


def test_a_missing_file_and_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ClinigraphError, match="cannot be read"):
        read_cohort(tmp_path / "none.csv")
    (tmp_path / "b.csv").write_bytes(b"path\n\xff\xfe\x00")
    with pytest.raises(ClinigraphError, match="cannot be read"):
        read_cohort(tmp_path / "b.csv")
