"""Chest films for training: folds and films cached in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from clinigraph.tools.segmentation.networks.masks import mask_box
from clinigraph.tools.segmentation.networks.views import View, cut, to_tensor

CACHE = 320
STRUCTURES = ("left_lung", "right_lung", "heart")
NEGATIVES = {
    "fundus_palm_disc/images": 25,
    "derm_ph2_half/images": 40,
    "us_hc18_fetal_head_part/images": 25,
    "us_busi_quarter/images": 25,
    "mri_sunnybrook_train1/Images": 25,
}
"""Folders of pictures that are no chest films, and how many of each are used."""


@dataclass(frozen=True, slots=True)
class Film:
    """One film with its reference masks; one film per patient, so a split of films is a split of patients."""

    name: str
    folder: Path
    fold: int

    def read(self) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Pixels (H, W) and masks (3, H, W) in the order of `STRUCTURES`."""
        gray = np.asarray(Image.open(self.folder / "images" / f"{self.name}.png").convert("L"))
        paths = [self.folder / "masks" / structure / f"{self.name}.png" for structure in STRUCTURES]
        return gray, np.stack([np.asarray(Image.open(path)) > 127 for path in paths])


def list_films(data: Path, folds: int) -> list[Film]:
    """All labelled films below `data` in a fixed order; normal and nodule films are spread over the folds."""
    folder = data / "cxr_jsrt_lung_heart"
    paths = sorted((folder / "images").glob("*.png"))
    return [Film(path.stem, folder, index % folds) for index, path in enumerate(paths)]


@dataclass(frozen=True, slots=True)
class ChestCache:
    """Films on a square grid, uint8 (N, 4, s, s): grey, left lung, right lung, heart (masks 0 or 255)."""

    pixels: Tensor
    heart_centres: Tensor
    """(N, 2) in -1..1."""
    heart_half_axes: Tensor
    """(N, 2) in the same units; 0 where there is no heart."""
    is_chest: Tensor


def chest_cache(films: list[Film], data: Path) -> ChestCache:
    """Read films and pictures of other things."""
    stacks, centres, axes = [], [], []
    for film in films:
        gray, masks = film.read()
        view = View.whole(gray.shape)
        layers = [to_tensor(gray), *(to_tensor((mask * 255).astype(np.uint8)) for mask in masks)]
        stacks.append((cut(torch.cat(layers, dim=1), view, CACHE) * 255).round().byte())
        box = mask_box(masks[2])
        x, y = box.centre if box else (0.0, 0.0)
        centres.append([(x - view.centre_x) / view.side * 2, (y - view.centre_y) / view.side * 2])
        axes.append([box.width / view.side, box.height / view.side] if box else [0.0, 0.0])
    for path in [path for folder, count in NEGATIVES.items() for path in sorted((data / folder).rglob("*.*"))[:count]]:
        gray = np.asarray(Image.open(path).convert("L"))
        picture = cut(to_tensor(gray), View.whole(gray.shape), CACHE)
        stacks.append((torch.cat([picture, *(torch.zeros_like(picture) for _ in STRUCTURES)], dim=1) * 255).byte())
        centres.append([0.0, 0.0])
        axes.append([0.0, 0.0])
    places = torch.tensor(centres, dtype=torch.float32), torch.tensor(axes, dtype=torch.float32)
    return ChestCache(torch.cat(stacks), *places, torch.arange(len(stacks)) < len(films))
