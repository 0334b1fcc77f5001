"""Ranks to recall and reciprocal rank, with intervals. A question that failed counts as one that was not answered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clinigraph.evals.comparing import mcnemar_exact, paired_bootstrap
from clinigraph.evals.contract import EvalTable, Outcome
from clinigraph.statistics import Estimate, bootstrap_mean, wilson

WITHIN = 5
"""Documents among which the right one must be."""


def quality_table(outcomes: Sequence[Outcome], kinds: Sequence[str], systems: Sequence[str]) -> EvalTable:
    """Return recall@1 and recall@5 (Wilson) and mean reciprocal rank (bootstrap) for each kind and system."""
    rows = []
    for kind in kinds:
        own = _of_kind(outcomes, kind)
        for system in systems if own else ():
            ranks = [rank(o, system) for o in own]
            recalls = [_share(wilson(sum(0 < r <= n for r in ranks), len(ranks))) for n in (1, WITHIN)]
            mrr = _share(bootstrap_mean([_reciprocal(r) for r in ranks]))
            failed = sum(bool(o.error) for o in own)
            rows.append((kind, system, str(len(own)), *recalls, mrr, str(failed)))
    return EvalTable(
        title="The right document",
        columns=("questions", "system", "n", "recall@1 (95 %)", f"recall@{WITHIN} (95 %)", "MRR (95 %)", "failed"),
        rows=tuple(rows),
        note="recall@5: the document is among the first five documents; MRR counts 0 when it is not found",
    )


def paired_table(outcomes: Sequence[Outcome], kinds: Sequence[str], first: str, others: Sequence[str]) -> EvalTable:
    """Return what one system finds that another misses, question by question, with McNemar's test and MRR gained."""
    rows = []
    for kind in kinds:
        own = _of_kind(outcomes, kind)
        for other in others if own else ():
            pairs = [(rank(o, first), rank(o, other)) for o in own]
            only_first = sum(0 < a <= WITHIN and not 0 < b <= WITHIN for a, b in pairs)
            only_other = sum(0 < b <= WITHIN and not 0 < a <= WITHIN for a, b in pairs)
            gain = paired_bootstrap([_reciprocal(b) for _, b in pairs], [_reciprocal(a) for a, _ in pairs])
            p = mcnemar_exact(only_first, only_other)
            versus = f"{first} against {other}"
            rows.append((kind, versus, str(len(own)), str(only_first), str(only_other), f"{p:.3f}", _share(gain)))
    return EvalTable(
        title="Pairs",
        columns=("questions", "systems", "n", "only the first", "only the second", "p", "MRR gained (95 %)"),
        rows=tuple(rows),
        note=f"found among the first {WITHIN} by one alone; p: McNemar, exact, two-sided, not corrected for the rows",
    )


def speed_table(outcomes: Sequence[Outcome], systems: Sequence[str]) -> EvalTable:
    """Return median and 95th percentile of a query's time, in milliseconds."""
    rows = []
    for system in systems:
        times = [float(str(o.values[f"{system}_ms"])) for o in outcomes if f"{system}_ms" in o.values]
        if times:
            rows.append((system, str(len(times)), *(f"{q:.1f}" for q in np.quantile(times, [0.5, 0.95]))))
    return EvalTable(
        title="Time of a query",
        columns=("system", "n", "p50 ms", "p95 ms"),
        rows=tuple(rows),
        note="one query at a time, with what else runs on this machine",
    )


def rank(outcome: Outcome, system: str) -> int:
    """Return the rank of the right document, 0 when it was not found or the item failed."""
    value = outcome.values.get(f"{system}_rank", 0)
    return value if isinstance(value, int) else 0


def _of_kind(outcomes: Sequence[Outcome], kind: str) -> list[Outcome]:
    return sorted((o for o in outcomes if o.item.data.get("kind") == kind), key=lambda o: o.item.id)


def _reciprocal(place: int) -> float:
    return 1 / place if place else 0.0


def _share(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"
