"""Whether there is anything to look at, and where to look closer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.tools.segmentation.networks.looking import check_grey, closer, shows_something
from clinigraph.tools.segmentation.networks.masks import Box
from clinigraph.tools.segmentation.networks.views import View

RAMP = np.tile(np.arange(64, dtype=np.uint8), (64, 1))


def test_what_is_no_grey_picture_is_refused_in_the_words_of_the_caller() -> None:
    check_grey(RAMP, "film")
    with pytest.raises(ValueError, match="convert the film to 8-bit grey"):
        check_grey(np.zeros((4, 4, 3), dtype=np.uint8), "film")
    with pytest.raises(ValueError, match="float32"):
        check_grey(RAMP.astype(np.float32), "film")  # type: ignore[arg-type]


def test_a_small_picture_and_a_flat_one_show_nothing() -> None:
    assert shows_something(RAMP)
    assert not shows_something(RAMP[:31])
    assert not shows_something(RAMP // 16)


def test_a_few_bright_pixels_are_no_picture() -> None:
    flat = np.zeros((64, 64), dtype=np.uint8)
    flat[0, :20] = 255
    assert not shows_something(flat)


@given(st.floats(-50, 500), st.floats(-50, 500), st.floats(8, 900), st.integers(16, 256))
def test_a_box_that_fills_the_grid_is_looked_at_in_the_same_view(x: float, y: float, side: float, size: int) -> None:
    found = closer(Box(0, 0, size, size), View(x, y, side), size, 1.0)
    assert (found.centre_x, found.centre_y, found.side) == pytest.approx((x, y, side))


def test_the_longer_side_of_the_box_decides() -> None:
    found = closer(Box(0, 8, 8, 12), View(50, 50, 100), 16, 2.0)
    assert (found.centre_x, found.centre_y, found.side) == (25.0, 62.5, 100.0)
