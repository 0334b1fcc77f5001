"""Plots of a report in one style, light and dark: contributions, uncertainty, trends; each also said in words."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from clinigraph.models.base import Value
from clinigraph.models.findings import Met
from clinigraph.models.formatting import format_number, pretty_unit
from clinigraph.models.report import IndicatorRow, Report
from clinigraph.ui.trends import Trend, TrendPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LABELS = {Met.YES: "met", Met.NO: "not met", Met.UNCERTAIN: "uncertain", Met.NOT_ASSESSED: "not assessed"}


class Style(Value):
    """Colours of one scheme; outcomes also have their word beside them."""

    ink: str
    line: str
    trend: str
    outcomes: dict[Met, str]


LIGHT = Style(
    ink="#1f2933", line="#4d5a67", trend="#14588a",
    outcomes={Met.YES: "#b4451f", Met.NO: "#2f6b8f", Met.UNCERTAIN: "#96690c", Met.NOT_ASSESSED: "#6b7280"},
)  # fmt: skip
DARK = Style(
    ink="#e6ebf0", line="#a9b5c1", trend="#8cc4ec",
    outcomes={Met.YES: "#f0906b", Met.NO: "#7fb8da", Met.UNCERTAIN: "#e3b95a", Met.NOT_ASSESSED: "#a3abb6"},
)  # fmt: skip


def contributions(report: Report, style: Style = LIGHT) -> Figure:
    """Return bars of the weight of each indicator, filled as far as it counts towards the score."""
    rows = _weighing(report)
    figure, axes = _figure(max(1.6, 0.36 * len(rows) + 0.9), style)
    for y, row in enumerate(reversed(rows)):
        colour = style.outcomes[row.met]
        axes.barh(y, row.weight, color="none", edgecolor=colour, linewidth=1.2, height=0.6)
        axes.barh(y, row.weight * _share(row), color=colour, height=0.6)
        axes.text(row.weight + 0.01, y, LABELS[row.met], va="center", fontsize=8, color=style.ink)
    axes.set_yticks(range(len(rows)), [_short(r.name) for r in reversed(rows)], fontsize=8)
    axes.set_xlim(0, max([r.weight for r in rows], default=0.5) * 1.45)
    axes.set_xlabel("weight; filled: what it adds", fontsize=8)
    axes.set_title("What the decision rests on", fontsize=10, loc="left")
    return figure


def intervals(report: Report, style: Style = LIGHT) -> Figure:
    """Return each measured number with its interval, in units of its threshold."""
    rows = _measured(report)
    figure, axes = _figure(max(1.6, 0.44 * len(rows) + 0.9), style)
    for y, row in enumerate(reversed(rows)):
        _interval(axes, y, row, style)
    axes.axvline(1, color=style.line, linewidth=1, linestyle="--")
    axes.set_yticks(range(len(rows)), [_short(r.name) for r in reversed(rows)], fontsize=8)
    axes.set_ylim(-0.6, len(rows) - 0.4 if rows else 0.6)
    axes.set_xlabel("value over threshold (dashed: the threshold)", fontsize=8)
    axes.set_title("How sure each number is", fontsize=10, loc="left")
    return figure


def trend_plot(found: Sequence[Trend], style: Style = LIGHT) -> Figure:
    """Return one panel for each number that has several values, with intervals and threshold where there are."""
    figure, first = _figure(1.75 * max(1, len(found)), style)
    first.remove()
    for number, trend in enumerate(found, start=1):
        axes = figure.add_subplot(max(1, len(found)), 1, number)
        _dress(axes, style)
        _trend(axes, trend, style)
    return figure


def png(figure: Figure) -> bytes:
    """Return a figure as PNG on a transparent ground."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", transparent=True)
    return buffer.getvalue()


def contributions_in_words(report: Report) -> str:
    """Return what the bars show."""
    told = [f"{r.name}: weight {format_number(r.weight)}, {LABELS[r.met]}" for r in _weighing(report)]
    return "What the decision rests on. " + ("; ".join(told) or "no indicator weighs") + "."


