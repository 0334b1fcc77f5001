"""Counts with intervals. Every failure stays in: a missed structure has Dice 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean or proportion with its 95 % interval."""

    value: float
    low: float
    high: float
    count: int

    def as_dict(self) -> dict[str, float]:
        """For JSON, rounded to four places."""
        return {key: round(float(value), 4) for key, value in asdict(self).items()}

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f}; n={self.count})"


def bootstrap_mean(values: Sequence[float], *, seed: int = 0, draws: int = 4000) -> Estimate:
    """Mean with its percentile bootstrap interval (Efron, 1979) over images.

    Raises:
        ValueError: without values.
    """
    if not values:
        raise ValueError("no values to average")
    array = np.asarray(values, dtype=np.float64)
    index = np.random.default_rng(seed).integers(len(array), size=(draws, len(array)))
    means = array[index].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(array.mean()), float(low), float(high), len(array))


def wilson(hits: int, count: int) -> Estimate:
    """Proportion with its Wilson score interval (Wilson, 1927).

    Raises:
        ValueError: if count is not positive or hits lies outside 0..count.
    """
    if count <= 0 or not 0 <= hits <= count:
        raise ValueError(f"need 0 <= hits <= count and count > 0, got {hits} of {count}")
    z = 1.959964
    share = hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return Estimate(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)), count)
