"""Fundus photographs for training: three cameras, folds, and views cached in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from clinigraph.tools.segmentation.networks.masks import mask_box
from clinigraph.tools.segmentation.networks.views import View, cut, field_view, to_tensor

COARSE_CACHE = 448
FINE_CACHE = 320
FINE_CACHE_DISCS = 4.5
"""Side of the cached surroundings in disc diameters."""
CAMERAS = ("drishti", "drions", "palm")
NEGATIVES = {
    "derm_ph2_half/images": 60,
    "us_hc18_fetal_head_part/images": 25,
    "us_busi_quarter/images": 25,
    "cxr_jsrt_lung_heart/images": 25,
    "mri_sunnybrook_train1/Images": 10,
}
"""Folders of pictures that are no fundus photographs, and how many of each are used."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photograph with its reference masks."""

    name: str
    camera: str
    image_path: Path
    mask_path: Path
    fold: int

    def read(self) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_] | None]:
        """Pixels (H, W, 3), disc and, where it was drawn, cup."""
        rgb = np.asarray(Image.open(self.image_path).convert("RGB"))
        mask = np.asarray(Image.open(self.mask_path))
        if self.camera == "drishti":
            return rgb, mask > 0, mask == 2
        return rgb, mask > (127 if self.camera == "drions" else 0), None


def list_photos(data: Path, folds: int) -> list[Photo]:
    """All labelled photographs below `data`, in a fixed order, with their cross-validation fold."""
    found: list[Photo] = []
    places = {
        "drishti": ("fundus_drishti_train/images", "fundus_drishti_train/masks"),
        "drions": ("fundus_drions_disc/image", "fundus_drions_disc/image"),
        "palm": ("fundus_palm_disc/images", "fundus_palm_disc/masks"),
    }
    for camera, (images, masks) in places.items():
        folder = data / images
        paths = sorted(path for path in folder.rglob("*.jpg") if path.parent.name != "groundtruth")
        for index, path in enumerate(paths):
            mask = _mask_of(path, data / masks, camera)
            found.append(Photo(path.stem, camera, path, mask, index % folds))
    return found


def _mask_of(image: Path, masks: Path, camera: str) -> Path:
    if camera != "drions":
        return masks / f"{image.stem}.png"
    return next((image.parent.parent / "groundtruth").glob(f"{image.stem}.*"))


@dataclass(frozen=True, slots=True)
class CoarseCache:
    """Whole photographs, the lit field on a square grid, uint8 tensors (N, 4, s, s): RGB and disc (0 or 255)."""

    pixels: Tensor
    centres: Tensor
    """(N, 2) disc centre in -1..1; 0 where there is none."""
    is_fundus: Tensor


@dataclass(frozen=True, slots=True)
class FineCache:
    """Surroundings of each disc, uint8 (N, 5, s, s): RGB, disc, cup (0 or 255)."""

    pixels: Tensor
    half_axes: Tensor
    has_cup: Tensor
    cameras: tuple[str, ...]


def coarse_cache(photos: list[Photo], data: Path) -> CoarseCache:
    """Read photographs and pictures of other things."""
    stacks, centres = [], []
    for photo in photos:
        rgb, disc, _ = photo.read()
        view = field_view(rgb)
        stacks.append(_stack([to_tensor(rgb), to_tensor(_as_bytes(disc))], view, COARSE_CACHE))
        box = mask_box(disc)
        x, y = box.centre if box else (view.centre_x, view.centre_y)
        centres.append([(x - view.centre_x) / view.side * 2, (y - view.centre_y) / view.side * 2])
    others = [path for folder, count in NEGATIVES.items() for path in sorted((data / folder).rglob("*.*"))[:count]]
    for path in others:
        rgb = np.asarray(Image.open(path).convert("RGB"))
        stacks.append(_stack([to_tensor(rgb), to_tensor(_as_bytes(rgb[..., 0] < 0))], field_view(rgb), COARSE_CACHE))
        centres.append([0.0, 0.0])
    is_fundus = torch.arange(len(stacks)) < len(photos)
    return CoarseCache(torch.cat(stacks), torch.tensor(centres, dtype=torch.float32), is_fundus)


def fine_cache(photos: list[Photo]) -> FineCache:
    """Read the surroundings of each disc."""
    stacks, axes, cups, cameras = [], [], [], []
    for photo in photos:
        rgb, disc, cup = photo.read()
        box = mask_box(disc)
        if box is None:
            continue
        view = View(*box.centre, max(box.width, box.height) * FINE_CACHE_DISCS)
        empty = np.zeros_like(disc)
        masks = [to_tensor(_as_bytes(disc)), to_tensor(_as_bytes(empty if cup is None else cup))]
        stacks.append(_stack([to_tensor(rgb), *masks], view, FINE_CACHE))
        axes.append([box.width / view.side, box.height / view.side])
        cups.append(cup is not None)
        cameras.append(photo.camera)
    return FineCache(torch.cat(stacks), torch.tensor(axes, dtype=torch.float32), torch.tensor(cups), tuple(cameras))


def _as_bytes(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return (mask * 255).astype(np.uint8)


def _stack(layers: list[Tensor], view: View, size: int) -> Tensor:
    return (cut(torch.cat(layers, dim=1), view, size) * 255).round().byte()
