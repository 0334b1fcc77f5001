"""Deciders by name, and the one function by which an impression is checked against its grounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from clinigraph.agents.contract import Decider
from clinigraph.agents.decider import WeightedDecider, weigh
from clinigraph.agents.decider_combined import CombinedDecider, doubting
from clinigraph.agents.decider_graded import GradedDecider, weigh_graded
from clinigraph.agents.decider_model import ModelDecider, judged
from clinigraph.agents.uncertainty import combined, uncertainty
from clinigraph.models.findings import Impression, IndicatorResult, Uncertainty
from clinigraph.models.switches import DeciderKind


def decider_of(kind: DeciderKind) -> Decider:
    """Return the decider of a name."""
    makers: Mapping[DeciderKind, Callable[[], Decider]] = {
        DeciderKind.WEIGHTED: WeightedDecider,
        DeciderKind.GRADED: GradedDecider,
        DeciderKind.MODEL: ModelDecider,
        DeciderKind.COMBINED: CombinedDecider,
    }
    return makers[kind]()


def recomputed(given: Impression, results: Sequence[IndicatorResult]) -> Impression | None:
    """Return the impression that follows anew from the results and from what a model is recorded to have said.

    Args:
        given: The impression to check; its threshold, risk and model terms are taken as stated, all else is not.
        results: The indicator results that it names.

    Returns:
        None when nothing can be recomputed: no threshold, or an answer of the model alone.
    """
    if given.threshold is None or given.min_assessed_share is None or given.rule == "direct":
        return None
    grounds = (results, given.condition, given.threshold, given.min_assessed_share)
    if given.rule == "graded":
        return weigh_graded(*grounds)
    if given.rule == "model":
        return judged(*grounds, given.kept or (), given.score if given.score is not None else 0.0)
    ruled = weigh(*grounds)
    if given.rule != "combined" or given.uncertainty is None:
        return ruled
    return doubting(ruled, _terms(results, ruled, given.uncertainty))


def _terms(results: Sequence[IndicatorResult], ruled: Impression, said: Uncertainty) -> Uncertainty:
    own = uncertainty(results, ruled.decision)
    terms = (own.missing, own.crossing, own.readers, said.rollouts, said.attending)
    return own.replace(rollouts=said.rollouts, attending=said.attending, combined=combined(*terms))
