"""Plots of a report as SVG: risk against coverage, a forest of tasks, bars of configurations."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from clinigraph.evals.comparing import calibration_error, risk_coverage
from clinigraph.evals.logs import Run
from clinigraph.evals.scoring import Mark, mark_of
from clinigraph.statistics import Estimate, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = ("#1f5a8a", "#b3541e", "#3b7d4f", "#7a4b94", "#8a6d1f", "#555555")
_SALT = "clinigraph"
"""Makes ids of the SVG repeatable."""


def stated_confidence(run: Run) -> tuple[list[float], list[bool]]:
    """Return the confidences that answers state, and whether those answers are right."""
    scored = [
        (float(str(o.values["confidence"])), mark_of(o) is Mark.RIGHT)
        for o in run.outcomes
        if not o.error and o.values.get("confidence") is not None and mark_of(o) in (Mark.RIGHT, Mark.WRONG)
    ]
    return [c for c, _ in scored], [r for _, r in scored]


def curves(runs: Sequence[Run]) -> str | None:
    """Return risk against coverage of every run whose answers state a confidence; None where none does."""
    with_confidence = [(r, *stated_confidence(r)) for r in runs]
    with_confidence = [item for item in with_confidence if item[1]]
    if not with_confidence:
        return None
    figure = _figure(7.5, 3.8 + 0.22 * len(with_confidence))
    axes = figure.add_subplot()
    for place, (run, confidence, right) in enumerate(with_confidence):
        curve = risk_coverage(confidence, right)
        label = (
            f"{run.label}: {len(right)} answers, area {curve.area:.3f}, ECE {calibration_error(confidence, right):.3f}"
        )
        coverage, risk = (0.0, *curve.coverage), (curve.risk[0], *curve.risk)
        axes.step(coverage, risk, where="pre", label=label, color=_COLOURS[place % len(_COLOURS)], linewidth=1.6)
        axes.plot(curve.coverage, curve.risk, "o", color=_COLOURS[place % len(_COLOURS)], markersize=3.5)
    axes.set(xlabel="coverage (share of answers kept, the surest first)", ylabel="risk (share wrong)")
    axes.set(xlim=(0, 1.02), ylim=(-0.02, 1.02))
    _plain(axes, grid="both")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", fontsize=8, frameon=False)
    return _svg(figure)


def forest(runs: Sequence[Run]) -> str | None:
    """Return the share right of every run with its 95 % interval; None where no run marks items."""
    rows = [(r.label, e) for r in runs if (e := share(r)) is not None]
    if not rows:
        return None
    figure = _figure(8.5, 1.0 + 0.38 * len(rows))
    axes = figure.add_subplot()
    for place, (_, estimate) in enumerate(rows):
        axes.plot([estimate.low, estimate.high], [place, place], color=_COLOURS[0], linewidth=1.6, zorder=2)
        axes.plot([estimate.value], [place], "s", color=_COLOURS[0], markersize=6, zorder=3)
        words = f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"
        axes.annotate(
            words, (1.0, place), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
            fontsize=8,
        )  # fmt: skip
    names = [f"{label}, n={e.count}" for label, e in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=8)
    axes.set(xlim=(-0.02, 1.02), ylim=(len(rows) - 0.5, -0.5))
    axes.set_xlabel("share right with its 95 % interval; failed and abstained are not right", fontsize=8)
    _plain(axes, grid="x")
    return _svg(figure)


def bars(runs: Sequence[Run]) -> str | None:
    """Return bars of the configurations of tasks that ran in more than one; None where none did."""
    tasks = sorted({r.task for r in runs if len({q.config for q in runs if q.task == r.task}) > 1})
    rows = [(r, e) for t in tasks for r in runs if r.task == t and (e := share(r)) is not None]
    if not rows:
        return None
    figure = _figure(max(5.0, 1.5 + 0.95 * len(rows)), 3.6)
    axes = figure.add_subplot()
    for place, (run, estimate) in enumerate(rows):
        error = [[estimate.value - estimate.low], [estimate.high - estimate.value]]
        colour = _COLOURS[tasks.index(run.task) % len(_COLOURS)]
        axes.bar(place, estimate.value, 0.65, yerr=error, capsize=4, color=colour, alpha=0.75, zorder=2)
        axes.annotate(
            f"{estimate.value:.2f}\nn={estimate.count}", (place, estimate.high), (0, 3), textcoords="offset points",
            ha="center", fontsize=7,
        )  # fmt: skip
    names = [f"{r.task}\n{r.config}\n{_short(r.model)}" for r, _ in rows]
    axes.set_xticks(range(len(rows)), names, fontsize=7)
    axes.set(ylim=(0, 1.18), ylabel="share right (95 %)")
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    _plain(axes, grid="y")
    return _svg(figure)


def _short(model: str) -> str:
    return "no model" if model.startswith("none/") else model if len(model) <= 16 else f"{model[:15]}…"


def _plain(axes: Axes, *, grid: Literal["both", "x", "y"]) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis=grid, color="0.9", linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)


def share(run: Run) -> Estimate | None:
    """Return the share right of a run; None where it marks nothing."""
    from clinigraph.errors import UsageError

    try:
        right, count = run.share_right()
    except UsageError:
        return None
    return wilson(right, count) if count else None


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _svg(figure: Figure) -> str:
    import matplotlib as mpl

    stream = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": _SALT, "svg.fonttype": "none"}):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]
