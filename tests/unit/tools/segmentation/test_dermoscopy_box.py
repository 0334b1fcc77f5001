"""The lesion on a dermoscopy picture is the dark part nearest to the middle, or nothing is claimed."""

from __future__ import annotations

import numpy as np
import pytest

from clinigraph.tools.segmentation.dermoscopy_box import find_lesion


def picture(cx: int = 320, cy: int = 240, radius: int = 90, rim: bool = False) -> np.ndarray:
    y, x = np.mgrid[:480, :640]
    rgb = np.full((480, 640, 3), (215, 170, 150), dtype=np.uint8)
    rgb[np.hypot(y - cy, x - cx) <= radius] = (110, 75, 60)
    if rim:
        rgb[np.hypot((y - 240) / 240, (x - 320) / 320) > 1.15] = (5, 5, 5)
    return rgb


@pytest.mark.parametrize("rim", [False, True])
def test_a_dark_disc_is_boxed_whether_or_not_the_lens_has_a_rim(rim: bool) -> None:
    found = find_lesion(picture(rim=rim))
    assert found is not None
    assert found.box == pytest.approx((230, 150, 410, 330), abs=12)
    assert not found.touches_edge


def test_plain_skin_and_a_black_picture_hold_no_lesion() -> None:
    assert find_lesion(picture(radius=0)[:, :, :] * 0 + 180) is None
    assert find_lesion(np.zeros((100, 120, 3), dtype=np.uint8)) is None


def test_a_lesion_at_the_edge_says_so() -> None:
    found = find_lesion(picture(cx=30))
    assert found is not None
    assert found.touches_edge
