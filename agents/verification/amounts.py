"""Numbers in free wording: rounded as written, converted between units, compared with the value behind the name."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from clinigraph.agents.claims.quantities import Quantity
from clinigraph.agents.claims.subjects import Subject, SubjectKind
from clinigraph.agents.judgement import criterion_met
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.counts import counted
from clinigraph.agents.verification.courses import Role, before, is_course, role
from clinigraph.agents.verification.pairs import paired
from clinigraph.agents.verification.patients import aged
from clinigraph.agents.verification.prose import ProseContext, first
from clinigraph.agents.verification.sources import dated
from clinigraph.intake.facts import fact_catalogue
from clinigraph.intake.units import WrongDimensionError, convert
from clinigraph.models.base import IndicatorId, PassageId
from clinigraph.models.findings import Interval, Met
from clinigraph.models.formatting import format_measured, format_percent, format_value, pretty_unit, round_value
from clinigraph.models.planning import Comparator, Criterion

COARSEST = 0.1
"""Largest error of rounding, as a share of the value: 0.52 may be written 0.5, 0.56 may not be written 0.6."""
MAX_DECIMALS = 15
"""A number written with more decimals than a float holds must be the value itself."""
_LEVEL = re.compile(r"^\s*(?:confidence|credible|prediction|conformal)?\s*(?:interval|CI\b|range)", re.IGNORECASE)
_THRESHOLD = re.compile(
    r"(?:criterion|criteria|threshold|cut-?off|limit)(?:\s+(?:value|of normal))?(?:\s+(?:is|of|for|at|was))*\s*$", re.I
)
_THRESHOLD_OF_SCORE = re.compile(
    r"(?:criterion|threshold|cut-?off|limit)\s+(?:of|for|on)\s+(?:the\s+|its\s+)?(?:weighted\s+)?score"
    r"(?:\s+(?:is|was|at)|\s*[:=])?\s*$",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:not|never|isn't|wasn't)\s*$", re.IGNORECASE)
_DOUBTED = re.compile(r"\b(?:unlikely|doubtful|false|wrong|incorrect|untrue|impossible|not the case)\b", re.IGNORECASE)
_RULE_FOR = re.compile(
    r"\b(?:criterion|threshold|cut-?off|limit)\s+(?:for|of|on)\s+(?:the\s+|an?\s+)?(?:normal\s+)?$", re.IGNORECASE
)
_END = re.compile(r"\b(upper|lower)\s+(?:normal\s+)?(?:limit|bound|end)\b(?: of normal)?", re.IGNORECASE)
_REACHES = re.compile(r"\b(?:reach(?:es|ing)?|from|at)\s+(?:about\s+|roughly\s+|around\s+)?$", re.IGNORECASE)
_SHARE_OF = re.compile(r"^\s*of\s+(?:the|its|his|her)\b", re.IGNORECASE)
_LINK = re.compile(r"^(?:\s|[:=(]|\b(?:is|was|of|at|are|equals|measures)\b)*$", re.IGNORECASE)
_BARE_UNITS = ("kg/m2",)
"""Units that reports leave out by custom."""
_RULE_WORDS = re.compile(r"\b(?:criterion|criteria|threshold|cut-?off|limit)\b", re.IGNORECASE)
_BY_HOW_MUCH = re.compile(
    r"^\s*(?:above|below|over|under|beyond|short of|more than|less than|higher|lower|larger|smaller|too)\b",
    re.IGNORECASE,
)
"""After a number: the number is a difference, not the value."""
_INTERVAL_IS = re.compile(
    r"(?:\b(?:an?|the|its|with|and)\s+)*\b(?:(?:confidence|credible|prediction|conformal)\s+)?"
    r"(?:interval|range|CI|ranges|ranged|ranging)\b(?:\s*(?:is|was|of|from|between|:|=))*\s*$",
    re.IGNORECASE,
)
_OF_FIVE = re.compile(r"^\s*(?:/|of|out of)\s*(?:5|five)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Known:
    """A number that the evidence gives for a subject."""

    value: float
    unit: str
    interval: Interval | None = None
    criterion: Criterion | None = None
    molar_mass: float | None = None
    """g/mol of what was measured, to go between amount and mass; None where it is not known."""


def known(subject: Subject) -> Known | None:
    """Return the number behind a subject, or None."""
    criterion = subject.result.criterion if subject.result else None
    if subject.measurement is not None:
        return Known(subject.measurement.value, subject.measurement.unit, subject.measurement.interval, criterion)
    if subject.fact is not None and isinstance(subject.fact.value, float | int) and subject.fact.unit is not None:
        return Known(float(subject.fact.value), subject.fact.unit, molar_mass=_molar_mass(subject.fact.name))
    if subject.evaluation is not None:
        return Known(float(subject.evaluation.score), "1")
    return None


def amounts(context: ProseContext) -> Outcome | None:
    """Compare every number of the sentence with what its subject was measured or recorded as."""
    taken = [(i, q) for i, q in enumerate(context.quantities) if not _counts(context, q)]
    outcomes = [_denied(context, q, _one(context, i, q)) for i, q in taken]
    if not outcomes:
        return None
    wrong = next((o for o in outcomes if o.spans == ()), None)
    if wrong is not None:
        return wrong
    spans = tuple(s for o in outcomes for s in o.spans)
    return supported("number.traced", " ".join(dict.fromkeys(o.sentence for o in outcomes)), *spans)


def _counts(context: ProseContext, quantity: Quantity) -> bool:
    places = (
        *counted(context.text),
        *dated(context.text, sourced=bool(context.source_with_year)),
        *aged(context.text),
        *paired(context.text),
    )
    return any(a <= quantity.number_start < b for a, b in places)


def _denied(context: ProseContext, quantity: Quantity, outcome: Outcome) -> Outcome:
    """Turn round the outcome of a number that the sentence denies: denying what the evidence gives is false."""
    if not (_NOT.search(context.text[: quantity.start]) or _DOUBTED.search(context.text[: quantity.start])):
        return outcome
    if outcome.spans:
        return contradicted("number.denied", f"The sentence denies what the evidence gives. {outcome.sentence}")
    return unverifiable("number.denied", "The sentence says what a value is not.")


def _one(context: ProseContext, place: int, quantity: Quantity) -> Outcome:
    subjects = context.sided(_spoken_of(context, quantity))
    if not quantity.readings:
        return unverifiable("number.unread", "A number of the sentence cannot be read.")
    after = context.text[quantity.end :]
    named = first(subjects)
    if named is not None and named.kind in (SubjectKind.SCORE, SubjectKind.CONDITION):
        general = context.general and named.kind is SubjectKind.CONDITION
        return unverifiable("number.general", "A source is spoken of.") if general else _score(context, quantity)
    options = [(s, k) for s in subjects if (k := known(s)) is not None]
    if quantity.in_percent and _SHARE_OF.match(after) and not any(k.unit in ("%", "1") for _, k in options):
        return unverifiable("number.share", "The sentence gives a share; only values can be traced.")
    if not options:
        return _unmeasured(context, quantity, subjects)
    outcomes = [_against(context, quantity, s, k, after, place) for s, k in options]
    return next((o for o in outcomes if o.spans), outcomes[0])


def _spoken_of(context: ProseContext, quantity: Quantity) -> tuple[Subject, ...]:
    """Return what a number is of: the name right behind it ("180 cm tall") unless one stands right before it."""
    ahead = [h for h in context.hits if h.end <= quantity.start]
    if ahead and _LINK.match(context.text[ahead[-1].end : quantity.start]):
        return ahead[-1].subjects
    behind = next((h for h in context.hits if h.start >= quantity.end), None)
    if ahead and behind is not None and not context.text[quantity.end : behind.start].strip():
        return behind.subjects
    return context.subjects_at(quantity.number_start)


def _unmeasured(context: ProseContext, quantity: Quantity, subjects: tuple[Subject, ...]) -> Outcome:
    """Judge a number of something without a value: a threshold of the case, or a number without ground."""
    ruled = next((s for s in subjects if s.result is not None and s.result.criterion is not None), None)
    if ruled is not None and context.general:
        return _threshold(quantity, ruled, _rule_only(ruled), (quantity.start, quantity.end))
    if not subjects and _rules_with(context, quantity):
        return unverifiable("number.rule_unnamed", "The number is a threshold; the sentence does not say of what.")
    name = subjects[0].name if subjects else "that"
    return unsupported("number.no_value", f"The sentence gives a number for {name}; the evidence has none.")


def _against(  # noqa: PLR0911 - one return for each role that a number plays
    context: ProseContext, quantity: Quantity, subject: Subject, given: Known, after: str, place: int
) -> Outcome:
    span = (quantity.start, quantity.end)
    if subject.evaluation is not None and subject.measurement is None:
        return _grade(context, quantity, subject, given, after)
    if quantity.in_percent and _LEVEL.match(after):
        level = _LEVEL.match(after)
        return _level(quantity, given, (span[0], span[1] + (level.end() if level else 0)))
    moved = role(context, quantity)
    if moved is not Role.NOW and subject.measurement is not None:
        return _course(context, quantity, subject, moved, span)
    if quantity.comparator is None and _BY_HOW_MUCH.match(after):
        return unverifiable("number.difference", "The sentence gives a difference; only values can be traced.")
    named = _THRESHOLD.search(context.text[: quantity.start])
    if _RULE_WORDS.search(context.text[quantity.start : quantity.number_start]):
        return _beyond(quantity, subject, given, span)
    ruled = any(h.end <= quantity.start and _RULE_FOR.search(context.text[: h.start]) for h in context.hits)
    reached = quantity.comparator is not None or _REACHES.search(context.text[: quantity.number_start]) is not None
    general = ruled or (context.general and reached)
    if named or general or (quantity.comparator and _RULE_WORDS.search(context.text)):
        outcome = _wrong_end(context, given) or _threshold(quantity, subject, given, span)
        words = tuple(m.span() for p in (_RULE_WORDS, _END) for m in p.finditer(context.text))
        return replace(outcome, spans=(*outcome.spans, *words)) if outcome.spans else outcome
    if quantity.ranged and not is_course(context):
        return _range(context, quantity, given, place)
    if quantity.comparator is not None and not quantity.ranged:
        return _compared(quantity, subject, given, span)
    wrong = _differs(quantity, given.value, given)
    if wrong is not None:
        return wrong
    return supported("number.traced", f"{subject.name} is {_text(given)} in the evidence.", span)


def _course(context: ProseContext, quantity: Quantity, subject: Subject, moved: Role, span: tuple[int, int]) -> Outcome:
    """Judge an earlier value, or a difference, against both measurements."""
    now = subject.measurement
    then = before(context, now) if now is not None else None
    if now is None or then is None:
        return unsupported("change.no_prior", "The evidence holds no earlier measurement to compare with.")
    value = then.value if moved is Role.THEN else abs(now.value - then.value)
    wrong = _differs(quantity, value, Known(value, now.unit))
    return wrong or supported("number.traced", f"{subject.name} was {format_value(then.value, then.unit)}.", span)


def _rules_with(context: ProseContext, quantity: Quantity) -> bool:
    """Whether a number called a threshold is that of exactly one criterion of the case."""
    rules = [s.result.criterion for s in context.index.subjects if s.result is not None and s.result.criterion]
    return _THRESHOLD.search(context.text[: quantity.start]) is not None and (
        len([r for r in rules if r.threshold in quantity.readings]) == 1
    )


def _wrong_end(context: ProseContext, given: Known) -> Outcome | None:
    """Refuse an "upper limit" that is a lower one, and the other way round."""
    match, rule = _END.search(context.text), given.criterion
    if match is None or rule is None or (match.group(1).lower() == "upper") is rule.comparator.upward:
        return None
    return contradicted("criterion.comparator", f"The criterion is {rule.text}.")


@lru_cache(maxsize=512)
def _molar_mass(fact: str) -> float | None:
    definition = fact_catalogue().get(fact)
    return definition.molar_mass if definition is not None else None


def _rule_only(subject: Subject) -> Known:
    """Return what is known of an indicator that was not measured: its criterion."""
    criterion = subject.result.criterion if subject.result else None
    return Known(math.nan, criterion.unit if criterion else "1", None, criterion)


def _grade(context: ProseContext, quantity: Quantity, subject: Subject, given: Known, after: str) -> Outcome:
    match = _OF_FIVE.match(after)
    before = context.text[: quantity.start].rstrip().lower()
    if quantity.readings == (5.0,) and before.endswith((" of", "/", "out of")):
        return supported("number.traced", "Readings go from 1 to 5.", (quantity.start, quantity.end))
    if quantity.readings != (given.value,) or quantity.unit is not None:
        return contradicted("number.mismatch", f"{subject.name} was read as {given.value:g} of 5.")
    end = quantity.end + (match.end() if match else 0)
    return supported("number.traced", f"{subject.name} was read as {given.value:g} of 5.", (quantity.start, end))


def _level(quantity: Quantity, given: Known, span: tuple[int, int]) -> Outcome:
    if given.interval is None:
        return unsupported("interval.none", "The evidence gives no interval.")
    if not any(abs(r - given.interval.level * 100) < 1e-9 for r in quantity.readings):
        return contradicted("interval.level", f"The interval is one of {format_percent(given.interval.level)}.")
    return supported("interval.level", "The level of the interval is the evidence's.", span)


def _range(context: ProseContext, quantity: Quantity, given: Known, place: int) -> Outcome:
    if given.interval is None:
        return unsupported("interval.none", "The sentence gives a range; the evidence has no interval.")
    end = given.interval.high if quantity.joined else given.interval.low
    other = context.quantities[place - 1] if quantity.joined and place else quantity
    wrong = _differs(quantity, end, given, interval=True)
    if wrong is not None:
        return wrong
    return supported(
        "interval.same",
        f"The interval is {_text(given)}.",
        (_interval_start(context.text, other, quantity), quantity.end),
    )


def _interval_start(text: str, *ends: Quantity) -> int:
    """Return where an interval begins, with the words that call it one."""
    start = min(e.start for e in ends)
    named = _INTERVAL_IS.search(text[:start])
    return named.start() if named else start


def _threshold(quantity: Quantity, subject: Subject, given: Known, span: tuple[int, int]) -> Outcome:
    rule = given.criterion
    if rule is None:
        return unsupported("criterion.none", f"The evidence has no criterion for {subject.name}.")
    if quantity.comparator is not None and quantity.comparator is not rule.comparator:
        return contradicted("criterion.comparator", f"The criterion is {rule.text}.")
    wrong = _differs(quantity, rule.threshold, Known(rule.threshold, rule.unit), exact=True)
    if wrong is not None:
        return contradicted("criterion.threshold", f"The criterion is {rule.text}; the sentence says otherwise.")
    return supported("criterion.threshold", f"The criterion is {rule.text}.", span)


def _beyond(quantity: Quantity, subject: Subject, given: Known, span: tuple[int, int]) -> Outcome:
    """Judge "below the threshold of 0.7": the threshold is the criterion's, and the value lies on that side of it."""
    rule = given.criterion
    if rule is None:
        return unsupported("criterion.none", f"The evidence has no criterion for {subject.name}.")
    if _differs(quantity, rule.threshold, Known(rule.threshold, rule.unit), exact=True) is not None:
        return contradicted("criterion.threshold", f"The criterion is {rule.text}; the sentence says otherwise.")
    return _compared(quantity, subject, given, span)


