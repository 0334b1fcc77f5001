"""Cup and disc measured on drawn ellipses whose ratios are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigraph.models.codes import Laterality
from clinigraph.tools.measurement import cup_disc
from clinigraph.tools.measurement.cup_disc import CupDisc, QuadrantRims

SIDE = 400


def ellipse(cx: float, cy: float, rx: float, ry: float) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE]
    return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1


def eye(cup_rx: float, cup_ry: float, dx: float = 0, dy: float = 0) -> CupDisc:
    pair = CupDisc.of(ellipse(200, 200, 90, 100), ellipse(200 + dx, 200 + dy, cup_rx, cup_ry))
    assert pair is not None
    return pair


@settings(max_examples=25, deadline=None)
@given(st.floats(10, 85), st.floats(10, 95))
def test_ratios_of_drawn_ellipses_are_found_within_a_pixel(rx: float, ry: float) -> None:
    pair = eye(rx, ry)
    assert cup_disc.vertical_ratio(pair) == pytest.approx(ry / 100, abs=0.012)
    assert cup_disc.horizontal_ratio(pair) == pytest.approx(rx / 90, abs=0.012)
    assert cup_disc.area_ratio(pair) == pytest.approx(rx * ry / 9000, abs=0.012)


def test_a_disc_without_cup_has_ratio_zero() -> None:
    pair = CupDisc.of(ellipse(200, 200, 90, 100), np.zeros((SIDE, SIDE), dtype=bool))
    assert pair is not None
    assert cup_disc.vertical_ratio(pair) == 0
    assert cup_disc.minimal_rim(cup_disc.rim_profile(pair)).ratio == pytest.approx(0.5, abs=0.01)


def test_no_disc_gives_nothing() -> None:
    empty = np.zeros((SIDE, SIDE), dtype=bool)
    assert CupDisc.of(empty, empty) is None


def test_masks_on_different_grids_are_refused() -> None:
    with pytest.raises(ValueError, match="one grid"):
        CupDisc.of(np.ones((4, 4), dtype=bool), np.ones((4, 5), dtype=bool))


def test_stray_pixels_and_cup_outside_the_disc_change_nothing() -> None:
    disc, cup = ellipse(200, 200, 90, 100), ellipse(200, 200, 40, 50)
    clean = CupDisc.of(disc, cup)
    disc[5:8, 5:8] = True
    cup[5:8, 5:8] = True
    cup[390:, :] = True
    dirty = CupDisc.of(disc, cup)
    assert clean is not None
    assert dirty is not None
    assert cup_disc.vertical_ratio(dirty) == cup_disc.vertical_ratio(clean)
    assert cup_disc.area_ratio(dirty) == cup_disc.area_ratio(clean)


def test_rim_is_narrowest_where_the_cup_was_moved_to() -> None:
    minimum = cup_disc.minimal_rim(cup_disc.rim_profile(eye(40, 50, dy=30)))
    assert minimum.clock_hour == pytest.approx(6, abs=0.6)
    assert minimum.ratio == pytest.approx(20 / 200, abs=0.01)
    above = cup_disc.minimal_rim(cup_disc.rim_profile(eye(40, 50, dy=-45)))
    assert above.ratio == pytest.approx(5 / 200, abs=0.01)
    assert min(above.clock_hour % 12, 12 - above.clock_hour % 12) < 0.6


def test_narrow_rim_at_the_side_lies_outside_the_definition() -> None:
    minimum = cup_disc.minimal_rim(cup_disc.rim_profile(eye(40, 40, dx=45)))
    assert minimum.ratio > 0.2


def test_clock_hours_cover_the_disc() -> None:
    hours = cup_disc.rim_by_clock_hour(cup_disc.rim_profile(eye(40, 50, dx=30)))
    assert set(hours) == set(range(1, 13))
    assert min(hours, key=hours.__getitem__) == 3


def test_quadrants_follow_the_picture() -> None:
    rims = cup_disc.quadrant_rims(cup_disc.rim_profile(eye(40, 50, dx=30, dy=-20)))
    assert rims.image_right < rims.image_left
    assert rims.superior < rims.inferior


@pytest.mark.parametrize(
    ("side", "broken"), [(Laterality.RIGHT, False), (Laterality.LEFT, True), (Laterality.UNKNOWN, None)]
)
def test_order_of_the_rim_depends_on_the_eye(side: Laterality, broken: bool | None) -> None:
    rims = QuadrantRims(inferior=0.3, superior=0.25, image_left=0.15, image_right=0.2)
    excess = cup_disc.isnt_excess(rims, side)
    assert excess is None if broken is None else (excess is not None and (excess > 0) is broken)


def test_thin_inferior_rim_breaks_the_order_for_either_eye() -> None:
    rims = QuadrantRims(inferior=0.1, superior=0.25, image_left=0.15, image_right=0.2)
    excesses = [cup_disc.isnt_excess(rims, side) for side in (Laterality.LEFT, Laterality.RIGHT, Laterality.UNKNOWN)]
    assert all(e is not None and e == pytest.approx(0.15) for e in excesses)


@given(st.floats(-0.5, 0.5), st.floats(0.001, 0.2))
def test_grade_rises_with_the_excess_and_is_undecided_near_zero(excess: float, tolerance: float) -> None:
    score = cup_disc.isnt_score(excess, tolerance)
    assert 1 <= score <= 5
    assert cup_disc.isnt_score(excess + 0.01, tolerance) >= score
    assert cup_disc.isnt_score(0.0, tolerance) == 3


def test_half_widths_grow_with_the_shift_of_the_edge() -> None:
    pair = eye(40, 50)
    assert cup_disc.length_ratio_halfwidth(100, 200, 5) > cup_disc.length_ratio_halfwidth(100, 200, 0.5)
    assert cup_disc.length_ratio_halfwidth(100, 200, 5) == pytest.approx(0.05, abs=0.005)
    expected = math.pi * 90 * 5 / (math.pi * 90 * 100)
    assert cup_disc.area_ratio_halfwidth(pair, 5) == pytest.approx(expected, abs=0.01)
