"""Optic disc and cup on whole fundus photographs, fully automatic."""

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
from clinigraph.evals.imaging.running import dice, partner, read_labels, read_picture, run_on, shown
from clinigraph.models.codes import Modality
from clinigraph.tools.contract import Tool
from clinigraph.tools.measurement.cup_disc import CupDisc, vertical_ratio

BUNDLE = "fundus_disc_cup"
_SETS = ("fundus_drishti_train", "fundus_drions_disc", "fundus_palm_disc")


class Eyes:
    """Photographs in ``images/`` or ``image/``, labels of the same name in ``masks/`` or ``groundtruth/`` beside it.

    Labels are 0 background, 1 rim, 2 cup; or a disc alone, as any two values.
    """

    name = "fundus"
    title = "Fundus photographs: disc, cup and vertical cup-to-disc ratio, fully automatic"
    folders = ("fundus_*",)
    figures = (
        Figure("disc", "disc Dice", 0.0, 0.95),
        Figure("cup", "cup Dice", 0.0, 0.86),
        Figure("vcdr_error", "vertical CDR, absolute error", 1.0, 0.06, higher=False),
        Figure("not_found", "disc not found", 1.0, 0.02, higher=False, share=True),
    )
    note = (
        "A disc that is not found has Dice 0 and a ratio error of 1. The reference ratio is that of the reference "
        "masks. The shipped ensemble has seen most photographs of the training sets: where one of its members has not, "
        "that member answers alone; figures of rows that say TRAINED ON are no estimate for other photographs, the "
        "cross-validated ones are in the bundle's README."
    )

    def items(self, folders: Sequence[Path], context: EvalContext) -> list[EvalItem]:
        """Return one item a labelled photograph."""
        del context
        return [item for folder in folders for item in self._of(folder)]

    def _of(self, folder: Path) -> list[EvalItem]:
        from clinigraph.tools.segmentation.training.fundus_disc_cup import FOLDS

        found = []
        for image, mask in labelled(folder):
            network = splits.network_for(BUNDLE, splits.place_of(image, _SETS), FOLDS)
            data: dict[str, JsonValue] = {
                "part": self.name,
                "set": folder.name,
                "network": network.words,
                "members": None if network.members is None else list(network.members),
                "image": str(image),
                "mask": str(mask),
            }
            name = f"{self.name}/{folder.name}/{image.stem}"
            found.append(EvalItem(id=name, input=f"Outline disc and cup: {folder.name}/{image.stem}", data=data))
        return found

    def measure(self, item: EvalItem, context: EvalContext) -> dict[str, JsonValue]:
        """Return Dice of disc and cup, the error of the ratio, and whether a disc was found."""
        members = item.data["members"]
        chosen = tuple(int(str(m)) for m in members) if isinstance(members, list) else None
        tool = _tool(splits.bundle_of(BUNDLE, chosen, context.work / "members"))
        disc, cup = reference(read_labels(Path(str(item.data["mask"]))))
        ran = run_on(tool, read_picture(Path(str(item.data["image"])), "RGB"), Modality.FUNDUS)
        found_disc, found_cup = ran.masks.get("optic_disc"), ran.masks.get("optic_cup")
        found = found_disc is not None and bool(found_disc.any())
        values: dict[str, JsonValue] = {"disc": dice(found_disc if found else None, disc), "not_found": int(not found)}
        if cup is None:
            return values
        ratio = _ratio(found_disc, found_cup) if found else None
        wanted = _ratio(disc, cup)
        error = None if ratio is None or wanted is None else abs(ratio - wanted)
        return values | {"cup": dice(found_cup if found else None, cup), "vcdr_error": error}


def labelled(folder: Path) -> list[tuple[Path, Path]]:
    """Return photographs of a folder with their label files."""
    found: list[tuple[Path, Path]] = []
    for image in shown(folder):
        masks = (partner(image.parent.parent / name, image.stem) for name in ("masks", "groundtruth"))
        found.extend((image, mask) for mask in masks if mask is not None)
    return found


def reference(labels: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_] | None]:
    """Return disc and cup of a label image; no cup when it holds a disc alone."""
    if labels.max() > 2:
        return labels > 127, None
    return labels > 0, (labels > 1) if bool((labels > 1).any()) else None


def _ratio(disc: NDArray[np.bool_] | None, cup: NDArray[np.bool_] | None) -> float | None:
    if disc is None or cup is None or not cup.any():
        return None
    eye = CupDisc.of(disc, cup)
    return None if eye is None or eye.cup_box is None else vertical_ratio(eye)


@cache
def _tool(folder: Path) -> Tool:
    from clinigraph.tools.segmentation.fundus_network import FundusDiscCup

    return FundusDiscCup(folder)
