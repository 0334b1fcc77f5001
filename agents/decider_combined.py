"""The combined decider: the weighted rule decides; what models say can only make it more uncertain."""

from __future__ import annotations

from collections.abc import Sequence

from clinigraph.agents.decider import weigh
from clinigraph.agents.uncertainty import doubted, uncertainty
from clinigraph.models.consultation import Consultation
from clinigraph.models.findings import Impression, IndicatorResult, Presence, Uncertainty
from clinigraph.models.planning import DiagnosticPlan


class CombinedDecider:
    """Takes the weighted form's decision unless rollouts and attending together doubt it more than not.

    A present never becomes an absent, nor the other way round: the worst that a bad model can do is "indeterminate".
    Reader disagreement needs no vote of its own: readings that differ by two points are undecided already and widen the
    score's range. All terms stand in ``Impression.uncertainty``.
    """

    def decide(
        self, plan: DiagnosticPlan, results: Sequence[IndicatorResult], consultation: Consultation | None = None
    ) -> Impression:
        """Return the impression."""
        ruled = weigh(results, plan.condition, plan.threshold, plan.min_assessed_share)
        return doubting(ruled, uncertainty(results, ruled.decision, consultation))


def doubting(ruled: Impression, terms: Uncertainty) -> Impression:
    """Return the rule's impression, indeterminate when models doubt it enough."""
    if ruled.decision is Presence.INDETERMINATE or not doubted(terms):
        return ruled.replace(rule="combined", uncertainty=terms)
    doubt = (
        f"By rule the decision was {ruled.decision.value}, but the model opinions over the same evidence do not hold "
        f"it (rollouts {terms.rollouts:.0%} against, attending {terms.attending:.0%} against)."
    )
    return ruled.replace(
        decision=Presence.INDETERMINATE, rule="combined", uncertainty=terms, rationale=f"{doubt} {ruled.rationale}"
    )
