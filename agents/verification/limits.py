"""Limits in free wording: thresholds of criteria, ends of what is normal, comparisons with a number."""

from __future__ import annotations

import re
from dataclasses import replace

from clinigraph.agents.claims.quantities import Quantity
from clinigraph.agents.claims.subjects import Subject
from clinigraph.agents.judgement import criterion_met
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.agents.verification.values import BARE_UNITS, Known, converted, differs, value_text
from clinigraph.models.base import IndicatorId, PassageId
from clinigraph.models.findings import Met
from clinigraph.models.formatting import pretty_unit
from clinigraph.models.planning import Comparator, Criterion

THRESHOLD = re.compile(
    r"(?:criterion|criteria|threshold|cut-?off|limit)(?:\s+(?:value|of normal))?(?:\s+(?:is|of|for|at|was|being))*\s*$",
    re.I,
)
END = re.compile(r"\b(upper|lower)\s+(?:normal\s+)?(?:limit|bound|end)\b(?: of normal)?", re.IGNORECASE)
AT_A_RULE = re.compile(
    r"\b(?:at|on|shows?|gives?|has)\s+(?:the |its )?(?:upper |lower )?$|"
    r"\b(?:(?:lies?|lay|is|was|stands?|stays?) (?:right |exactly |just )?(?:at|on)|"
    r"equals?|is equal to|comes to|amounts to)\s+(?:the |its )?(?:upper |lower )?$",
    re.IGNORECASE,
)
"""Before a rule: the value is said to be the threshold, or the threshold to be there."""
RULE_WORDS = re.compile(r"\b(?:criterion|criteria|threshold|cut-?off|limit)\b", re.IGNORECASE)
_RULE_FOR = re.compile(
    r"\b(?:criterion|threshold|cut-?off|limit)\s+(?:for|of|on)\s+(?:the\s+|an?\s+)?(?:normal\s+)?$", re.IGNORECASE
)
_REACHES = re.compile(r"\b(?:reach(?:es|ing)?|from|at)\s+(?:about\s+|roughly\s+|around\s+)?$", re.IGNORECASE)
_NORMAL_IS = re.compile(
    r"\b(?:normal(?: values?| range)?|reference(?: range)?|ref\.)\s*(?:is|are|:)?\s*$", re.IGNORECASE
)
_RULE_BEHIND = re.compile(r"^\s*(?:criterion|threshold|cut-?off|limit|mark)\b", re.IGNORECASE)
_IS_CALLED = re.compile(r"^\s*(?:is|are|counts?|means?)\b", re.IGNORECASE)
"""After a threshold: what a value beyond it is called."""
_TELLS = re.compile(r"\b(?:calls?|called|counts?|defines?|defined|should|when|regards?|normal|from)\b", re.IGNORECASE)
PATIENT = re.compile(
    r"\b(?:patient|patient's|his|her|he|she|your|this|man|woman|lady|gentleman|record|film|image|photograph|picture|scan)\b",
    re.IGNORECASE,
)
"""Speaks of the case at hand, whatever source is named."""
_SMALL = re.compile(
    r"(?:[\s:=,(]|\b(?:is|was|of|for|on|at|the|its|an?|which|requires?|asks|demands)\b)*", re.IGNORECASE
)
_OTHERWISE = {
    Comparator.GE: Comparator.LT, Comparator.LT: Comparator.GE,
    Comparator.GT: Comparator.LE, Comparator.LE: Comparator.GT,
}  # fmt: skip


def threshold(quantity: Quantity, subject: Subject, given: Known, span: tuple[int, int]) -> Outcome:
    """Judge a number that is said to be a threshold: it is that of the criterion, with its direction."""
    rule = given.criterion
    if rule is None:
        return unsupported("criterion.none", f"The evidence has no criterion for {subject.name}.")
    if quantity.comparator is not None and quantity.comparator is not rule.comparator:
        return contradicted("criterion.comparator", f"The criterion is {rule.text}.")
    wrong = differs(quantity, rule.threshold, Known(rule.threshold, rule.unit), exact=True)
    if wrong is not None and wrong.code == "unit.missing":
        return wrong
    if wrong is not None:
        return contradicted("criterion.threshold", f"The criterion is {rule.text}; the sentence says otherwise.")
    return supported("criterion.threshold", f"The criterion is {rule.text}.", span)


def beyond(quantity: Quantity, subject: Subject, given: Known, span: tuple[int, int]) -> Outcome:
    """Judge "below the threshold of 0.7": the threshold is the criterion's, and the value lies on that side of it."""
    rule = given.criterion
    if rule is None:
        return unsupported("criterion.none", f"The evidence has no criterion for {subject.name}.")
    if differs(quantity, rule.threshold, Known(rule.threshold, rule.unit), exact=True) is not None:
        return contradicted("criterion.threshold", f"The criterion is {rule.text}; the sentence says otherwise.")
    return compared(quantity, subject, given, span)


