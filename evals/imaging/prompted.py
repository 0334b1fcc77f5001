"""LiteMedSAM with a given box, and true millimetres of the fetal head."""

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
from clinigraph.evals.imaging.running import Mask, dice, partner, pictures, read_labels, read_picture, run_on, tight_box
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Box
from clinigraph.tools.contract import Tool
from clinigraph.tools.measurement.masks import largest_component
from clinigraph.tools.measurement.planar import Ellipse, head_circumference

_SMALLEST = 50
"""Pixels; smaller pieces of a reference mask are specks and get no box."""
DRAWN_LINE_PX = 1.4
"""Masks of HC18 were filled from a drawn ellipse and hold half the line's width."""
NETWORK = "LiteMedSAM; not trained here"
_HEAD_BUNDLE = "us_fetal_head"


class Lesions:
    """Pictures in ``images/``, lesion masks (threshold 127) of the same name in ``masks/``; empty ones are left out."""

    name = "lesions"
    title = "LiteMedSAM with a given box: lesions on ultrasound"
    folders = ("us_busi_*",)
    figures = (
        Figure("tight", "Dice, box as drawn", 0.0, 0.90),
        Figure("loose", "Dice, box 10 % wider and higher", 0.0),
    )
    note = (
        "The box is the one round the reference mask (round each piece of it), so this is the accuracy of outlining, "
        "not of finding. What trained the published weights of LiteMedSAM is not known image by image."
    )

    def items(self, folders: Sequence[Path], context: EvalContext) -> list[EvalItem]:
        """Return one item a picture with a lesion."""
        del context
        found = []
        for folder in folders:
            for image in pictures(folder / "images"):
                mask = partner(folder / "masks", image.stem)
                if mask is not None and _pieces(read_labels(mask) > 127):
                    data: dict[str, JsonValue] = {
                        "part": self.name, "set": f"{folder.name}, {_group(image.stem)}", "network": NETWORK,
                        "image": str(image), "mask": str(mask),
                    }  # fmt: skip
                    name = f"{self.name}/{folder.name}/{image.stem}"
                    found.append(EvalItem(id=name, input=f"Outline the lesion: {image.stem}", data=data))
        return found

    def measure(self, item: EvalItem, context: EvalContext) -> dict[str, JsonValue]:
        """Return Dice for the box as drawn and for a loose one."""
        del context
        truth = read_labels(Path(str(item.data["mask"]))) > 127
        pixels = read_picture(Path(str(item.data["image"])), "RGB")
        return {"tight": dice(boxed(pixels, truth, 1.0), truth), "loose": dice(boxed(pixels, truth, 1.1), truth)}


class FoundHeads:
    """As `Heads`: the head is found and outlined without a prompt, then measured, as the two tools do."""

    name = "found_heads"
    title = "Fetal head circumference in true millimetres, fully automatic"
    folders = ("us_hc18_*",)
    figures = (
        Figure("found", "absolute error in mm, heads that were found", 100.0, 3.0, higher=False),
        Figure("head", "Dice", 0.0),
        Figure("not_found", "head not found", 1.0, higher=False, share=True),
    )
    note = (
        "Against the circumference that the set states. A head that is not found has Dice 0 and no circumference; "
        "their share has its own row. Pictures of examinations that one member of the ensemble has not seen are "
        "measured by that member alone; rows that say TRAINED ON are no estimate for other pictures."
    )

    def items(self, folders: Sequence[Path], context: EvalContext) -> list[EvalItem]:
        """Return one item a picture that stands in the table."""
        from clinigraph.tools.segmentation.training.us_fetal_head import FOLDS

        found = []
        for item in Heads().items(folders, context):
            place = splits.place_of(Path(str(item.data["image"])), (splits.HEADS,))
            network = splits.network_for(_HEAD_BUNDLE, place, FOLDS)
            data: dict[str, JsonValue] = {
                "part": self.name,
                "network": network.words,
                "members": None if network.members is None else list(network.members),
            }
            name = f"{self.name}/{item.id.partition('/')[2]}"
            found.append(item.replace(id=name, data={**item.data, **data}))
        return found

    def measure(self, item: EvalItem, context: EvalContext) -> dict[str, JsonValue]:
        """Return the error in millimetres and the overlap."""
        members = item.data["members"]
        chosen = tuple(int(str(m)) for m in members) if isinstance(members, list) else None
        tool = _head_tool(splits.bundle_of(_HEAD_BUNDLE, chosen, context.work / "members"))
        pixels = read_picture(Path(str(item.data["image"])), "L")
        truth = read_labels(Path(str(item.data["mask"]))) > 127
        head = run_on(tool, pixels, Modality.ULTRASOUND).masks.get("fetal_head")
        values: dict[str, JsonValue] = {"head": dice(head, truth), "not_found": int(head is None or not head.any())}
        if head is not None and head.any():
            spacing, wanted = float(str(item.data["spacing_mm"])), float(str(item.data["circumference_mm"]))
            values["found"] = abs(head_circumference(head, (spacing, spacing)) - wanted)
        return values


