"""Ventricles, change against a prior, intensities and skin lesions on made-up values with known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.tools.measurement import cardiac, change, skin
from clinigraph.tools.measurement.change import Response
from clinigraph.tools.measurement.intensity import intensity_statistics


def disc(radius: float, side: int = 120) -> np.ndarray:
    y, x = np.mgrid[:side, :side]
    return np.hypot(y - side / 2, x - side / 2) <= radius


def test_ejection_fraction_and_stroke_volume() -> None:
    ventricle = cardiac.Ventricle(150, 60)
    assert ventricle.stroke_ml == 90
    assert ventricle.ejection_fraction == 60
    assert cardiac.ejection_fraction_halfwidth(ventricle, 5, 5) == pytest.approx(
        100 * math.hypot(5 / 150, 60 * 5 / 150**2)
    )


@pytest.mark.parametrize("volumes", [(0, 0), (-1, 0), (math.nan, 10), (100, -5)])
def test_impossible_ventricles_are_refused(volumes: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="volumes"):
        cardiac.Ventricle(*volumes)


def test_volume_uses_the_distance_between_slices() -> None:
    assert cardiac.volume_ml(np.ones((10, 10, 10), dtype=bool), (10.0, 1.0, 1.0)) == 10
    assert cardiac.myocardial_mass_g(100) == pytest.approx(105)
    assert cardiac.indexed(90, 1.8) == 50
    with pytest.raises(ValueError, match="surface"):
        cardiac.indexed(90, 18)


def test_wall_of_a_ring_has_the_same_thickness_everywhere() -> None:
    cavity = disc(20)
    thickness = cardiac.wall_thickness_mm(cavity, disc(30) & ~cavity, (1.5, 1.5))
    assert len(thickness) == 72
    assert np.allclose(thickness, 15, atol=1.2)
    assert cardiac.wall_thickness_mm(np.zeros_like(cavity), disc(30), (1.0, 1.0)) == []


@pytest.mark.parametrize(
    ("now", "baseline", "smallest", "response"),
    [
        (0, 100, 50, Response.COMPLETE),
        (70, 100, 70, Response.PARTIAL),
        (71, 100, 71, Response.STABLE),
        (60, 100, 50, Response.PROGRESSIVE),
        (12, 100, 10, Response.PARTIAL),
        (119, 100, 100, Response.STABLE),
    ],
)
def test_recist_needs_per_cent_and_millimetres(
    now: float, baseline: float, smallest: float, response: Response
) -> None:
    assert change.recist_response(now, baseline, smallest) is response


def test_change_of_nothing_or_from_nothing_is_refused() -> None:
    for wrong in ((10, 0), (-1, 10), (math.nan, 10)):
        with pytest.raises(ValueError, match="number"):
            change.percent_change(*wrong)
    with pytest.raises(ValueError, match="exceed"):
        change.recist_response(10, 50, 60)


@given(st.floats(1, 1000), st.floats(1.01, 8), st.floats(1, 2000))
def test_doubling_time_follows_exponential_growth(volume: float, factor: float, days: float) -> None:
    found = change.doubling_time_days(volume * factor, volume, days)
    assert found is not None
    assert volume * 2 ** (days / found) == pytest.approx(volume * factor, rel=1e-6)
    assert change.doubling_time_days(volume, volume * factor, days) is None


def test_statistics_hold_for_simple_values_and_refuse_nan() -> None:
    pixels = np.array([[1.0, 2.0], [3.0, np.nan]])
    mask = np.array([[True, True], [True, False]])
    found = intensity_statistics(pixels, mask)
    assert (found.count, found.mean, found.minimum, found.maximum, found.skewness) == (3, 2, 1, 3, 0)
    with pytest.raises(ValueError, match="finite"):
        intensity_statistics(pixels, np.ones((2, 2), dtype=bool))
    with pytest.raises(ValueError, match="one grid"):
        intensity_statistics(pixels, np.ones((3, 2), dtype=bool))


def test_a_round_lesion_is_symmetric_and_a_half_moon_is_not() -> None:
    assert skin.asymmetry_score(disc(40)) == 0
    comma = disc(40) & ~np.roll(disc(28), (-14, 18), axis=(0, 1))
    assert skin.asymmetry_score(comma) > 0


def test_colours_and_border_of_a_painted_lesion() -> None:
    rgb = np.full((120, 120, 3), 200, dtype=np.uint8)
    mask = disc(40)
    rgb[mask] = (30, 22, 22)
    rgb[mask & (np.arange(120) > 60)[None]] = (90, 52, 34)
    assert set(skin.colours(rgb, mask)) == {"black", "dark brown"}
    assert len(skin.border_contrast(rgb, mask)) == 8
    assert all(c > 0.4 for c in skin.border_contrast(rgb, mask))
    with pytest.raises(ValueError, match="one grid"):
        skin.colours(rgb, mask[:100])
