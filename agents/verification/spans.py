"""Intervals in free wording: their ends, named one by one, and numbers that are said to lie in them."""

from __future__ import annotations

import re
from dataclasses import replace

from clinigraph.agents.claims.quantities import Quantity
from clinigraph.agents.claims.subjects import Subject
from clinigraph.agents.verification.base import Outcome, contradicted, supported
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.agents.verification.values import Known, converted, value_text

_END_OF = re.compile(
    r"\b(?P<which>upper|lower|high|low|top|bottom)(?:est)? (?:end|limit|bound)s?\s+of\s+(?:the|its|this|that)\s+"
    r"(?:(?P<level>\d+(?:\.\d+)?)\s?(?:%|per cent)\s+)?(?:confidence |credible |prediction )?(?:interval|range)\b",
    re.IGNORECASE,
)
_RUNS_TO = re.compile(
    r"\b(?:interval|range)\b[^.;]{0,80}?"
    r"\b(?:(?P<high>ends at|extends to|reaches|goes up to)|(?P<low>starts at|begins at))\s*$",
    re.IGNORECASE,
)
_HOLDS = re.compile(
    r"\b(?:includes?|including|spans?|contains?|crosses|straddles?|covers?)\s+(?:the\s+)?"
    r"(?:(?:criterion|threshold|limit|cut-?off|value)\s+)?(?:of\s+)?$",
    re.IGNORECASE,
)
_LEVEL = re.compile(r"\s*(?:confidence |credible |prediction )?(?:interval|range)\b", re.IGNORECASE)
_OF = re.compile(r"\bof\s+(?:the\s+|its\s+)?$|^\s*of\s+(?:the\s+|its\s+)?$", re.IGNORECASE)
_RULE = re.compile(r"\b(?:criterion|threshold|limit|cut-?off)\b", re.IGNORECASE)
_INTERVAL = re.compile(r"(?<!normal )(?<!reference )\b(?:interval|range)\b", re.IGNORECASE)


def end_spoken_of(context: ProseContext, quantity: Quantity, given: Known) -> tuple[Known, tuple[int, int]] | None:
    """Return the end of an interval that a number is compared with, and the words that say so.

    Example:
        "The upper end of the 90 % interval of the ratio is 0.83" speaks of the upper end, not of the ratio.
    """
    if given.interval is None or quantity.ranged:
        return None
    before = context.text[: quantity.number_start]
    named = next(reversed(list(_END_OF.finditer(before))), None)
    if named is not None and not (
        _first_after(context, named.end(), quantity) and _near(context, named.end(), quantity)
    ):
        return None
    if named is not None:
        high = named["which"].lower() in ("upper", "high", "top")
        return _end(given, high=high), named.span()
    runs = _RUNS_TO.search(before)
    if runs is None or _of_a_name(context, runs.start()) or not _near(context, runs.start(), quantity):
        return None
    return _end(given, high=runs["high"] is not None), runs.span()


def _near(context: ProseContext, place: int, quantity: Quantity) -> bool:
    """Whether nothing is named between a place and a number but what the interval is of."""
    hits = [h for h in context.hits if place <= h.start < quantity.number_start]
    return not hits or (len(hits) == 1 and _OF.search(context.text[place : hits[0].start]) is not None)


def _first_after(context: ProseContext, place: int, quantity: Quantity) -> bool:
    """Whether a number is the first after a place, levels in per cent left out."""
    after = [q for q in context.quantities if q.number_start >= place and not _LEVEL.match(context.text[q.end :])]
    return bool(after) and after[0] == quantity


def _of_a_name(context: ProseContext, place: int) -> bool:
    """Whether a word is part of a name: the QT interval."""
    return any(h.start <= place < h.end for h in context.hits)


def _end(given: Known, *, high: bool) -> Known:
    interval = given.interval
    value = given.value if interval is None else interval.high if high else interval.low
    return replace(given, value=value, interval=None)


def held(context: ProseContext, quantity: Quantity, subject: Subject, given: Known) -> Outcome | None:
    """Judge "the interval includes 0.7"; None where the sentence does not say that."""
    before = context.text[: quantity.number_start]
    match = _HOLDS.search(before)
    words = [m for m in _INTERVAL.finditer(before) if not _of_a_name(context, m.start())]
    if match is None or given.interval is None or not words:
        return None
    rule = given.criterion
    if _RULE.search(match.group()) and (rule is None or rule.threshold not in quantity.readings):
        return contradicted("criterion.threshold", f"The criterion is {rule.text if rule else 'not there'}.")
    unit = quantity.unit or given.unit
    numbers = [v for r in quantity.readings if (v := converted(r, unit, given.unit, given.molar_mass)) is not None]
    told = f"{subject.name} is {value_text(given)}."
    if not any(given.interval.low <= n <= given.interval.high for n in numbers):
        return contradicted("interval.mismatch", told)
    return supported("interval.same", told, words[-1].span(), (match.start(), quantity.end))
