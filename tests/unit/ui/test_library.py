"""A user's cases: kept, found, run one at a time, and really deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigraph.errors import UsageError
from clinigraph.ui.library import UserLibrary
from clinigraph.ui.values import CaseForm, RunForm, RunStatus, UserId


def test_a_case_is_read_back_as_it_was_made(library: UserLibrary) -> None:
    made = library.create(CaseForm(title="Left eye", question="Glaucoma?", facts={"age": "61 years"}))
    assert library.get(made.id) == made


def test_every_word_of_a_search_must_be_found(library: UserLibrary) -> None:
    eye = library.create(CaseForm(title="Left eye", question="Is there glaucoma?"))
    library.create(CaseForm(title="Film", question="Is the heart enlarged?"))
    assert [r.id for r in library.search("GLAUCOMA left")] == [eye.id]
    assert library.search("glaucoma film") == ()
    assert len(library.search()) == 2


def test_another_user_sees_and_reaches_nothing(library: UserLibrary, tmp_path: Path) -> None:
    made = library.create(CaseForm())
    other = UserLibrary(tmp_path / "users", UserId("b" * 32))
    assert other.search() == ()
    with pytest.raises(UsageError, match="no such case"):
        other.get(made.id)


@pytest.mark.parametrize("case_id", ["../" + "a" * 32, "", "A" * 32, "a" * 31, f"{'a' * 32}/.."])
def test_an_id_that_is_none_reaches_no_folder(library: UserLibrary, case_id: str) -> None:
    with pytest.raises(UsageError, match="no such case"):
        library.get(case_id)


def test_a_user_id_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no user"):
        UserLibrary(tmp_path, UserId("../other"))


def test_runs_are_numbered_and_one_goes_on_at_a_time(library: UserLibrary) -> None:
    case = library.create(CaseForm())
    first = library.begin_run(case.id, RunForm())
    with pytest.raises(UsageError, match="going on: run 1"):
        library.begin_run(case.id, RunForm())
    library.update_run(case.id, first.number, status=RunStatus.DONE)
    assert library.begin_run(case.id, RunForm(approve=True)).number == 2


def test_deleting_a_case_deletes_its_files(library: UserLibrary) -> None:
    case = library.create(CaseForm())
    folder = library.place(case.id).folder
    (folder / "uploads" / "eye.png").write_bytes(b"pixels")
    library.delete(case.id)
    assert not folder.exists()
    with pytest.raises(UsageError):
        library.get(case.id)


def test_a_case_folder_among_the_uploads_is_the_input(library: UserLibrary) -> None:
    place = library.place(library.create(CaseForm()).id)
    inner = place.uploads / "zip" / "patient"
    inner.mkdir(parents=True)
    (inner / "case.yaml").write_text("question: x\n", encoding="utf-8")
    assert place.inputs() == (inner,)
