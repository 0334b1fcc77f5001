"""Pictures of what was outlined: thin contours over the image, a close-up of small structures, the measured lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

import numpy as np
from numpy.typing import NDArray

from clinigraph.artifacts import ArtifactMissing, ArtifactStore
from clinigraph.export.calipers import Mask, calipers_of
from clinigraph.export.drawing import Scene, draw_scene
from clinigraph.export.words import sentence_case, spoken
from clinigraph.models.base import ImageId
from clinigraph.models.evidence import EvidenceGraph, ImageNode, LabelMapNode
from clinigraph.models.formatting import format_value
from clinigraph.models.imaging import Image, LabelMap
from clinigraph.models.report import Overlay

Pixels = NDArray[np.uint8]


def draw_overlay(
    display: Pixels,
    masks: Mapping[str, Mask],
    *,
    spacing_mm: tuple[float, float] | None = None,
    title: str = "",
) -> bytes:
    """Return a PNG of an image with its structures outlined.

    The whole picture stands left; when the structures take up little of it, a close-up stands beside it with its
    place marked. Calipers show the lengths that the masks give (:func:`clinigraph.export.calipers.calipers_of`).

    Args:
        display: Brightness uint8 ``(H, W)`` or RGB ``(H, W, 3)``.
        masks: bool ``(H, W)`` by segment label, drawn in this order; empty masks are named in the legend only.
        spacing_mm: Row and column spacing; None writes lengths in pixels only.
        title: One line above the picture.

    Returns:
        PNG bytes, the same for the same input.

    Raises:
        ValueError: A mask does not have the picture's height and width.
    """
    shape = display.shape[:2]
    for label, mask in masks.items():
        if mask.shape != shape:
            raise ValueError(f"mask {label!r} has shape {mask.shape}, the picture {shape}")
    calipers = calipers_of(masks)
    lengths = {c.label: f"{c.name} {_length(c.pixels, c.vertical, spacing_mm)}" for c in calipers}
    scene = Scene(
        display=display,
        masks={label: np.asarray(mask, dtype=bool) for label, mask in masks.items()},
        calipers=calipers,
        legend={label: _legend(label, lengths.get(label), bool(mask.any())) for label, mask in masks.items()}
        | {label: f"{spoken(label)}, {text}" for label, text in lengths.items() if label not in masks},
        row_to_column=1.0 if spacing_mm is None else spacing_mm[0] / spacing_mm[1],
        title=title,
    )
    return draw_scene(scene)


def list_overlays(graph: EvidenceGraph) -> tuple[Overlay, ...]:
    """Return the overlays that an evidence graph calls for: one for each label map whose image is in the graph.

    Pure: looks at no pixels, so that a report can name its pictures before they are drawn.
    """
    return tuple(
        Overlay(image_id=str(image.id), name=name, caption=_caption(label_map, image))
        for name, label_map, image in _pairs(graph)
    )


def render_overlays(graph: EvidenceGraph, artifacts: ArtifactStore) -> dict[str, bytes]:
    """Return the overlay PNGs of an evidence graph by file name, in the order of :func:`list_overlays`.

    A picture whose pixels or masks are no longer in the store is left out.
    """
    drawn: dict[str, bytes] = {}
    for name, label_map, image in _pairs(graph):
        try:
            pixels = artifacts.get(image.artifact_id)
            planes = cast("NDArray[np.bool_]", artifacts.get(label_map.artifact_id))
        except ArtifactMissing:
            continue
        drawn[name] = _render(pixels, planes, label_map, image)
    return drawn


def largest_slice(planes: NDArray[np.bool_]) -> int:
    """Return the index of the slice that holds most of the structures.

    Args:
        planes: bool ``(N, D, H, W)``.
    """
    return int(planes.any(axis=0).sum(axis=(1, 2)).argmax())


def _pairs(graph: EvidenceGraph) -> list[tuple[str, LabelMap, Image]]:
    images: dict[ImageId, Image] = {n.value.id: n.value for n in graph.nodes if isinstance(n, ImageNode)}
    maps = [n.value for n in graph.nodes if isinstance(n, LabelMapNode) and n.value.image_id in images]
    return [(_file_name(i, m), m, images[m.image_id]) for i, m in enumerate(maps, start=1)]


def _file_name(number: int, label_map: LabelMap) -> str:
    labels = "-".join(re.sub(r"[^a-z0-9_]", "", s.label) for s in label_map.segments)
    return f"{number:02d}-{labels[:60]}.png"


def _caption(label_map: LabelMap, image: Image) -> str:
    shown = [spoken(s.label) for s in label_map.segments if s.pixel_count]
    empty = [f"{spoken(s.label)} ({s.reason or 'no reason given'})" for s in label_map.segments if not s.pixel_count]
    kind = f"{image.role.value} {image.modality.label}"
    where = f"slice with the largest area of a {kind}" if image.geometry.is_volume else kind
    drawn = f"{sentence_case(' and '.join(shown))} outlined on the {where}" if shown else f"The {where}"
    rest = f" Not outlined: {'; '.join(empty)}." if empty else ""
    return f"{drawn}, by {label_map.algorithm}.{rest}"


def _render(pixels: NDArray[np.generic], planes: NDArray[np.bool_], label_map: LabelMap, image: Image) -> bytes:
    from clinigraph.intake.display import to_display

    title, spacing = "", image.geometry.spacing_mm
    if image.geometry.is_volume:
        index = largest_slice(planes)
        title = f"slice {index + 1} of {planes.shape[1]}"
        pixels, planes = pixels[index], planes[:, index]
        spacing = spacing[1:] if spacing else None
    masks = {s.label: planes[i] for i, s in enumerate(label_map.segments)}
    in_plane = (spacing[0], spacing[1]) if spacing else None
    return draw_overlay(to_display(pixels, image), masks, spacing_mm=in_plane, title=title)


def _legend(label: str, length: str | None, present: bool) -> str:
    if not present:
        return f"{spoken(label)}: not outlined"
    return f"{spoken(label)}, {length}" if length else spoken(label)


def _length(pixels: int, vertical: bool, spacing_mm: tuple[float, float] | None) -> str:
    if spacing_mm is None:
        return f"{pixels} px"
    return f"{pixels} px ({format_value(pixels * spacing_mm[0 if vertical else 1], 'mm')})"
