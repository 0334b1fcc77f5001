"""Brightness from grey values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from clinigraph.intake.display import apply_window, robust_window, to_display
from clinigraph.models.imaging import DisplayWindow, Image, ImageFormat, ImageGeometry


def image(shape: tuple[int, ...], **fields: Any) -> Image:
    return Image(id="i", artifact_id="sha256:0", geometry=ImageGeometry(shape=shape), format=ImageFormat.PNG, **fields)


def test_colour_and_plain_eight_bit_grey_come_back_unchanged() -> None:
    rgb = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert to_display(rgb, image((4, 4), colour=True)) is rgb
    assert to_display(rgb[..., 0], image((4, 4))).tolist() == rgb[..., 0].tolist()


def test_the_headers_window_counts() -> None:
    values = np.array([[-1000, 0], [40, 3000]], np.int16)
    shown = to_display(values, image((2, 2), window=DisplayWindow(low=-160, high=240)))
    assert shown.reshape(-1).tolist() == pytest.approx([0, 102, 127.5, 255], abs=0.5)


def test_without_window_a_few_extreme_values_do_not_set_the_contrast() -> None:
    values = np.tile(np.linspace(0, 100, 1000, dtype=np.float32), (10, 1))
    values[0, 0] = 1e6
    shown = to_display(values, image((10, 1000)))
    assert shown[5, 500] == pytest.approx(128, abs=3)


@pytest.mark.parametrize("values", [np.zeros((3, 3), np.int16), np.full((3, 3), np.nan, np.float32)])
def test_flat_and_empty_images_do_not_fail(values: NDArray[Any]) -> None:
    assert to_display(values, image((3, 3))).shape == (3, 3)


@given(hnp.arrays(np.float32, (4, 5), elements=st.floats(-1e6, 1e6, width=32)))
def test_brightness_keeps_the_order_of_values(values: NDArray[Any]) -> None:
    shown = apply_window(values, robust_window(values))
    order = np.argsort(values, axis=None)
    assert (np.diff(shown.reshape(-1)[order].astype(int)) >= 0).all()