def _compared(quantity: Quantity, subject: Subject, given: Known, span: tuple[int, int]) -> Outcome:
    if quantity.comparator is None:
        return unverifiable("number.unread", "A comparison cannot be read.")
    unit = quantity.unit or ("1" if given.unit == "1" else None)
    if unit is None:
        return unsupported("unit.missing", f"The limit has no unit; {subject.name} is in {pretty_unit(given.unit)}.")
    limits = [v for r in quantity.readings if (v := _converted(r, unit, given.unit)) is not None]
    if not limits:
        return contradicted("unit.mismatch", f"{subject.name} is measured in {pretty_unit(given.unit) or 'no unit'}.")
    rule = Criterion(
        indicator=IndicatorId("limit"), comparator=quantity.comparator, threshold=limits[0], unit=given.unit,
        passage_id=PassageId("none"),
    )  # fmt: skip
    met = criterion_met(given.value, given.interval, rule)
    if met is Met.UNCERTAIN:
        return unsupported("comparison.uncertain", f"{subject.name} is {_text(given)}: the limit lies in the interval.")
    if met is Met.NO:
        return contradicted(
            "comparison.mismatch", f"{subject.name} is {_text(given)}, so the comparison does not hold."
        )
    return supported("comparison.same", f"{subject.name} is {_text(given)}, so the comparison holds.", span)


