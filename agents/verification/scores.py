"""Scores in free wording: readings from 1 to 5, and the weighted score of the impression with its threshold."""

from __future__ import annotations

import re

from clinigraph.agents.claims.quantities import Quantity
from clinigraph.agents.claims.subjects import Subject, SubjectKind
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.bounds import difference
from clinigraph.agents.verification.limits import AT_A_RULE, RULE_WORDS, THRESHOLD
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.agents.verification.values import Known, rounds
from clinigraph.models.base import IndicatorId, PassageId
from clinigraph.models.findings import Impression
from clinigraph.models.formatting import format_percent
from clinigraph.models.planning import Comparator, Criterion

_THRESHOLD_OF_SCORE = re.compile(
    r"(?:criterion|threshold|cut-?off|limit)\s+(?:of|for|on)\s+(?:the\s+|its\s+)?(?:weighted\s+)?score"
    r"(?:\s+(?:is|was|at)|\s*[:=])?\s*$",
    re.IGNORECASE,
)
_OF_FIVE = re.compile(r"^\s*(?:/|of|out of)\s*(?:5|five)\b", re.IGNORECASE)
_OF_BEFORE = re.compile(r"\b[1-5]\s*(?:/|of|out of)\s*$", re.IGNORECASE)
_AGAINST = re.compile(
    r"\b(?:against|versus|vs\.?|compared with)\s+(?:(?:a|the|its)\s+)?(?:(?:threshold|limit|cut-?off)(?:\s+of)?\s*)?$",
    re.IGNORECASE,
)
"""Before a number beside a score: it is the threshold."""
_ASSESSED_SHARE = re.compile(r"\b(?:assessed share|share assessed|share of the weight)\b[^.;,]{0,20}$", re.IGNORECASE)
_MAY_LIE = re.compile(
    r"\b(?:may|can|could) (?:lie|range|be|fall|run)(?: anywhere)?\s*$|\b(?:runs|ranges)\s*$", re.IGNORECASE
)
"""Before the range of a score."""
_KIND = re.compile(r"\b(?:by its pixels|recogni[sz]ed as|kind of image)\b", re.IGNORECASE)
_MANY = re.compile(r"^\s*(?:scores|readings|grades)\b", re.IGNORECASE)


def graded(context: ProseContext, quantity: Quantity, subject: Subject, given: Known, after: str) -> Outcome:
    """Judge a number that is the score of a reading, from 1 to 5."""
    match = _OF_FIVE.match(after)
    if quantity.readings == (5.0,) and _OF_BEFORE.search(context.text[: quantity.start]):
        return supported("number.traced", "Readings go from 1 to 5.", (quantity.start, quantity.end))
    if quantity.readings != (given.value,) or quantity.unit is not None:
        return contradicted("number.mismatch", f"{subject.name} was read as {given.value:g} of 5.")
    end = quantity.end + (match.end() if match else 0)
    return supported("number.traced", f"{subject.name} was read as {given.value:g} of 5.", (quantity.start, end))


def reading_before(context: ProseContext, quantity: Quantity) -> Subject | None:
    """Return the reading that "a score of 4 of 5" is of: the last one named before; None where it is another score."""
    highest = quantity.readings == (5.0,) and _OF_BEFORE.search(context.text[: quantity.start]) is not None
    if not highest and not _OF_FIVE.match(context.text[quantity.end :]):
        return None
    ahead = [h for h in context.hits if h.end <= quantity.start]
    while ahead and all(s.kind is SubjectKind.SCORE for s in ahead[-1].subjects):
        ahead.pop()
    return next((s for s in ahead[-1].subjects if s.evaluation is not None), None) if ahead else None


def scored(context: ProseContext, place: int, subject: Subject) -> Outcome:
    """Judge a number that is the weighted score, an end of what it may be, its threshold or how far it is from it."""
    quantity, impression = context.quantities[place], context.index.impression
    before = context.text[: quantity.start]
    if _MANY.match(context.text[quantity.end :]) or _KIND.search(context.text):
        return unverifiable("number.unread", "The number is of another score than the weighted one.")
    if quantity.in_percent or quantity.unit is not None:
        return _share(quantity, impression, before)
    return _apart(context, place, subject) or _beside_a_rule(context, quantity) or _plain(quantity, impression, before)


