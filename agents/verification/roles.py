"""What a number is of its subject: the value, a reading, an end of the interval, a limit, an earlier value."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from clinigraph.agents.claims.naming import ratio_parts
from clinigraph.agents.claims.quantities import Quantity
from clinigraph.agents.claims.subjects import Subject
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.bounds import difference
from clinigraph.agents.verification.courses import Role, before, is_course, role
from clinigraph.agents.verification.limits import as_limit, compared
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.agents.verification.scores import graded
from clinigraph.agents.verification.spans import end_spoken_of, held
from clinigraph.agents.verification.thresholds import ruled_elsewhere
from clinigraph.agents.verification.values import Known, differs, rounds, value_text
from clinigraph.models.findings import Measurement
from clinigraph.models.formatting import format_percent, format_value

_LEVEL = re.compile(r"^\s*(?:confidence|credible|prediction|conformal)?\s*(?:interval|CI\b|range)", re.IGNORECASE)
_WHOLLY = re.compile(r"\b(?:(?:stays?|remains?) )?(?:(?:entirely|wholly|completely|all) )?$", re.IGNORECASE)
"""Before a comparison that the whole interval meets."""
_ALL = re.compile(r"\b(?:entirely|wholly|completely|all) $", re.IGNORECASE)
_ENTIRE = re.compile(r"\b(?:entire|whole) $", re.IGNORECASE)
_OF_WHOLE = re.compile(r"^\s*of (?:the )?([a-z]+)(?: diameter| height| width)?\b", re.IGNORECASE)
"""After a ratio: what it is a share of."""
ROUNDED = re.compile(r"\brounded to (one|two|three|1|2|3) decimals?(?: places?)?,?", re.IGNORECASE)
_INTERVAL_IS = re.compile(
    r"(?:\b(?:an?|the|its|with|and)\s+)*\b(?:(?:confidence|credible|prediction|conformal)\s+)?"
    r"(?:interval|range|CI|ranges|ranged|ranging|runs|extends|spans)\b"
    r"(?:\s*(?:is|was|of|from|between|runs|extends|spans|:|=))*\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a sentence with what it is taken to be of."""

    context: ProseContext
    place: int
    """Which of the sentence's numbers."""
    quantity: Quantity
    subject: Subject
    given: Known

    @property
    def span(self) -> tuple[int, int]:
        """Where it stands, with the words that compare it and its unit."""
        return self.quantity.start, self.quantity.end

    @property
    def before(self) -> str:
        """The text before it."""
        return self.context.text[: self.quantity.start]

    @property
    def after(self) -> str:
        """The text after it."""
        return self.context.text[self.quantity.end :]


def against(number: Number) -> Outcome:
    """Judge a number in the first role that the words around it give it; without one it is the value itself."""
    return next((o for judge in ROLES if (o := judge(number)) is not None), None) or _value(number)


def _value(number: Number) -> Outcome:
    wrong = differs(number.quantity, number.given.value, number.given)
    told = f"{number.subject.name} is {value_text(number.given)} in the evidence."
    start, end = number.span
    whole = _OF_WHOLE.match(number.after)
    parts = ratio_parts(number.subject.name)
    if whole is not None and parts and whole[1].lower() == parts[1]:
        end += whole.end()
    return wrong or supported("number.traced", told, (start, end), *_rounding(number.context, number.quantity))


def _reading(number: Number) -> Outcome | None:
    if number.subject.evaluation is None or number.subject.measurement is not None:
        return None
    return graded(number.context, number.quantity, number.subject, number.given, number.after)


def _ratio(number: Number) -> Outcome | None:
    if not number.after.lstrip().lower().startswith("times"):
        return None
    return unverifiable("number.ratio", "The sentence gives a ratio of two values; only values can be traced.")


def _as_level(number: Number) -> Outcome | None:
    level = _LEVEL.match(number.after) if number.quantity.in_percent else None
    start, end = number.span
    whole = _ENTIRE.search(number.before)
    start = whole.start() if whole else start
    return None if level is None else _level(number.quantity, number.given, (start, end + level.end()))


def _inside(number: Number) -> Outcome | None:
    return held(number.context, number.quantity, number.subject, number.given)


def _end(number: Number) -> Outcome | None:
    """Judge a number beside an end of an interval: it is the end, how far the end lies from a limit, or a limit."""
    found = end_spoken_of(number.context, number.quantity, number.given)
    if found is None:
        return None
    given, words = found
    outcome = difference(number.context, number.place, number.subject, given)
    if outcome is None and number.quantity.comparator is not None:
        outcome = compared(_with_unit(number), number.subject, given, number.span)
    if outcome is None:
        wrong = differs(number.quantity, given.value, given, interval=True)
        told = f"That end of the interval is {format_value(given.value, given.unit)}."
        outcome = wrong or supported("interval.same", told, number.span)
    return replace(outcome, spans=(*outcome.spans, words)) if outcome.spans else outcome


