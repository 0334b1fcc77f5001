"""Tables of yes or no decisions: mACC, F1 and AUC as MedAgent-Pro reports them (Wang et al. 2025), by indicator too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clinigraph.evals.comparing import area_under_curve
from clinigraph.evals.contract import EvalTable, Outcome
from clinigraph.evals.scoring import Mark, mark_of
from clinigraph.models.findings import Met
from clinigraph.statistics import wilson

COLUMNS = ("cases", "n", "sensitivity (95 %)", "specificity (95 %)", "mACC", "F1", "AUC of the score")


@dataclass(frozen=True, slots=True)
class Hits:
    """Positive and negative cases, and how many of each were called right."""

    hits: int
    positive: int
    rejected: int
    negative: int

    @property
    def macc(self) -> float:
        """Mean of the accuracies of both classes."""
        return (self.hits / self.positive + self.rejected / self.negative) / 2

    @property
    def f1(self) -> float:
        """F1 of the positive class; every negative that was not rejected counts as called."""
        wrong = (self.positive - self.hits) + (self.negative - self.rejected)
        return 2 * self.hits / (2 * self.hits + wrong) if self.hits or wrong else 0.0


def metrics_table(outcomes: Sequence[Outcome], group: str = "") -> EvalTable:
    """Return the metrics over all cases, over decided ones, and by a group of ``EvalItem.data``."""
    decided = [o for o in outcomes if mark_of(o) in (Mark.RIGHT, Mark.WRONG)]
    rows = [_row("all, undecided and failed wrong", outcomes), _row("decided", decided)]
    if group:
        names = sorted({str(o.item.data.get(group)) for o in outcomes})
        rows += [_row(n, [o for o in outcomes if str(o.item.data.get(group)) == n]) for n in names if len(names) > 1]
    return EvalTable(title="Metrics of MedAgent-Pro", columns=COLUMNS, rows=tuple(rows))


def _row(name: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    positive = [o for o in outcomes if o.item.target == "1"]
    negative = [o for o in outcomes if o.item.target == "0"]
    hits, rejected = (sum(mark_of(o) is Mark.RIGHT for o in part) for part in (positive, negative))
    if not positive or not negative:
        return (name, str(len(outcomes)), *("one class is empty",) * 5)
    counts = Hits(hits, len(positive), rejected, len(negative))
    shares = (str(wilson(hits, len(positive))), str(wilson(rejected, len(negative))))
    area = _area(outcomes, lambda o: o.values.get("score"))
    return (name, str(len(outcomes)), *shares, f"{counts.macc:.3f}", f"{counts.f1:.3f}", area)


def indicator_table(outcomes: Sequence[Outcome]) -> EvalTable | None:
    """Return what each indicator alone would say: met against the label, and the AUC of its value or score.

    An indicator that was not assessed counts as the wrong answer; an AUC below a half means that lower values go with
    the condition.
    """
    names = sorted({n for o in outcomes for n in _of(o)})
    rows = [r for n in names if (r := _indicator(n, outcomes)) is not None]
    if not rows:
        return None
    columns = ("indicator", "assessed", "sensitivity (95 %)", "specificity (95 %)", "mACC", "AUC of its value")
    note = "Each indicator alone; not assessed counts as wrong. No criterion: nothing to be met."
    return EvalTable(title="Single indicators", columns=columns, rows=tuple(rows), note=note)


def _indicator(name: str, outcomes: Sequence[Outcome]) -> tuple[str, ...] | None:
    positive = [o for o in outcomes if o.item.target == "1"]
    negative = [o for o in outcomes if o.item.target == "0"]
    if not positive or not negative:
        return None
    told = [o for o in outcomes if _value(o, name) is not None]
    hits = sum(_of(o).get(name, {}).get("met") == Met.YES.value for o in positive)
    rejected = sum(_of(o).get(name, {}).get("met") == Met.NO.value for o in negative)
    area = _area(outcomes, lambda o: _value(o, name))
    judged = any(_of(o).get(name, {}).get("met") in (Met.YES.value, Met.NO.value) for o in outcomes)
    if not judged:
        return (name, f"{len(told)} of {len(outcomes)}", "no criterion", "no criterion", "–", area)
    counts = Hits(hits, len(positive), rejected, len(negative))
    shares = (str(wilson(hits, len(positive))), str(wilson(rejected, len(negative))))
    return (name, f"{len(told)} of {len(outcomes)}", *shares, f"{counts.macc:.3f}", area)


def _of(outcome: Outcome) -> dict[str, dict[str, object]]:
    found = outcome.values.get("indicators")
    return {k: dict(v) for k, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}


def _value(outcome: Outcome, name: str) -> object:
    return _of(outcome).get(name, {}).get("value")


def _area(outcomes: Sequence[Outcome], value: Callable[[Outcome], object]) -> str:
    scored = [(float(str(v)), o.item.target == "1") for o in outcomes if (v := value(o)) is not None]
    if len({label for _, label in scored}) != 2:
        return "no scores"
    return f"{area_under_curve([s for s, _ in scored], [p for _, p in scored]):.3f} (n={len(scored)})"
