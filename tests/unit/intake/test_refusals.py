"""What cannot become a case is refused in one clear line."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import CaseInvalid, InputRefused, InputUnreadable, InputUnsupported, UsageError
from clinigraph.intake import read_case
from clinigraph.models.case import Case
from clinigraph.models.imaging import Box
from clinigraph.settings import Settings

Read = Callable[..., Case]
Make = Callable[..., Path]
Grey = NDArray[np.uint8]


def test_missing_path(read: Read, folder: Path) -> None:
    with pytest.raises(InputUnreadable, match=r"no such file or folder: .*gone\.png"):
        read(folder / "gone.png")


def test_empty_file(read: Read, folder: Path) -> None:
    (folder / "a.png").touch()
    with pytest.raises(InputUnreadable, match="empty"):
        read(folder / "a.png")


def test_text_named_png(read: Read, folder: Path) -> None:
    (folder / "a.png").write_text("dear colleague, find enclosed")
    with pytest.raises(InputUnreadable, match="holds text"):
        read(folder / "a.png")


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"%PDF-1.7", "PDF"),
        (b"GIF89a", "GIF"),
        (b"PK\x03\x04", "ZIP"),
        (b"NRRD0004", "NRRD"),
        (b"\0\0\0\x18ftypmp42", "video"),
    ],
)
def test_foreign_formats_are_named(read: Read, folder: Path, start: bytes, name: str) -> None:
    (folder / "a.png").write_bytes(start + bytes(200))
    with pytest.raises(InputUnsupported, match=name):
        read(folder / "a.png")


def test_garbage(read: Read, folder: Path) -> None:
    (folder / "a.dcm").write_bytes(np.random.default_rng(0).bytes(4000))
    with pytest.raises(InputUnsupported, match="no image format"):
        read(folder / "a.dcm")


def test_empty_folder(read: Read, folder: Path) -> None:
    with pytest.raises(CaseInvalid, match="folder is empty"):
        read(folder)


def test_folder_without_an_image(read: Read, folder: Path) -> None:
    (folder / "notes.txt").write_text("nothing here")
    with pytest.raises(CaseInvalid, match="holds no image"):
        read(folder)


def test_no_path_is_wrong_usage(read: Read) -> None:
    with pytest.raises(UsageError):
        read()


def test_a_pipe_is_no_file(read: Read, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(InputUnreadable, match="neither a file nor a folder"):
        read(folder / "pipe")


def test_a_link_out_of_a_folder_is_refused(
    read: Read, folder: Path, picture: Make, gradient: Grey, tmp_path: Path
) -> None:
    outside = picture(gradient).rename(tmp_path / "outside.png")
    (folder / "inside.png").symlink_to(outside)
    with pytest.raises(CaseInvalid, match="leads out"):
        read(folder)


def test_plain_images_of_a_folder_form_one_case_and_other_files_are_counted(
    read: Read, folder: Path, picture: Make, gradient: Grey
) -> None:
    picture(gradient, "b.png")
    picture(gradient[:, ::-1].copy(), "a.png")
    (folder / "README.txt").write_text("text")
    (folder / ".hidden").write_text("text")
    case = read(folder)
    assert len(case.images) == 2
    assert "1 other file(s) of the folder are no images and were not read" in case.images[0].notes


def test_a_damaged_image_in_a_folder_is_not_passed_over(
    read: Read, folder: Path, picture: Make, gradient: Grey
) -> None:
    picture(gradient, "a.png")
    (folder / "b.png").write_bytes((folder / "a.png").read_bytes()[:60])
    with pytest.raises(InputUnreadable, match=r"b\.png"):
        read(folder)


def test_boxes_belong_to_the_one_current_image_and_fit_into_it(read: Read, picture: Make, gradient: Grey) -> None:
    path, other = picture(gradient), picture(gradient[:, ::-1].copy(), "b.png")
    box = Box(x0=1, y0=2, x1=5, y1=6)
    assert read(path, boxes={"optic_disc": box}).images[0].boxes == {"optic_disc": box}
    with pytest.raises(UsageError, match="2 current images"):
        read(path, other, boxes={"optic_disc": box})
    with pytest.raises(CaseInvalid, match="beyond the image of 24 x 16"):
        read(path, boxes={"optic_disc": Box(x0=0, y0=0, x1=25, y1=6)})


@given(content=st.binary(max_size=600))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_a_refusal_or_a_case(store: ArtifactStore, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    with contextlib.suppress(InputRefused):
        assert read_case([path], artifacts=store, settings=Settings()).images
