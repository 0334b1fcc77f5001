"""Volumes: measures against third-party values, and the hippocampus bundle."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from clinigraph.evals.contract import EvalContext, EvalItem
from clinigraph.evals.imaging import splits
from clinigraph.evals.imaging.figures import Figure
from clinigraph.evals.imaging.nrrd import read_nrrd
from clinigraph.evals.imaging.running import dice, run_on
from clinigraph.models.codes import Modality
from clinigraph.tools.contract import Tool
from clinigraph.tools.measurement import solid
from clinigraph.tools.measurement.intensity import intensity_statistics

HIPPOCAMPUS = "mri_hippocampus"
_VALUES = {
    "voxel_volume": "original_shape_VoxelVolume",
    "mesh_volume": "original_shape_MeshVolume",
    "surface": "original_shape_SurfaceArea",
    "sphericity": "original_shape_Sphericity",
    "longest": "original_shape_Maximum3DDiameter",
    "slice": "original_shape_Maximum2DDiameterSlice",
    "mean": "original_firstorder_Mean",
    "median": "original_firstorder_Median",
    "p10": "original_firstorder_10Percentile",
    "p90": "original_firstorder_90Percentile",
    "skewness": "original_firstorder_Skewness",
    "variance": "original_firstorder_Variance",
}
_ONE_PERCENT = 1.0


class Solids:
    """``<name>_image.nrrd``, ``<name>_label.nrrd``, ``baseline_*.csv`` with one column of values for each name."""

    name = "solids"
    title = "Volume, surface, diameters and intensities against pyradiomics"
    folders = ("vol_*",)
    figures = tuple(
        Figure(key, f"{theirs.split('_', 2)[2]}, difference in %", 100.0,
               None if key == "slice" else _ONE_PERCENT, higher=False)
        for key, theirs in _VALUES.items()
    )  # fmt: skip
    note = (
        "Maximum2DDiameterSlice has no goal because the definitions differ: pyradiomics joins any two vertices of the "
        "surface mesh at the same height, also those halfway between two slices, which belong to different ones; ours "
        "is the greatest distance within the outline of one slice, as RECIST 1.1 measures. Surface and sphericity "
        "differ by some tenths of a per cent because the tables of marching cubes do."
    )

    def items(self, folders: Sequence[Path], context: EvalContext) -> list[EvalItem]:
        """Return one item a volume."""
        del context
        found = []
        for folder in folders:
            for image in sorted(folder.glob("*_image.nrrd")):
                stem = image.name.removesuffix("_image.nrrd")
                data: dict[str, JsonValue] = {
                    "part": self.name, "set": folder.name, "network": "none: given mask", "folder": str(folder),
                    "stem": stem,
                }  # fmt: skip
                found.append(EvalItem(id=f"{self.name}/{folder.name}/{stem}", input=f"Measure {stem}", data=data))
        return found

    def measure(self, item: EvalItem, context: EvalContext) -> dict[str, JsonValue]:
        """Return the differences in per cent of their value."""
        del context
        folder, stem = Path(str(item.data["folder"])), str(item.data["stem"])
        theirs = _baseline(folder, stem)
        ours = measured(folder, stem)
        return {
            key: 100 * abs(ours[key] - theirs[name]) / abs(theirs[name])
            for key, name in _VALUES.items()
            if name in theirs
        }


def _baseline(folder: Path, stem: str) -> dict[str, float]:
    values: dict[str, float] = {}
    for path in sorted(folder.glob("baseline_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["featureName"].startswith("original_"):
                    values[row["featureName"]] = float(row[stem])
    return values


def measured(folder: Path, stem: str) -> dict[str, float]:
    """Return our values of one volume, in mm, mm2, mm3 and the image's own unit."""
    pixels, spacing = read_nrrd(folder / f"{stem}_image.nrrd")
    labels, _ = read_nrrd(folder / f"{stem}_label.nrrd")
    mask, step = np.asarray(labels != 0, dtype=np.bool_), (spacing[0], spacing[1], spacing[2])
    inside = intensity_statistics(pixels, mask)
    return {
        "voxel_volume": solid.volume_mm3(mask, step),
        "mesh_volume": solid.mesh_volume_mm3(mask, step),
        "surface": solid.surface_mm2(mask, step),
        "sphericity": solid.sphericity(mask, step),
        "longest": solid.longest_diameter_mm(mask, step),
        "slice": solid.longest_slice_diameter_mm(mask, step),
        "mean": inside.mean,
        "median": inside.median,
        "p10": inside.percentile_10,
        "p90": inside.percentile_90,
        "skewness": inside.skewness,
        "variance": inside.deviation**2,
    }


class Hippocampi:
    """NIfTI crops in ``images/``, labels 1 anterior, 2 posterior of the same name in ``masks/``."""

    name = "hippocampus"
    title = "Hippocampus on T1 crops: a 3-D MONAI bundle as a tool"
    folders = ("mri_hippocampus_*",)
    figures = (
        Figure("anterior", "anterior part, Dice", 0.0),
        Figure("posterior", "posterior part, Dice", 0.0),
        Figure("whole", "both parts, Dice", 0.0),
        Figure("volume_error", "volume of both parts, absolute error in %", 100.0, higher=False),
    )
    note = "One fold of four was held out from training; its figures are the ones in the bundle's README."

    def items(self, folders: Sequence[Path], context: EvalContext) -> list[EvalItem]:
        """Return one item a labelled crop."""
        from clinigraph.tools.segmentation.training.mri_hippocampus_data import FOLDS

        del context
        found = []
        for folder in folders:
            for image in sorted((folder / "images").glob("*.nii*")):
                mask = folder / "masks" / image.name
                if not mask.is_file():
                    continue
                place = splits.place_of(image, ("mri_hippocampus_quarter",))
                data: dict[str, JsonValue] = {
                    "part": self.name, "set": folder.name, "network": _seen(place, FOLDS), "image": str(image),
                    "mask": str(mask),
                }  # fmt: skip
                name = f"{self.name}/{folder.name}/{image.name.split('.')[0]}"
                found.append(EvalItem(id=name, input=f"Outline the hippocampus: {image.name}", data=data))
        return found

    def measure(self, item: EvalItem, context: EvalContext) -> dict[str, JsonValue]:
        """Return Dice of both parts and the error of the volume."""
        del context
        from clinigraph.intake.files import read_files
        from clinigraph.intake.sources import Source
        from clinigraph.settings import Settings

        paths = [Path(str(item.data[key])) for key in ("image", "mask")]
        image, mask = read_files([Source(path, path.name) for path in paths], Settings())
        labels = np.asarray(mask.array, dtype=np.uint8)
        ran = run_on(_bundle(), image.array, Modality.MR, geometry=image.geometry)
        front, back = ran.masks["anterior_hippocampus"], ran.masks["posterior_hippocampus"]
        whole = front | back
        return {
            "anterior": dice(front, labels == 1),
            "posterior": dice(back, labels == 2),
            "whole": dice(whole, labels > 0),
            "volume_error": 100 * abs(int(whole.sum()) - int((labels > 0).sum())) / int((labels > 0).sum()),
        }


def _seen(place: int | None, folds: int) -> str:
    if place is None:
        return splits.NEW.words
    return "shipped; images held out from it" if place % folds == 0 else splits.TRAINED.words


@cache
def _bundle() -> Tool:
    from clinigraph.settings import Settings
    from clinigraph.tools.segmentation.bundle_card import BUNDLES
    from clinigraph.tools.segmentation.monai_bundle import MonaiBundleSegmenter

    return MonaiBundleSegmenter(BUNDLES / HIPPOCAMPUS, device=Settings().device)