def _beside_a_rule(context: ProseContext, quantity: Quantity) -> Outcome | None:
    """Judge a number that is called the threshold, or is compared as one."""
    before, mark = context.text[: quantity.start], context.index.impression.threshold
    if mark is not None and RULE_WORDS.search(context.text[quantity.start : quantity.number_start]):
        return _score_beyond(context, quantity, mark)
    named = _AGAINST.search(before) or _THRESHOLD_OF_SCORE.search(before) or THRESHOLD.search(before)
    if named is None:
        return None
    if AT_A_RULE.search(before[: named.start()]):
        return unverifiable("criterion.unread", "It cannot be told whether a value or a threshold is meant.")
    return _same((mark,), quantity, named.start())


def _plain(quantity: Quantity, impression: Impression, before: str) -> Outcome:
    if quantity.comparator is not None and not quantity.ranged:
        return _compared(quantity, impression)
    if quantity.ranged:
        may = _MAY_LIE.search(before)
        end = impression.score_high if quantity.joined else impression.score_low
        return _same((end,), quantity, may.start() if may else quantity.start)
    return _same((impression.score,), quantity, quantity.start)


def _same(known: tuple[float | None, ...], quantity: Quantity, start: int) -> Outcome:
    if any(n is not None and _written(n, quantity) for n in known):
        return supported("number.traced", "The number is the impression's own.", (start, quantity.end))
    return contradicted("number.mismatch", "The number is not among those of the impression.")


def _written(value: float, quantity: Quantity) -> bool:
    return any(rounds(value, r, max(quantity.decimals, 2), exact=False) for r in quantity.readings)


def _compared(quantity: Quantity, impression: Impression) -> Outcome:
    """Judge "the score is at most 0.75": it and both ends of what it may be, unrounded beyond two decimals."""
    comparator, mark = quantity.comparator, quantity.readings[0]
    numbers = [round(n, 2) for n in (impression.score, impression.score_low, impression.score_high) if n is not None]
    if comparator is None or not numbers or not comparator.holds(numbers[0], mark):
        return contradicted("comparison.mismatch", "The comparison does not hold of the score.")
    if not all(comparator.holds(n, mark) for n in numbers):
        return unsupported("comparison.uncertain", "The comparison does not hold of all that the score may be.")
    return supported("number.traced", "The number is the impression's own.", (quantity.start, quantity.end))


def _share(quantity: Quantity, impression: Impression, before: str) -> Outcome:
    """Judge a number in per cent beside the score: the share of the weight that was assessed, where that is named."""
    given = float(format_percent(impression.assessed_share).split()[0])
    if quantity.in_percent and _ASSESSED_SHARE.search(before) and given in quantity.readings:
        return supported("number.traced", "The share is the impression's.", (quantity.start, quantity.end))
    return contradicted("number.mismatch", "The score of the impression has no unit and is no share.")


def _score_beyond(context: ProseContext, quantity: Quantity, mark: float) -> Outcome:
    """Judge "the score is above the threshold of 0.4"."""
    score = context.index.impression.score
    if mark not in quantity.readings or quantity.comparator is None or score is None:
        return contradicted("number.mismatch", f"The threshold of the score is {mark:g}.")
    above = quantity.comparator in (Comparator.GT, Comparator.GE)
    if above is not (score >= mark):
        return contradicted("comparison.mismatch", f"The score is {score:.2f}, the threshold {mark:g}.")
    return supported("number.traced", "The number is the impression's own.", (quantity.start, quantity.end))


def _apart(context: ProseContext, place: int, subject: Subject) -> Outcome | None:
    impression = context.index.impression
    if impression.score is None or impression.threshold is None:
        return None
    rule = Criterion(indicator=IndicatorId("score"), comparator=Comparator.GE, threshold=impression.threshold,
                     unit="1", passage_id=PassageId("none"))  # fmt: skip
    return difference(context, place, subject, Known(impression.score, "1", None, rule))
