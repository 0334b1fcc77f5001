"""Heart and chest measured on drawn films."""

from __future__ import annotations

import numpy as np
import pytest

from clinigraph.tools.measurement import cardiothoracic


def film(heart_width: int = 100) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right lung left in the picture; the chest is 300 wide at row 250, narrower above."""
    right, left, heart = (np.zeros((400, 400), dtype=bool) for _ in range(3))
    right[100:200, 80:180] = True
    right[200:300, 50:150] = True
    left[100:200, 230:320] = True
    left[200:300, 260:350] = True
    heart[220:300, 170 : 170 + heart_width] = True
    return left, right, heart


def test_ratio_of_a_drawn_film() -> None:
    chest = cardiothoracic.measure_chest(*film(150))
    assert chest is not None
    assert (chest.heart_width, chest.thorax_width) == (150, 300)
    assert cardiothoracic.cardiothoracic_ratio(chest) == 0.5
    assert 200 <= chest.thorax_row < 300
    assert cardiothoracic.ratio_halfwidth(chest) == pytest.approx(1.5 / 300, rel=0.01)


def test_chest_width_is_taken_in_one_row_not_across_rows() -> None:
    left, right, heart = film()
    left[200:300, 260:350] = False
    chest = cardiothoracic.measure_chest(left, right, heart)
    assert chest is not None
    assert chest.thorax_width == 240


def test_stray_pixels_do_not_widen_heart_or_chest() -> None:
    left, right, heart = film()
    heart[10, 10] = left[250, 399] = right[250, 0] = True
    chest = cardiothoracic.measure_chest(left, right, heart)
    assert chest is not None
    assert (chest.heart_width, chest.thorax_width) == (100, 300)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_missing_structure_gives_no_measurement(index: int) -> None:
    masks = list(film())
    masks[index] = np.zeros_like(masks[index])
    assert cardiothoracic.measure_chest(*masks) is None


def test_lungs_above_each_other_have_no_common_width() -> None:
    left, right, heart = film()
    assert (
        cardiothoracic.measure_chest(
            np.roll(left, 200, axis=0) & (np.arange(400) > 300)[:, None], right & (np.arange(400) < 200)[:, None], heart
        )
        is None
    )


def test_areas_are_compared_left_over_right() -> None:
    chest = cardiothoracic.measure_chest(*film())
    assert chest is not None
    assert cardiothoracic.lung_area_ratio(chest) == pytest.approx(0.9)
    assert 0 < cardiothoracic.area_ratio_halfwidth(chest) < 0.05


def test_masks_on_different_grids_are_refused() -> None:
    with pytest.raises(ValueError, match="one grid"):
        cardiothoracic.measure_chest(*film()[:2], np.ones((3, 3), dtype=bool))
