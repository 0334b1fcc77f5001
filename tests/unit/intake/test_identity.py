"""Ids follow the content; file names do not count."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clinigraph.errors import InputUnreadable
from clinigraph.intake import case_digest
from clinigraph.intake.facts import parse_fact
from clinigraph.models.case import Case
from clinigraph.models.imaging import Box

Read = Callable[..., Case]
Make = Callable[..., Path]
Grey = NDArray[np.uint8]


def test_the_same_content_gives_the_same_case_under_any_name(read: Read, picture: Make, gradient: Grey) -> None:
    assert read(picture(gradient, "a.png"), question="q") == read(picture(gradient, "b.png"), question="q")


def test_the_id_of_an_image_names_its_pixels_and_role(read: Read, picture: Make, gradient: Grey) -> None:
    [image] = read(picture(gradient)).images
    assert image.id == f"img-{image.artifact_id.removeprefix('sha256:')[:12]}-0"


def test_the_same_picture_twice_is_one_image(read: Read, picture: Make, gradient: Grey) -> None:
    assert len(read(picture(gradient, "a.png"), picture(gradient, "b.png")).images) == 1


def test_another_question_or_fact_is_another_case(read: Read, picture: Make, gradient: Grey) -> None:
    path = picture(gradient)
    ids = {read(path).id, read(path, question="q").id, read(path, facts=parse_fact("age", 60)).id}
    assert len(ids) == 3


def test_the_digest_follows_bytes_question_boxes_and_facts(picture: Make, folder: Path, gradient: Grey) -> None:
    first, second = picture(gradient, "a.png"), picture(gradient, "b.png")
    other = picture(gradient + 1, "c.png")
    box = {"disc": Box(x0=0, y0=0, x1=1, y1=1)}
    plain = case_digest([first], question="q", boxes=None, facts=())
    assert plain == case_digest([second], question="q", boxes={}, facts=[])
    variants = [
        case_digest([first], question="p", boxes=None, facts=()),
        case_digest([other], question="q", boxes=None, facts=()),
        case_digest([first], question="q", boxes=box, facts=()),
        case_digest([first], question="q", boxes=None, facts=parse_fact("age", 60)),
        case_digest([folder], question="q", boxes=None, facts=()),
    ]
    assert len({plain, *variants}) == 6


def test_the_digest_refuses_a_missing_path(folder: Path) -> None:
    with pytest.raises(InputUnreadable):
        case_digest([folder / "gone"], question="", boxes=None, facts=())


def test_importing_intake_loads_no_decoder() -> None:
    code = (
        "import sys, clinigraph.intake;"
        "heavy = {'pydicom', 'nibabel', 'tifffile', 'PIL', 'pint', 'yaml.cyaml_never'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
