"""Lengths, areas and shapes of drawn figures; head circumference against given values."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigraph.tools.measurement import planar

HC18 = Path(__file__).resolve().parents[5] / "shared" / "data" / "us_hc18_fetal_head_part"


def ellipse(rx: float, ry: float, angle: float = 0.0, side: int = 240) -> np.ndarray:
    y, x = np.mgrid[:side, :side] - side / 2 + 0.5
    u, v = x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
    return (u / rx) ** 2 + (v / ry) ** 2 <= 1


@settings(max_examples=20, deadline=None)
@given(st.floats(20, 100), st.floats(10, 90), st.floats(0, math.pi))
def test_diameters_of_an_ellipse_in_any_direction(rx: float, ry: float, angle: float) -> None:
    large, small = max(rx, ry), min(rx, ry)
    found = planar.diameters(ellipse(rx, ry, angle))
    assert found.longest == pytest.approx(2 * large, abs=2.5)
    assert found.perpendicular == pytest.approx(2 * small, abs=max(2.5, 0.06 * large))
    assert found.perpendicular <= found.longest + 1e-9


def test_angle_of_the_longest_diameter_is_counter_clockwise_as_seen() -> None:
    assert planar.diameters(ellipse(80, 20, math.radians(30))).angle_deg == pytest.approx(30, abs=2)


def test_spacing_scales_each_axis() -> None:
    mask = np.zeros((50, 50), dtype=bool)
    mask[10:20, 10:40] = True
    assert planar.area(mask, (2.0, 0.5)) == 300
    assert planar.diameters(mask, (2.0, 0.5)).longest == pytest.approx(math.hypot(20, 15))
    assert planar.taller_than_wide(mask, (2.0, 0.5)) == pytest.approx(20 / 15)


def test_single_pixel_has_the_size_of_a_pixel() -> None:
    mask = np.zeros((5, 5), dtype=bool)
    mask[2, 2] = True
    assert planar.area(mask, (0.5, 0.5)) == 0.25
    assert planar.diameters(mask, (0.5, 0.5)).longest == pytest.approx(0.5 * math.sqrt(2))


@settings(max_examples=15, deadline=None)
@given(st.floats(15, 100), st.floats(15, 100), st.floats(0, math.pi))
def test_fitted_ellipse_has_the_drawn_axes(rx: float, ry: float, angle: float) -> None:
    fitted = planar.fit_ellipse(ellipse(rx, ry, angle))
    assert fitted.semi_major == pytest.approx(max(rx, ry), rel=0.02)
    assert fitted.semi_minor == pytest.approx(min(rx, ry), rel=0.02)


def test_circumference_of_a_circle_and_of_a_flat_ellipse() -> None:
    assert planar.Ellipse((0, 0), 10, 10).circumference == pytest.approx(20 * math.pi)
    assert planar.Ellipse((0, 0), 10, 1e-6).circumference == pytest.approx(40, rel=0.01)


def test_round_smooth_shapes_score_near_one_and_ragged_ones_do_not() -> None:
    disc = ellipse(80, 80)
    assert planar.circularity(disc) > 0.97
    assert planar.solidity(disc) > 0.97
    assert planar.margin_irregularity(disc) < 1.02
    y, x = np.mgrid[:240, :240] - 119.5
    star = np.hypot(x, y) <= 60 + 30 * np.cos(8 * np.arctan2(y, x))
    assert planar.margin_irregularity(star) > 1.3
    assert planar.solidity(star) < 0.8
    assert planar.circularity(star) < 0.5


@pytest.mark.parametrize("spacing", [(0.0, 1.0), (1.0, -1.0), (math.nan, 1.0)])
def test_impossible_spacing_is_refused(spacing: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="spacing"):
        planar.area(ellipse(10, 10), spacing)


def test_empty_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="non-empty"):
        planar.diameters(np.zeros((5, 5), dtype=bool))


@pytest.mark.data
def test_head_circumference_is_within_a_millimetre_of_the_given_values() -> None:
    from PIL import Image

    if not HC18.is_dir():
        pytest.skip("../shared/data/us_hc18_fetal_head_part is not there")
    with (HC18 / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    errors = []
    for row in rows[::4]:
        path = next((HC18 / "masks").glob(f"{row['image']}*"))
        pixel = float(row["pixel_size_mm"])
        mask = np.asarray(Image.open(path)) > 0
        errors.append(planar.head_circumference(mask, (pixel, pixel)) - float(row["head_circumference_mm"]))
    assert np.abs(errors).mean() < 1.0
