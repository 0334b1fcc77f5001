"""Short-axis slices for training: folds by patient, slices cached in memory.

Two sets: ACDC (all three structures, two frames a patient) and Sunnybrook (single slices, cavity of the left ventricle
only). Pictures of other things teach the network to find nothing there.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from clinigraph.tools.segmentation.networks.masks import mask_box
from clinigraph.tools.segmentation.networks.views import View, cut
from clinigraph.tools.segmentation.pixels import to_uint8

CACHE = 256
"""Side of the grid on which slices are kept."""
ACDC, SUNNYBROOK = "mri_acdc_odd", "mri_sunnybrook_train1"
_FROM_ACDC = np.array([0, 3, 2, 1], dtype=np.uint8)
"""ACDC: 1 right ventricle, 2 myocardium, 3 left ventricle. Here: 1 left ventricle, 2 myocardium, 3 right ventricle."""
NEGATIVES = {
    "fundus_palm_disc/images": 6,
    "derm_ph2_half/images": 6,
    "us_hc18_fetal_head_part/images": 10,
    "us_busi_quarter/images": 14,
    "cxr_jsrt_lung_heart/images": 10,
}
"""Folders of pictures that show no heart in short axis, and how many of each are used."""
_GREY = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class CinePatient:
    """One patient of ACDC with both frames."""

    name: str
    group: str
    """DCM, HCM, MINF, NOR or RV."""
    frames: tuple[Path, Path]
    """End-diastole, end-systole."""
    fold: int

    def read(self, frame: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Pixels (D, H, W) and labels (D, H, W): 0 none, 1 LV cavity, 2 myocardium, 3 RV."""
        with np.load(self.frames[frame]) as data:
            return data["image"].astype(np.float32), _FROM_ACDC[data["label"]]


@dataclass(frozen=True, slots=True)
class CineSlice:
    """One slice of Sunnybrook with its left ventricular cavity."""

    name: str
    patient: str
    folder: Path
    fold: int

    def read(self) -> _GREY:
        """Pixels and cavity (0 or 1), both (H, W)."""
        grey = np.asarray(Image.open(self.folder / "Images" / f"{self.name}.png").convert("L"))
        label = np.asarray(Image.open(self.folder / "Labels" / f"{self.name}.png").convert("L"))
        return grey, (label > 0).astype(np.uint8)


def list_patients(data: Path, folds: int) -> list[CinePatient]:
    """All ACDC patients below `data`, in order; each diagnosis group is spread over the folds."""
    with (data / ACDC / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    volumes = data / ACDC / "volumes"
    return [
        CinePatient(
            row["case"],
            row["group_by_published_case_order"],
            (_frame(volumes, row["case"], row["frame_a"]), _frame(volumes, row["case"], row["frame_b"])),
            index % folds,
        )
        for index, row in enumerate(rows)
    ]


def _frame(volumes: Path, case: str, frame: str) -> Path:
    return volumes / f"{case}_frame{int(frame):02d}.npz"


def list_slices(data: Path, folds: int) -> list[CineSlice]:
    """All Sunnybrook slices below `data`; all slices of a patient lie in one fold."""
    folder = data / SUNNYBROOK
    names = [path.name.removesuffix(".png") for path in sorted((folder / "Images").glob("*.png"))]
    patients = sorted({name.split("-IM")[0] for name in names})
    return [
        CineSlice(name, name.split("-IM")[0], folder, patients.index(name.split("-IM")[0]) % folds) for name in names
    ]


@dataclass(frozen=True, slots=True)
class CineCache:
    """Slices on a square grid; S slices in all."""

    pixels: Tensor
    """(S, s, s) uint8."""
    labels: Tensor
    """(S, s, s) uint8, 0 none, 1 LV cavity, 2 myocardium, 3 RV."""
    neighbours: Tensor
    """(S, 2) int64, the slices before and after; at an end the slice itself."""
    cavity_only: Tensor
    """(S,) bool, True where only the cavity of the left ventricle is labelled."""
    is_heart: Tensor
    """(S,) bool."""
    centres: Tensor
    """(S, 2) centre of the heart in the stack, x first, in -1..1 of the grid."""
    extents: Tensor
    """(S,) longer side of the heart's box over the side of the grid."""


@dataclass(frozen=True, slots=True)
class _Stack:
    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    cavity_only: bool = False
    is_heart: bool = True


def cine_cache(patients: Iterable[CinePatient], slices: Iterable[CineSlice], data: Path) -> CineCache:
    """Read patients, single slices and pictures of other things."""
    stacks = [*_patient_stacks(patients), *_slice_stacks(slices), *_other_stacks(data)]
    pixels, labels, neighbours, flags, places = [], [], [], [], []
    start = 0
    for stack in stacks:
        depth = len(stack.pixels)
        pixels.append(_square(stack.pixels, 255))
        labels.append(_square_labels(stack.labels))
        index = torch.arange(depth)
        around = torch.stack([(index - 1).clamp_min(0), (index + 1).clamp_max(depth - 1)], dim=1)
        neighbours.append(around + start)
        flags += [(stack.cavity_only, stack.is_heart)] * depth
        places += [_place(stack)] * depth
        start += depth
    flag, place = torch.tensor(flags), torch.tensor(places, dtype=torch.float32)
    return CineCache(
        torch.cat(pixels),
        torch.cat(labels),
        torch.cat(neighbours),
        flag[:, 0],
        flag[:, 1],
        place[:, :2],
        place[:, 2],
    )


def _patient_stacks(patients: Iterable[CinePatient]) -> Iterator[_Stack]:
    for patient in patients:
        for frame in (0, 1):
            image, label = patient.read(frame)
            yield _Stack(to_uint8(image), label)


def _slice_stacks(slices: Iterable[CineSlice]) -> Iterator[_Stack]:
    for item in slices:
        grey, label = item.read()
        yield _Stack(grey[None], label[None], cavity_only=True)


def _other_stacks(data: Path) -> Iterator[_Stack]:
    for path in [path for folder, count in NEGATIVES.items() for path in sorted((data / folder).rglob("*.*"))[:count]]:
        grey = np.asarray(Image.open(path).convert("L"))
        yield _Stack(grey[None], np.zeros((1, *grey.shape), dtype=np.uint8), is_heart=False)


def _square(stack: NDArray[np.uint8], scale: float) -> Tensor:
    values = torch.from_numpy(stack.astype(np.float32) / scale)[None]
    return (cut(values, View.whole(stack.shape), CACHE)[0] * scale).round().byte()


def _square_labels(labels: NDArray[np.uint8]) -> Tensor:
    one_hot = torch.stack([_square((labels == value).astype(np.uint8) * 255, 255) for value in range(1, 4)])
    strongest, index = one_hot.max(dim=0)
    return torch.where(strongest > 127, index + 1, 0).byte()


def _place(stack: _Stack) -> list[float]:
    """Centre (x, y) and extent of the heart; of a cavity alone, the extent of the heart that it suggests."""
    box, view = mask_box(np.asarray((stack.labels > 0).any(axis=0))), View.whole(stack.labels.shape)
    if box is None:
        return [0.0, 0.0, 0.5]
    x, y = box.centre
    extent = max(box.width, box.height) / view.side * (2.2 if stack.cavity_only else 1.0)
    return [(x - view.centre_x) / view.side * 2, (y - view.centre_y) / view.side * 2, max(extent, 0.12)]
