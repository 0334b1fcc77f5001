"""Lungs and heart: plausibility, ratio, refusal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from clinigraph.tools.segmentation.networks.chest import (
    MIN_CHEST_CONFIDENCE,
    ChestNetwork,
    cardiothoracic_ratio,
    is_inverted,
    plausibility,
)
from clinigraph.tools.segmentation.networks.masks import BoolMask, dice

FILMS = Path(__file__).parents[6] / "shared" / "data" / "cxr_jsrt_lung_heart" / "images"


@pytest.fixture(scope="module")
def network() -> ChestNetwork:
    found = ChestNetwork()
    found.warm_up()
    return found


def block(x0: int, x1: int, y0: int, y1: int) -> BoolMask:
    mask = np.zeros((100, 100), dtype=np.bool_)
    mask[y0:y1, x0:x1] = True
    return mask


LEFT, RIGHT, HEART = block(60, 90, 10, 80), block(10, 40, 10, 82), block(35, 68, 45, 78)


def test_a_chest_is_plausible() -> None:
    assert plausibility(LEFT, RIGHT, HEART) == 1.0


def test_exchanged_sides_are_not() -> None:
    assert plausibility(RIGHT, LEFT, HEART) == 0.0


def test_one_lung_alone_is_not() -> None:
    assert plausibility(LEFT, np.zeros_like(LEFT), HEART) == 0.0


def test_a_heart_beside_the_lungs_is_hardly() -> None:
    assert plausibility(LEFT, RIGHT, block(92, 99, 40, 70)) < 0.5


@settings(deadline=None)
@given(st.integers(20, 60))
def test_the_ratio_is_heart_width_over_lung_width(width: int) -> None:
    assert cardiothoracic_ratio(LEFT, RIGHT, block(20, 20 + width, 40, 70)) == pytest.approx(width / 80)


def test_no_heart_no_ratio() -> None:
    assert cardiothoracic_ratio(LEFT, RIGHT, np.zeros_like(LEFT)) is None


def test_a_film_with_lungs_brighter_than_the_middle_is_inverted() -> None:
    film = np.where(LEFT | RIGHT, 0.2, 0.7).astype(np.float32)
    assert not is_inverted(film, LEFT | RIGHT)
    assert is_inverted(1 - film, LEFT | RIGHT)


def test_without_lungs_no_film_is_inverted() -> None:
    assert not is_inverted(np.ones((100, 100), dtype=np.float32), np.zeros_like(LEFT))


@pytest.mark.data
@pytest.mark.skipif(not FILMS.is_dir(), reason="the shared data are not here")
@pytest.mark.parametrize("name", [path.name for path in sorted(FILMS.glob("*.png"))[2:240:60]])
def test_an_inverted_film_is_outlined_like_the_film(network: ChestNetwork, name: str) -> None:
    """Films of the third fold, which trained neither member."""
    film = np.asarray(Image.open(FILMS / name).convert("L"), dtype=np.uint8)
    first, second = network.predict(film), network.predict(255 - film)
    assert first.heart.any()
    for one, other in ((first.left_lung, second.left_lung), (first.heart, second.heart)):
        assert dice(one, other) > 0.95


@pytest.mark.parametrize("name", ["camera", "coins", "moon", "page", "brick"])
def test_other_pictures_are_refused(network: ChestNetwork, name: str) -> None:
    found = network.predict(np.asarray(getattr(skimage.data, name)(), dtype=np.uint8))
    assert found.confidence < MIN_CHEST_CONFIDENCE
    assert not (found.left_lung | found.right_lung | found.heart).any()
    assert found.ctr_samples == ()


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 255))
def test_uniform_pictures_are_refused(network: ChestNetwork, height: int, width: int, level: int) -> None:
    found = network.predict(np.full((height, width), level, dtype=np.uint8))
    assert found.heart.shape == (height, width)
    assert found.confidence < MIN_CHEST_CONFIDENCE


def test_the_same_picture_gives_the_same_answer(network: ChestNetwork) -> None:
    picture = np.asarray(skimage.data.camera(), dtype=np.uint8)
    first, second = network.predict(picture), ChestNetwork().predict(picture)
    assert first.confidence == second.confidence


def test_colour_is_refused_with_advice(network: ChestNetwork) -> None:
    with pytest.raises(ValueError, match="8-bit grey"):
        network.predict(np.zeros((9, 9, 3), dtype=np.uint8))
