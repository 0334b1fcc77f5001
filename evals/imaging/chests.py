"""Lungs, heart and cardiothoracic ratio on frontal chest films."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pydantic import JsonValue

from clinigraph.evals.contract import EvalContext, EvalItem
from clinigraph.evals.imaging import splits
from clinigraph.evals.imaging.figures import Figure
from clinigraph.evals.imaging.running import Mask, dice, partner, pictures, read_labels, read_picture, run_on
from clinigraph.models.codes import Modality
from clinigraph.tools.contract import Tool
from clinigraph.tools.measurement.cardiothoracic import cardiothoracic_ratio, measure_chest

BUNDLE = "cxr_lungs_heart"
STRUCTURES = ("left_lung", "right_lung", "heart")


class Chests:
    """Films in ``images/``, masks of the same name in ``masks/left_lung``, ``masks/right_lung``, ``masks/heart``."""

    name = "chest"
    title = "Chest films: lungs, heart and cardiothoracic ratio"
    folders = ("cxr_*",)
    figures = (
        Figure("lungs", "both lungs, Dice", 0.0, 0.95),
        Figure("left_lung", "left lung, Dice", 0.0),
        Figure("right_lung", "right lung, Dice", 0.0),
        Figure("heart", "heart Dice", 0.0, 0.92),
        Figure("ctr_error", "cardiothoracic ratio, absolute error", 1.0, 0.02, higher=False),
        Figure("not_found", "film refused", 1.0, higher=False, share=True),
    )
    note = (
        "A refused film has Dice 0 and a ratio error of 1. The reference ratio comes from the reference masks by the "
        "same rule. Films that one member of the shipped ensemble has not seen are outlined by that member alone; rows "
        "that say TRAINED ON are no estimate for other films, the cross-validated figures are in the bundle's README."
    )

    def items(self, folders: Sequence[Path], context: EvalContext) -> list[EvalItem]:
        """Return one item a labelled film."""
        from clinigraph.tools.segmentation.training.cxr_lungs_heart import FOLDS

        del context
        found = []
        for folder in folders:
            for image in pictures(folder / "images"):
                masks = [partner(folder / "masks" / structure, image.stem) for structure in STRUCTURES]
                if not all(masks):
                    continue
                network = splits.network_for(BUNDLE, splits.place_of(image, ("cxr_jsrt_lung_heart",)), FOLDS)
                data: dict[str, JsonValue] = {
                    "part": self.name,
                    "set": folder.name,
                    "network": network.words,
                    "members": None if network.members is None else list(network.members),
                    "image": str(image),
                    "masks": [str(mask) for mask in masks],
                }
                name = f"{self.name}/{folder.name}/{image.stem}"
                found.append(EvalItem(id=name, input=f"Outline lungs and heart: {image.stem}", data=data))
        return found

    def measure(self, item: EvalItem, context: EvalContext) -> dict[str, JsonValue]:
        """Return Dice of each structure and the error of the ratio."""
        members, paths = item.data["members"], item.data["masks"]
        chosen = tuple(int(str(m)) for m in members) if isinstance(members, list) else None
        tool = _tool(splits.bundle_of(BUNDLE, chosen, context.work / "members"))
        given = paths if isinstance(paths, list) else []
        truth = [read_labels(Path(str(path))) > 127 for path in given]
        ran = run_on(tool, read_picture(Path(str(item.data["image"])), "L"), Modality.CHEST_FILM)
        found = [ran.masks.get(structure) for structure in STRUCTURES]
        left, right, heart = (mask if mask is not None and mask.any() else None for mask in found)
        both = left | right if left is not None and right is not None else None
        ratio, wanted = _ratio(left, right, heart), _ratio(truth[0], truth[1], truth[2])
        return {
            "lungs": dice(both, truth[0] | truth[1]),
            "left_lung": dice(left, truth[0]),
            "right_lung": dice(right, truth[1]),
            "heart": dice(heart, truth[2]),
            "ctr_error": None if ratio is None or wanted is None else abs(ratio - wanted),
            "not_found": int(left is None and right is None),
        }


def _ratio(left: Mask | None, right: Mask | None, heart: Mask | None) -> float | None:
    if left is None or right is None or heart is None:
        return None
    chest = measure_chest(left, right, heart)
    return None if chest is None else cardiothoracic_ratio(chest)


@cache
def _tool(folder: Path) -> Tool:
    from clinigraph.tools.segmentation.chest_network import ChestLungsHeart

    return ChestLungsHeart(folder)
