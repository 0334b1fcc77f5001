"""Asymmetry, border and colours of a pigmented lesion on dermoscopy (ABCD rule, Nachbar et al. 1994)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.measurement.masks import Mask, centroid, largest_component
from clinigraph.tools.measurement.planar import check

_COLOURS: dict[str, tuple[float, float, float]] = {
    "white": (0.85, 0.80, 0.80),
    "red": (0.70, 0.30, 0.28),
    "light brown": (0.65, 0.45, 0.30),
    "dark brown": (0.35, 0.20, 0.13),
    "blue-grey": (0.38, 0.42, 0.50),
    "black": (0.12, 0.09, 0.09),
}
"""The six colours of the ABCD rule with reference values of our own choosing, RGB 0..1 under white light."""
_MIN_SHARE = 0.05
"""A colour counts when at least this share of the lesion shows it."""


def asymmetry(mask: Mask) -> tuple[float, float]:
    """Return the share of the shape that does not overlap its mirror image, across the major and the minor axis.

    0 is symmetric; the halves of the non-overlap are counted against the area (as area difference in ABCD).
    """
    from scipy.ndimage import map_coordinates

    check(mask, (1.0, 1.0))
    shape = largest_component(mask)
    rows, columns = np.nonzero(shape)
    centre = np.array(centroid(shape))
    spread = np.cov(np.stack([rows, columns]).astype(float), bias=True) + np.eye(2) / 12
    _, axes = np.linalg.eigh(spread)
    shares = []
    for index in (1, 0):
        axis = axes[:, index]
        points = np.stack([rows, columns], axis=1) - centre
        mirrored = 2 * np.outer(points @ axis, axis) - points + centre
        inside = map_coordinates(shape.astype(np.float32), mirrored.T, order=1) >= 0.5
        shares.append(float(1 - inside.mean()))
    return shares[0], shares[1]


def asymmetry_score(mask: Mask, threshold: float = 0.15) -> int:
    """Return 0, 1 or 2: the number of axes across which more than a share of the shape is asymmetric.

    The threshold is ours; it has not been fitted to experts.
    """
    return sum(share > threshold for share in asymmetry(mask))


def border_contrast(rgb: NDArray[np.uint8], mask: Mask, sectors: int = 8) -> list[float]:
    """Return, for each of eight sectors, how much darker the lesion is just inside its border than just outside.

    Grey levels 0..1 per sector, counter-clockwise from the right; an abrupt border gives a large value.
    """
    from scipy.ndimage import binary_dilation, binary_erosion

    check(mask, (1.0, 1.0))
    shape = largest_component(mask)
    width = max(2, round(0.04 * float(np.sqrt(shape.sum()))))
    inner, outer = shape & ~binary_erosion(shape, iterations=width), binary_dilation(shape, iterations=width) & ~shape
    grey = rgb.astype(np.float64).mean(axis=2) / 255
    row, column = centroid(shape)
    y, x = np.mgrid[: shape.shape[0], : shape.shape[1]]
    sector = ((np.arctan2(row - y, x - column) % (2 * np.pi)) / (2 * np.pi) * sectors).astype(int)
    contrasts = []
    for index in range(sectors):
        inside, outside = grey[inner & (sector == index)], grey[outer & (sector == index)]
        contrasts.append(float(outside.mean() - inside.mean()) if inside.size and outside.size else 0.0)
    return contrasts


def colours(rgb: NDArray[np.uint8], mask: Mask) -> dict[str, float]:
    """Return the colours of the ABCD rule that a lesion shows, with the share of its area nearest to each."""
    if rgb.shape != (*mask.shape, 3):
        raise ValueError("picture (H, W, 3) and mask (H, W) must lie on one grid")
    check(mask, (1.0, 1.0))
    pixels = rgb[mask].astype(np.float64) / 255
    references = np.array(list(_COLOURS.values()))
    nearest = np.linalg.norm(pixels[:, None] - references[None], axis=2).argmin(axis=1)
    shares = np.bincount(nearest, minlength=len(_COLOURS)) / len(pixels)
    return {name: float(s) for name, s in zip(_COLOURS, shares, strict=True) if s >= _MIN_SHARE}
