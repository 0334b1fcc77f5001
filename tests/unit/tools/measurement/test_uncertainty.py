"""Intervals hold what is known of the error, and say where it comes from."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.models.imaging import Calibration
from clinigraph.tools.measurement.uncertainty import combine, pass_halfwidth


def test_one_pass_says_nothing_about_spread() -> None:
    assert pass_halfwidth((0.5,)) == 0
    assert "not known" in combine(0.01).method


def test_passes_and_pixels_add_in_quadrature() -> None:
    samples = (0.4, 0.5, 0.6)
    spread = combine(0.03, samples)
    assert spread.halfwidth == pytest.approx(math.hypot(0.03, 1.6449 * 0.1))
    assert spread.level == 0.9
    assert "3 augmented passes" in spread.method


def test_error_on_held_out_images_counts_when_it_is_larger() -> None:
    calibration = Calibration(halfwidth=0.1, level=0.9, n=50)
    assert combine(0.01, (0.5, 0.51), calibration).halfwidth == 0.1
    assert "n=50" in combine(0.01, (0.5, 0.51), calibration).method
    assert combine(0.01, (0.2, 0.9), calibration).halfwidth > 0.1


def test_a_caveat_of_the_calibration_is_passed_on() -> None:
    calibration = Calibration(halfwidth=0.1, level=0.9, n=24, caveat="same images chose the method")
    assert "same images chose the method" in combine(0.01, (), calibration).method


@given(st.floats(0, 1), st.floats(1e-6, 2))
def test_interval_holds_the_value_and_stays_possible(value: float, halfwidth: float) -> None:
    interval = combine(halfwidth).around(value, floor=0, ceiling=1)
    assert 0 <= interval.low <= value <= interval.high <= 1
