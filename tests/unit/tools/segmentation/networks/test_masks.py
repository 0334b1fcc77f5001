"""Properties of the pure functions on masks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from clinigraph.tools.segmentation.networks.masks import (
    BoolMask,
    components,
    convex_hull,
    dice,
    ellipse_fill,
    largest_component,
    mask_box,
    vertical_ratio,
    without_spurs,
)

masks = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24))


def ellipse(height: int, width: int, half_height: float, half_width: float) -> BoolMask:
    y, x = np.ogrid[:height, :width]
    return ((y - height / 2) / half_height) ** 2 + ((x - width / 2) / half_width) ** 2 <= 1


@settings(deadline=None)
@given(masks)
def test_box_holds_exactly_the_mask(mask: BoolMask) -> None:
    box = mask_box(mask)
    if box is None:
        assert not mask.any()
        return
    inside = mask[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    assert inside.sum() == mask.sum()
    assert all(edge.any() for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))


@settings(deadline=None)
@given(masks, st.integers(1, 4))
def test_components_are_disjoint_parts_in_falling_size(mask: BoolMask, keep: int) -> None:
    parts = components(mask, keep=keep)
    sizes = [int(part.sum()) for part in parts]
    assert len(parts) <= keep
    assert sizes == sorted(sizes, reverse=True)
    assert not any((part & ~mask).any() for part in parts)
    assert not parts or np.sum(parts, axis=0).max() <= 1


@settings(deadline=None)
@given(masks)
def test_largest_component_is_idempotent(mask: BoolMask) -> None:
    once = largest_component(mask)
    assert once.any() == mask.any()
    assert np.array_equal(largest_component(once), once)


@settings(deadline=None)
@given(masks)
def test_hull_grows_inside_the_box(mask: BoolMask) -> None:
    hull = convex_hull(mask)
    assert not (mask & ~hull).any()
    assert mask_box(hull) == mask_box(mask)


@settings(deadline=None)
@given(masks, st.randoms(use_true_random=False))
def test_dice_is_symmetric_and_bounded(mask: BoolMask, random: object) -> None:
    other = np.roll(mask, 1, axis=0)
    assert dice(mask, other) == dice(other, mask)
    assert 0 <= dice(mask, other) <= 1
    assert dice(mask, mask) == 1


@settings(deadline=None)
@given(st.integers(10, 60), st.integers(10, 60))
def test_an_ellipse_fills_its_ellipse(half_height: int, half_width: int) -> None:
    assert ellipse_fill(ellipse(160, 160, half_height, half_width)) > 0.88


@pytest.mark.parametrize(("cup", "expected"), [(0.0, 0.0), (15.0, 0.5), (30.0, 1.0)])
def test_vertical_ratio_of_concentric_discs(cup: float, expected: float) -> None:
    disc = ellipse(101, 101, 30, 25)
    inner = ellipse(101, 101, cup, cup * 0.8) if cup else np.zeros_like(disc)
    assert vertical_ratio(inner, disc) == pytest.approx(expected, abs=0.04)


def test_vertical_ratio_needs_a_disc() -> None:
    empty = np.zeros((5, 5), dtype=np.bool_)
    assert vertical_ratio(empty, empty) is None


@settings(deadline=None)
@given(masks)
def test_cutting_spurs_only_removes(mask: BoolMask) -> None:
    body = without_spurs(mask)
    assert body.any() == mask.any()
    assert not (body & ~largest_component(mask)).any()


def test_a_spur_is_cut_and_the_body_stays() -> None:
    body = ellipse(120, 120, 30, 30)
    spurred = body.copy()
    spurred[58:62, 85:118] = True
    cleaned = without_spurs(spurred, 0.3)
    assert not cleaned[:, 98:].any()
    assert dice(cleaned, body) > 0.97
