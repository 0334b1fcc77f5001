"""Which lengths can be read off masks, and between which pixels: pure geometry on bool arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Extent:
    """Rows and columns that a mask reaches, edges inclusive-exclusive, in pixels."""

    row0: int
    row1: int
    col0: int
    col1: int

    @property
    def height(self) -> int:
        """Rows covered."""
        return self.row1 - self.row0

    @property
    def width(self) -> int:
        """Columns covered."""
        return self.col1 - self.col0

    def joined(self, other: Extent) -> Extent:
        """Return the smallest extent that holds both."""
        return Extent(
            min(self.row0, other.row0),
            max(self.row1, other.row1),
            min(self.col0, other.col0),
            max(self.col1, other.col1),
        )


@dataclass(frozen=True, slots=True)
class Caliper:
    """A length between two parallel edges of a structure."""

    label: str
    """Structure (or group of structures) that it measures, as in the masks' labels."""
    vertical: bool
    """True for a height (between rows), False for a width (between columns)."""
    extent: Extent
    """What is measured; the picture draws the line beside it."""
    touches: tuple[float, float]
    """Where the structure meets its first and last edge: columns for a height, rows for a width."""

    @property
    def pixels(self) -> int:
        """The length in pixels."""
        return self.extent.height if self.vertical else self.extent.width

    @property
    def name(self) -> str:
        """The length in words."""
        return "vertical diameter" if self.vertical else "width"


def extent_of(mask: Mask) -> Extent | None:
    """Return the rows and columns that a mask reaches, or None for an empty one.

    Args:
        mask: bool ``(H, W)``.
    """
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    return Extent(int(rows[0]), int(rows[-1]) + 1, int(cols[0]), int(cols[-1]) + 1)


def largest_part(mask: Mask) -> Mask:
    """Return the largest 8-connected part of a mask; specks elsewhere must not stretch a diameter.

    Args:
        mask: bool ``(H, W)``.
    """
    from scipy import ndimage

    labelled, count = ndimage.label(mask, structure=np.ones((3, 3), dtype=np.int8))
    if count < 2:
        return mask
    sizes = np.bincount(labelled.ravel())
    sizes[0] = 0
    part: Mask = labelled == int(sizes.argmax())
    return part


def calipers_of(masks: Mapping[str, Mask]) -> tuple[Caliper, ...]:
    """Return the lengths that the structures at hand call for.

    Disc and cup give their vertical diameters (the ratio of Armaly 1967), heart and thorax their transverse widths
    (the ratio of Danzer 1919; the thorax is taken as the extent of both lungs together). Other structures give none.

    Args:
        masks: bool ``(H, W)`` by segment label.
    """
    parts = {label: largest_part(mask) for label, mask in masks.items() if mask.any()}
    lines = [_caliper(label, parts[label], vertical=True) for label in ("optic_disc", "optic_cup") if label in parts]
    if "heart" in parts:
        lines.append(_caliper("heart", parts["heart"], vertical=False))
        lungs = [part for label, part in parts.items() if "lung" in label]
        thorax = parts.get("thorax", np.logical_or.reduce(lungs) if lungs else None)
        if thorax is not None:
            lines.append(_caliper("thorax", thorax, vertical=False))
    return tuple(lines)


def _caliper(label: str, part: Mask, *, vertical: bool) -> Caliper:
    extent = extent_of(part)
    if extent is None:
        raise ValueError(f"{label!r} is empty and has no length")
    first = part[extent.row0] if vertical else part[:, extent.col0]
    last = part[extent.row1 - 1] if vertical else part[:, extent.col1 - 1]
    touches = (float(np.flatnonzero(first).mean()) + 0.5, float(np.flatnonzero(last).mean()) + 0.5)
    return Caliper(label, vertical, extent, touches)
