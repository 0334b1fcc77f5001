"""What a part of the imaging benchmark reports, and how outcomes become rows: counts, intervals, failures included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from clinigraph.evals.contract import EvalContext, EvalItem, EvalTable, Outcome
from clinigraph.statistics import Estimate, bootstrap_mean, wilson

COLUMNS = ("images", "network", "n", "failed", "figure", "mean (95 % interval)", "to reach", "reached")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a part."""

    key: str
    """Name of the value in an item's outcome; an outcome without it has no part in the figure, null counts as worst."""
    title: str
    worst: float
    """What a failed item counts as."""
    goal: float | None = None
    higher: bool = True
    """Whether the goal is a least value; otherwise it is a greatest one."""
    share: bool = False
    """Whether values are 0 or 1, with a Wilson interval."""

    def of(self, outcomes: Sequence[Outcome]) -> Estimate | None:
        """Return the estimate over outcomes, or None when none of them has the value."""
        values = [v for v in map(self._value, outcomes) if v is not None]
        known = any(self.key in o.values for o in outcomes)
        if not values or not (known or all(o.error for o in outcomes)):
            return None
        return wilson(round(sum(values)), len(values)) if self.share else bootstrap_mean(values)

    def _value(self, outcome: Outcome) -> float | None:
        if outcome.error:
            return self.worst
        if self.key not in outcome.values:
            return None
        value = outcome.values[self.key]
        return float(value) if isinstance(value, int | float) else self.worst

    def reached(self, estimate: Estimate) -> str:
        """Return yes or no by the mean, or a dash without a goal."""
        if self.goal is None:
            return "-"
        return "yes" if (estimate.value >= self.goal if self.higher else estimate.value <= self.goal) else "no"


class Part(Protocol):
    """One kind of work of the imaging benchmark.

    Items carry ``part``, ``set`` (images) and ``network`` (which network answers, and whether it has seen them) in
    their data; rows are made for each pair of the latter two.
    """

    @property
    def name(self) -> str:
        """Name in items and options."""
        ...

    @property
    def title(self) -> str:
        """Heading of its table."""
        ...

    @property
    def folders(self) -> tuple[str, ...]:
        """Patterns of folder names below the data folder; empty when the part brings its own pictures."""
        ...

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What is reported."""
        ...

    @property
    def note(self) -> str:
        """What stands below the table."""
        ...

    def items(self, folders: Sequence[Path], context: EvalContext) -> Sequence[EvalItem]:
        """Return the items of the folders that are there, in a fixed order."""
        ...

    def measure(self, item: EvalItem, context: EvalContext) -> dict[str, JsonValue]:
        """Return the values of one item."""
        ...


def table(part: Part, outcomes: Iterable[Outcome]) -> EvalTable | None:
    """Return the table of a part, or None when it measured nothing."""
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda o: o.item.id):
        data = outcome.item.data
        groups.setdefault((str(data.get("set", "")), str(data.get("network", ""))), []).append(outcome)
    rows = [row for key in sorted(groups) for row in _rows(part.figures, key, groups[key])]
    return EvalTable(title=part.title, columns=COLUMNS, rows=tuple(rows), note=part.note) if rows else None


def _rows(figures: Sequence[Figure], group: tuple[str, str], outcomes: Sequence[Outcome]) -> Iterable[tuple[str, ...]]:
    failed = sum(bool(o.error) for o in outcomes)
    for figure in figures:
        estimate = figure.of(outcomes)
        if estimate is None:
            continue
        sign = "≥" if figure.higher else "≤"
        yield (
            *group,
            str(estimate.count),
            str(failed),
            figure.title,
            _in_words(figure, estimate),
            "-" if figure.goal is None else f"{sign} {figure.goal:g}",
            figure.reached(estimate),
        )


def _in_words(figure: Figure, estimate: Estimate) -> str:
    """Return a mean with its interval; a bootstrap of one image would give an interval of no width."""
    if estimate.count == 1 and not figure.share:
        return f"{estimate.value:.3f} (no interval from one)"
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"