def _score(context: ProseContext, quantity: Quantity) -> Outcome:
    impression = context.index.impression
    beside = (impression.threshold,) if impression.threshold is not None else ()
    if beside and _RULE_WORDS.search(context.text[quantity.start : quantity.number_start]):
        return _score_beyond(context, quantity, beside[0])
    numbers = {impression.score, impression.score_low, impression.score_high} - {None}
    before = context.text[: quantity.start]
    named = _THRESHOLD_OF_SCORE.search(before) or _THRESHOLD.search(before)
    plain = set(beside) if named else {round_value(n, beside=beside) for n in numbers if n is not None}
    written = set(quantity.readings)
    share = {round(float(format_percent(impression.assessed_share).split()[0]), 6)}
    if written & (share if quantity.in_percent else plain) and quantity.unit in (None, "%"):
        start = named.start() if named else quantity.start
        return supported("number.traced", "The number is the impression's own.", (start, quantity.end))
    return contradicted("number.mismatch", "The number is not among those of the impression.")


def _score_beyond(context: ProseContext, quantity: Quantity, threshold: float) -> Outcome:
    """Judge "the score is above the threshold of 0.4"."""
    score = context.index.impression.score
    if threshold not in quantity.readings or quantity.comparator is None or score is None:
        return contradicted("number.mismatch", f"The threshold of the score is {threshold:g}.")
    above = quantity.comparator in (Comparator.GT, Comparator.GE)
    if above is not (score >= threshold):
        return contradicted("comparison.mismatch", f"The score is {score:.2f}, the threshold {threshold:g}.")
    return supported("number.traced", "The number is the impression's own.", (quantity.start, quantity.end))


