"""Numbers in free wording: rounded as written, converted between units, compared with the value behind the name."""

from __future__ import annotations

import re
from dataclasses import replace

from clinigraph.agents.claims.quantities import Quantity
from clinigraph.agents.claims.subjects import Hit, Subject, SubjectKind
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.bounds import difference
from clinigraph.agents.verification.counts import counted
from clinigraph.agents.verification.courses import Role, before, is_course, role
from clinigraph.agents.verification.limits import (
    END,
    THRESHOLD,
    beyond,
    compared,
    reference,
    rules_with,
    threshold,
    wrong_end,
)
from clinigraph.agents.verification.pairs import paired
from clinigraph.agents.verification.patients import aged
from clinigraph.agents.verification.placing import RESPECTIVELY, in_order, shared_unit, unplaced
from clinigraph.agents.verification.prose import NEITHER, TOGETHER, ProseContext, first
from clinigraph.agents.verification.scores import RULE_WORDS, graded, reading_before, scored
from clinigraph.agents.verification.shares import shared
from clinigraph.agents.verification.sources import dated
from clinigraph.agents.verification.values import Known, differs, known, rounds, rule_only, value_text
from clinigraph.models.findings import Measurement
from clinigraph.models.formatting import format_percent, format_value

_LEVEL = re.compile(r"^\s*(?:confidence|credible|prediction|conformal)?\s*(?:interval|CI\b|range)", re.IGNORECASE)
_NOT = re.compile(r"\b(?:not|never|isn't|wasn't)\s*$", re.IGNORECASE)
_DOUBTED = re.compile(r"\b(?:unlikely|doubtful|false|wrong|incorrect|untrue|impossible|not the case)\b", re.IGNORECASE)
_RULE_FOR = re.compile(
    r"\b(?:criterion|threshold|cut-?off|limit)\s+(?:for|of|on)\s+(?:the\s+|an?\s+)?(?:normal\s+)?$", re.IGNORECASE
)
_REACHES = re.compile(r"\b(?:reach(?:es|ing)?|from|at)\s+(?:about\s+|roughly\s+|around\s+)?$", re.IGNORECASE)
_SHARE_OF = re.compile(r"^\s*of\s+(?:the|its|his|her)\b", re.IGNORECASE)
_NORMAL_IS = re.compile(
    r"\b(?:normal(?: values?| range)?|reference(?: range)?|ref\.)\s*(?:is|are|:)?\s*$", re.IGNORECASE
)
_LINK = re.compile(r"^(?:\s|[:=(]|\b(?:is|was|of|at|are|equals|measures)\b)*$", re.IGNORECASE)
_VERB_BETWEEN = re.compile(
    r"\s*(?:(?:both|all)\s+)?(?:is|are|was|were|lies?|stays?|remains?|exceeds?|measures?)?\s*(?:both\s+|all\s+)?$", re.I
)
_WHOLLY = re.compile(r"\b(?:(?:stays?|remains?) )?(?:(?:entirely|wholly|completely|all) )?$", re.IGNORECASE)
"""Before a comparison that the whole interval meets."""
_ALL = re.compile(r"\b(?:entirely|wholly|completely|all) $", re.IGNORECASE)
_ROUNDED = re.compile(r"\brounded to (one|two|three|1|2|3) decimals?(?: places?)?,?", re.IGNORECASE)
_RULE_BEHIND = re.compile(r"^\s*(?:criterion|threshold|cut-?off|limit|mark)\b", re.IGNORECASE)
_SMALL = re.compile(r"(?:[\s:=,(]|\b(?:is|was|of|for|on|at|the|its|an?)\b)*", re.IGNORECASE)
_INTERVAL_IS = re.compile(
    r"(?:\b(?:an?|the|its|with|and)\s+)*\b(?:(?:confidence|credible|prediction|conformal)\s+)?"
    r"(?:interval|range|CI|ranges|ranged|ranging|runs|extends|spans)\b"
    r"(?:\s*(?:is|was|of|from|between|runs|extends|spans|:|=))*\s*$",
    re.IGNORECASE,
)


