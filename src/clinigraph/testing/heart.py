"""A drawn heart in short axis, for tests that need pixels but no patient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 160
"""Rows and columns of a slice."""


def drawn_heart(cavity: float = 15.0, wall: float = 8.0, slices: int = 5) -> NDArray[np.uint8]:
    """Return short-axis slices ``(D, H, W)`` from base to apex: bright blood, dark muscle, a right ventricle beside it.

    Args:
        cavity: Radius of the left ventricular cavity in the first slice, in pixels.
        wall: Thickness of its muscle in pixels.
        slices: D.
    """
    from scipy.ndimage import gaussian_filter

    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    noise = np.random.default_rng(0)
    planes = []
    for index in range(slices):
        size = 1 - 0.1 * index
        inner, outer = cavity * size, cavity * size + wall
        left = np.hypot(y - 76, x - 94)
        plane = np.where(_oval(x, y, 80, 80, 73, 60), 150.0, 5.0)
        plane[_oval(x, y, 80, 82, 65, 52)] = 25
        plane[_oval(x, y, 74, 117, 42, 20)] = 90
        plane[_oval(x, y, 80, 80, 44 * size + 4, 31 * size + 4)] = 60
        plane[_oval(x, y, 66, 76, 26 * size, 22 * size) & (left > outer)] = 190
        plane[left <= outer] = 55
        plane[left <= inner] = 200
        planes.append(gaussian_filter(plane, 0.9) + noise.normal(0, 5, plane.shape))
    return np.asarray(np.clip(np.stack(planes), 0, 255), dtype=np.uint8)


def _oval(
    x: NDArray[np.float64], y: NDArray[np.float64], cx: float, cy: float, rx: float, ry: float
) -> NDArray[np.bool_]:
    return np.asarray(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1)