def _differs(
    quantity: Quantity, value: float, given: Known, *, exact: bool = False, interval: bool = False
) -> Outcome | None:
    unit = quantity.unit
    if unit is None and given.unit not in ("1", ""):
        if not (interval and quantity.ranged) and given.unit not in _BARE_UNITS:
            return unsupported(
                "unit.missing", f"The number has no unit; the evidence says {format_value(value, given.unit)}."
            )
        unit = given.unit
    target = unit or "1"
    there = _converted(value, given.unit, target, given.molar_mass)
    if there is None:
        return contradicted("unit.mismatch", f"The evidence gives {format_value(value, given.unit)}, in another unit.")
    marks = () if given.criterion is None else (_converted(given.criterion.threshold, given.criterion.unit, target),)
    if any(
        _rounds(there, r, quantity.decimals, exact=exact) and _same_side(there, r, marks) for r in quantity.readings
    ):
        return None
    code = "number.mismatch" if target == given.unit else "unit.converted"
    return contradicted(code, f"The evidence gives {format_value(value, given.unit)}; the sentence says otherwise.")


def _rounds(value: float, written: float, decimals: int, *, exact: bool) -> bool:
    """Whether a written number is a value rounded to the decimals written, halves away from zero."""
    if decimals > MAX_DECIMALS:
        return abs(written - value) <= 1e-9
    step = Decimal(1).scaleb(-decimals)
    rounded = Decimal(f"{value:.10g}").quantize(step, rounding=ROUND_HALF_UP)
    if float(rounded) != written:
        return False
    as_usual = decimals >= 2
    return abs(written - value) <= 1e-9 if exact else as_usual or abs(written - value) <= COARSEST * abs(value)


def _same_side(value: float, written: float, marks: tuple[float | None, ...]) -> bool:
    return all((value > m) == (written > m) and (value < m) == (written < m) for m in marks if m is not None)


@lru_cache(maxsize=4096)
def _converted(value: float, given: str, wanted: str, molar_mass: float | None = None) -> float | None:
    """Return a value in another unit, or None when the units measure different things."""
    if given == wanted:
        return value
    if "1" in (given, wanted) and "%" not in (given, wanted):
        return None
    if {given, wanted} == {"1", "%"}:
        return float(f"{value * 100 if wanted == '%' else value / 100:.10g}")
    try:
        return convert(value, given, wanted, molar_mass=molar_mass)
    except WrongDimensionError:
        return None


def _text(given: Known) -> str:
    beside = (given.criterion.threshold,) if given.criterion else ()
    return format_measured(given.value, given.unit, given.interval, beside=beside)
