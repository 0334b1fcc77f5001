"""Plots of a report in one style: what each indicator contributes, and how sure each number is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinigraph.models.findings import Met
from clinigraph.models.report import IndicatorRow, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {Met.YES: "#b4451f", Met.NO: "#2f6b8f", Met.UNCERTAIN: "#b98a1d", Met.NOT_ASSESSED: "#8a8f98"}
"""The colours of outcomes wherever they are drawn; each also has its word beside it."""
LABELS = {Met.YES: "met", Met.NO: "not met", Met.UNCERTAIN: "uncertain", Met.NOT_ASSESSED: "not assessed"}


def contributions(report: Report) -> Figure:
    """Return bars of the weight of each indicator, filled as far as it counts towards the score."""
    rows = [r for r in report.indicators if r.weight > 0]
    figure, axes = _figure(max(2.2, 0.42 * len(rows) + 1.1))
    for y, row in enumerate(reversed(rows)):
        axes.barh(y, row.weight, color="none", edgecolor=COLOURS[row.met], linewidth=1.2, height=0.6)
        axes.barh(y, row.weight * _share(row), color=COLOURS[row.met], height=0.6)
        axes.text(row.weight + 0.01, y, LABELS[row.met], va="center", fontsize=8)
    axes.set_yticks(range(len(rows)), [_short(r.name) for r in reversed(rows)], fontsize=8)
    axes.set_xlim(0, max([r.weight for r in rows], default=0.5) * 1.45)
    axes.set_xlabel("weight; filled: what it adds", fontsize=8)
    axes.set_title("What the decision rests on", fontsize=10, loc="left")
    return figure


def intervals(report: Report) -> Figure:
    """Return each measured number with its interval, in units of its threshold."""
    rows = [r for r in report.indicators if r.value is not None and r.criterion and r.criterion.threshold]
    figure, axes = _figure(max(2.2, 0.5 * len(rows) + 1.1))
    for y, row in enumerate(reversed(rows)):
        _interval(axes, y, row)
    axes.axvline(1, color="#444", linewidth=1, linestyle="--")
    axes.set_yticks(range(len(rows)), [_short(r.name) for r in reversed(rows)], fontsize=8)
    axes.set_ylim(-0.6, len(rows) - 0.4 if rows else 0.6)
    axes.set_xlabel("value over threshold (dashed: the threshold)", fontsize=8)
    axes.set_title("How sure each number is", fontsize=10, loc="left")
    return figure


def _interval(axes: Axes, y: int, row: IndicatorRow) -> None:
    if row.value is None or row.criterion is None:
        return
    scale = row.criterion.threshold
    if row.interval is not None:
        axes.plot([row.interval.low / scale, row.interval.high / scale], [y, y], color=COLOURS[row.met], linewidth=2.5)
    axes.plot(row.value / scale, y, "o", color=COLOURS[row.met])
    axes.text(row.value / scale, y + 0.2, LABELS[row.met], fontsize=7, ha="center")


def _share(row: IndicatorRow) -> float:
    if row.kind == "qualitative" and row.value is not None:
        return (row.value - 1) / 4
    return {Met.YES: 1.0, Met.UNCERTAIN: 0.5}.get(row.met, 0.0)


def _short(name: str) -> str:
    return name if len(name) <= 34 else f"{name[:32]}…"


def _figure(height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure as Drawing

    figure = Drawing(figsize=(5.6, height), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8)
    return figure, axes
