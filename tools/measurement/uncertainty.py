"""How far a number measured on a mask can be off: pixel size, repeated passes, error on held-out images."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from clinigraph.models.findings import Interval
from clinigraph.models.imaging import Calibration

HALF_PIXEL = 0.5
"""A drawn boundary is known to half a pixel at best."""
_LEVEL = 0.9
_Z90 = 1.6449
"""Two-sided 90 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Half-width of an interval with its coverage and origin."""

    halfwidth: float
    level: float
    method: str

    def around(self, value: float, *, floor: float = -math.inf, ceiling: float = math.inf) -> Interval:
        """Return the interval round a value, cut to what the quantity can be."""
        low, high = max(floor, value - self.halfwidth), min(ceiling, value + self.halfwidth)
        return Interval(low=min(low, value), high=max(high, value), level=self.level, method=self.method)


def pass_halfwidth(samples: Sequence[float]) -> float:
    """Return the 90 % half-width of repeated passes, taken as normally distributed; 0 for fewer than two.

    Args:
        samples: The measure in each test-time-augmented pass.
    """
    finite = [s for s in samples if math.isfinite(s)]
    return _Z90 * statistics.stdev(finite) if len(finite) > 1 else 0.0


def combine(pixel_halfwidth: float, samples: Sequence[float] = (), calibration: Calibration | None = None) -> Spread:
    """Combine what is known of a measure's error.

    Pixel size and spread of passes are independent and add in quadrature. A half-width from held-out images (split
    conformal prediction, Vovk 2005) holds every source of error; it counts when it is the larger, so the stated
    coverage is at least its level.

    Args:
        pixel_halfwidth: Change of the measure when each boundary moves by half a pixel, in the measure's unit.
        samples: The measure in each test-time-augmented pass.
        calibration: Error on held-out images.
    """
    passes = pass_halfwidth(samples)
    spread = math.hypot(pixel_halfwidth, passes)
    words = "boundary +- half a pixel" + (f" and {len(samples)} augmented passes" if passes else "")
    if calibration is None:
        known = "not checked on held-out images" if passes else "error of the outline itself not known"
        return Spread(spread, _LEVEL, f"{words}; {known}")
    caveat = f" ({calibration.caveat})" if calibration.caveat else ""
    method = f"split conformal, n={calibration.n}{caveat}, not below {words}"
    return Spread(max(calibration.halfwidth, spread), calibration.level, method)
