"""Statistics of intensities inside a mask, in the image's own unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.measurement.masks import Mask


@dataclass(frozen=True, slots=True)
class IntensityStatistics:
    """First-order statistics, population form (as IBSI)."""

    count: int
    mean: float
    deviation: float
    minimum: float
    percentile_10: float
    median: float
    percentile_90: float
    maximum: float
    skewness: float
    """0 when all values are equal."""


def intensity_statistics(pixels: NDArray[np.generic], mask: Mask) -> IntensityStatistics:
    """Return the statistics of the pixels inside a mask.

    The unit is the image's: Hounsfield units only for CT whose rescale slope and intercept were applied.

    Raises:
        ValueError: Shapes differ, the mask is empty, or a pixel inside is not finite.
    """
    if pixels.shape != mask.shape or not mask.any():
        raise ValueError("pixels and a non-empty mask must lie on one grid")
    values = pixels[mask].astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a pixel inside the mask is not a finite number")
    low, p10, median, p90, high = np.percentile(values, (0, 10, 50, 90, 100))
    mean, deviation = float(values.mean()), float(values.std())
    skew = float(((values - mean) ** 3).mean() / deviation**3) if deviation > 0 else 0.0
    return IntensityStatistics(
        int(values.size), mean, deviation, float(low), float(p10), float(median), float(p90), float(high), skew
    )
