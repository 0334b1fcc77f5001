"""The disc is found on drawn and real photographs, whatever their size, and not on blank ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigraph.tools.segmentation.disc_localiser import MIN_CONFIDENCE, lit_field, locate_disc


def photograph(cx: float, cy: float, radius: float = 38, side: int = 400, cup: float = 0.4) -> np.ndarray:
    """An orange field on black with a yellow disc, a pale cup and two upright vessels."""
    y, x = np.mgrid[:side, :side].astype(float)
    picture = np.zeros((side, side, 3))
    field = np.hypot(x - side / 2, y - side / 2) <= side * 0.48
    picture[field] = (150, 70, 30)
    away = np.hypot(x - cx, y - cy)
    picture[field & (away <= radius)] = (215, 150, 80)
    picture[field & (away <= radius * cup)] = (225, 190, 130)
    vessel = field & (np.abs(x - cx - 0.15 * np.abs(y - cy)) < 3) & (np.abs(y - cy) < 4 * radius)
    picture[vessel] *= 0.55
    return np.asarray(picture, dtype=np.uint8)


@settings(max_examples=4, deadline=None)
@given(st.floats(110, 290), st.floats(150, 250))
def test_the_disc_of_a_drawn_photograph_is_found(cx: float, cy: float) -> None:
    place = locate_disc(photograph(cx, cy))
    assert place is not None
    assert np.hypot(place.centre_x - cx, place.centre_y - cy) < 10
    assert place.radius == pytest.approx(38, rel=0.2)
    assert place.confidence > MIN_CONFIDENCE


@pytest.mark.parametrize("cup", [0.0, 0.4, 0.8])
def test_the_circle_follows_the_disc_and_not_the_cup(cup: float) -> None:
    place = locate_disc(photograph(150, 200, cup=cup))
    assert place is not None
    assert place.radius == pytest.approx(38, rel=0.2)


def test_size_of_the_picture_only_scales_the_answer() -> None:
    small = locate_disc(photograph(150, 200))
    large = locate_disc(np.repeat(np.repeat(photograph(150, 200), 3, axis=0), 3, axis=1))
    assert small is not None
    assert large is not None
    assert large.centre_x == pytest.approx(3 * small.centre_x, abs=9)
    assert large.radius == pytest.approx(3 * small.radius, rel=0.1)


def test_black_and_blank_pictures_hold_no_disc() -> None:
    assert locate_disc(np.zeros((120, 120, 3), dtype=np.uint8)) is None
    blank = locate_disc(np.full((120, 160, 3), 90, dtype=np.uint8))
    assert blank is None or blank.confidence < MIN_CONFIDENCE


def test_lit_field_leaves_the_black_surround_out() -> None:
    picture = np.zeros((300, 500, 3), dtype=np.uint8)
    picture[50:250, 100:400] = 120
    field = lit_field(picture)
    assert field is not None
    assert np.abs(np.array(field) - (100, 50, 400, 250)).max() <= 1


def test_box_is_centred_on_the_disc() -> None:
    place = locate_disc(photograph(150, 200))
    assert place is not None
    x0, y0, x1, y1 = place.box(1.5)
    assert x1 - x0 == pytest.approx(3 * place.radius)
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx((place.centre_x, place.centre_y))


def test_the_disc_of_a_real_photograph_is_found() -> None:
    from skimage import data

    place = locate_disc(np.asarray(data.retina()))
    assert place is not None
    assert place.confidence > MIN_CONFIDENCE
    assert 60 < place.radius < 130
