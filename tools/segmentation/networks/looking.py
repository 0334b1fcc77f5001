"""Looking at a picture: whether it is one, whether it shows anything, and where to look closer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.segmentation.networks.masks import Box
from clinigraph.tools.segmentation.networks.views import View

_MIN_SIDE, _MIN_RANGE = 32, 6.0
"""Pixels and grey levels (1st to 99th percentile) below which there is nothing to be seen."""


def check_grey(gray: NDArray[np.uint8], noun: str) -> None:
    """Refuse what is no grey picture.

    Args:
        gray: (H, W).
        noun: What the caller calls its pictures, for the message.

    Raises:
        ValueError: if the array is not (H, W) uint8.
    """
    if gray.ndim != 2 or gray.dtype != np.uint8:
        raise ValueError(f"expected (H, W) uint8, got {gray.shape} {gray.dtype}; convert the {noun} to 8-bit grey")


def shows_something(gray: NDArray[np.uint8]) -> bool:
    """Whether a picture (H, W) is large enough and has enough grey levels to be looked at."""
    return min(gray.shape) >= _MIN_SIDE and float(np.ptp(np.quantile(gray, (0.01, 0.99)))) >= _MIN_RANGE


def closer(box: Box, view: View, size: int, factor: float) -> View:
    """The view, in input pixels, round a box that was found on the (size, size) grid of another view.

    Args:
        box: On that grid.
        view: The other view.
        size: Side of its grid in pixels.
        factor: Side of the new view over the longer side of the box.
    """
    scale = view.side / size
    x, y = box.centre
    left, top = view.centre_x - view.side / 2, view.centre_y - view.side / 2
    return View(left + x * scale, top + y * scale, max(box.width, box.height) * scale * factor)
