"""Point prompts on their way into a case."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import CaseInvalid, UsageError
from clinigraph.intake import case_digest, read_case
from clinigraph.models.imaging import Point
from clinigraph.settings import Settings


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "p.png"
    Image.fromarray(np.arange(600, dtype=np.uint8).reshape(20, 30)).save(path)
    return path


def test_points_of_the_user_and_of_the_case_file_stand_on_the_image(tmp_path: Path, picture: Path) -> None:
    text = "images:\n  - path: p.png\n    points:\n      lesion: [[3, 4], {x: 9, y: 8, inside: false}]\n"
    (tmp_path / "case.yaml").write_text(text)
    case = read_case(
        [tmp_path],
        artifacts=ArtifactStore(tmp_path / "store"),
        settings=Settings(),
        points={"cyst": (Point(x=1, y=2),)},
    )
    points = next(iter(case.images)).points
    assert [(p.x, p.y, p.inside) for p in points["lesion"]] == [(3, 4, True), (9, 8, False)]
    assert points["cyst"] == (Point(x=1, y=2),)


def test_a_point_outside_the_image_is_refused(tmp_path: Path, picture: Path) -> None:
    with pytest.raises(CaseInvalid, match="outside the image of 30 x 20"):
        read_case(
            [picture], artifacts=ArtifactStore(tmp_path / "s"), settings=Settings(), points={"a": (Point(x=31, y=2),)}
        )


def test_a_point_for_two_images_is_refused(tmp_path: Path, picture: Path) -> None:
    other = tmp_path / "q.png"
    Image.fromarray(np.zeros((20, 30), dtype=np.uint8)).save(other)
    with pytest.raises(UsageError, match="A point was given for 2"):
        read_case(
            [picture, other],
            artifacts=ArtifactStore(tmp_path / "s"),
            settings=Settings(),
            points={"a": (Point(x=1, y=2),)},
        )


def test_another_point_is_another_run(picture: Path) -> None:
    first, second = ({"a": (Point(x=1, y=2, inside=inside),)} for inside in (True, False))
    assert (
        len({case_digest([picture]), case_digest([picture], points=first), case_digest([picture], points=second)}) == 3
    )
