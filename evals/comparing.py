"""Two configurations on the same items, calibration, and subgroups."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigraph.statistics import Estimate, wilson

BINS = 10
"""Bins of equal width of the expected calibration error (Guo et al., ICML 2017, use 15; sets here are smaller)."""


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Return the two-sided exact p value of McNemar's test (McNemar 1947; exact form after Edwards 1948 and Fay 2010).

    Args:
        only_first: Items that only the first configuration has right.
        only_second: Items that only the second has right.

    Raises:
        ValueError: A count is negative.

    Example:
        >>> round(mcnemar_exact(1, 9), 4)
        0.0215
    """
    if only_first < 0 or only_second < 0:
        raise ValueError(f"counts cannot be negative: {only_first}, {only_second}")
    n, k = only_first + only_second, min(only_first, only_second)
    if n == 0:
        return 1.0
    tail = sum(math.comb(n, i) for i in range(k + 1)) / (1 << n)
    return min(1.0, 2.0 * tail)


def paired_bootstrap(first: Sequence[float], second: Sequence[float], *, seed: int = 0, draws: int = 4000) -> Estimate:
    """Return the mean of second minus first with its percentile bootstrap interval (Efron 1979) over items.

    Raises:
        ValueError: The sequences differ in length, or are empty.
    """
    if len(first) != len(second) or not first:
        raise ValueError(f"need two equally long sequences, got {len(first)} and {len(second)}")
    difference = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    index = np.random.default_rng(seed).integers(len(difference), size=(draws, len(difference)))
    means = difference[index].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(difference.mean()), float(low), float(high), len(difference))


def calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float:
    """Return the expected calibration error over bins of equal width (Naeini et al. 2015; Guo et al. 2017).

    Args:
        confidence: In [0, 1], one an answer.
        right: Whether that answer is right.
        bins: How many.

    Raises:
        ValueError: Nothing given, lengths differ, or a confidence is outside [0, 1].
    """
    values, hits = _checked(confidence, right)
    place = np.minimum((values * bins).astype(int), bins - 1)
    error = 0.0
    for bin_number in range(bins):
        inside = place == bin_number
        if inside.any():
            error += inside.mean() * abs(values[inside].mean() - hits[inside].mean())
    return float(error)


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """Risk of the answers that are kept, as more are kept."""

    coverage: tuple[float, ...]
    """Share of answers kept, the surest first."""
    risk: tuple[float, ...]
    """Share of the kept answers that are wrong."""
    area: float
    """Area under the curve (AURC, Geifman et al., ICLR 2019): the mean risk over all coverages; lower is better."""


def risk_coverage(confidence: Sequence[float], right: Sequence[bool]) -> RiskCoverage:
    """Return the risk-coverage curve (El-Yaniv and Wiener 2010); equal confidences enter together.

    Raises:
        ValueError: See ``calibration_error``.
    """
    values, hits = _checked(confidence, right)
    coverage, risk, area = [], [], 0.0
    before = 0
    for level in sorted(set(values.tolist()), reverse=True):
        kept = values >= level
        count = int(kept.sum())
        share = float(1.0 - hits[kept].mean())
        coverage.append(count / len(values))
        risk.append(share)
        area += share * (count - before) / len(values)
        before = count
    return RiskCoverage(tuple(coverage), tuple(risk), area)


def _checked(confidence: Sequence[float], right: Sequence[bool]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if len(confidence) != len(right) or not confidence:
        raise ValueError(f"need as many confidences as answers, got {len(confidence)} and {len(right)}")
    values = np.asarray(confidence, np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("a confidence lies outside 0 to 1")
    return values, np.asarray(right, np.float64)


@dataclass(frozen=True, slots=True)
class Paired:
    """Two configurations on the items that both have."""

    items: int
    both: int
    only_first: int
    only_second: int
    neither: int
    p: float
    """McNemar, exact, two-sided."""
    difference: Estimate
    """Accuracy of the second minus that of the first."""
    first: Estimate
    second: Estimate
    unpaired: int
    """Items that only one of them has; they are counted here and nowhere else."""


def compare(first: Mapping[str, bool], second: Mapping[str, bool]) -> Paired:
    """Pair two runs by item.

    Args:
        first: Item id -> whether it was right; failures and abstentions are not right.
        second: Likewise.

    Raises:
        ValueError: They share no item.
    """
    shared = sorted(first.keys() & second.keys())
    if not shared:
        raise ValueError("the two runs share no item")
    a, b = [first[i] for i in shared], [second[i] for i in shared]
    table = [sum(x is p and y is q for x, y in zip(a, b, strict=True)) for p in (True, False) for q in (True, False)]
    both, only_first, only_second, neither = table
    return Paired(
        items=len(shared),
        both=both,
        only_first=only_first,
        only_second=only_second,
        neither=neither,
        p=mcnemar_exact(only_first, only_second),
        difference=paired_bootstrap([float(x) for x in a], [float(x) for x in b]),
        first=wilson(sum(a), len(a)),
        second=wilson(sum(b), len(b)),
        unpaired=len(first.keys() ^ second.keys()),
    )


def subgroups(right: Sequence[bool], groups: Sequence[str]) -> Mapping[str, Estimate]:
    """Return the share right in each group, with its Wilson interval.

    Raises:
        ValueError: The sequences differ in length.
    """
    pairs = list(zip(right, groups, strict=True))
    names = sorted(set(groups))
    return {n: wilson(sum(r for r, g in pairs if g == n), sum(g == n for g in groups)) for n in names}


def area_under_curve(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """Return the area under the ROC curve as the Mann-Whitney statistic, ties counted half (Hanley and McNeil 1982).

    Raises:
        ValueError: One of the classes is empty.
    """
    above = [s for s, p in zip(scores, positive, strict=True) if p]
    below = [s for s, p in zip(scores, positive, strict=True) if not p]
    if not above or not below:
        raise ValueError("an area needs positive and negative items")
    half: Callable[[float, float], float] = lambda x, y: 1.0 if x > y else 0.5 if x == y else 0.0  # noqa: E731
    return sum(half(x, y) for x in above for y in below) / (len(above) * len(below))
