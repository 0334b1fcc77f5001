"""What lies above or below a limit, and by how much: recomputed from value, interval and criterion.

"Above" and "below" are what they say whatever the criterion asks for: an ejection fraction of 12 % does not exceed its
limit of 40 %, though it meets the criterion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from clinigraph.agents.claims.quantities import Quantity
from clinigraph.agents.claims.subjects import Subject, SubjectKind
from clinigraph.agents.judgement import criterion_met
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.counts import counted
from clinigraph.agents.verification.limits import END, wrong_end
from clinigraph.agents.verification.prose import NEITHER, TOGETHER, ProseContext
from clinigraph.agents.verification.values import Known, converted, differs, known, value_text
from clinigraph.models.base import IndicatorId, PassageId
from clinigraph.models.findings import Met
from clinigraph.models.planning import Comparator, Criterion

LIMIT = (
    r"(?:the |its |this |their )?(?:(?:upper|lower) limit(?: of normal)?|"
    r"(?:diagnostic |stated |guideline )?(?:criteri(?:on|a)|thresholds?|cut-?offs?|limits?|requirements?)"
    r"(?! of normal))"
)
_LIES = r"(?:(?:lies?|lay|is|are|was|were|stays?|stayed|remains?|remained|falls?|fell) )?"
_OVER = re.compile(rf"\b(?:exceed(?:s|ed)?|surpass(?:es|ed)?|{_LIES}(?:above|over|beyond)) {LIMIT}\b", re.IGNORECASE)
_UNDER = re.compile(rf"\b{_LIES}(?:below|under|short of) {LIMIT}\b", re.IGNORECASE)
_RULE_NOUN = re.compile(r"\b(?:criteri|requirement)", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:(?:does|do|did|is|are|was|were) not|fails? to|failed to|never)\s*$", re.IGNORECASE)
_QUALIFIED = re.compile(r"\s*(?:of|is|at|=)?\s*-?\d|\s+(?:for|of|in|to|on)\b", re.IGNORECASE)
"""After a limit: a number, which is compared elsewhere, or what it is a limit for, which makes it another one."""
_COMPARATORS = {
    (True, False): Comparator.GT, (False, False): Comparator.LT,
    (True, True): Comparator.LE, (False, True): Comparator.GE,
}  # fmt: skip
_UP = r"above|over|beyond|higher than|larger than|more than"
_DOWN = r"below|under|short of|lower than|smaller than|less than"
_POINTS = r"\s*(?:percentage points?|points?)?"
_FROM_HERE = re.compile(
    rf"^{_POINTS}\s*(?:(?P<up>{_UP})|{_DOWN})\s+(?P<limit>{LIMIT}(?: of| at)?)?\s*(?:the )?",
    re.IGNORECASE,
)
"""After a difference: its direction, then a limit, a number or both."""
_THAN = re.compile(
    r"^\s*(?:exceeds?|(?:is|lies) (?:larger|higher|greater|longer|smaller|lower|shorter|less) than)"
    r"\s+(?:the |that of the )?$",
    re.I,
)
_LOWER = re.compile(r"\b(?:smaller|lower|shorter|less)\b", re.IGNORECASE)
_IS_THE_VALUE = re.compile(r"(?:\b(?:of|at)|[:=(,])\s*$", re.IGNORECASE)
"""Before a number: it is the value itself ("a score of 0.15 below the threshold")."""
_BY = re.compile(r"\bby\s+(?:about |roughly |some |only |just )?$", re.IGNORECASE)
_PASSES = re.compile(
    rf"\b(?:(?P<up>exceed(?:s|ed)?|surpass(?:es|ed)?|(?:lies|is) (?:{_UP}))|"
    rf"falls? short of|misses|(?:lies|is|stays) (?:{_DOWN}))\s+(?P<limit>{LIMIT}(?: of)?)?\s*$",
    re.IGNORECASE,
)
"""Before what a difference is from: its direction, and whether it is a limit."""


@dataclass(frozen=True, slots=True)
class _Said:
    comparator: Comparator
    start: int
    end: int


def bounds(context: ProseContext) -> Outcome | None:
    """Judge "exceeds the threshold" and "stays below its limit" where no number follows."""
    said = _said(context)
    if said is None or any(a <= said.start < b for a, b in counted(context.text, context.hits)):
        return None
    joined = context.joined(said.start)
    groups = [h.subjects for h in joined] or ([context.subjects_at(said.start)] if context.subjects else [])
    if not groups or (NEITHER.search(context.text[: said.start]) and len(groups) < 2):
        return None
    if NEITHER.search(context.text[: said.start]):
        return unverifiable("criterion.unread", "What is denied of several limits cannot be read.")
    outcomes = [_one(context, subjects, said) for subjects in groups]
    if any(o is None for o in outcomes):
        return None
    told = [o for o in outcomes if o is not None]
    wrong = next((o for o in told if not o.spans), None)
    if wrong is not None:
        return wrong
    spans = [(h.start, h.end) for h in joined]
    spans += [m.span() for m in TOGETHER.finditer(context.text[: said.start]) if len(joined) > 1]
    return supported(told[0].code, " ".join(o.sentence for o in told), (said.start, said.end), *spans)


def _said(context: ProseContext) -> _Said | None:
    for over, pattern in ((True, _OVER), (False, _UNDER)):
        match = context.find(pattern)
        if match is None or _QUALIFIED.match(context.text[match.end() :]):
            continue
        denial = _DENIED.search(context.text[: match.start()])
        start = denial.start() if denial else match.start()
        return _Said(_COMPARATORS[over, denial is not None], start, match.end())
    return None


def _one(context: ProseContext, subjects: tuple[Subject, ...], said: _Said) -> Outcome | None:
    if any(s.kind is SubjectKind.SCORE for s in subjects):
        return _score(context, said)
    ruled = (s for s in context.sided(subjects) if s.result is not None and s.result.criterion is not None)
    subject = next(ruled, None)
    if subject is None or subject.result is None or subject.result.criterion is None:
        return None
    given, rule = known(subject), subject.result.criterion
    if not rule.comparator.upward and _RULE_NOUN.search(context.text[said.start : said.end]):
        return unverifiable("criterion.unread", "It cannot be told whether the criterion or its threshold is meant.")
    if given is None:
        return contradicted("criterion.mismatch", f"{subject.name} was not assessed.")
    end = wrong_end(context, given) if END.search(context.text[said.start : said.end]) else None
    return end or _lies(context, subject, given, rule.replace(comparator=said.comparator))


def _lies(context: ProseContext, subject: Subject, given: Known, rule: Criterion) -> Outcome:
    met = criterion_met(given.value, given.interval, rule)
    what = f"{subject.name} is {value_text(given)}; the limit is {rule.threshold:g}"
    if met is Met.NO:
        return contradicted("criterion.mismatch", f"{what}.")
    if met is Met.UNCERTAIN:
        judge = unverifiable if context.doubted else unsupported
        return judge("comparison.uncertain", f"{what}: it lies in the interval.")
    return supported("criterion.recomputed", f"{what}.", (0, 0))


def _score(context: ProseContext, said: _Said) -> Outcome | None:
    """Judge "the score stays below the threshold" by the impression."""
    impression = context.index.impression
    if impression.score is None or impression.threshold is None:
        return None
    told = f"The score is {impression.score:.2f}, the threshold {impression.threshold:g}."
    if not said.comparator.holds(impression.score, impression.threshold):
        return contradicted("comparison.mismatch", told)
    return supported("comparison.same", told, (said.start, said.end))


def difference(context: ProseContext, place: int, subject: Subject, given: Known) -> Outcome | None:
    """Judge a number that is said to be how far a value lies from a limit or from another number.

    Args:
        context: The sentence.
        place: Which of its numbers.
        subject: What the value is of.
        given: The value, with its criterion where it has one.

    Returns:
        None where the number is no difference.
    """
    quantity = context.quantities[place]
    two = _of_two(context, quantity)
    if two is not None:
        return two
    told = _ahead(context, place) if quantity.comparator is None else None
    told = told or _behind(context, place)
    if told is None:
        return None
    up, mark, limit, span = told
    if limit and mark is None and given.criterion is not None:
        mark = given.criterion.threshold
    points = re.match(_POINTS, context.text[quantity.end :])
    if points and points.group().strip() and given.unit == "%":
        quantity = replace(quantity, unit="%")
    if mark is None or (quantity.in_percent and not (points and points.group().strip())):
        return unverifiable("number.difference", "The sentence gives a difference; only values can be traced.")
    return _apart(quantity, subject, given, Criterion(
        indicator=IndicatorId("limit"), comparator=Comparator.GT if up else Comparator.LT, threshold=mark,
        unit=given.unit, passage_id=PassageId("none"),
    ), span)  # fmt: skip


def _of_two(context: ProseContext, quantity: Quantity) -> Outcome | None:
    """Judge "A exceeds B by 52 mmHg" by both values."""
    if len(context.hits) != 2 or not _BY.search(context.text[: quantity.start]):
        return None
    first, second = context.hits
    between = context.text[first.end : second.start]
    one, other = (next((k for s in h.subjects if (k := known(s)) is not None), None) for h in context.hits)
    if not _THAN.search(between) or one is None or other is None or one.unit != other.unit:
        return None
    apart = one.value - other.value
    told = f"{first.subjects[0].name} is {value_text(one)}, {second.subjects[0].name} {value_text(other)}."
    wrong = differs(quantity, abs(apart), Known(abs(apart), one.unit))
    if wrong is not None or (apart > 0) is (_LOWER.search(between) is not None):
        return contradicted("number.difference", told)
    if _meet(one, other):
        return unsupported("comparison.uncertain", f"{told} Their intervals meet.")
    return supported("number.difference", told, (first.start, second.end), (quantity.start - 4, quantity.end))


def _meet(one: Known, other: Known) -> bool:
    """Whether two intervals have a number in common; a value without interval is its own."""
    low, high = ((k.interval.low, k.interval.high) if k.interval else (k.value, k.value) for k in (one, other))
    return max(low[0], high[0]) <= min(low[1], high[1])


_Told = tuple[bool, float | None, bool, tuple[int, int]]
"""Whether it lies above, from which number, whether from a limit, and the words that say so."""


def _ahead(context: ProseContext, place: int) -> _Told | None:
    """Read "0.14 above the limit of 0.7": the number is the difference, what it is from follows."""
    quantity = context.quantities[place]
    match = _FROM_HERE.match(context.text[quantity.end :])
    if match is None or _IS_THE_VALUE.search(context.text[: quantity.start]):
        return None
    end = quantity.end + match.end()
    if re.match(r"\s*(?:for|in|to)\b", context.text[end:]):
        return match["up"] is not None, None, False, (quantity.start, end)
    following = context.quantities[place + 1] if place + 1 < len(context.quantities) else None
    if following is not None and following.number_start == end:
        mark = _in(following, quantity.unit)
        return match["up"] is not None, mark, match["limit"] is not None, (quantity.start, following.end)
    return match["up"] is not None, None, match["limit"] is not None, (quantity.start, end)


def _behind(context: ProseContext, place: int) -> _Told | None:
    """Read "exceeds the limit of 0.7 by 0.14": what the difference is from stands before it."""
    quantity = context.quantities[place]
    if not _BY.search(context.text[: quantity.start]):
        return None
    before = context.quantities[place - 1] if place else None
    if before is not None and _BY.fullmatch(context.text[before.end : quantity.start].lstrip()):
        match = _PASSES.search(context.text[: before.number_start])
        if match is None:
            return None
        return match["up"] is not None, _in(before, quantity.unit), False, (match.start(), quantity.end)
    match = _PASSES.search(_BY.sub("", context.text[: quantity.start]))
    if match is None or not match["limit"]:
        return None
    return match["up"] is not None, None, True, (match.start(), quantity.end)


def _in(quantity: Quantity, unit: str | None) -> float | None:
    """Return the number that a difference is from; None where it has another unit than the difference."""
    same = quantity.unit is None or unit is None or quantity.unit == unit
    return quantity.readings[0] if len(quantity.readings) == 1 and same else None


def _apart(quantity: Quantity, subject: Subject, given: Known, rule: Criterion, span: tuple[int, int]) -> Outcome:
    unit = quantity.unit or ("1" if given.unit == "1" else None)
    if unit is not None and unit != given.unit:
        there = converted(1.0, given.unit, unit)
        judge = contradicted if there is None else unverifiable
        return judge("unit.mismatch", f"{subject.name} is measured in another unit.")
    apart = abs(given.value - rule.threshold)
    wrong = differs(quantity, apart, Known(apart, given.unit))
    if wrong is not None and wrong.code == "unit.missing":
        return wrong
    met = criterion_met(given.value, given.interval, rule)
    what = f"{subject.name} is {value_text(given)}, {apart:.4g} from {rule.threshold:g}"
    if wrong is not None or met is Met.NO:
        return contradicted("number.difference", f"{what}; the sentence says otherwise.")
    if met is Met.UNCERTAIN:
        return unsupported("comparison.uncertain", f"{what}: that number lies in the interval.")
    return supported("number.difference", f"{what}.", span)
