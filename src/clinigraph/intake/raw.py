"""What a reader hands over: decoded pixels with what the header may tell, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from clinigraph.artifacts import Array
from clinigraph.errors import InputUnreadable
from clinigraph.models.case import Fact
from clinigraph.models.codes import Laterality, Modality
from clinigraph.models.imaging import DisplayWindow, ImageFormat, ImageGeometry


@dataclass(frozen=True, slots=True)
class Origin:
    """Identifiers that tell patients, visits and series apart. They live only while a case is read."""

    patient: str = ""
    study: str = ""
    series: str = ""


@dataclass(frozen=True, slots=True)
class RawImage:
    """Pixels and stripped header of one image or volume."""

    array: Array
    """uint8 ``(H, W, 3)`` RGB, or grey ``(H, W)`` / ``(D, H, W)`` in uint8, int16, uint16 or float32."""
    geometry: ImageGeometry
    format: ImageFormat
    modality: Modality = Modality.UNKNOWN
    laterality: Laterality = Laterality.UNKNOWN
    body_part: str | None = None
    view: str | None = None
    frame: int | None = None
    """Number in the time series of its file, from 1."""
    window: DisplayWindow | None = None
    header: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    origin: Origin = field(default_factory=Origin)

    @property
    def colour(self) -> bool:
        """Whether the pixels are RGB."""
        return self.array.ndim == len(self.geometry.shape) + 1


def fill_non_finite(array: Array, given: str) -> tuple[Array, str]:
    """Return float pixels with NaN and infinities set to the smallest number, and the note that says so.

    Args:
        array: Floats of any shape, some of them not finite.
        given: The path for the message.

    Raises:
        InputUnreadable: No pixel is a number.
    """
    bad = ~np.isfinite(array)
    if bad.all():
        raise InputUnreadable("No pixel of the image is a number", given=given, todo="Export the image again.")
    filled = np.where(bad, array[~bad].min(), array)
    return filled, f"{int(bad.sum())} pixels without a number set to the smallest value"


def compact(array: Array, *, keep_uint8: bool = True) -> Array:
    """Return grey values in the smallest of uint8 (only if they came so), int16, uint16 and float32 that holds them.

    Args:
        array: Any real dtype and shape, without NaN.
        keep_uint8: Whether an uint8 array stays as it is.

    Returns:
        The same values; 64-bit floats and integers beyond 16 bits are rounded to float32.
    """
    if array.dtype == np.bool_:
        return array.astype(np.uint8)
    if array.dtype == np.uint8 and keep_uint8:
        return array
    if np.issubdtype(array.dtype, np.floating):
        return array.astype(np.float32)
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    for dtype in (np.int16, np.uint16):
        limits = np.iinfo(dtype)
        if limits.min <= low and high <= limits.max and not (dtype is np.int16 and array.dtype == np.uint16):
            return array.astype(dtype)
    return array.astype(np.float32)
