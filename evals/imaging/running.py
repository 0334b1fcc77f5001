"""Running a tool on an array, as the graph would: image, masks, and nothing left behind."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigraph.artifacts import ArtifactStore
from clinigraph.models.base import ImageId, StepId
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Box, Image, ImageFormat, ImageGeometry
from clinigraph.models.tooling import BoxValue, FlowValue, ImageValue, LabelMapValue, ToolCall, ToolResult
from clinigraph.tools.contract import Tool, ToolContext

Mask = NDArray[np.bool_]
PICTURES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a tool gave."""

    result: ToolResult
    masks: dict[str, Mask]
    """Label to mask on the image's grid; labels that the tool did not give are left out."""


def run_on(
    tool: Tool,
    pixels: NDArray[np.generic],
    modality: Modality,
    *,
    geometry: ImageGeometry | None = None,
    box: Box | None = None,
) -> Ran:
    """Run a segmenter on pixels ``(H, W)``, ``(H, W, 3)`` or, with a geometry, ``(D, H, W)``.

    Raises:
        ToolFailure: The tool refused.
    """
    shape = pixels.shape[:2] if geometry is None else geometry.shape
    with tempfile.TemporaryDirectory() as folder:
        store = ArtifactStore(folder)
        image = Image(
            id=ImageId("item"),
            artifact_id=store.put(pixels),
            geometry=geometry or ImageGeometry(shape=shape),
            format=ImageFormat.PNG,
            modality=modality,
            colour=pixels.ndim > len(shape),
        )
        inputs: dict[str, FlowValue] = {"image": ImageValue(value=image)}
        if box is not None:
            inputs["box"] = BoxValue(value=box)
        call = ToolCall(step_id=StepId("measure"), tool=tool.spec.name, inputs=inputs)
        result = tool.run(call, ToolContext(artifacts=store))
        return Ran(result, _masks(result, store))


def _masks(result: ToolResult, store: ArtifactStore) -> dict[str, Mask]:
    found = result.outputs.get("masks")
    if not isinstance(found, LabelMapValue):
        return {}
    stack = np.asarray(store.get(found.value.artifact_id), dtype=np.bool_)
    return {segment.label: stack[index] for index, segment in enumerate(found.value.segments)}


def dice(found: Mask | None, truth: Mask) -> float:
    """Return twice the overlap over the sum of sizes (Dice 1945); 1 when both are empty, 0 when nothing was found.

    Raises:
        ValueError: The masks do not have the same shape.
    """
    if found is None:
        return 0.0 if truth.any() else 1.0
    if found.shape != truth.shape:
        raise ValueError(f"masks of shape {found.shape} and {truth.shape} do not lie on one grid")
    total = int(found.sum()) + int(truth.sum())
    return 2.0 * int((found & truth).sum()) / total if total else 1.0


def tight_box(mask: Mask) -> Box:
    """Return the box round a mask that is not empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(x0=int(columns[0]), y0=int(rows[0]), x1=int(columns[-1]) + 1, y1=int(rows[-1]) + 1)


def read_picture(path: Path, mode: str) -> NDArray[np.uint8]:
    """Return a picture file as ``(H, W)`` (mode ``L``) or ``(H, W, 3)`` (mode ``RGB``)."""
    from PIL import Image as Picture

    with Picture.open(path) as file:
        return np.asarray(file.convert(mode), dtype=np.uint8)


def read_labels(path: Path) -> NDArray[np.uint8]:
    """Return a mask file ``(H, W)`` with its values as stored; the first channel where there are several."""
    from PIL import Image as Picture

    with Picture.open(path) as file:
        values = np.asarray(file if file.mode in {"L", "P", "I", "1"} else file.convert("L"))
    return values.astype(np.uint8)


def pictures(folder: Path) -> list[Path]:
    """Return the picture files directly in a folder, by name."""
    return sorted(p for p in folder.glob("*") if p.suffix.lower() in PICTURES)


def shown(folder: Path) -> list[Path]:
    """Return the pictures in every ``images``, ``image`` or ``Images`` below a folder, else those directly in it."""
    places = sorted(p for p in folder.rglob("*") if p.is_dir() and p.name.lower() in {"images", "image"})
    return [path for place in places for path in pictures(place)] or pictures(folder)


def partner(folder: Path, stem: str) -> Path | None:
    """Return the picture file in a folder with this stem, or None."""
    return next((p for ending in sorted(PICTURES) if (p := folder / f"{stem}{ending}").is_file()), None)
