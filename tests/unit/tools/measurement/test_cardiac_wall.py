"""Wall of a drawn ventricle: thickness in true units, evenness of its motion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigraph.tools.measurement.cardiac_wall import (
    Ventricle3d,
    greatest_thickness,
    motion_spread,
    slice_halfwidth,
)

SIDE = 96


def ring(inner: float, outer: float, shift: float = 0.0, slices: int = 4) -> Ventricle3d:
    """Round cavity, its centre moved to the right inside a round wall."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    cavity = np.hypot(y, x - shift) <= inner
    muscle = (np.hypot(y, x) <= outer) & ~cavity
    return Ventricle3d(np.stack([cavity] * slices), np.stack([muscle] * slices))


@settings(deadline=None)
@given(st.floats(10, 25), st.floats(4, 12), st.floats(0.5, 2.0))
def test_thickness_of_a_round_wall_is_outer_minus_inner_radius(inner: float, wall: float, spacing: float) -> None:
    found = greatest_thickness(ring(inner, inner + wall), (spacing, spacing))
    assert found == pytest.approx(wall * spacing, abs=0.8 * spacing)


def test_the_thickest_segment_counts() -> None:
    even, uneven = greatest_thickness(ring(15, 25)), greatest_thickness(ring(15, 25, shift=5))
    assert even is not None
    assert uneven is not None
    assert uneven > even + 3


def test_even_motion_has_no_spread_and_uneven_motion_has() -> None:
    full, even, uneven = ring(22, 30), ring(14, 26), ring(14, 26, shift=6)
    assert motion_spread(full, even) == pytest.approx(0, abs=0.02)
    spread = motion_spread(full, uneven)
    assert spread is not None
    assert spread > 0.12


def test_a_missing_ventricle_gives_no_number() -> None:
    nothing = Ventricle3d(np.zeros((4, SIDE, SIDE), bool), np.zeros((4, SIDE, SIDE), bool))
    assert motion_spread(nothing, nothing) is None
    assert motion_spread(ring(20, 28), nothing) is None
    assert greatest_thickness(nothing) is None
    assert slice_halfwidth(nothing.cavity) == 0


def test_half_a_pixel_of_independent_slices_adds_in_quadrature() -> None:
    one, four = ring(20, 28, slices=1).cavity, ring(20, 28, slices=4).cavity
    assert slice_halfwidth(one) == pytest.approx(np.pi * 20, rel=0.05)
    assert slice_halfwidth(four) == pytest.approx(2 * slice_halfwidth(one))


def test_frames_and_masks_must_share_a_grid() -> None:
    with pytest.raises(ValueError, match="one grid"):
        Ventricle3d(np.zeros((2, 8, 8), bool), np.zeros((3, 8, 8), bool))
    with pytest.raises(ValueError, match="one grid"):
        motion_spread(ring(10, 15, slices=2), ring(10, 15, slices=3))