def compared(quantity: Quantity, subject: Subject, given: Known, span: tuple[int, int]) -> Outcome:
    """Judge "above 0.7" by value and interval."""
    if quantity.comparator is None:
        return unverifiable("number.unread", "A comparison cannot be read.")
    unit = quantity.unit or (given.unit if given.unit == "1" or given.unit in BARE_UNITS else None)
    if unit is None:
        return unsupported("unit.missing", f"The limit has no unit; {subject.name} is in {pretty_unit(given.unit)}.")
    limits = [v for r in quantity.readings if (v := converted(r, unit, given.unit, given.molar_mass)) is not None]
    if not limits:
        return contradicted("unit.mismatch", f"{subject.name} is measured in {pretty_unit(given.unit) or 'no unit'}.")
    rule = Criterion(
        indicator=IndicatorId("limit"), comparator=quantity.comparator, threshold=limits[0], unit=given.unit,
        passage_id=PassageId("none"),
    )  # fmt: skip
    met = criterion_met(given.value, given.interval, rule)
    if met is Met.UNCERTAIN:
        told = f"{subject.name} is {value_text(given)}: the limit lies in the interval."
        return unsupported("comparison.uncertain", told)
    if met is Met.NO:
        return contradicted(
            "comparison.mismatch", f"{subject.name} is {value_text(given)}, so the comparison does not hold."
        )
    return supported("comparison.same", f"{subject.name} is {value_text(given)}, so the comparison holds.", span)


def reference(quantity: Quantity, given: Known, span: tuple[int, int]) -> Outcome:
    """Judge "normal below 0.7": what is normal ends where the criterion begins."""
    rule = given.criterion
    if rule is None or quantity.comparator is None:
        return unsupported("criterion.none", "The evidence has no criterion that says what is normal.")
    same = differs(quantity, rule.threshold, Known(rule.threshold, rule.unit), exact=True) is None
    if not same or _OTHERWISE[quantity.comparator] is not rule.comparator:
        return contradicted("criterion.threshold", f"The criterion is {rule.text}; the sentence says otherwise.")
    return supported("criterion.threshold", f"The criterion is {rule.text}.", span)


def wrong_end(context: ProseContext, given: Known) -> Outcome | None:
    """Refuse an "upper limit" that is a lower one, and the other way round."""
    match, rule = END.search(context.text), given.criterion
    if match is None or rule is None or (match.group(1).lower() == "upper") is rule.comparator.upward:
        return None
    return contradicted("criterion.comparator", f"The criterion is {rule.text}.")


def rules_with(context: ProseContext, quantity: Quantity) -> bool:
    """Whether a number called a threshold is that of exactly one criterion of the case."""
    rules = [s.result.criterion for s in context.index.subjects if s.result is not None and s.result.criterion]
    return THRESHOLD.search(context.text[: quantity.start]) is not None and (
        len([r for r in rules if r.threshold in quantity.readings]) == 1
    )


def as_limit(context: ProseContext, quantity: Quantity, subject: Subject, given: Known) -> Outcome | None:
    """Judge a number that is a threshold or an end of what is normal; None where it is a value."""
    span = (quantity.start, quantity.end)
    before, after = context.text[: quantity.start], context.text[quantity.end :]
    normal, behind = _NORMAL_IS.search(before), _RULE_BEHIND.match(after)
    if normal is not None and quantity.comparator is not None:
        return reference(quantity, given, (normal.start(), span[1]))
    if RULE_WORDS.search(context.text[quantity.start : quantity.number_start]):
        return beyond(quantity, subject, given, span)
    if quantity.comparator is not None and behind is not None:
        return beyond(quantity, subject, given, (span[0], span[1] + behind.end()))
    return _as_threshold(context, quantity, subject, given)


def _as_threshold(context: ProseContext, quantity: Quantity, subject: Subject, given: Known) -> Outcome | None:
    span, before = (quantity.start, quantity.end), context.text[: quantity.start]
    named = THRESHOLD.search(before)
    if named is not None and AT_A_RULE.search(before[: named.start()]):
        return unverifiable("criterion.unread", "It cannot be told whether a value or a threshold is meant.")
    reached = quantity.comparator is not None or _REACHES.search(context.text[: quantity.number_start]) is not None
    general = _ruled(context, quantity) or (context.general and reached)
    if not (named or general or (quantity.comparator and _follows_a_rule(context, quantity))):
        return None
    outcome = wrong_end(context, given) or threshold(quantity, subject, given, span)
    if outcome.spans and not named and not _of_a_rule(context, quantity, subject, given):
        return unverifiable("criterion.unread", "It cannot be told whether a rule or the patient's value is meant.")
    words = tuple(m.span() for p in (RULE_WORDS, END) for m in p.finditer(context.text))
    return replace(outcome, spans=(*outcome.spans, *words)) if outcome.spans else outcome


def _ruled(context: ProseContext, quantity: Quantity) -> bool:
    """Whether "criterion for" stands before the name, and no other number between the name and this one."""
    return any(
        h.end <= quantity.start
        and _RULE_FOR.search(context.text[: h.start])
        and not any(h.end <= q.start < quantity.start for q in context.quantities)
        for h in context.hits
    )


def _of_a_rule(context: ProseContext, quantity: Quantity, subject: Subject, given: Known) -> bool:
    """Whether a threshold is told as one, or the patient's value lies beyond it as well."""
    told = RULE_WORDS.search(context.text) or _TELLS.search(context.text)
    told = told or _IS_CALLED.match(context.text[quantity.end :])
    if told and not PATIENT.search(context.text):
        return True
    return quantity.comparator is not None and bool(compared(quantity, subject, given, (0, 1)).spans)


def _follows_a_rule(context: ProseContext, quantity: Quantity) -> bool:
    """Whether a number stands right behind "criterion" or "limit", with nothing but names and small words between."""
    before = context.text[: quantity.start]
    rule = next(reversed(list(RULE_WORDS.finditer(before))), None)
    if rule is None:
        return False
    between = "".join(
        " " if any(h.start <= i < h.end for h in context.hits) else before[i] for i in range(rule.end(), len(before))
    )
    return _SMALL.fullmatch(between) is not None
