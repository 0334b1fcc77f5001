"""Folders with ``labels.csv`` and pictures: cases whose answer is yes or no."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import JsonValue

from clinigraph.client.sources import CaseSource, PathSource
from clinigraph.errors import InputRefused, InputUnreadable
from clinigraph.evals.agenteval.diagnosis import GraphDiagnosis, Trained
from clinigraph.evals.agenteval.loading import Row, columns, lies_in, read_rows, text_of
from clinigraph.evals.contract import EvalContext, EvalItem
from clinigraph.evals.imaging.running import partner, read_labels, tight_box
from clinigraph.evals.subgroups import KEY, subgroups_of
from clinigraph.models.imaging import Box
from clinigraph.settings import Settings
from clinigraph.tools.contract import Tool

LARGE_HEART = 0.5
"""Cardiothoracic ratio above which a film counts as positive where a set gives the ratio alone (Danzer 1919)."""


class LabelledPictures(GraphDiagnosis):
    """One picture a case; ``label`` is 1 or 0, pictures lie beside ``labels.csv`` or in ``images``."""

    wanted: ClassVar[Mapping[str, Sequence[str]]] = {"image": ("image",), "label": ("label",)}
    """Our name -> names of columns."""
    boxed: ClassVar[str] = ""
    """Structure whose box is taken from the reference mask of the same name in ``masks``; empty for none."""

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the pictures in an order drawn by the seed; see the contract."""
        folder = labels_folder(self.spec.folders, context)
        path = folder / "labels.csv"
        rows = read_rows(path)
        names = columns(rows, self.wanted, path.name)
        keyed = [(text_of(r, names["image"]), self.target(text_of(r, names["label"]), names["label"], r)) for r in rows]
        chosen = [(name, target, r) for (name, target), r in zip(keyed, rows, strict=True) if target]
        random.Random(context.seed).shuffle(chosen)  # noqa: S311 - an order, not a secret
        return tuple(self._item(folder, *entry) for entry in chosen[:limit])

    def target(self, label: str, column: str, row: Row) -> str:
        """Return 1, 0, or nothing for a row that has no part in the task.

        Raises:
            InputRefused: The label is none that the task knows.
        """
        del column
        if label in ("0", "1"):
            return label
        raise InputRefused(
            "A label is neither 0 nor 1", given=f"labels.csv, {text_of(row, 'image')}: {label[:20] or 'empty'}"
        )

    def source(self, item: EvalItem, settings: Settings) -> CaseSource:
        """Return the picture, with its box where the protocol wants one."""
        given = item.data.get("box")
        boxes = {self.boxed: Box.model_validate(given)} if isinstance(given, dict) else {}
        return PathSource((Path(str(item.data["image"])),), settings, self.question, boxes)

    def _item(self, folder: Path, name: str, target: str, row: Row) -> EvalItem:
        place = picture_place(folder, name)
        data: dict[str, JsonValue] = {"image": str(place), **self.seen(place), KEY: subgroups_of(row)}
        if self.boxed:
            data["box"] = _box(folder, place)
        return EvalItem(id=name, input=self.question, target=target, data=data)


class Cardiomegaly(LabelledPictures):
    """Enlarged heart on chest films; where a set gives the ratio, above a half is enlarged."""

    question = "Is the heart enlarged?"
    wanted: ClassVar[Mapping[str, Sequence[str]]] = {
        "image": ("image",),
        "label": ("label", "cardiomegaly", "ctr", "derived_ctr_from_masks", "ctr_given"),
    }

    def target(self, label: str, column: str, row: Row) -> str:
        """Return 1 or 0; a row without a ratio has no part."""
        if column in ("label", "cardiomegaly"):
            return super().target(label, column, row)
        try:
            return "1" if float(label) > LARGE_HEART else "0"
        except ValueError:
            return ""


class Melanoma(LabelledPictures):
    """Melanoma on dermoscopy pictures; of PH2's diagnoses 2 is melanoma."""

    question = "Does this lesion show signs of melanoma?"
    wanted: ClassVar[Mapping[str, Sequence[str]]] = {
        "image": ("image", "Name"),
        "label": ("label", "melanoma", "Clinical Diagnosis"),
    }

    def target(self, label: str, column: str, row: Row) -> str:
        """Return 1 for melanoma, 0 for nevi."""
        if column == "Clinical Diagnosis":
            return {"0": "0", "1": "0", "2": "1"}.get(label) or super().target(label, column, row)
        return super().target(label, column, row)


class BreastMasses(LabelledPictures):
    """Malignant masses on breast ultrasound; the box comes from the reference mask, so finding is not measured."""

    question = "Is this breast mass suspicious?"
    wanted: ClassVar[Mapping[str, Sequence[str]]] = {"image": ("image",), "label": ("label",)}
    boxed: ClassVar[str] = "lesion"

    def target(self, label: str, column: str, row: Row) -> str:
        """Return 1 for malignant, 0 for benign, nothing for a picture without a mass."""
        words = {"malignant": "1", "benign": "0", "normal": ""}
        plain = label.casefold()
        return words[plain] if plain in words else super().target(label, column, row)


def chest_folds() -> int:
    """Return the folds of the chest network's cross-validation."""
    from clinigraph.tools.segmentation.training.cxr_lungs_heart import FOLDS

    return int(FOLDS)


def chest_network(folder: Path) -> Tool:
    """Return the chest network of a folder."""
    from clinigraph.tools.segmentation.chest_network import ChestLungsHeart

    return ChestLungsHeart(folder)


Cardiomegaly.trained = Trained("cxr_lungs_heart", ("cxr_jsrt_lung_heart",), chest_folds, chest_network)


def labels_folder(folders: Sequence[str], context: EvalContext) -> Path:
    """Return the folder with ``labels.csv``: one of the benchmark's below the data folder, or the data folder itself.

    Raises:
        InputUnreadable: There is no such file.
    """
    given = context.data.parent if context.data.is_file() else context.data
    folder = next((f for n in folders if (f := given / n).is_dir()), given)
    if not (folder / "labels.csv").is_file():
        raise InputUnreadable(
            "The labels are not there", given=f"labels.csv in {folder.name}", todo="See docs/evals.md."
        )
    return folder


def picture_place(folder: Path, name: str) -> Path:
    """Return the file of a picture, with or without its ending in ``labels.csv``; only files below the folder count.

    Raises:
        InputUnreadable: It is not there.
    """
    exact = (p for p in (folder / name, folder / "images" / name) if p.is_file())
    bare = (p for place in (folder / "images", folder) if (p := partner(place, name)) is not None)
    path = next(exact, None) or next(bare, None)
    if path is None or not lies_in(folder, path):
        raise InputUnreadable("A photograph of the labels is not there", given=name)
    return path


def _box(folder: Path, picture: Path) -> JsonValue:
    mask = partner(folder / "masks", picture.stem)
    labels = None if mask is None else read_labels(mask)
    if labels is None or not np.any(labels):
        raise InputUnreadable(
            "A reference mask is not there or empty",
            given=f"masks/{picture.stem}.png",
            todo="The box comes from it.",
        )
    return tight_box(labels > 0).model_dump(mode="json")
