"""How uncertain an impression is, and from where: missing weight, intervals, readers, rollouts, the attending."""

from __future__ import annotations

import math
from collections.abc import Sequence

from clinigraph.models.consultation import AttendingOpinion, Consultation, Vote
from clinigraph.models.findings import IndicatorResult, Met, Presence, Uncertainty

MODEL_LIMIT = 0.5
"""Share of model doubt above which a decision of the rule becomes indeterminate: most of what was asked disagrees."""


def uncertainty(
    results: Sequence[IndicatorResult], decision: Presence, consultation: Consultation | None = None
) -> Uncertainty:
    """Return every term and their combination, 1 minus the product of (1 - term).

    Args:
        results: One result for each indicator.
        decision: What the rule decided.
        consultation: What model roles said, where they were asked.
    """
    total = sum(r.weight for r in results)
    assessed = [r for r in results if r.met is not Met.NOT_ASSESSED]
    known = sum(r.weight for r in assessed)
    terms = {
        "missing": 1 - known / total if total else 1.0,
        "crossing": sum(r.weight for r in assessed if r.met is Met.UNCERTAIN) / known if known else 0.0,
        "readers": max((r.disagreement for r in results), default=0) / 4,
        "rollouts": votes_against(consultation.votes, decision) if consultation else 0.0,
        "attending": _opposition(consultation.attending, decision) if consultation else 0.0,
    }
    terms = {k: round(min(1.0, max(0.0, v)), 6) for k, v in terms.items()}
    return Uncertainty.model_validate({**terms, "combined": combined(*terms.values())})


def combined(*terms: float) -> float:
    """Return 1 minus the product of (1 - term)."""
    return round(1 - math.prod(1 - t for t in terms), 6)


def votes_against(votes: Sequence[Vote], decision: Presence) -> float:
    """Return the share of votes that do not hold a decision; an undecided vote counts one half."""
    if not votes:
        return 0.0
    return sum(_distance(v.decision, decision) for v in votes) / len(votes)


def doubted(terms: Uncertainty) -> bool:
    """Whether what models said makes a decision of the rule indeterminate."""
    return combined(terms.rollouts, terms.attending) > MODEL_LIMIT


def _opposition(attending: AttendingOpinion | None, decision: Presence) -> float:
    return 0.0 if attending is None else _distance(attending.decision, decision)


def _distance(said: Presence, decision: Presence) -> float:
    if said is decision:
        return 0.0
    return 0.5 if Presence.INDETERMINATE in (said, decision) else 1.0
