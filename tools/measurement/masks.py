"""Pure functions on boolean masks ``(H, W)``: cleaning, extents, outline, profile of radii."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Extent:
    """Tight box round a mask in pixels, left and top inclusive, right and bottom exclusive."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        """Columns covered."""
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        """Rows covered."""
        return self.y1 - self.y0

    def slices(self, margin: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Return the box grown by a margin and cut to an image ``(H, W)``, as slices of rows and columns."""
        rows = slice(max(0, self.y0 - margin), min(shape[0], self.y1 + margin))
        return rows, slice(max(0, self.x0 - margin), min(shape[1], self.x1 + margin))


def extent(mask: Mask) -> Extent | None:
    """Return the box round the set pixels of ``(H, W)``, or None for an empty mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    return Extent(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def largest_component(mask: Mask) -> Mask:
    """Return the largest connected part (diagonal neighbours count) of a 2-D or 3-D mask; empty stays empty."""
    from scipy import ndimage

    labels, count = ndimage.label(mask, structure=np.ones((3,) * mask.ndim))
    if count <= 1:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(labels == sizes.argmax(), dtype=np.bool_)


def centroid(mask: Mask) -> tuple[float, float]:
    """Return the centre of mass of a non-empty ``(H, W)`` mask as ``(row, column)`` in pixels."""
    rows, columns = np.nonzero(mask)
    return float(rows.mean()), float(columns.mean())


def perimeter(mask: Mask) -> float:
    """Return the length of the outline of ``(H, W)`` in pixels.

    Crofton's formula in four directions as implemented in scikit-image, which has no bias towards diagonals.
    """
    from skimage.measure import perimeter_crofton

    box = extent(mask)
    if box is None:
        return 0.0
    part = np.pad(mask[box.slices(0, mask.shape)], 1)
    return float(perimeter_crofton(part, directions=4))  # type: ignore[no-untyped-call]


def radii(mask: Mask, centre: tuple[float, float], angles: Floats) -> Floats:
    """Return the distance from a point to the outer edge of a mask in each direction, in pixels.

    The edge is where the bilinearly interpolated mask last falls through one half; 0 where the ray never meets it.

    Args:
        mask: ``(H, W)``.
        centre: ``(row, column)``.
        angles: ``(A,)`` radians, 0 to the right of the image, counter-clockwise as seen (90 degrees points up).

    Returns:
        ``(A,)`` pixels.
    """
    from scipy.ndimage import map_coordinates

    box = extent(mask)
    if box is None:
        return np.zeros(angles.shape)
    corners = np.array([(y, x) for y in (box.y0, box.y1) for x in (box.x0, box.x1)], dtype=float)
    reach = float(np.linalg.norm(corners - np.array(centre), axis=1).max()) + 2
    steps = np.arange(0.0, reach, 0.25)
    rows = centre[0] - np.outer(np.sin(angles), steps)
    columns = centre[1] + np.outer(np.cos(angles), steps)
    values = map_coordinates(mask.astype(np.float32), (rows, columns), order=1, mode="constant")
    inside = values >= 0.5
    last = inside.shape[1] - 1 - inside[:, ::-1].argmax(axis=1)
    return np.where(inside.any(axis=1), steps[last] + 0.125, 0.0)
