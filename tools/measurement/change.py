"""Change of a size against a prior examination."""

from __future__ import annotations

import math
from enum import StrEnum


class Response(StrEnum):
    """Target-lesion response of RECIST 1.1 (Eisenhauer 2009)."""

    COMPLETE = "complete response"
    PARTIAL = "partial response"
    STABLE = "stable disease"
    PROGRESSIVE = "progressive disease"


def _positive(**lengths: float) -> None:
    for name, value in lengths.items():
        if not math.isfinite(value) or value <= 0:
            raise ValueError(f"{name.replace('_', ' ')} must be a positive number")


def percent_change(current: float, prior: float) -> float:
    """Return the change from prior to current in per cent of the prior.

    Raises:
        ValueError: The prior is not positive, or the current is negative.
    """
    _positive(prior=prior)
    if not math.isfinite(current) or current < 0:
        raise ValueError("the current size must be a finite number, not negative")
    return 100 * (current - prior) / prior


def percent_change_halfwidth(current: float, prior: float, current_halfwidth: float, prior_halfwidth: float) -> float:
    """Return the error of the change in points, from independent errors of both sizes."""
    _positive(prior=prior)
    return 100 * math.hypot(current_halfwidth / prior, current * prior_halfwidth / prior**2)


def recist_response(sum_mm: float, baseline_mm: float, smallest_mm: float) -> Response:
    """Classify the sum of target-lesion diameters.

    Progressive: at least 20 % and 5 mm above the smallest sum on study. Partial: at least 30 % below baseline.

    Args:
        sum_mm: Sum of diameters now.
        baseline_mm: Sum before treatment.
        smallest_mm: Smallest sum so far, baseline included.

    Raises:
        ValueError: A sum is impossible, or the smallest exceeds the baseline.
    """
    _positive(baseline=baseline_mm)
    if sum_mm < 0 or smallest_mm < 0 or smallest_mm > baseline_mm:
        raise ValueError("sums must not be negative, and the smallest cannot exceed the baseline")
    if sum_mm - smallest_mm >= 5 and sum_mm >= 1.2 * smallest_mm:
        return Response.PROGRESSIVE
    if sum_mm == 0:
        return Response.COMPLETE
    return Response.PARTIAL if sum_mm <= 0.7 * baseline_mm else Response.STABLE


def doubling_time_days(current_volume: float, prior_volume: float, interval_days: float) -> float | None:
    """Return the volume doubling time in days (Schwartz 1961: exponential growth); None when it does not grow.

    Raises:
        ValueError: A volume or the interval is not positive.
    """
    _positive(current_volume=current_volume, prior_volume=prior_volume, interval=interval_days)
    growth = math.log2(current_volume / prior_volume)
    return interval_days / growth if growth > 0 else None
