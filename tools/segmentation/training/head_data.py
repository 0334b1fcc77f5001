"""Fetal heads for training: folds by examination, pictures cached in memory."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from clinigraph.tools.segmentation.networks.head import Oval
from clinigraph.tools.segmentation.networks.views import View, cut, to_tensor

SET = "us_hc18_fetal_head_part"
CACHE = 320
LINE_PX = 1.4
"""The masks were filled from a drawn ellipse and hold half of its line."""
EDGE_PX = 0.5
"""How far outside the line of the callipers the outline of this bundle runs, as `head_circumference` takes off."""
NEGATIVES = {
    "us_busi_quarter/images": 60,
    "cxr_jsrt_lung_heart/images": 20,
    "fundus_palm_disc/images": 15,
    "derm_ph2_half/images": 20,
    "mri_sunnybrook_train1/Images": 25,
}
"""Folders of pictures without a fetal head, and how many of each are used."""


@dataclass(frozen=True, slots=True)
class HeadPicture:
    """One picture with its reference; pictures of one examination share the number and so the fold."""

    name: str
    folder: Path
    fold: int
    spacing_mm: float
    circumference_mm: float

    @property
    def image_path(self) -> Path:
        """The picture."""
        return next((self.folder / "images").glob(f"{self.name}.*"))

    def read(self) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Pixels (H, W) and the mask (H, W) as the set gives it."""
        mask = next((self.folder / "masks").glob(f"{self.name}.*"))
        return read_grey(self.image_path), np.asarray(Image.open(mask).convert("L")) > 127


def list_heads(data: Path, folds: int) -> list[HeadPicture]:
    """All labelled pictures below `data` by name; folds go round the examinations, whose numbers follow the weeks."""
    folder = data / SET
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["image"])
    exams = {exam: place for place, exam in enumerate(sorted({row["image"].split("_")[0] for row in rows}))}
    return [
        HeadPicture(
            row["image"],
            folder,
            exams[row["image"].split("_")[0]] % folds,
            float(row["pixel_size_mm"]),
            float(row["head_circumference_mm"]),
        )
        for row in rows
    ]


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Return a picture file as (H, W) grey levels."""
    with Image.open(path) as file:
        return np.asarray(file.convert("L"))


@dataclass(frozen=True, slots=True)
class HeadCache:
    """Pictures on a square grid, uint8 (N, 2, s, s): grey, head (0 to 255)."""

    pixels: Tensor
    centres: Tensor
    """(N, 2) of the heads in -1..1; 0 where there is none."""
    sizes: Tensor
    """(N,) long axis over the side of the picture; 0 where there is no head."""


def head_cache(heads: list[HeadPicture], data: Path) -> HeadCache:
    """Read pictures of heads and of other things.

    The reference is redrawn from the ellipse of the given mask, without the line that drew it.
    """
    stacks, centres, sizes = [], [], []
    for head in heads:
        gray, mask = head.read()
        oval = Oval.of(mask)
        if oval is None:
            raise ValueError(f"the mask of {head.name} is empty")
        cover = oval.grown(EDGE_PX - LINE_PX).cover((gray.shape[0], gray.shape[1]))
        view = View.whole(gray.shape)
        stacks.append(_stack(gray, cover, view))
        centres.append([(oval.x - view.centre_x) / view.side * 2, (oval.y - view.centre_y) / view.side * 2])
        sizes.append(2 * oval.semi_major / view.side)
    for path in negatives(data):
        gray = read_grey(path)
        stacks.append(_stack(gray, np.zeros(gray.shape, dtype=np.float32), View.whole(gray.shape)))
        centres.append([0.0, 0.0])
        sizes.append(0.0)
    return HeadCache(torch.cat(stacks), torch.tensor(centres), torch.tensor(sizes))


def negatives(data: Path) -> list[Path]:
    """Return the pictures of other things that training uses; those of a set are the first by name, every second."""
    return [p for folder, count in NEGATIVES.items() for p in sorted((data / folder).rglob("*.*"))[: 2 * count : 2]]


def _stack(gray: NDArray[np.uint8], cover: NDArray[np.float32], view: View) -> Tensor:
    layers = [to_tensor(gray), torch.from_numpy(cover)[None, None]]
    return (cut(torch.cat(layers, dim=1), view, CACHE) * 255).round().byte()
