"""Scores in free wording: readings from 1 to 5, and the weighted score of the impression with its threshold."""

from __future__ import annotations

import re

from clinigraph.agents.claims.quantities import Quantity
from clinigraph.agents.claims.subjects import Subject
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unverifiable
from clinigraph.agents.verification.bounds import difference
from clinigraph.agents.verification.limits import RULE_WORDS, THRESHOLD
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.agents.verification.values import Known, rounds
from clinigraph.models.base import IndicatorId, PassageId
from clinigraph.models.evidence import FindingNode
from clinigraph.models.formatting import format_percent, round_value
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
_AT_MOST = re.compile(r"\b(?:at most|at least|up to|as (?:low|high) as|no (?:less|more) than)\s*$", re.IGNORECASE)
_MAY_LIE = re.compile(
    r"\b(?:may|can|could) (?:lie|range|be|fall|run)(?: anywhere)?\s*$|\b(?:runs|ranges)\s*$", re.IGNORECASE
)
"""Before the range of a score."""
_KIND = re.compile(r"\b(?:by its pixels|recogni[sz]ed as|kind of image)\b", re.IGNORECASE)
_KIND_SCORE = re.compile(r"\(score (\d\.\d+)\)")
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
    ahead = [s for h in context.hits if h.end <= quantity.start for s in h.subjects if s.evaluation is not None]
    return ahead[-1] if ahead else None


def scored(context: ProseContext, place: int, subject: Subject) -> Outcome:
    """Judge a number that is the weighted score, an end of what it may be, its threshold or how far it is from it."""
    quantity = context.quantities[place]
    impression = context.index.impression
    if _MANY.match(context.text[quantity.end :]):
        return unverifiable("number.unread", "A number of scores is no score.")
    apart = _apart(context, place, subject)
    if apart is not None:
        return apart
    beside = (impression.threshold,) if impression.threshold is not None else ()
    if beside and RULE_WORDS.search(context.text[quantity.start : quantity.number_start]):
        return _score_beyond(context, quantity, beside[0])
    before = context.text[: quantity.start]
    named = _AGAINST.search(before) or _THRESHOLD_OF_SCORE.search(before) or THRESHOLD.search(before)
    ends = {impression.score_low, impression.score_high}
    numbers = (ends if _may_be(context, quantity) else {impression.score}) - {None}
    plain = set(beside) if named else {round_value(n, beside=beside) for n in numbers if n is not None}
    written = set(quantity.readings)
    finer = quantity.decimals > 2 and not named
    if finer and any(rounds(n, r, quantity.decimals, exact=False) for n in numbers if n is not None for r in written):
        plain |= written
    plain |= _of_the_kind(context)
    share = {round(float(format_percent(impression.assessed_share).split()[0]), 6)}
    if written & (share if quantity.in_percent else plain) and quantity.unit in (None, "%"):
        may = _MAY_LIE.search(context.text[: quantity.start])
        start = named.start() if named else may.start() if may and _may_be(context, quantity) else quantity.start
        return supported("number.traced", "The number is the impression's own.", (start, quantity.end))
    return contradicted("number.mismatch", "The number is not among those of the impression.")


def _of_the_kind(context: ProseContext) -> set[float]:
    """Return the score by which the image's kind was told, where that is what the sentence speaks of."""
    if not _KIND.search(context.text):
        return set()
    nodes = context.index.graph.nodes
    told = [n.value.text for n in nodes if isinstance(n, FindingNode) and n.id.startswith("finding-kind-")]
    return {float(m) for t in told for m in _KIND_SCORE.findall(t)}


def _may_be(context: ProseContext, quantity: Quantity) -> bool:
    """Whether a score is given as an end of what it may be."""
    return quantity.ranged or _AT_MOST.search(context.text[: quantity.number_start]) is not None


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
