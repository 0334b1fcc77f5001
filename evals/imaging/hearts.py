"""Chambers of the heart on short-axis cine MR, and the ejection fraction."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from clinigraph.evals.contract import EvalContext, EvalItem
from clinigraph.evals.imaging import splits
from clinigraph.evals.imaging.figures import Figure
from clinigraph.evals.imaging.running import Mask, dice, run_on
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import ImageGeometry
from clinigraph.tools.contract import Tool
from clinigraph.tools.segmentation.bundle_card import BUNDLES

BUNDLE = "cine_mr_heart"
_STRUCTURES = {"rv_cavity": 1, "myocardium": 2, "lv_cavity": 3}


class Hearts:
    """``volumes/<patient>_frame*.npz``, two of each patient, with ``image`` and ``label`` ``(D, H, W)``.

    Labels are 0 none, 1 right ventricle, 2 myocardium, 3 left ventricle. The earlier frame is end-diastole.
    """

    name = "heart"
    title = "Short-axis cine MR: chambers and ejection fraction"
    folders = ("mri_acdc_*",)
    figures = (
        Figure("lv_ed", "left ventricle at end-diastole, Dice", 0.0, 0.93),
        Figure("lv_es", "left ventricle at end-systole, Dice", 0.0),
        Figure("myocardium_ed", "myocardium at end-diastole, Dice", 0.0),
        Figure("myocardium_es", "myocardium at end-systole, Dice", 0.0),
        Figure("rv_ed", "right ventricle at end-diastole, Dice", 0.0),
        Figure("rv_es", "right ventricle at end-systole, Dice", 0.0),
        Figure("ef_error", "ejection fraction, absolute error in points", 100.0, 5.0, higher=False),
    )
    note = (
        "By patient; the reference fraction comes from the reference masks. A patient that one member of the shipped "
        "ensemble has not seen is outlined by that member alone."
    )

    def items(self, folders: Sequence[Path], context: EvalContext) -> list[EvalItem]:
        """Return one item a patient; none while the network is not installed."""
        del context
        if not (BUNDLES / BUNDLE / "metadata.json").is_file():
            return []
        found: list[EvalItem] = []
        for folder in folders:
            patients: dict[str, list[Path]] = {}
            for path in sorted((folder / "volumes").glob("*.npz")):
                patients.setdefault(path.stem.split("_")[0], []).append(path)
            pairs = [(patient, frames) for patient, frames in sorted(patients.items()) if len(frames) == 2]
            found.extend(self._item(folder, patient, frames) for patient, frames in pairs)
        return found

    def _item(self, folder: Path, patient: str, frames: list[Path]) -> EvalItem:
        place = splits.place_of(frames[0], ("mri_acdc_odd",))
        network = splits.network_for(BUNDLE, None if place is None else place // 2, _folds())
        data: dict[str, JsonValue] = {
            "part": self.name,
            "set": folder.name,
            "network": network.words,
            "members": None if network.members is None else list(network.members),
            "frames": [str(frame) for frame in frames],
        }
        name = f"{self.name}/{folder.name}/{patient}"
        return EvalItem(id=name, input=f"Outline the heart of {patient} at both ends of the cycle", data=data)

    def measure(self, item: EvalItem, context: EvalContext) -> dict[str, JsonValue]:
        """Return Dice at both ends and the error of the ejection fraction."""
        members, frames = item.data["members"], item.data["frames"]
        chosen = tuple(int(str(m)) for m in members) if isinstance(members, list) else None
        tool = _tool(splits.bundle_of(BUNDLE, chosen, context.work / "members"))
        values: dict[str, JsonValue] = {}
        counts: list[tuple[int, int]] = []
        paths = frames if isinstance(frames, list) else []
        for end, path in zip(("ed", "es"), paths, strict=True):
            found, labels = _outlined(tool, Path(str(path)))
            for label, value in _STRUCTURES.items():
                values[f"{label.split('_')[0]}_{end}"] = dice(found.get(label), labels == value)
            counts.append((_voxels(found.get("lv_cavity")), int((labels == 3).sum())))
        (big, big_true), (small, small_true) = counts
        wanted = 100 * (1 - small_true / big_true)
        return values | {"ef_error": abs(100 * (1 - small / big) - wanted) if big else None}


def _outlined(tool: Tool, path: Path) -> tuple[dict[str, Mask], NDArray[np.uint8]]:
    with np.load(path, allow_pickle=False) as file:
        image, labels = np.asarray(file["image"], dtype=np.float32), np.asarray(file["label"], dtype=np.uint8)
    return run_on(tool, image, Modality.MR, geometry=ImageGeometry(shape=image.shape)).masks, labels


def _voxels(mask: Mask | None) -> int:
    return 0 if mask is None else int(mask.sum())


def _folds() -> int:
    from clinigraph.tools.segmentation.training import cine_mr_heart

    return int(cine_mr_heart.FOLDS)


@cache
def _tool(folder: Path) -> Tool:
    from clinigraph.tools.segmentation.cine_network import CineMrHeart

    return CineMrHeart(folder)