def amounts(context: ProseContext) -> Outcome | None:
    """Compare every number of the sentence with what its subject was measured or recorded as."""
    taken = [(i, q) for i, q in enumerate(context.quantities) if not _counts(context, q)]
    outcomes = [unplaced(context, q, _denied(context, q, _one(context, i, q))) for i, q in taken]
    if not outcomes:
        return None
    wrong = next((o for o in outcomes if o.spans == ()), None)
    if wrong is not None:
        return wrong
    spans = tuple(s for o in outcomes for s in o.spans)
    spans += tuple(m.span() for m in RESPECTIVELY.finditer(context.text))
    return supported("number.traced", " ".join(dict.fromkeys(o.sentence for o in outcomes)), *spans)


def _counts(context: ProseContext, quantity: Quantity) -> bool:
    places = (
        *counted(context.text, context.hits),
        *dated(context.text, sourced=bool(context.source_with_year)),
        *aged(context.text),
        *paired(context.text),
        *shared(context.text),
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
    if not quantity.readings:
        return unverifiable("number.unread", "A number of the sentence cannot be read.")
    names = _together(context, quantity)
    if names:
        return _each(context, place, names)
    return _of_one(context, place, context.sided(in_order(context, quantity) or _spoken_of(context, quantity)))


def _of_one(context: ProseContext, place: int, subjects: tuple[Subject, ...]) -> Outcome:
    quantity = shared_unit(context, context.quantities[place])
    after = context.text[quantity.end :]
    subjects = _inside(context, subjects)
    reading = reading_before(context, quantity)
    subjects = (reading,) if reading is not None else subjects
    named = first(subjects)
    options = [(s, k) for s in subjects if (k := known(s)) is not None]
    if quantity.in_percent and _SHARE_OF.match(after) and not any(k.unit in ("%", "1") for _, k in options):
        return unverifiable("number.share", "The sentence gives a share; only values can be traced.")
    if named is not None and named.kind in (SubjectKind.SCORE, SubjectKind.CONDITION):
        general = context.general and named.kind is SubjectKind.CONDITION
        return unverifiable("number.general", "A source is spoken of.") if general else scored(context, place, named)
    if not options:
        return _unmeasured(context, quantity, subjects)
    outcomes = [_against(context, quantity, s, k, after, place) for s, k in options]
    return next((o for o in outcomes if o.spans), outcomes[0])


def _inside(context: ProseContext, subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
    """Return what is measured by the name of a condition ("reduced ejection fraction"), or the subjects themselves."""
    condition = next((s.name.lower() for s in subjects if s.kind is SubjectKind.CONDITION), "")
    measured = [s for s in context.index.subjects if s.measurement is not None]
    found = [(len(n), s) for s in measured for n in s.names if condition.endswith(f" {n.lower()}")]
    return (max(found, key=lambda pair: pair[0])[1],) if found else subjects


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
        return threshold(quantity, ruled, rule_only(ruled), (quantity.start, quantity.end))
    if not subjects and rules_with(context, quantity):
        return unverifiable("number.rule_unnamed", "The number is a threshold; the sentence does not say of what.")
    name = subjects[0].name if subjects else "that"
    return unsupported("number.no_value", f"The sentence gives a number for {name}; the evidence has none.")


def _against(  # noqa: PLR0911 - one return for each role that a number plays
    context: ProseContext, quantity: Quantity, subject: Subject, given: Known, after: str, place: int
) -> Outcome:
    span = (quantity.start, quantity.end)
    if subject.evaluation is not None and subject.measurement is None:
        return graded(context, quantity, subject, given, after)
    if quantity.in_percent and _LEVEL.match(after):
        level = _LEVEL.match(after)
        return _level(quantity, given, (span[0], span[1] + (level.end() if level else 0)))
    moved = role(context, quantity)
    if moved is not Role.NOW and subject.measurement is not None:
        return _course(context, quantity, subject, moved, span)
    apart = difference(context, place, subject, given)
    if apart is not None:
        return apart
    limit = _limit(context, quantity, subject, given)
    if limit is not None:
        return limit
    if quantity.ranged and not is_course(context):
        return _range(context, quantity, given, place)
    if quantity.comparator is not None and not quantity.ranged:
        outcome = compared(_with_unit(context, quantity, given), subject, given, span)
        if outcome.spans and (given.interval is not None or not _ALL.search(context.text[: quantity.start])):
            wholly = _WHOLLY.search(context.text[: quantity.start])
            outcome = replace(outcome, spans=((wholly.start() if wholly else quantity.start, quantity.end),))
        open_ = outcome.code == "comparison.uncertain" and context.doubted
        return (
            unverifiable("comparison.doubted", f"{outcome.sentence} Nor does the sentence decide.")
            if open_
            else outcome
        )
    wrong = differs(quantity, given.value, given)
    spans = (span, *_rounding(context, quantity))
    return wrong or supported("number.traced", f"{subject.name} is {value_text(given)} in the evidence.", *spans)


def _together(context: ProseContext, quantity: Quantity) -> list[Hit]:
    """Return the names that a comparison is said of together: "both the systolic and the diastolic pressure"."""
    joined = context.joined(quantity.start) if quantity.comparator is not None else []
    return joined if len(joined) > 1 and _VERB_BETWEEN.match(context.text[joined[-1].end : quantity.start]) else []


def _each(context: ProseContext, place: int, names: list[Hit]) -> Outcome:
    """Judge a comparison of each of several names; the worst is told."""
    if NEITHER.search(context.text[: names[-1].start]):
        return unverifiable("number.denied", "What is denied of several values cannot be read.")
    outcomes = [_of_one(context, place, context.sided(h.subjects)) for h in names]
    wrong = next((o for o in outcomes if not o.spans), None)
    if wrong is not None:
        return wrong
    spans = [s for o in outcomes for s in o.spans] + [(h.start, h.end) for h in names]
    spans += [m.span() for m in TOGETHER.finditer(context.text[: names[-1].start])]
    return supported(outcomes[0].code, " ".join(o.sentence for o in outcomes), *spans)


def _with_unit(context: ProseContext, quantity: Quantity, given: Known) -> Quantity:
    """Return a bare limit with the unit of a number before it: "25 mmHg, above 21"."""
    before = [q for q in context.quantities if q.end <= quantity.start and q.unit == given.unit]
    return replace(quantity, unit=given.unit) if quantity.unit is None and before and given.unit != "1" else quantity


def _limit(context: ProseContext, quantity: Quantity, subject: Subject, given: Known) -> Outcome | None:
    """Judge a number that is a threshold or an end of what is normal; None where it is a value."""
    span = (quantity.start, quantity.end)
    normal = _NORMAL_IS.search(context.text[: quantity.start])
    if normal is not None and quantity.comparator is not None:
        return reference(quantity, given, (normal.start(), span[1]))
    named = THRESHOLD.search(context.text[: quantity.start])
    if RULE_WORDS.search(context.text[quantity.start : quantity.number_start]):
        return beyond(quantity, subject, given, span)
    ruled = any(h.end <= quantity.start and _RULE_FOR.search(context.text[: h.start]) for h in context.hits)
    reached = quantity.comparator is not None or _REACHES.search(context.text[: quantity.number_start]) is not None
    general = ruled or (context.general and reached)
    behind = _RULE_BEHIND.match(context.text[quantity.end :])
    if quantity.comparator is not None and behind is not None:
        return beyond(quantity, subject, given, (span[0], span[1] + behind.end()))
    if named or general or (quantity.comparator and _follows_a_rule(context, quantity)):
        outcome = wrong_end(context, given) or threshold(quantity, subject, given, span)
        words = tuple(m.span() for p in (RULE_WORDS, END) for m in p.finditer(context.text))
        return replace(outcome, spans=(*outcome.spans, *words)) if outcome.spans else outcome
    return None


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
    found = _ROUNDED.finditer(context.text)
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
