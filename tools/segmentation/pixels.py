"""Pixels as networks want them, and places on the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import ToolFailure

RGB = NDArray[np.uint8]
Grey = NDArray[np.uint8]
_LOW, _HIGH = 0.5, 99.5
"""Percentiles that become black and white when an image has more than 8 bits (as LiteMedSAM was trained)."""


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of whole pixels; right and bottom exclusive."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.y1 - self.y0, self.x1 - self.x0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns as slices."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @classmethod
    def around(cls, box: tuple[float, float, float, float], scale: float, shape: tuple[int, ...]) -> Window:
        """Return a square window round a box, ``scale`` times its longer side, cut to the image ``(H, W)``."""
        x0, y0, x1, y1 = box
        half = scale * max(x1 - x0, y1 - y0) / 2
        cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
        return cls(
            max(0, int(cx - half)),
            max(0, int(cy - half)),
            min(shape[1], int(np.ceil(cx + half))),
            min(shape[0], int(np.ceil(cy + half))),
        )

    def local(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """Return a box of the image in the window's own pixels."""
        return box[0] - self.x0, box[1] - self.y0, box[2] - self.x0, box[3] - self.y0


def to_uint8(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return pixels of any numeric type as 0..255; 8-bit pixels come back as they are.

    Args:
        pixels: ``(H, W)`` or ``(H, W, 3)``, finite.
    """
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, dtype=np.uint8)
    values = pixels.astype(np.float32)
    low, high = np.percentile(values, (_LOW, _HIGH))
    scaled = (values - low) / max(float(high - low), 1e-6)
    return np.asarray(np.round(np.clip(scaled, 0, 1) * 255), dtype=np.uint8)


def to_rgb(pixels: NDArray[np.generic]) -> RGB:
    """Return ``(H, W, 3)`` uint8 from ``(H, W)`` or ``(H, W, 3)``.

    Raises:
        ToolFailure: The array is a volume or has other channels.
    """
    if pixels.ndim == 3 and pixels.shape[2] == 3:
        return to_uint8(pixels)
    if pixels.ndim == 2:
        return np.repeat(to_uint8(pixels)[:, :, None], 3, axis=2)
    raise ToolFailure(
        "This tool reads single pictures", given=f"an array of shape {pixels.shape}", todo="Give one slice or frame."
    )


def to_grey(pixels: NDArray[np.generic]) -> Grey:
    """Return ``(H, W)`` uint8 from ``(H, W)`` or ``(H, W, 3)``; colours are weighed as in ITU-R BT.601.

    Raises:
        ToolFailure: The array is a volume or has other channels.
    """
    if pixels.ndim == 2:
        return to_uint8(pixels)
    rgb = to_rgb(pixels).astype(np.float32)
    return np.asarray(np.round(rgb @ np.array([0.299, 0.587, 0.114], dtype=np.float32)), dtype=np.uint8)
