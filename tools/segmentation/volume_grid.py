"""From an image's grid to a network's grid and back: orientation and spacing, in both directions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import ToolFailure
from clinigraph.models.imaging import ImageGeometry

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float32]

_MOST_VOXELS = 4e8
"""Voxels on the network's grid that are taken on: 1.6 GB in single precision."""
_SINGULAR = 1e-3
"""Directions whose determinant is smaller than this span no volume."""


@dataclass(frozen=True, slots=True)
class GridPlan:
    """Axis order, flips and size that turn an image into what a network wants."""

    order: tuple[int, ...]
    """Axis of the image that becomes each axis of the network."""
    flips: tuple[bool, ...]
    """Whether that axis runs the other way, in the network's order."""
    size: tuple[int, ...]
    """Shape after resampling, in the network's order."""

    def forward(self, array: Floats) -> Tensor:
        """Return ``(1, 1, *size)`` from an image ``(*shape)``, resampled linearly."""
        import torch
        from torch.nn import functional

        turned = np.transpose(array, self.order)
        axes = tuple(axis for axis, flip in enumerate(self.flips) if flip)
        tensor = torch.from_numpy(np.ascontiguousarray(np.flip(turned, axes)))[None, None]
        if tuple(tensor.shape[2:]) == self.size:
            return tensor
        mode = "trilinear" if len(self.size) == 3 else "bilinear"
        return functional.interpolate(tensor, size=self.size, mode=mode, align_corners=False)


def plan_grid(
    geometry: ImageGeometry, axcodes: str | None, spacing_mm: tuple[float, ...] | None, bundle: str
) -> GridPlan:
    """Return how an image is turned and resampled for a network.

    Args:
        geometry: Of the image; directions are LPS.
        axcodes: Three letters such as ``RAS`` naming the positive end of each axis, or None for any orientation.
        spacing_mm: Per axis of the network, or None for any spacing.
        bundle: Name for messages.

    Raises:
        ToolFailure: The network needs an orientation or spacing that the image does not state, or the axes of the
            image do not span a volume.
    """
    order, flips = tuple(range(len(geometry.shape))), (False,) * len(geometry.shape)
    if axcodes is not None and geometry.is_volume:
        order, flips = _orientation(geometry, axcodes, bundle)
    shape = tuple(geometry.shape[axis] for axis in order)
    if spacing_mm is None:
        return GridPlan(order, flips, shape)
    if geometry.spacing_mm is None or len(spacing_mm) < len(shape):
        raise ToolFailure(
            f"The bundle {bundle} works in millimetres",
            given="an image without voxel spacing",
            todo="Give an image with its spacing, or state it in case.yaml.",
        )
    own = [geometry.spacing_mm[axis] for axis in order]
    size = tuple(max(1, round(n * s / t)) for n, s, t in zip(shape, own, spacing_mm, strict=False))
    if math.prod(size) > _MOST_VOXELS:
        raise ToolFailure(
            f"The volume is too large for the bundle {bundle} at its voxel size",
            given=f"{math.prod(size) / 1e6:.0f} million voxels after resampling",
            todo="Give a smaller part of the volume.",
        )
    return GridPlan(order, flips, size)


def _orientation(geometry: ImageGeometry, axcodes: str, bundle: str) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    from nibabel.orientations import axcodes2ornt, io_orientation, ornt_transform

    if geometry.direction is None:
        raise ToolFailure(
            f"The bundle {bundle} needs to know how the volume lies in the body",
            given="a volume without orientation",
            todo="Give the DICOM series or NIfTI file with its orientation.",
        )
    directions = np.diag([-1.0, -1.0, 1.0]) @ np.array(geometry.direction).reshape(3, 3)
    if abs(float(np.linalg.det(directions))) < _SINGULAR:
        raise ToolFailure(
            "The axes of the volume do not span space", given="direction cosines", todo="Export the volume again."
        )
    affine = np.eye(4)
    affine[:3, :3] = directions
    turn = ornt_transform(io_orientation(affine), axcodes2ornt(tuple(axcodes)))
    order = tuple(int(np.flatnonzero(turn[:, 0] == axis)[0]) for axis in range(3))
    return order, tuple(bool(turn[axis, 1] < 0) for axis in order)


class MaskPlanes:
    """Masks on the image's axes, filled from score planes that come in the order of the network's first axis.

    Scores are interpolated linearly between planes and within them, then decided, so that a coarser network grid gives
    smooth outlines; only two score planes are held at a time.

    Args:
        plan: From the image's grid to the network's.
        shape: Grid of the image.
        channels: Score channel of each mask.
        sigmoid: Channels are independent: a mask is where its score is positive; otherwise where it is the largest.
    """

    def __init__(self, plan: GridPlan, shape: tuple[int, ...], channels: tuple[int, ...], *, sigmoid: bool) -> None:
        self._channels = channels
        self._sigmoid = sigmoid
        self.masks = np.zeros((len(channels), *shape), dtype=np.bool_)
        """``(N, *shape)``, the result."""
        self._turned = _turned(self.masks, plan)

    def fill(self, planes: Iterator[Tensor], depth: int) -> None:
        """Take ``depth`` score planes ``(C, h, w)`` and write every mask plane.

        Raises:
            ValueError: There are fewer planes than said.
        """
        wanted = self._turned.shape[1]
        window: dict[int, Tensor] = {}
        taken = 0
        for index in range(wanted):
            place = min(max((index + 0.5) * depth / wanted - 0.5, 0.0), depth - 1.0)
            below, above = int(place), min(int(place) + 1, depth - 1)
            while taken <= above:
                window = {k: v for k, v in window.items() if k >= below}
                window[taken] = next(planes, None)  # type: ignore[assignment]
                if window[taken] is None:
                    raise ValueError(f"{depth} score planes were promised, {taken} came")
                taken += 1
            self._decide(index, window[below], window[above], place - below)

    def _decide(self, index: int, below: Tensor, above: Tensor, share: float) -> None:
        plane = _resized(below if share == 0 else below * (1 - share) + above * share, self._turned.shape[2:])
        winner = None if self._sigmoid else plane.argmax(dim=0)
        for number, channel in enumerate(self._channels):
            mask = plane[channel] > 0 if winner is None else winner == channel
            self._turned[number, index] = mask.numpy()


def _turned(masks: NDArray[np.bool_], plan: GridPlan) -> NDArray[np.bool_]:
    """Return a view of ``(N, *shape)`` as ``(N, d, h, w)`` on the network's axes; writing to it writes to the masks."""
    view = np.transpose(masks, (0, *(axis + 1 for axis in plan.order)))
    view = view[(slice(None), *(slice(None, None, -1 if flip else 1) for flip in plan.flips))]
    return view if view.ndim == 4 else view[:, None]


def _resized(plane: Tensor, size: tuple[int, ...]) -> Tensor:
    """Return scores ``(C, h, w)`` on a grid of ``size``, bilinear."""
    from torch.nn import functional

    if tuple(plane.shape[1:]) == tuple(size):
        return plane
    return functional.interpolate(plane[None], size=tuple(size), mode="bilinear", align_corners=False)[0]
