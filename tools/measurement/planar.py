"""Size and shape of one structure on a picture or slice.

Masks are ``(H, W)`` bool. ``spacing`` is ``(row, column)`` distance between pixel centres: in millimetres when the
image states one, ``(1, 1)`` otherwise, and then every length is in pixels. Lengths run between the outer edges of
pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.measurement.masks import Floats, Mask, extent, largest_component

Spacing = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Diameters:
    """Longest diameter and the longest one perpendicular to it, as RECIST 1.1 (Eisenhauer 2009) and WHO measure."""

    longest: float
    perpendicular: float
    angle_deg: float
    """Direction of the longest diameter against the image's horizontal, counter-clockwise, 0 to 180."""


def corners(mask: Mask, spacing: Spacing) -> Floats:
    """Return the corner points ``(N, 2)`` (x, y) of the convex hull of a mask's pixels, in units of the spacing.

    Raises:
        ValueError: The mask is empty or not two-dimensional, or the spacing is not positive.
    """
    from scipy.spatial import ConvexHull

    check(mask, spacing)
    rows, columns = np.nonzero(mask)
    pixels = np.stack([columns, rows], axis=1).astype(float)
    shifts = np.array([(0, 0), (0, 1), (1, 0), (1, 1)], dtype=float)
    points = np.unique((pixels[:, None] + shifts[None]).reshape(-1, 2), axis=0) * np.array([spacing[1], spacing[0]])
    return np.asarray(points[ConvexHull(points).vertices], dtype=np.float64)


def check(mask: Mask, spacing: Spacing) -> None:
    """Refuse what cannot be measured.

    Raises:
        ValueError: The mask is empty or not two-dimensional, or the spacing is not positive.
    """
    if mask.ndim != 2 or not mask.any():
        raise ValueError("a measurement needs a non-empty (H, W) mask")
    if any(not math.isfinite(s) or s <= 0 for s in spacing):
        raise ValueError("pixel spacing must be positive")


def diameters(mask: Mask, spacing: Spacing = (1.0, 1.0)) -> Diameters:
    """Return the longest diameter and the greatest width at right angles to it.

    The longest diameter is that of the convex hull (maximal Feret diameter).
    """
    points = corners(mask, spacing)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    first, second = np.unravel_index(int(distances.argmax()), distances.shape)
    axis = points[second] - points[first]
    length = float(distances[first, second])
    normal = np.array([-axis[1], axis[0]]) / length
    across = points @ normal
    angle = math.degrees(math.atan2(-axis[1], axis[0])) % 180
    return Diameters(length, float(across.max() - across.min()), angle)


def area(mask: Mask, spacing: Spacing = (1.0, 1.0)) -> float:
    """Return the area by counting pixels."""
    check(mask, spacing)
    return float(mask.sum()) * spacing[0] * spacing[1]


def outline_length(mask: Mask, spacing: Spacing = (1.0, 1.0)) -> float:
    """Return the length of the outer outline, lightly smoothed so that pixel stairs do not lengthen it."""
    total = 0.0
    for ring in _outlines(mask):
        steps = np.diff(ring * np.array(spacing), axis=0)
        total += float(np.linalg.norm(steps, axis=1).sum())
    return total


def _outlines(mask: Mask) -> list[Floats]:
    """Return closed outlines ``(N, 2)`` (row, column) of the largest piece, each the mean of five neighbours."""
    from scipy.ndimage import binary_fill_holes, uniform_filter1d
    from skimage.measure import find_contours

    whole = np.pad(binary_fill_holes(largest_component(mask)), 1).astype(float)
    rings = [np.asarray(r, dtype=np.float64) for r in find_contours(whole, 0.5)]  # type: ignore[no-untyped-call]
    longest = max(rings, key=len)
    smooth = uniform_filter1d(longest[:-1], size=5, axis=0, mode="wrap")
    return [np.vstack([smooth, smooth[:1]])]


