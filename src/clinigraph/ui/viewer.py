"""Pictures of a run's images: any slice, any window, chosen segments outlined."""

from __future__ import annotations

import io
from typing import cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import UsageError
from clinigraph.export.drawing import PALETTE
from clinigraph.export.words import spoken
from clinigraph.intake.display import apply_window, robust_window, to_display
from clinigraph.models.base import ArtifactId, EvidenceId, Value
from clinigraph.models.evidence import EvidenceGraph, ImageNode, LabelMapNode
from clinigraph.models.imaging import Box, DisplayWindow, Image, LabelMap, Point
from clinigraph.ui.pixels import PixelCache, edge

MAX_SIDE = 2048
"""Longest side of a picture that is served."""


class SegmentView(Value):
    """One structure that can be shown."""

    key: str
    """``<label map index>.<label>``."""
    name: str
    colour: str
    evidence_id: EvidenceId
    pixels: int
    reason: str = ""


class ImageView(Value):
    """One image that can be shown."""

    index: int
    evidence_id: EvidenceId
    name: str
    width: int
    height: int
    slices: int = Field(ge=1)
    start_slice: int = 0
    """Slice that holds most of what was outlined."""
    low: float
    high: float
    """Window shown at first."""
    minimum: float
    maximum: float
    colour: bool
    segments: tuple[SegmentView, ...] = ()
    boxes: dict[str, Box] = Field(default_factory=dict)
    """Boxes that the run was given, by structure."""
    points: dict[str, tuple[Point, ...]] = Field(default_factory=dict)
    """Points that the run was given, likewise."""


class Viewer:
    """Draws the images of one run.

    Args:
        graph: The run's evidence graph.
        artifacts: The run's pixels.
        pixels: Keeps what was read last; shared between viewers.
    """

    def __init__(self, graph: EvidenceGraph, artifacts: ArtifactStore, pixels: PixelCache | None = None) -> None:
        self._artifacts = artifacts
        self._pixels = pixels or PixelCache()
        self._made: tuple[ImageView, ...] | None = None
        self._images = [(n.id, n.value) for n in graph.nodes if isinstance(n, ImageNode)]
        self._maps = [(n.id, n.value) for n in graph.nodes if isinstance(n, LabelMapNode)]

    def images(self) -> tuple[ImageView, ...]:
        """Return what can be shown."""
        if self._made is None:
            self._made = tuple(self._view(i, node_id, image) for i, (node_id, image) in enumerate(self._images))
        return self._made

    def segments_of(self, index: int) -> tuple[SegmentView, ...]:
        """Return what can be outlined on an image; reads no pixels."""
        return tuple(self._segments(self._images[index][1]))

    def _array(self, artifact_id: ArtifactId) -> NDArray[np.generic]:
        return self._pixels.get(self._artifacts, artifact_id)

    def draw(
        self,
        index: int,
        *,
        at: int | None = None,
        low: float | None = None,
        high: float | None = None,
        segments: tuple[str, ...] = (),
        side: int = MAX_SIDE,
    ) -> bytes:
        """Return a PNG.

        Args:
            index: Which image.
            at: Slice of a volume; the one with most of what was outlined by default.
            low: Value shown black; with ``high`` replaces the image's window (grey images only).
            high: Value shown white.
            segments: Keys of what is outlined.
            side: Longest side of the picture in pixels, at most ``MAX_SIDE``.

        Raises:
            UsageError: No such image, slice, window or segment.
        """
        if not 0 <= index < len(self._images):
            raise UsageError("There is no such image", given=str(index))
        image = self._images[index][1]
        pixels = self._array(image.artifact_id)
        if image.geometry.is_volume:
            chosen = self._start(image) if at is None else at
            if not 0 <= chosen < pixels.shape[0]:
                raise UsageError("There is no such slice", given=str(chosen), todo=f"0 to {pixels.shape[0] - 1}.")
            shown = self._shown(pixels[chosen], pixels, image, low, high)
        else:
            chosen = 0
            shown = self._shown(pixels, pixels, image, low, high)
        rgb = shown if shown.ndim == 3 else np.repeat(shown[..., None], 3, axis=2)
        return _png(self._outlined(rgb, image, chosen, segments), min(side, MAX_SIDE))

    def _view(self, index: int, node_id: EvidenceId, image: Image) -> ImageView:
        pixels = self._array(image.artifact_id)
        window = image.window or (DisplayWindow(low=0, high=255) if image.colour else robust_window(pixels))
        height, width = image.geometry.shape[-2:]
        return ImageView(
            index=index,
            evidence_id=node_id,
            name=f"{image.role.value} {image.modality.label}",
            width=width,
            height=height,
            slices=image.geometry.shape[0] if image.geometry.is_volume else 1,
            start_slice=self._start(image) if image.geometry.is_volume else 0,
            low=window.low,
            high=window.high,
            minimum=float(np.nanmin(pixels)),
            maximum=float(np.nanmax(pixels)),
            colour=image.colour,
            segments=self.segments_of(index),
            boxes=image.boxes,
            points=image.points,
        )

    def _segments(self, image: Image) -> list[SegmentView]:
        found: list[SegmentView] = []
        for number, (node_id, label_map) in enumerate(self._maps):
            if label_map.image_id != image.id:
                continue
            for segment in label_map.segments:
                colour = PALETTE[len(found) % len(PALETTE)]
                found.append(
                    SegmentView(
                        key=f"{number}.{segment.label}",
                        name=spoken(segment.label),
                        colour=colour,
                        evidence_id=node_id,
                        pixels=segment.pixel_count,
                        reason=segment.reason or "",
                    )
                )
        return found

    def _start(self, image: Image) -> int:
        for _, label_map in self._maps:
            if label_map.image_id == image.id and label_map.geometry.is_volume:
                planes = self._planes(label_map)
                if planes.any():
                    return int(planes.any(axis=0).sum(axis=(1, 2)).argmax())
        return image.geometry.shape[0] // 2

    def _planes(self, label_map: LabelMap) -> NDArray[np.bool_]:
        return cast("NDArray[np.bool_]", self._array(label_map.artifact_id))

    def _shown(
        self,
        plane: NDArray[np.generic],
        whole: NDArray[np.generic],
        image: Image,
        low: float | None,
        high: float | None,
    ) -> NDArray[np.uint8]:
        if low is not None and high is not None and not image.colour:
            if not low < high:
                raise UsageError("A window needs low below high", given=f"{low:g} to {high:g}")
            return apply_window(plane, DisplayWindow(low=low, high=high))
        if image.window is None and not image.colour and plane.dtype != np.uint8:
            return apply_window(plane, robust_window(whole))
        return to_display(plane, image)

    def _outlined(self, rgb: NDArray[np.uint8], image: Image, at: int, wanted: tuple[str, ...]) -> NDArray[np.uint8]:
        views = {view.key: view for view in self._segments(image)}
        if unknown := [key for key in wanted if key not in views]:
            raise UsageError("There is no such segment", given=", ".join(unknown)[:80])
        drawn = rgb.copy()
        for key in wanted:
            number, _, label = key.partition(".")
            label_map = self._maps[int(number)][1]
            mask = self._planes(label_map)[label_map.plane(label)]
            colour = tuple(int(views[key].colour[i : i + 2], 16) for i in (1, 3, 5))
            drawn[edge(mask[at] if mask.ndim == 3 else mask)] = colour
        return drawn


def _png(rgb: NDArray[np.uint8], side: int) -> bytes:
    from PIL import Image as Pillow

    picture = Pillow.fromarray(rgb)
    if max(picture.size) > side:
        picture.thumbnail((side, side))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
