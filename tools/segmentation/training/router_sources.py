"""Reading the image sets that the router learns from, with a split by patient or file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clinigraph.tools.segmentation.networks.router_net import WORK_SIDE, reduce_image

Part = Literal["train", "val", "test"]
PICTURES = {".png", ".jpg", ".jpeg"}

FOLDERS: dict[str, tuple[str, str]] = {
    "fundus_drishti_train": ("fundus", "images"),
    "fundus_drions_disc": ("fundus", "image"),
    "fundus_palm_disc": ("fundus", "images"),
    "cxr_jsrt_lung_heart": ("chest_film", "images"),
    "derm_ph2_half": ("dermoscopy", "images"),
    "us_hc18_fetal_head_part": ("ultrasound", "images"),
    "us_busi_quarter": ("ultrasound", "images"),
    "mri_sunnybrook_train1": ("mr", "Images"),
}
"""Folder of a set to the class it shows and the sub-folder with its pictures."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture of known kind."""

    kind: str
    source: str
    group: str
    """Patient where the file name tells, else the file; a group never spans two parts."""
    image: NDArray[np.uint8]
    """(h, w, 3), longest side at most 320 (the stained section: full size)."""
    fixed_part: Part | None = None
    """Set where a set is too small to be split by chance."""

    @property
    def part(self) -> Part:
        """Where the picture belongs: 75 % train, 10 % val, 15 % test, by a hash of source and group."""
        if self.fixed_part is not None:
            return self.fixed_part
        digest = hashlib.sha256(f"{self.source}/{self.group}".encode()).digest()
        share = int.from_bytes(digest[:4], "big") / 2**32
        return "train" if share < 0.75 else "val" if share < 0.85 else "test"


def read_samples(data: Path, photos: Path, leave_out: frozenset[str] = frozenset()) -> list[Sample]:
    """Read every training set that is not left out.

    Args:
        data: folder with the medical sets, one folder each.
        photos: folder with one folder of photographs per origin.
        leave_out: names of sets (folders) that must not be read.

    Returns:
        The samples in a fixed order.

    Raises:
        FileNotFoundError: if a set that is wanted is not there.
    """
    samples: list[Sample] = []
    for source, (kind, folder) in FOLDERS.items():
        if source not in leave_out:
            samples += _pictures(data / source / folder, kind, source)
    if "mri_acdc_odd" not in leave_out:
        samples += _cine(data / "mri_acdc_odd" / "volumes")
    if "mri_hippocampus_quarter" not in leave_out:
        samples += _hippocampus(data / "mri_hippocampus_quarter" / "images")
    samples += _stained()
    for folder_path in sorted(path for path in photos.iterdir() if path.is_dir()):
        if folder_path.name not in leave_out:
            samples += _pictures(folder_path, "not_medical", folder_path.name)
    return samples


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read a picture file as RGB (h, w, 3), transparent parts on black, longest side at most 320."""
    with Image.open(path) as file:
        picture = file.convert("RGBA") if file.mode in {"RGBA", "LA", "P"} else file.convert("RGB")
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "black"), picture).convert("RGB")
    picture.thumbnail((WORK_SIDE * 2, WORK_SIDE * 2), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return reduce_image(np.asarray(picture))


def picture_files(folder: Path) -> list[Path]:
    """All pictures below a folder in a fixed order.

    Raises:
        FileNotFoundError: if there is none.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
    if not files:
        raise FileNotFoundError(f"no pictures below {folder}; leave the set out with --leave-out or fetch it")
    return files


def _pictures(folder: Path, kind: str, source: str) -> Iterator[Sample]:
    for path in picture_files(folder):
        if path.parent.name == "groundtruth":
            continue
        yield Sample(kind, source, group_of(path.stem, source), read_picture(path))


def group_of(stem: str, source: str) -> str:
    """Patient of a file: SC-N-03-IM-0001 gives SC-N-03, 061_2HC gives 061; otherwise the whole name."""
    if source == "mri_sunnybrook_train1":
        return stem.split("-IM-", maxsplit=1)[0]
    if source == "us_hc18_fetal_head_part":
        return stem.split("_", maxsplit=1)[0]
    return stem


def stretch_to_8bit(plane: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Window an (H, W) plane of any range to 0 ... 255 between its 1st and 99.5th percentile."""
    low, high = np.percentile(plane, [1, 99.5])
    scaled = np.clip((plane.astype(np.float32) - low) / max(float(high - low), 1e-6) * 255, 0, 255)
    return np.asarray(scaled, dtype=np.uint8)


def _cine(folder: Path) -> Iterator[Sample]:
    """Three short-axis slices of each end-diastolic volume of ACDC."""
    for path in sorted(folder.glob("*.npz")):
        volume = np.load(path)["image"]
        for index in {len(volume) // 5, len(volume) // 2, 4 * len(volume) // 5}:
            plane = reduce_image(stretch_to_8bit(volume[index]))
            yield Sample("mr", "mri_acdc_odd", path.stem.split("_")[0], plane)


def _hippocampus(folder: Path) -> Iterator[Sample]:
    """The middle plane of the T1 crops."""
    import nibabel

    for path in sorted(folder.glob("*.nii.gz")):
        volume = np.asarray(nibabel.load(path).dataobj)
        plane = stretch_to_8bit(volume[volume.shape[0] // 2])
        picture = np.asarray(Image.fromarray(plane).resize((96, 96), Image.Resampling.BICUBIC))
        yield Sample("mr", "mri_hippocampus_quarter", path.name.split(".")[0], reduce_image(picture))


def _stained() -> list[Sample]:
    """The one stained section that scikit-image ships: left three quarters to train, the rest to validate."""
    with Image.open(str(files("skimage.data") / "ihc.png")) as file:
        image = np.asarray(file.convert("RGB"), dtype=np.uint8)
    return [
        Sample("histology", "skimage_ihc", "left", np.ascontiguousarray(image[:, :384]), "train"),
        Sample("histology", "skimage_ihc", "right", np.ascontiguousarray(image[:, 384:]), "val"),
    ]
