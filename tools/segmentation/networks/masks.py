"""Pure functions on boolean masks: cleaning, extents, shape. All arrays are (H, W), rows first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BoolMask = NDArray[np.bool_]


class Box(NamedTuple):
    """Pixel box, left and top inclusive, right and bottom exclusive."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Horizontal extent in pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Vertical extent in pixels."""
        return self.y1 - self.y0

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of the middle in pixels."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2


def mask_box(mask: BoolMask) -> Box | None:
    """Tight box round the true pixels, or None for an empty mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    return Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


def components(mask: BoolMask, *, keep: int) -> list[BoolMask]:
    """The `keep` largest 8-connected components, largest first."""
    from skimage.measure import label

    labels: NDArray[np.int64] = label(mask, connectivity=2)  # type: ignore[no-untyped-call]
    sizes = np.bincount(labels.ravel())[1:]
    order = np.argsort(-sizes, kind="stable")[:keep]
    return [labels == index + 1 for index in order]


def largest_component(mask: BoolMask) -> BoolMask:
    """The largest component with its holes filled; an empty mask stays empty."""
    from scipy.ndimage import binary_fill_holes

    parts = components(mask, keep=1)
    return np.asarray(binary_fill_holes(parts[0]), dtype=np.bool_) if parts else np.zeros_like(mask)


def without_spurs(mask: BoolMask, share: float = 0.15) -> BoolMask:
    """The largest component after cutting off what is thinner than `share` of its box's shorter side.

    Morphological opening by a circle, done with distance transforms so that large masks stay quick.
    """
    from scipy.ndimage import distance_transform_edt

    body = largest_component(mask)
    box = mask_box(body)
    if box is None:
        return body
    radius = share * min(box.width, box.height) / 2
    window = slice(int(box.y0), int(box.y1)), slice(int(box.x0), int(box.x1))
    core = distance_transform_edt(np.pad(body[window], 1)) > radius
    if radius < 1 or not core.any():
        return body
    opened = (distance_transform_edt(~core) <= radius)[1:-1, 1:-1] & body[window]
    out = np.zeros_like(body)
    out[window] = opened
    return largest_component(out)


def convex_hull(mask: BoolMask) -> BoolMask:
    """Smallest convex region that holds the mask; an empty mask stays empty."""
    from skimage.morphology import convex_hull_image

    if not mask.any():
        return mask
    hull = convex_hull_image(mask)  # type: ignore[no-untyped-call]
    return np.asarray(hull, dtype=np.bool_)


def agreement(passes: Sequence[BoolMask], result: BoolMask) -> float:
    """Mean Dice of single passes with the result that they were averaged to; 0 without passes or result."""
    if not passes or not result.any():
        return 0.0
    return float(np.mean([dice(item, result) for item in passes]))


def ramp(value: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high`, linear between."""
    return float(np.clip((value - low) / (high - low), 0, 1))


def vertical_ratio(cup: BoolMask, disc: BoolMask) -> float | None:
    """Vertical cup-to-disc ratio: height of the cup's box over height of the disc's; None without a disc."""
    disc_box, cup_box = mask_box(disc), mask_box(cup)
    if disc_box is None:
        return None
    return 0.0 if cup_box is None else cup_box.height / disc_box.height


def ellipse_fill(mask: BoolMask) -> float:
    """How well the mask fills the ellipse inscribed in its box, 0..1 (1 for an upright ellipse)."""
    box = mask_box(mask)
    if box is None:
        return 0.0
    fill = float(mask.sum()) / (np.pi / 4 * box.width * box.height)
    return float(min(fill, 1 / fill))


def dice(first: BoolMask, second: BoolMask) -> float:
    """Dice overlap (Dice, 1945); two empty masks agree fully (1.0)."""
    total = int(first.sum()) + int(second.sum())
    return 1.0 if total == 0 else 2.0 * int((first & second).sum()) / total
