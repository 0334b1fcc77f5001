"""Pixels of what is looked at, kept for a while; and the small picture of what a tool outlined."""

from __future__ import annotations

import io
from collections import OrderedDict
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from clinigraph.artifacts import ArtifactStore
from clinigraph.export.drawing import PALETTE
from clinigraph.intake.display import apply_window, robust_window
from clinigraph.models.base import ArtifactId

KEPT_BYTES = 512 * 2**20
"""Most bytes of pixels in memory; a volume of 300 slices of 512 x 512 in 16 bits takes 150 MiB."""
THUMBNAIL_SIDE = 240


class PixelCache:
    """The artifacts last read, so that the next slice of a volume is not unpacked again."""

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[ArtifactId, NDArray[np.generic]] = OrderedDict()
        self._lock = Lock()

    def get(self, store: ArtifactStore, artifact_id: ArtifactId) -> NDArray[np.generic]:
        """Return an artifact of a store; its id is the hash of its bytes, so equal ids are equal pixels.

        Raises:
            ArtifactMissing: It is not there.
        """
        with self._lock:
            if artifact_id in self._kept:
                self._kept.move_to_end(artifact_id)
                return self._kept[artifact_id]
            array = store.get(artifact_id)
            if array.nbytes <= self._most:
                self._kept[artifact_id] = array
            while sum(a.nbytes for a in self._kept.values()) > self._most:
                self._kept.popitem(last=False)
            return array

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()


def edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the outline of a mask, about a 300th of the longer side wide, drawn inside it."""
    from scipy.ndimage import binary_erosion

    width = max(1, round(max(mask.shape) / 300))
    eroded: NDArray[np.bool_] = binary_erosion(mask, iterations=width)
    return mask & ~eroded


def thumbnail(pixels: NDArray[np.generic], masks: NDArray[np.generic]) -> bytes:
    """Return an image with outlines as a small PNG.

    Args:
        pixels: ``(H, W, 3)`` RGB, ``(H, W)`` or ``(D, H, W)`` grey.
        masks: One plane a structure on the same grid, first axis.
    """
    from PIL import Image as Pillow

    planes = masks.astype(np.bool_)
    colour = pixels.ndim == 3 and planes.ndim == 3
    shown: NDArray[np.generic] = pixels
    if pixels.ndim == 3 and not colour:
        at = int(planes.any(axis=0).sum(axis=(1, 2)).argmax())
        shown, planes = pixels[at], planes[:, at]
    step = max(1, max(shown.shape[:2]) // (2 * THUMBNAIL_SIDE))
    shown, planes = shown[::step, ::step], planes[:, ::step, ::step]
    rgb = np.asarray(shown, dtype=np.uint8) if colour else _grey(shown)
    drawn = rgb.copy()
    for number, plane in enumerate(planes):
        code = PALETTE[number % len(PALETTE)]
        drawn[edge(plane)] = tuple(int(code[i : i + 2], 16) for i in (1, 3, 5))
    picture = Pillow.fromarray(drawn)
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _grey(plane: NDArray[np.generic]) -> NDArray[np.uint8]:
    return np.repeat(apply_window(plane, robust_window(plane))[..., None], 3, axis=2)
