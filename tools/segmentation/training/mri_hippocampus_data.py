"""Hippocampus crops for training: reading, split, and augmentation by one resampling.

Arrays lie on the axes right, anterior, superior (RAS) at 1 mm, as the bundle's metadata tells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.nn import functional

from clinigraph.tools.segmentation.bundle_steps import Intensity, scaled

FOLDS = 4
WINDOW = (48, 64, 48)
"""Every crop of the set fits into it."""
_TURN = math.radians(15)
_ZOOM = math.log(1.2)
_SHIFT = 0.1


@dataclass(frozen=True, slots=True)
class Crop:
    """One T1 crop with its labels: 0 background, 1 anterior, 2 posterior; one crop per patient."""

    name: str
    image: NDArray[np.float32]
    labels: NDArray[np.uint8]
    fold: int


def list_names(data: Path) -> list[str]:
    """Return the file names of the set in a fixed order; the fold of a name is its place modulo `FOLDS`."""
    return sorted(path.name for path in (data / "images").glob("*.nii*"))


def read_crops(data: Path) -> list[Crop]:
    """Read every crop with its labels, turned to RAS."""
    return [_crop(data, name, index % FOLDS) for index, name in enumerate(list_names(data))]


def _crop(data: Path, name: str, fold: int) -> Crop:
    image, labels = _canonical(data / "images" / name), _canonical(data / "masks" / name)
    return Crop(name, image.astype(np.float32), labels.astype(np.uint8), fold)


def _canonical(path: Path) -> NDArray[np.generic]:
    import nibabel

    return np.asarray(nibabel.as_closest_canonical(nibabel.load(path)).dataobj)


def stack(crops: list[Crop]) -> tuple[Tensor, Tensor]:
    """Return images ``(N, 1, *WINDOW)`` float32, scaled as at inference, and labels ``(N, *WINDOW)`` int64, padded."""
    images = np.stack([_padded(scaled(crop.image, Intensity("normal"))) for crop in crops])
    labels = np.stack([_padded(crop.labels) for crop in crops])
    return torch.from_numpy(images)[:, None], torch.from_numpy(labels.astype(np.int64))


def _padded(array: NDArray[np.generic]) -> NDArray[np.generic]:
    short = [wanted - found for wanted, found in zip(WINDOW, array.shape, strict=True)]
    return np.pad(array, [(s // 2, s - s // 2) for s in short])


def augmented(images: Tensor, labels: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Return a batch turned, zoomed, shifted and mirrored left to right at random, in another contrast."""
    grid = functional.affine_grid(_affine(len(images), generator), list(images.shape), align_corners=False)
    turned = functional.grid_sample(images, grid, mode="bilinear", align_corners=False)
    moved = functional.grid_sample(labels[:, None].float(), grid, mode="nearest", align_corners=False)
    return _photometric(turned, generator), moved[:, 0].round().long()


def _draw(count: int, low: float, high: float, generator: Generator) -> Tensor:
    return torch.rand(count, generator=generator) * (high - low) + low


def _affine(count: int, generator: Generator) -> Tensor:
    """Return ``(N, 3, 4)``; `grid_sample` counts x from the last axis, and angles hold because voxels are cubes."""
    size = torch.tensor(WINDOW[::-1], dtype=torch.float32)
    matrix = torch.eye(3).repeat(count, 1, 1)
    for first, second in ((0, 1), (0, 2), (1, 2)):
        angle = _draw(count, -_TURN, _TURN, generator)
        turn = torch.eye(3).repeat(count, 1, 1)
        turn[:, first, first] = turn[:, second, second] = torch.cos(angle)
        turn[:, first, second], turn[:, second, first] = -torch.sin(angle), torch.sin(angle)
        matrix = matrix @ turn
    zoom = torch.exp(_draw(3 * count, -_ZOOM, _ZOOM, generator).reshape(count, 3))
    zoom[:, 2] *= torch.where(_draw(count, 0, 1, generator) < 0.5, -1.0, 1.0)
    matrix = matrix * zoom[:, None, :]
    matrix = matrix * size[None, None, :] / size[None, :, None]
    shift = _draw(3 * count, -_SHIFT, _SHIFT, generator).reshape(count, 3, 1)
    return torch.cat([matrix, shift], dim=2)


def _photometric(images: Tensor, generator: Generator) -> Tensor:
    """Return images with thick slices, another gamma, a shading and noise, each at random, and scaled again."""
    count = len(images)
    images = torch.stack([_thick(image, generator) for image in images])
    low, high = images.amin(dim=(1, 2, 3, 4), keepdim=True), images.amax(dim=(1, 2, 3, 4), keepdim=True)
    unit = (images - low) / (high - low).clamp_min(1e-6)
    power = torch.exp(_draw(count, -0.4, 0.4, generator)).reshape(-1, 1, 1, 1, 1)
    shade = torch.randn((count, 1, 3, 3, 3), generator=generator) * 0.12
    field = functional.interpolate(shade, size=WINDOW, mode="trilinear", align_corners=True)
    noise = torch.randn(images.shape, generator=generator) * _draw(count, 0, 0.06, generator).reshape(-1, 1, 1, 1, 1)
    outside = images == 0
    changed = unit**power * (1 + field) + noise
    mean, deviation = changed.mean(dim=(1, 2, 3, 4), keepdim=True), changed.std(dim=(1, 2, 3, 4), keepdim=True)
    return torch.where(outside, torch.zeros(()), (changed - mean) / deviation.clamp_min(1e-6))


def _thick(image: Tensor, generator: Generator) -> Tensor:
    """Return ``(1, *WINDOW)`` as if scanned in slices of up to 3 mm along one axis, in a third of the cases."""
    axis, chance, factor = (float(v) for v in torch.rand(3, generator=generator))
    if chance > 1 / 3:
        return image
    size = list(WINDOW)
    which = min(2, int(axis * 3))
    size[which] = max(1, round(size[which] / (1 + 2 * factor)))
    small = functional.interpolate(image[None], size=size, mode="area")
    return functional.interpolate(small, size=WINDOW, mode="trilinear", align_corners=False)[0]