def _moved(number: Number) -> Outcome | None:
    moved = role(number.context, number.quantity)
    if moved is Role.NOW or number.subject.measurement is None:
        return None
    return _course(number.context, number.quantity, number.subject, moved, number.span)


def _difference(number: Number) -> Outcome | None:
    return difference(number.context, number.place, number.subject, number.given)


def _limit(number: Number) -> Outcome | None:
    limit = as_limit(number.context, number.quantity, number.subject, number.given)
    if limit is not None and limit.code == "criterion.none" and ruled_elsewhere(number.context, number.subject):
        return unverifiable("criterion.other", f"The evidence has no criterion for {number.subject.name} itself.")
    return limit


def _as_range(number: Number) -> Outcome | None:
    if not number.quantity.ranged or is_course(number.context):
        return None
    return _range(number.context, number.quantity, number.given, number.place)


def _comparison(number: Number) -> Outcome | None:
    if number.quantity.comparator is None or number.quantity.ranged:
        return None
    outcome = compared(_with_unit(number), number.subject, number.given, number.span)
    if outcome.code == "comparison.uncertain" and number.context.doubted:
        return unverifiable("comparison.doubted", f"{outcome.sentence} Nor does the sentence decide.")
    if outcome.spans and (number.given.interval is not None or not _ALL.search(number.before)):
        wholly = _WHOLLY.search(number.before)
        start = wholly.start() if wholly else number.quantity.start
        return replace(outcome, spans=((start, number.quantity.end),))
    return outcome


ROLES: tuple[Callable[[Number], Outcome | None], ...] = (
    _reading, _ratio, _as_level, _inside, _end, _moved, _difference, _limit, _as_range, _comparison,
)  # fmt: skip
"""In this order: the first that has a say."""


def _with_unit(number: Number) -> Quantity:
    """Return a bare limit with the unit of a number before it: "25 mmHg, above 21"."""
    context, quantity, given = number.context, number.quantity, number.given
    unit_before = [q for q in context.quantities if q.end <= quantity.start and q.unit == given.unit]
    return (
        replace(quantity, unit=given.unit) if quantity.unit is None and unit_before and given.unit != "1" else quantity
    )


def _course(context: ProseContext, quantity: Quantity, subject: Subject, moved: Role, span: tuple[int, int]) -> Outcome:
    """Judge an earlier value, or a difference, against both measurements."""
    now = subject.measurement
    then = before(context, now) if now is not None else None
    if now is None or then is None:
        return unsupported("change.no_prior", "The evidence holds no earlier measurement to compare with.")
    if moved is Role.BY and quantity.in_percent:
        return _relative(quantity, subject, then.value, now, span)
    value = then.value if moved is Role.THEN else abs(now.value - then.value)
    wrong = differs(quantity, value, Known(value, now.unit))
    return wrong or supported("number.traced", f"{subject.name} was {format_value(then.value, then.unit)}.", span)


def _relative(quantity: Quantity, subject: Subject, then: float, now: Measurement, span: tuple[int, int]) -> Outcome:
    """Judge a change in per cent: of the earlier value; of a value in per cent it may mean points as well."""
    if now.unit == "%" or not then:
        return unverifiable("number.difference", "The sentence may mean per cent of the earlier value, or points.")
    change = 100 * abs(now.value - then) / abs(then)
    if any(rounds(change, r, quantity.decimals, exact=False) for r in quantity.readings):
        return supported("number.traced", f"{subject.name} changed by {change:.1f} %.", span)
    return contradicted("number.mismatch", f"{subject.name} changed by {change:.1f} % of its earlier value.")


def _rounding(context: ProseContext, quantity: Quantity) -> list[tuple[int, int]]:
    """Return where the sentence says to how many decimals it rounds, if that is so."""
    places = {"one": 1, "two": 2, "three": 3}
    found = ROUNDED.finditer(context.text)
    return [
        m.span() for m in found if places.get(m[1].lower(), 0) == quantity.decimals or m[1] == str(quantity.decimals)
    ]


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
    wrong = differs(quantity, end, given, interval=True)
    if wrong is not None:
        return wrong
    return supported(
        "interval.same",
        f"The interval is {value_text(given)}.",
        (_interval_start(context.text, other, quantity), quantity.end),
    )


def _interval_start(text: str, *ends: Quantity) -> int:
    """Return where an interval begins, with the words that call it one."""
    start = min(e.start for e in ends)
    named = _INTERVAL_IS.search(text[:start])
    return named.start() if named else start
