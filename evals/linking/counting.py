"""True and false positives and false negatives, with precision, recall and F1."""

from __future__ import annotations

from dataclasses import dataclass

from clinigraph.statistics import Estimate, wilson


@dataclass
class Counts:
    """True and false positives and false negatives of one class."""

    hit: int = 0
    extra: int = 0
    missed: int = 0

    def add(self, other: Counts) -> None:
        """Add the counts of another class."""
        self.hit, self.extra, self.missed = self.hit + other.hit, self.extra + other.extra, self.missed + other.missed

    @property
    def precision(self) -> Estimate | None:
        """Share of what was found that is right; None when nothing was found."""
        return wilson(self.hit, self.hit + self.extra) if self.hit + self.extra else None

    @property
    def recall(self) -> Estimate | None:
        """Share of what is there that was found; None when nothing is there."""
        return wilson(self.hit, self.hit + self.missed) if self.hit + self.missed else None

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 when nothing is there and nothing was found."""
        total = 2 * self.hit + self.extra + self.missed
        return 2 * self.hit / total if total else 0.0

    def cells(self) -> tuple[str, ...]:
        """Return precision, recall, F1 and counts as text."""
        shares = (_share(self.precision), _share(self.recall), f"{self.f1:.3f}")
        return (*shares, str(self.hit), str(self.extra), str(self.missed))


COLUMNS = ("precision (95 %)", "recall (95 %)", "F1", "hit", "extra", "missed")
"""Names of the cells."""


def _share(estimate: Estimate | None) -> str:
    return "-" if estimate is None else f"{estimate.value:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"
