"""A criterion is recomputed from the measurement; the words of the sentence must say the same."""

from __future__ import annotations

import re

from clinigraph.agents.judgement import criterion_met, reading_met
from clinigraph.agents.verification.base import ClaimContext, Outcome, contradicted, supported, unsupported
from clinigraph.models.evidence import EvaluationNode, MeasurementNode
from clinigraph.models.findings import IndicatorResult, Met

_SAID = (
    (Met.UNCERTAIN, re.compile(r"neither surely meets nor surely misses the criterion", re.IGNORECASE)),
    (Met.NO, re.compile(r"\b(does not|doesn't|fails to) (meet|satisfy|reach) the criterion", re.IGNORECASE)),
    (Met.YES, re.compile(r"\b(meets|satisfies|reaches) the criterion", re.IGNORECASE)),
    (Met.NOT_ASSESSED, re.compile(r"\bwas not assessed\b", re.IGNORECASE)),
    (Met.YES, re.compile(r"\bwas read as present\b", re.IGNORECASE)),
    (Met.NO, re.compile(r"\bwas read as absent\b", re.IGNORECASE)),
    (Met.UNCERTAIN, re.compile(r"\bwas read as undecided\b", re.IGNORECASE)),
)
_COMPARATOR = re.compile(r"(≥|≤|>=|<=|>|<)\s*-?\d")
_SYMBOL = {"≥": ">=", "≤": "<="}


def recomputed(result: IndicatorResult, context: ClaimContext) -> Met:
    """Return what an indicator result should say, from the measurement or reading below it."""
    for node in context.under(result):
        if isinstance(node, EvaluationNode):
            return reading_met(node.value.score)
        if result.criterion is not None:
            return criterion_met(node.value.value, node.value.interval, result.criterion)
    return Met.NOT_ASSESSED


def results_consistent(context: ClaimContext) -> Outcome | None:
    """Recompute every indicator result that the sentence rests on: value, unit and whether its criterion is met."""
    for result in context.results:
        should = recomputed(result, context)
        if should is not result.met:
            return contradicted(
                "criterion.recomputed", f"{result.name}: recomputed as {should.value}, recorded as {result.met.value}."
            )
        for node in context.under(result):
            if isinstance(node, MeasurementNode) and (node.value.value, node.value.unit) != (result.value, result.unit):
                return contradicted(
                    "value.recomputed", f"{result.name}: the measurement and the judged value are not the same."
                )
    return None


def criterion_words(context: ClaimContext) -> Outcome | None:
    """Compare "meets", "does not meet", "was not assessed", comparator and threshold with the recomputed criterion."""
    said = next((met for met, pattern in _SAID if pattern.search(context.claim.text)), None)
    if said is None:
        return None
    if len(context.results) != 1:
        return unsupported("criterion.subject", "The sentence judges a criterion and does not name one indicator.")
    result = context.results[0]
    if result.name.lower() not in context.claim.text.lower():
        return contradicted("criterion.subject", f"The evidence is about {result.name}, the sentence is not.")
    should = recomputed(result, context)
    if said is not should:
        return contradicted(
            "criterion.mismatch", f"{result.name}: the sentence says {said.value}, recomputed is {should.value}."
        )
    wrong = _comparator(context, result)
    return wrong or supported("criterion.recomputed", f"{result.name}: recomputed from the evidence as {should.value}.")


def _comparator(context: ClaimContext, result: IndicatorResult) -> Outcome | None:
    match = _COMPARATOR.search(context.claim.text)
    if match is None or result.criterion is None:
        return None
    written = _SYMBOL.get(match.group(1), match.group(1))
    if written != result.criterion.comparator.value:
        return contradicted("criterion.comparator", f"The criterion is {result.criterion.text}.")
    return None
