"""Ordering of slices along their normal, and the LPS geometry of DICOM and NIfTI grids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

SAME_PLACE_MM = 0.01
"""Slices closer than this stand at the same place: DICOM positions are written with at least two decimals."""
GAP_FACTOR = 1.5
"""A step above 1.5 times the usual one means that a slice is missing."""
UNEVEN = 0.05
"""Steps that differ by more than 5 % of the usual one are called uneven."""
SAME_DIRECTION = 1e-3
"""Largest difference of direction cosines between slices of one stack (about 0.06 degrees)."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Where a slice stands in the LPS frame, in millimetres."""

    position: tuple[float, float, float]
    """Centre of the first pixel (Image Position (Patient))."""
    orientation: tuple[float, ...]
    """Six cosines (Image Orientation (Patient)): along a row, then down a column."""

    @property
    def normal(self) -> Vector:
        """Unit normal: row direction x column direction."""
        cross = np.cross(self.orientation[:3], self.orientation[3:])
        return np.asarray(cross / np.linalg.norm(cross), dtype=np.float64)

    @property
    def depth(self) -> float:
        """Position along the normal, in mm."""
        return float(np.dot(self.position, self.normal))

    def same_direction(self, other: Plane) -> bool:
        """Whether both planes are parallel with equal axes."""
        return bool(np.allclose(self.orientation, other.orientation, atol=SAME_DIRECTION))

    def direction_2d(self) -> tuple[float, ...]:
        """Row-major 3x3 with columns: row direction, column direction, normal."""
        columns = np.column_stack([self.orientation[:3], self.orientation[3:], self.normal])
        return tuple(float(v) for v in columns.reshape(-1))

    def direction_3d(self) -> tuple[float, ...]:
        """Row-major 3x3 with columns: normal, column direction, row direction (axes of ``(D, H, W)``)."""
        columns = np.column_stack([self.normal, self.orientation[3:], self.orientation[:3]])
        return tuple(float(v) for v in columns.reshape(-1))


@dataclass(frozen=True, slots=True)
class StackOrder:
    """Slices of one stack, from the lowest to the highest along the normal."""

    order: tuple[int, ...]
    step_mm: float | None
    """Distance of neighbouring slices; None when a slice is missing or there is only one."""
    notes: tuple[str, ...]


def plane_of(position: Sequence[object] | None, orientation: Sequence[object] | None) -> Plane | None:
    """Return a plane from two header values, or None when they are absent or no orthogonal unit vectors."""
    try:
        place = tuple(float(str(v)) for v in position or ())
        axes = tuple(float(str(v)) for v in orientation or ())
    except ValueError:
        return None
    if len(place) != 3 or len(axes) != 6 or not np.isfinite(place + axes).all():
        return None
    row, column = np.asarray(axes[:3]), np.asarray(axes[3:])
    units = np.allclose([np.linalg.norm(row), np.linalg.norm(column)], 1.0, atol=1e-2)
    if not units or abs(float(row @ column)) > 1e-2:
        return None
    return Plane((place[0], place[1], place[2]), axes)


def order_planes(planes: Sequence[Plane]) -> StackOrder:
    """Sort parallel planes along their normal; of several at one place the first stays.

    Args:
        planes: At least one plane, all of the same direction.

    Returns:
        Order and step; gaps, duplicates, uneven steps and sheared stacks are stated in ``notes``.
    """
    depths = np.array([p.depth for p in planes])
    order: list[int] = []
    for index in np.argsort(depths, kind="stable"):
        if not order or depths[index] - depths[order[-1]] > SAME_PLACE_MM:
            order.append(int(index))
    notes = []
    if len(order) < len(planes):
        notes.append(f"{len(planes) - len(order)} slices at a place already taken were left out")
    if len(order) < 2:
        return StackOrder(tuple(order), None, tuple(notes))
    steps = np.diff(depths[order])
    step = float(np.median(steps))
    gaps = [i for i, s in enumerate(steps) if s > GAP_FACTOR * step]
    notes.extend(f"gap of {steps[i]:.2f} mm after slice {i + 1}: no millimetres are reported" for i in gaps[:3])
    if not gaps and float(np.abs(steps - step).max()) > max(UNEVEN * step, SAME_PLACE_MM):
        notes.append(f"slices are {steps.min():.2f} to {steps.max():.2f} mm apart; {step:.2f} mm is used")
    if _sheared(planes[order[0]], planes[order[-1]]):
        notes.append("slices are shifted sideways (tilted gantry); directions hold for the first slice")
    return StackOrder(tuple(order), None if gaps else step, tuple(notes))


def _sheared(first: Plane, last: Plane) -> bool:
    """Whether the last slice lies more than 1 % of the stack's height off the normal through the first."""
    way = np.asarray(last.position) - np.asarray(first.position)
    along = float(way @ first.normal)
    return float(np.linalg.norm(way - along * first.normal)) > 0.01 * abs(along) + SAME_PLACE_MM


def ras_to_lps(affine: Vector) -> Vector:
    """Return a 4x4 affine with x and y turned: NIfTI counts to right and anterior, DICOM to left and posterior.

    The same function turns LPS back to RAS.
    """
    return np.asarray(np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine, dtype=np.float64)
