"""Plots of a report as SVG: risk against coverage, a forest of tasks, bars of configurations."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from clinigraph.evals.comparing import risk_coverage
from clinigraph.evals.logs import Run
from clinigraph.evals.scoring import Mark, mark_of
from clinigraph.statistics import Estimate, wilson

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
    figure = _figure(6.0, 4.0)
    axes = figure.add_subplot()
    for run, confidence, right in with_confidence:
        curve = risk_coverage(confidence, right)
        axes.step(curve.coverage, curve.risk, where="post", label=f"{run.label}: area {curve.area:.3f}", marker=".")
    axes.set(xlabel="coverage", ylabel="risk (share wrong)", xlim=(0, 1.02), ylim=(-0.02, 1.02))
    axes.legend(fontsize=7)
    return _svg(figure)


def forest(runs: Sequence[Run]) -> str | None:
    """Return the share right of every run with its 95 % interval; None where no run marks items."""
    rows = [(r.label, e) for r in runs if (e := share(r)) is not None]
    if not rows:
        return None
    figure = _figure(7.0, 0.8 + 0.4 * len(rows))
    axes = figure.add_subplot()
    for place, (_, estimate) in enumerate(rows):
        axes.plot([estimate.low, estimate.high], [place, place], color="black", linewidth=1)
        axes.plot([estimate.value], [place], "s", color="black")
    names = [f"{label}, n={e.count}" for label, e in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=7)
    axes.set(xlim=(0, 1), xlabel="share right, failures and abstentions not right (95 %)")
    axes.invert_yaxis()
    return _svg(figure)


def bars(runs: Sequence[Run]) -> str | None:
    """Return bars of the configurations of tasks that ran in more than one; None where none did."""
    tasks = sorted({r.task for r in runs if len({q.config for q in runs if q.task == r.task}) > 1})
    rows = [(r, e) for t in tasks for r in runs if r.task == t and (e := share(r)) is not None]
    if not rows:
        return None
    figure = _figure(7.0, 3.6)
    axes = figure.add_subplot()
    for place, (_, estimate) in enumerate(rows):
        error = [[estimate.value - estimate.low], [estimate.high - estimate.value]]
        axes.bar(place, estimate.value, yerr=error, capsize=3, color="0.7", edgecolor="black")
    axes.set_xticks(range(len(rows)), [f"{r.task}\n{r.config}" for r, _ in rows], fontsize=7)
    axes.set(ylim=(0, 1), ylabel="share right (95 %)")
    return _svg(figure)


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
