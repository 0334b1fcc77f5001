"""Wall of the left ventricle in six segments a slice: thickness, and how evenly it moves inward.

Per slice, 36 rays leave the centre of the ventricle (cavity and muscle together); six neighbouring rays form a segment
of 60 degrees, as in the basal and middle rings of the 17-segment model (Cerqueira 2002), but without an anatomical
start, because the insertion of the right ventricle is not looked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from clinigraph.tools.measurement.masks import Floats, Mask, centroid, radii

RAYS, SEGMENTS = 36, 6
_FULL, _EMPTY, _MUSCLE = 0.05, 0.005, 0.1
"""Least area of cavity (end-diastole, end-systole) and muscle in a slice, over the largest cavity of the stack."""
_BODY = 0.3
"""Slices whose cavity is smaller than this share of the largest are apex: their wall is cut obliquely."""


@dataclass(frozen=True, slots=True)
class Ventricle3d:
    """Left ventricle of one frame."""

    cavity: Mask
    """``(D, H, W)``."""
    muscle: Mask
    """``(D, H, W)``."""

    def __post_init__(self) -> None:
        """Refuse masks of different grids.

        Raises:
            ValueError: The masks do not share one ``(D, H, W)`` grid.
        """
        if self.cavity.shape != self.muscle.shape or self.cavity.ndim != 3:
            raise ValueError("cavity and muscle must be (D, H, W) masks on one grid")

    def areas(self) -> tuple[Floats, Floats]:
        """Return pixels of cavity and muscle in each slice."""
        return self.cavity.sum(axis=(1, 2)).astype(float), self.muscle.sum(axis=(1, 2)).astype(float)


def motion_spread(diastole: Ventricle3d, systole: Ventricle3d) -> float | None:
    """Return the standard deviation, over the segments of the middle slices, of the inward motion of the endocardium.

    Motion is (r_diastole - r_systole) / r_diastole of a segment's mean radius. A ventricle that is weak all over moves
    little and evenly; one with a scar moves unevenly. Needs no spacing.

    Args:
        diastole: End-diastole.
        systole: End-systole on the same grid.

    Returns:
        A share of the radius, or None when no slice shows cavity and muscle in both frames.

    Raises:
        ValueError: The frames lie on different grids.
    """
    if diastole.cavity.shape != systole.cavity.shape:
        raise ValueError("both frames must lie on one grid")
    slices = _shared_slices(diastole, systole)
    quarter = len(slices) // 4
    middle = slices[quarter : max(quarter + 1, len(slices) - quarter)]
    moves = [_motion(diastole, systole, index) for index in middle]
    return float(np.std(moves)) if moves else None


def greatest_thickness(frame: Ventricle3d, spacing_mm: tuple[float, float] = (1.0, 1.0)) -> float | None:
    """Return the greatest mean thickness of a segment over the slices of the body of the ventricle.

    Args:
        frame: End-diastole.
        spacing_mm: Row and column spacing; ones give pixels.

    Returns:
        In the unit of the spacing, or None when no slice shows a cavity with muscle round it.
    """
    cavity, muscle = frame.areas()
    body = np.flatnonzero((cavity >= _BODY * cavity.max()) & (cavity > 0) & (muscle > 0))
    thick = [_thickness(frame, int(index), spacing_mm).max() for index in body]
    return float(max(thick)) if thick else None


def slice_halfwidth(mask: Mask) -> float:
    """Return the change of a volume, in voxels, when the outline of each slice is half a pixel off, slices independent.

    Args:
        mask: ``(D, H, W)``.
    """
    from clinigraph.tools.measurement.masks import perimeter

    return 0.5 * math.sqrt(sum(perimeter(plane) ** 2 for plane in mask))


def _shared_slices(diastole: Ventricle3d, systole: Ventricle3d) -> list[int]:
    full, full_muscle = diastole.areas()
    empty, empty_muscle = systole.areas()
    largest = full.max()
    if largest == 0:
        return []
    good = (full >= _FULL * largest) & (empty >= _EMPTY * largest) & (empty > 0)
    good &= (full_muscle >= _MUSCLE * largest) & (empty_muscle >= _MUSCLE * largest)
    return [int(index) for index in np.flatnonzero(good)]


def _motion(diastole: Ventricle3d, systole: Ventricle3d, index: int) -> Floats:
    before, after = (_segments(_profile(frame, index)[0]) for frame in (diastole, systole))
    return np.asarray((before - after) / np.maximum(before, 1.0))


def _thickness(frame: Ventricle3d, index: int, spacing_mm: tuple[float, float]) -> Floats:
    inner, outer = _profile(frame, index)
    angles = _angles()
    scale = np.hypot(np.sin(angles) * spacing_mm[0], np.cos(angles) * spacing_mm[1])
    return _segments((outer - inner) * scale)


def _profile(frame: Ventricle3d, index: int) -> tuple[Floats, Floats]:
    """Radii of cavity and of cavity with muscle, from the centre of both."""
    cavity = frame.cavity[index]
    whole = cavity | frame.muscle[index]
    centre = centroid(whole)
    return radii(cavity, centre, _angles()), radii(whole, centre, _angles())


def _segments(values: Floats) -> Floats:
    return np.asarray(values.reshape(SEGMENTS, RAYS // SEGMENTS).mean(axis=1))


def _angles() -> Floats:
    return np.arange(RAYS, dtype=np.float64) * (2 * math.pi / RAYS)