def circularity(mask: Mask, spacing: Spacing = (1.0, 1.0)) -> float:
    """Return 4 pi area over squared outline length: 1 for a circle, smaller for ragged or long shapes (Cox 1927)."""
    return min(1.0, 4 * math.pi * area(mask, spacing) / outline_length(mask, spacing) ** 2)


def solidity(mask: Mask) -> float:
    """Return area over convex hull area: 1 for a convex shape."""
    points = corners(mask, (1.0, 1.0))
    x, y = points[:, 0], points[:, 1]
    hull = 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))
    return min(1.0, float(mask.sum()) / hull)


def margin_irregularity(mask: Mask, spacing: Spacing = (1.0, 1.0)) -> float:
    """Return outline length over convex hull length, at least 1: how lobed or spiculated the margin is."""
    points = corners(mask, spacing)
    hull = float(np.linalg.norm(points - np.roll(points, -1, axis=0), axis=1).sum())
    return max(1.0, outline_length(mask, spacing) / hull)


def taller_than_wide(mask: Mask, spacing: Spacing = (1.0, 1.0)) -> float:
    """Return depth over width along the image's axes; above 1 is a sign in breast ultrasound (Stavros et al. 1995).

    The image's vertical axis must be the direction of the beam.
    """
    check(mask, spacing)
    box = extent(mask)
    if box is None:
        raise ValueError("a measurement needs a non-empty (H, W) mask")
    return box.height * spacing[0] / (box.width * spacing[1])


@dataclass(frozen=True, slots=True)
class Ellipse:
    """The ellipse with the same second moments as a filled mask."""

    centre: tuple[float, float]
    """(x, y) in units of the spacing."""
    semi_major: float
    semi_minor: float

    @property
    def circumference(self) -> float:
        """Perimeter by Ramanujan's second approximation (1914); its error is far below a pixel."""
        a, b = self.semi_major, self.semi_minor
        h = ((a - b) / (a + b)) ** 2
        return math.pi * (a + b) * (1 + 3 * h / (10 + math.sqrt(4 - 3 * h)))


def fit_ellipse(mask: Mask, spacing: Spacing = (1.0, 1.0)) -> Ellipse:
    """Fit an ellipse to the largest piece of a mask, holes filled.

    A filled ellipse with semi-axes a and b has variances a^2/4 and b^2/4 along its axes; each pixel is a square and
    adds a twelfth of its squared side.
    """
    from scipy.ndimage import binary_fill_holes

    check(mask, spacing)
    filled: NDArray[np.bool_] = np.asarray(binary_fill_holes(largest_component(mask)), dtype=np.bool_)
    rows, columns = np.nonzero(filled)
    points = np.stack([(columns + 0.5) * spacing[1], (rows + 0.5) * spacing[0]])
    spread = np.cov(points, bias=True) + np.diag([spacing[1] ** 2, spacing[0] ** 2]) / 12
    small, large = np.sort(np.linalg.eigvalsh(spread))
    centre = points.mean(axis=1)
    return Ellipse((float(centre[0]), float(centre[1])), 2 * math.sqrt(large), 2 * math.sqrt(small))


def head_circumference(mask: Mask, spacing: Spacing, inset_px: float = 0.5) -> float:
    """Return the fetal head circumference: perimeter of the ellipse fitted to the outer skull (ISUOG, Salomon 2011).

    Args:
        mask: ``(H, W)`` filled head.
        spacing: Row and column spacing.
        inset_px: How far inside the mask's outer edge the ellipse runs. One half follows the centres of the outermost
            pixels, where callipers are placed. A mask that was filled from a drawn line also holds half the line's
            width (1.4 pixels in the public HC18 set).
    """
    ellipse = fit_ellipse(mask, spacing)
    inset = inset_px * math.sqrt(spacing[0] * spacing[1])
    inner = Ellipse(ellipse.centre, max(0.0, ellipse.semi_major - inset), max(0.0, ellipse.semi_minor - inset))
    return inner.circumference
