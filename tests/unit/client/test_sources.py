"""A case read from disk keeps its pixels until it is forgotten."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clinigraph import Case
from clinigraph.artifacts import ArtifactStore
from clinigraph.client.sources import PathSource, ReadSource
from clinigraph.errors import InputRefused
from clinigraph.settings import Settings


@pytest.fixture
def eye(tmp_path: Path) -> Path:
    path = tmp_path / "eye.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 80, 3), np.uint8)).save(path)
    return path


def test_a_case_from_a_path_has_pixels(eye: Path) -> None:
    case = Case.from_path(eye, question="What is this?")
    (image,) = case.images
    assert case.question == "What is this?"
    assert case.artifacts.get(image.artifact_id).shape == (64, 80, 3)


def test_pixels_are_deleted_with_the_case(eye: Path) -> None:
    case = Case.from_path(eye)
    root = case.artifacts.root
    assert root.exists()
    del case
    gc.collect()
    assert not root.exists()


def test_a_refused_input_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    with pytest.raises(InputRefused):
        Case.from_path(tmp_path / "nothing.png")
    assert list(scratch.iterdir()) == []


def test_the_file_name_does_not_enter_the_case(tmp_path: Path, eye: Path) -> None:
    named = tmp_path / "Mrs_Example_1950.png"
    named.write_bytes(eye.read_bytes())
    assert "Example" not in Case.from_path(named).model_dump_json()
    assert Case.from_path(named).id == Case.from_path(eye).id


def test_a_read_case_copies_its_pixels_into_the_run(eye: Path, tmp_path: Path) -> None:
    case = Case.from_path(eye)
    store = ArtifactStore(tmp_path / "run")
    read = ReadSource(case, case.artifacts).read(store)
    assert read.images[0].artifact_id in store


def test_the_digest_follows_bytes_and_question(eye: Path, tmp_path: Path) -> None:
    def digest(path: Path, question: str) -> str:
        return PathSource((path,), Settings(), question).digest()

    copy = tmp_path / "copy.png"
    copy.write_bytes(eye.read_bytes())
    assert digest(eye, "a") == digest(copy, "a")
    assert digest(eye, "a") != digest(eye, "b")
    copy.write_bytes(copy.read_bytes() + b"\0")
    assert digest(eye, "a") != digest(copy, "a")
