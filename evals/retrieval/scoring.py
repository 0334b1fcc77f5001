"""Ranks to recall and reciprocal rank, with intervals. A question that failed counts as one that was not answered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clinigraph.evals.contract import EvalTable, Outcome
from clinigraph.statistics import Estimate, bootstrap_mean, wilson

WITHIN = 5
"""Documents among which the right one must be."""


def quality_table(outcomes: Sequence[Outcome], kinds: Sequence[str], systems: Sequence[str]) -> EvalTable:
    """Return recall@5 (Wilson) and mean reciprocal rank (bootstrap) for each kind of question and system."""
    rows = []
    for kind in kinds:
        own = sorted((o for o in outcomes if o.item.data.get("kind") == kind), key=lambda o: o.item.id)
        for system in systems if own else ():
            ranks = [rank(o, system) for o in own]
            recall = wilson(sum(0 < r <= WITHIN for r in ranks), len(ranks))
            mrr = bootstrap_mean([1 / r if r else 0.0 for r in ranks])
            failed = sum(bool(o.error) for o in own)
            rows.append((kind, system, str(len(own)), _share(recall), _share(mrr), str(failed)))
    return EvalTable(
        title="The right document",
        columns=("questions", "system", "n", f"recall@{WITHIN} (95 %)", "MRR (95 %)", "failed"),
        rows=tuple(rows),
        note="recall@5: the document is among the first five documents; MRR counts 0 when it is not found",
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


def _share(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"
