"""The weighted decider (MedAgent-Pro, arXiv 2503.18968), made honest about what is missing or uncertain."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clinigraph.models.consultation import Consultation
from clinigraph.models.findings import Impression, IndicatorResult, Met, Presence
from clinigraph.models.formatting import format_percent
from clinigraph.models.planning import DiagnosticPlan

Factor = Callable[[IndicatorResult], float]


class WeightedDecider:
    """Weighs indicators into an impression.

    With weights w and shares v (1 met, 0.5 uncertain, 0 not met; (s - 1) / 4 for readings of score s), over the
    assessed indicators only: score = sum(w v) / sum(w). The condition is present when score >= threshold. Beyond the
    published form:

    - below the plan's least share of assessed weight the impression is indeterminate, never a silent negative;
    - uncertain indicators are also counted as all met and as none met; when the threshold lies between those two
      scores the decision hinges on what is uncertain, and the impression is indeterminate.
    """

    def decide(
        self, plan: DiagnosticPlan, results: Sequence[IndicatorResult], consultation: Consultation | None = None
    ) -> Impression:
        """Return the impression.

        Args:
            plan: Gives condition, threshold and least assessed share.
            results: One result for each indicator of the plan.
            consultation: Not looked at.
        """
        del consultation
        return weigh(results, plan.condition, plan.threshold, plan.min_assessed_share)


def weigh(
    results: Sequence[IndicatorResult],
    condition: str,
    threshold: float,
    min_assessed_share: float,
    factor: Factor = lambda _: 1.0,
) -> Impression:
    """Weigh indicator results into an impression; see :class:`WeightedDecider`.

    Args:
        results: One result for each indicator.
        condition: What is decided.
        threshold: Score from which it is present.
        min_assessed_share: Share of the weight that must be assessed.
        factor: By what the weight of an assessed indicator is multiplied in the score; 0 leaves it out.
    """
    total = sum(r.weight for r in results)
    assessed = [r for r in results if r.met is not Met.NOT_ASSESSED and r.weight > 0 and factor(r) > 0]
    share = round(sum(r.weight for r in assessed) / total, 6) if total else 0.0
    enough = bool(assessed) and share + 1e-6 >= min_assessed_share
    weights = [r.weight * factor(r) for r in assessed]
    low, high = (_score(assessed, weights, mode) if enough else None for mode in (0.0, 1.0))
    score = _score(assessed, weights, None) if enough else None
    decision = _decision(low, score, high, threshold)
    return Impression(
        decision=decision,
        condition=condition,
        score=score,
        score_low=low,
        score_high=high,
        threshold=threshold,
        assessed_share=share,
        min_assessed_share=min_assessed_share,
        rationale=_rationale(decision, assessed, condition) if enough else _too_little(share, min_assessed_share),
    )


def refuse(condition: str, reason: str) -> Impression:
    """Return the impression of a case that no protocol fits."""
    return Impression(decision=Presence.INDETERMINATE, condition=condition, rationale=reason)


def _score(assessed: Sequence[IndicatorResult], weights: Sequence[float], uncertain: float | None) -> float:
    parts = (w * _share(r, uncertain) for r, w in zip(assessed, weights, strict=True))
    return round(sum(parts) / sum(weights), 6)


def _share(result: IndicatorResult, uncertain: float | None) -> float:
    if result.met is Met.UNCERTAIN and uncertain is not None:
        return uncertain
    if result.score is not None:
        return result.score
    return {Met.YES: 1.0, Met.UNCERTAIN: 0.5}.get(result.met, 0.0)


def _decision(low: float | None, score: float | None, high: float | None, threshold: float) -> Presence:
    if low is None or score is None or high is None or low < threshold <= high:
        return Presence.INDETERMINATE
    return Presence.PRESENT if score >= threshold else Presence.ABSENT


def _too_little(share: float, needed: float) -> str:
    return (
        f"Only {format_percent(share)} of the weight of the indicators could be assessed; "
        f"a decision needs {format_percent(needed)}."
    )


def _rationale(decision: Presence, assessed: Sequence[IndicatorResult], condition: str) -> str:
    names = {m: [r.name for r in assessed if r.met is m] for m in (Met.YES, Met.UNCERTAIN, Met.NO)}
    parts = [
        f"{label}: {', '.join(names[m])}"
        for m, label in ((Met.YES, "met"), (Met.UNCERTAIN, "uncertain"), (Met.NO, "not met"))
        if names[m]
    ]
    head = {
        Presence.PRESENT: f"The weighted indicators reach the threshold for {condition}",
        Presence.ABSENT: f"The weighted indicators stay below the threshold for {condition}",
        Presence.INDETERMINATE: "The decision hinges on indicators that are uncertain",
    }[decision]
    return f"{head} ({'; '.join(parts)})."