class Heads:
    """Pictures in ``images/``, filled heads in ``masks/``, ``labels.csv`` with pixel size and circumference in mm."""

    name = "heads"
    title = "Fetal head circumference in true millimetres"
    folders = ("us_hc18_*",)
    figures = (
        Figure("given", "absolute error in mm, given masks", 100.0, 1.0, higher=False),
        Figure("segmented", "absolute error in mm, LiteMedSAM with a given box", 100.0, 3.0, higher=False),
        Figure("fitted", "absolute error in mm, ellipse fitted into the given box", 100.0, 3.0, higher=False),
        Figure("head", "Dice, LiteMedSAM with a given box", 0.0),
    )
    note = (
        "Against the circumference that the set states. The box is the one round the reference mask. Given masks hold "
        f"half of the line that drew them, {DRAWN_LINE_PX} pixels, which is taken off; half a pixel is taken off the "
        "outlines of the network. The ellipse fitted into the box takes its size from the box and its direction from "
        "what LiteMedSAM outlines; as the box is the reference's, that figure says how well size becomes millimetres, "
        "not how well a head is found. A failure counts as 100 mm."
    )

    def items(self, folders: Sequence[Path], context: EvalContext) -> list[EvalItem]:
        """Return one item a picture that stands in the table."""
        del context
        return [item for folder in folders for item in self._of(folder)]

    def _of(self, folder: Path) -> list[EvalItem]:
        table = folder / "labels.csv"
        if not table.is_file():
            return []
        with table.open(encoding="utf-8", newline="") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: row["image"])
        found = []
        for row in rows:
            image, mask = partner(folder / "images", row["image"]), partner(folder / "masks", row["image"])
            if image is None or mask is None:
                continue
            data: dict[str, JsonValue] = {
                "part": self.name, "set": folder.name, "network": NETWORK, "image": str(image), "mask": str(mask),
                "spacing_mm": float(row["pixel_size_mm"]), "circumference_mm": float(row["head_circumference_mm"]),
            }  # fmt: skip
            name = f"{self.name}/{folder.name}/{row['image']}"
            found.append(EvalItem(id=name, input=f"Head circumference of {row['image']}", data=data))
        return found

    def measure(self, item: EvalItem, context: EvalContext) -> dict[str, JsonValue]:
        """Return the errors in millimetres."""
        del context
        truth = read_labels(Path(str(item.data["mask"]))) > 127
        spacing, wanted = float(str(item.data["spacing_mm"])), float(str(item.data["circumference_mm"]))
        given = head_circumference(truth, (spacing, spacing), DRAWN_LINE_PX)
        found = boxed(read_picture(Path(str(item.data["image"])), "RGB"), truth, 1.0)
        segmented = head_circumference(found, (spacing, spacing)) if found.any() else None
        fitted = ellipse_in_box(found, tight_box(truth), DRAWN_LINE_PX) if found.any() else None
        return {
            "given": abs(given - wanted),
            "segmented": None if segmented is None else abs(segmented - wanted),
            "fitted": None if fitted is None else abs(fitted.circumference * spacing - wanted),
            "head": dice(found, truth),
        }


def ellipse_in_box(outline: Mask, box: Box, inset_px: float) -> Ellipse:
    """Return the ellipse that fills a box and leans as an outline does, in pixels.

    An ellipse with covariance ``[[w^2, r w h], [r w h, h^2]]`` fills a box of half sides w and h for every r between -1
    and 1; r is the correlation of the columns and rows of the outline's pixels.

    Args:
        outline: Filled mask, not empty.
        box: Round the structure.
        inset_px: Taken off both semi-axes.
    """
    rows, columns = np.nonzero(outline)
    lean = float(np.corrcoef(columns, rows)[0, 1]) if np.ptp(rows) and np.ptp(columns) else 0.0
    w, h = (box.x1 - box.x0) / 2, (box.y1 - box.y0) / 2
    small, large = np.sqrt(np.linalg.eigvalsh(np.array([[w * w, lean * w * h], [lean * w * h, h * h]])).clip(0))
    middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
    return Ellipse(middle, max(0.0, float(large) - inset_px), max(0.0, float(small) - inset_px))


def boxed(pixels: np.typing.NDArray[np.uint8], truth: Mask, scale: float) -> Mask:
    """Return what LiteMedSAM outlines in the box round each piece of a mask, boxes scaled about their centres."""
    whole = np.zeros(truth.shape, dtype=np.bool_)
    for piece in _pieces(truth):
        box = tight_box(piece)
        grow_x, grow_y = (box.x1 - box.x0) * (scale - 1) / 2, (box.y1 - box.y0) * (scale - 1) / 2
        wider = box.replace(
            x0=max(0.0, box.x0 - grow_x), y0=max(0.0, box.y0 - grow_y),
            x1=min(float(truth.shape[1]), box.x1 + grow_x), y1=min(float(truth.shape[0]), box.y1 + grow_y),
        )  # fmt: skip
        found = run_on(_tool(), pixels, Modality.ULTRASOUND, box=wider).masks.get("target")
        if found is not None and found.any():
            whole |= largest_component(found)
    return whole


def _pieces(mask: Mask) -> list[Mask]:
    from scipy.ndimage import label

    parts, count = label(mask)
    found = [np.asarray(parts == number) for number in range(1, count + 1)]
    return [piece for piece in found if int(piece.sum()) >= _SMALLEST]


def _group(stem: str) -> str:
    return stem.split("_", maxsplit=1)[0]


@cache
def _head_tool(folder: Path) -> Tool:
    from clinigraph.tools.segmentation.head_network import FetalHead

    return FetalHead(folder)


@cache
def _tool() -> Tool:
    from clinigraph.settings import Settings
    from clinigraph.tools.segmentation.medsam import MedSamLite
    from clinigraph.tools.segmentation.medsam_tool import MedSamLiteSegmenter

    return MedSamLiteSegmenter(MedSamLite(Settings().device))