def intervals_in_words(report: Report) -> str:
    """Return what the intervals show."""
    return "How sure each number is. " + ("; ".join(map(_sure, _measured(report))) or "no number has a threshold") + "."


def trends_in_words(found: Sequence[Trend]) -> str:
    """Return what the trends show."""
    told = (f"{t.name}: {', '.join(_at(p, t.unit) for p in t.points)}" for t in found)
    return "Values over time. " + "; ".join(told) + "."


def _at(point: TrendPoint, unit: str) -> str:
    return f"{point.when} {format_number(point.value)} {pretty_unit(unit)}".strip()


def _sure(row: IndicatorRow) -> str:
    unit = pretty_unit(row.unit or "")
    value, limit = row.value or 0.0, row.criterion.threshold if row.criterion is not None else 0.0
    spread = (
        "without an interval"
        if row.interval is None
        else f"{format_number(row.interval.low)} to {format_number(row.interval.high)}"
    )
    return f"{row.name}: {format_number(value)} {unit}".strip() + f", {spread}, threshold {format_number(limit)}"


def _weighing(report: Report) -> list[IndicatorRow]:
    return [r for r in report.indicators if r.weight > 0]


def _measured(report: Report) -> list[IndicatorRow]:
    return [r for r in report.indicators if r.value is not None and r.criterion and r.criterion.threshold]


def _trend(axes: Axes, trend: Trend, style: Style) -> None:
    places = range(len(trend.points))
    axes.plot(places, [p.value for p in trend.points], "o-", color=style.trend, linewidth=1.6)
    for x, point in enumerate(trend.points):
        if point.interval is not None:
            axes.plot([x, x], [point.interval.low, point.interval.high], color=style.trend, linewidth=2.5, alpha=0.6)
        rises = x + 1 < len(trend.points) and trend.points[x + 1].value > point.value
        axes.annotate(  # beside the line to the next value, not on it
            format_number(point.value), (x, point.value), xytext=(7, -12 if rises else 4),
            textcoords="offset points", fontsize=8, color=style.ink,
        )  # fmt: skip
    if trend.threshold is not None:
        axes.axhline(trend.threshold, color=style.line, linewidth=1, linestyle="--")
    axes.set_xticks(places, [p.when for p in trend.points], fontsize=8)
    axes.set_xlim(-0.4, len(trend.points) - 0.5)
    axes.margins(y=0.25)
    axes.set_ylabel(pretty_unit(trend.unit), fontsize=8)
    axes.set_title(_short(trend.name, 60), fontsize=10, loc="left")


def _interval(axes: Axes, y: int, row: IndicatorRow, style: Style) -> None:
    if row.value is None or row.criterion is None:
        return
    scale, colour = row.criterion.threshold, style.outcomes[row.met]
    if row.interval is not None:
        axes.plot([row.interval.low / scale, row.interval.high / scale], [y, y], color=colour, linewidth=2.5)
    axes.plot(row.value / scale, y, "o", color=colour)
    axes.text(row.value / scale, y + 0.2, LABELS[row.met], fontsize=8, ha="center", color=style.ink)


def _share(row: IndicatorRow) -> float:
    if row.kind == "qualitative" and row.value is not None:
        return (row.value - 1) / 4
    return {Met.YES: 1.0, Met.UNCERTAIN: 0.5}.get(row.met, 0.0)


def _short(name: str, most: int = 34) -> str:
    return name if len(name) <= most else f"{name[: most - 2]}…"


def _figure(height: float, style: Style) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure as Drawing

    figure = Drawing(figsize=(5.6, height), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    _dress(axes, style)
    return figure, axes


def _dress(axes: Axes, style: Style) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(style.line)
    axes.tick_params(labelsize=8, colors=style.ink)
    for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
        text.set_color(style.ink)
    axes.set_title("", loc="left", color=style.ink)
