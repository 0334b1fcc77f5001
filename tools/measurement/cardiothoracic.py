"""Heart size against chest width, and lung areas, from masks of a frontal chest film.

Masks are ``(H, W)`` bool on one grid; widths run along image rows and are in pixels; ratios have no unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clinigraph.tools.measurement.masks import Mask, extent, largest_component, perimeter
from clinigraph.tools.measurement.uncertainty import HALF_PIXEL


@dataclass(frozen=True, slots=True)
class Chest:
    """Widths and areas of one film, stray pixels left out (largest piece of each structure)."""

    heart_width: int
    """Greatest distance to the right plus greatest distance to the left of the midline.

    The two distances are taken at their own levels; their sum is the transverse extent of the heart wherever the
    midline runs.
    """
    thorax_width: int
    """Widest row from the outer edge of one lung to the outer edge of the other: the inside of the chest."""
    thorax_row: int
    """Image row of the widest place."""
    left_area: int
    right_area: int
    left_outline: float
    right_outline: float


def measure_chest(left_lung: Mask, right_lung: Mask, heart: Mask) -> Chest | None:
    """Return the widths and areas, or None when a structure is missing or no row crosses both lungs.

    Raises:
        ValueError: The masks are not two-dimensional or differ in shape.
    """
    if left_lung.ndim != 2 or not left_lung.shape == right_lung.shape == heart.shape:
        raise ValueError("lungs and heart must be (H, W) masks on one grid")
    left, right, silhouette = (largest_component(mask) for mask in (left_lung, right_lung, heart))
    heart_box = extent(silhouette)
    thorax = _widest(left, right)
    if heart_box is None or thorax is None:
        return None
    return Chest(
        heart_width=heart_box.width,
        thorax_width=thorax[0],
        thorax_row=thorax[1],
        left_area=int(left.sum()),
        right_area=int(right.sum()),
        left_outline=perimeter(left),
        right_outline=perimeter(right),
    )


def _widest(left: Mask, right: Mask) -> tuple[int, int] | None:
    """Return the greatest width over both lungs in one row, and that row."""
    both = left.any(axis=1) & right.any(axis=1)
    if not both.any():
        return None
    lungs = left | right
    width = lungs.shape[1]
    reach = width - lungs[:, ::-1].argmax(axis=1) - lungs.argmax(axis=1)
    row = int(np.where(both, reach, 0).argmax())
    return int(reach[row]), row


def cardiothoracic_ratio(chest: Chest) -> float:
    """Return greatest transverse heart diameter over greatest internal chest width (Danzer 1919)."""
    return chest.heart_width / chest.thorax_width


def ratio_halfwidth(chest: Chest) -> float:
    """Return by how much the ratio changes when every boundary moves by half a pixel."""
    low = (chest.heart_width - 2 * HALF_PIXEL) / (chest.thorax_width + 2 * HALF_PIXEL)
    high = (chest.heart_width + 2 * HALF_PIXEL) / max(1.0, chest.thorax_width - 2 * HALF_PIXEL)
    return (high - low) / 2


def lung_area_ratio(chest: Chest) -> float:
    """Return left over right lung area, pixels counted; the heart makes it smaller than one in most people."""
    return chest.left_area / chest.right_area


def area_ratio_halfwidth(chest: Chest) -> float:
    """Return by how much the area ratio changes when each outline moves by half a pixel (length times shift)."""
    left, right = chest.left_outline * HALF_PIXEL, chest.right_outline * HALF_PIXEL
    low = max(0.0, chest.left_area - left) / (chest.right_area + right)
    high = (chest.left_area + left) / max(1.0, chest.right_area - right)
    return (high - low) / 2
