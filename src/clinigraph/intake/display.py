"""Grey values to brightness, for people and models that look at pictures."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from clinigraph.artifacts import Array
from clinigraph.models.imaging import DisplayWindow, Image

ROBUST_PERCENTILES = (0.5, 99.5)
"""Without a window the darkest and brightest 0.5 % are clipped: markers, implants and padding then do not set the
contrast. A choice of this project, for display only; no measurement reads displayed values."""


def to_display(array: Array, image: Image) -> NDArray[np.uint8]:
    """Return the pixels of an image as brightness 0-255, of the same shape.

    Colour and 8-bit grey pixels without a window come back unchanged. Other grey values go through the header's window
    (``image.window``), else from the 0.5th to the 99.5th percentile of the finite values to 0-255.

    Args:
        array: The image's artifact: uint8 ``(H, W, 3)``, or grey ``(H, W)`` / ``(D, H, W)`` after rescale.
        image: Its description.

    Returns:
        uint8, same shape.

    Example:
        >>> import numpy as np
        >>> from clinigraph.models.imaging import DisplayWindow
        >>> apply_window(np.array([[0, 50, 200]]), DisplayWindow(low=0, high=100)).tolist()
        [[0, 128, 255]]
    """
    if image.window is not None and not image.colour:
        return apply_window(array, image.window)
    if array.dtype == np.uint8:
        return cast("NDArray[np.uint8]", array)
    return apply_window(array, robust_window(array))


def apply_window(array: Array, window: DisplayWindow) -> NDArray[np.uint8]:
    """Return ``window.levels`` interpolated at each value and rounded.

    Args:
        array: Real values of any shape; non-finite values become the darkest level of the window.
        window: Range and levels.

    Returns:
        uint8, same shape.
    """
    levels = np.asarray(window.levels, dtype=np.float32)
    at = np.linspace(window.low, window.high, len(levels))
    values = np.nan_to_num(array.astype(np.float32), nan=window.low, posinf=window.high, neginf=window.low)
    half_up = 0.5 + 1e-6  # the millionth takes up the noise of the division, so that halves round up everywhere
    shown: NDArray[np.uint8] = np.floor(np.interp(values, at, levels) + half_up).astype(np.uint8)
    return shown


def robust_window(array: Array) -> DisplayWindow:
    """Return the window between the robust percentiles of the finite values, at least a hair wide.

    Args:
        array: Real values of any shape; at most about a million of them are looked at, evenly spread.
    """
    flat = array.reshape(-1)
    sample = flat[:: max(1, flat.size // 1_000_000)].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    if sample.size == 0:
        return DisplayWindow(low=0.0, high=1.0)
    low, high = (float(v) for v in np.percentile(sample, ROBUST_PERCENTILES))
    if high <= low:
        low, high = float(sample.min()), float(sample.max())
    return DisplayWindow(low=low, high=high if high > low else low + max(1.0, abs(low) * 1e-3))
