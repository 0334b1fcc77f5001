"""From an image's grid to a network's grid and back: orientation and spacing, in both directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import ToolFailure
from clinigraph.models.imaging import ImageGeometry

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float32]

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

    def back(self, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return labels on the image's axes from labels on the network's axes (already at the image's size)."""
        axes = tuple(axis for axis, flip in enumerate(self.flips) if flip)
        return np.ascontiguousarray(np.transpose(np.flip(labels, axes), np.argsort(self.order)))


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


def labels_at(scores: Tensor, shape: tuple[int, ...], *, sigmoid: bool) -> NDArray[np.uint8]:
    """Return labels on a finer or coarser grid, one slice at a time so that a large volume needs little memory.

    Args:
        scores: ``(C, d, h, w)`` or ``(C, h, w)`` network output.
        shape: Grid wanted.
        sigmoid: Channels are independent: the answer is a bit per channel (at most 8), else the number of the largest
            channel.
    """
    import torch

    volume = scores if scores.ndim == 4 else scores[:, None]
    wanted = shape if len(shape) == 3 else (1, *shape)
    out = np.empty(wanted, dtype=np.uint8)
    for index in range(wanted[0]):
        plane = _plane(volume, (index + 0.5) * volume.shape[1] / wanted[0] - 0.5, wanted[1:])
        if sigmoid:
            bits = (plane > 0).to(torch.uint8)
            weights = torch.tensor([1 << c for c in range(bits.shape[0])], dtype=torch.uint8)
            out[index] = (bits * weights[:, None, None]).sum(dim=0).to(torch.uint8).numpy()
        else:
            out[index] = plane.argmax(dim=0).to(torch.uint8).numpy()
    return out.reshape(shape)


def _plane(volume: Tensor, depth: float, size: tuple[int, ...]) -> Tensor:
    """Return the scores ``(C, *size)`` at a fractional depth, linear between the neighbouring slices."""
    from torch.nn import functional

    last = volume.shape[1] - 1
    depth = min(max(depth, 0.0), float(last))
    below = int(depth)
    above = min(below + 1, last)
    plane = volume[:, below].float() * (1 - (depth - below)) + volume[:, above].float() * (depth - below)
    if tuple(plane.shape[1:]) == tuple(size):
        return plane
    return functional.interpolate(plane[None], size=tuple(size), mode="bilinear", align_corners=False)[0]
