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
_INTERVAL = re.compile(r"\b(?:interval|range)\b", re.IGNORECASE)


def end_spoken_of(context: ProseContext, quantity: Quantity, given: Known) -> tuple[Known, tuple[int, int]] | None:
    """Return the end of an interval that a number is compared with, and the words that say so.

    Example:
        "The upper end of the 90 % interval of the ratio is 0.83" speaks of the upper end, not of the ratio.
    """
    if given.interval is None or quantity.ranged:
        return None
    before = context.text[: quantity.number_start]
    named = next(reversed(list(_END_OF.finditer(before))), None)
    if named is not None:
        high = named["which"].lower() in ("upper", "high", "top")
        return _end(given, high=high), named.span()
    runs = _RUNS_TO.search(before)
    return None if runs is None else (_end(given, high=runs["high"] is not None), runs.span())


def _end(given: Known, *, high: bool) -> Known:
    interval = given.interval
    value = given.value if interval is None else interval.high if high else interval.low
    return replace(given, value=value, interval=None)


def held(context: ProseContext, quantity: Quantity, subject: Subject, given: Known) -> Outcome | None:
    """Judge "the interval includes 0.7"; None where the sentence does not say that."""
    before = context.text[: quantity.number_start]
    match = _HOLDS.search(before)
    if match is None or given.interval is None or not _INTERVAL.search(before):
        return None
    unit = quantity.unit or given.unit
    numbers = [v for r in quantity.readings if (v := converted(r, unit, given.unit, given.molar_mass)) is not None]
    told = f"{subject.name} is {value_text(given)}."
    if not any(given.interval.low <= n <= given.interval.high for n in numbers):
        return contradicted("interval.mismatch", told)
    word = next(reversed(list(_INTERVAL.finditer(before))))
    return supported("interval.same", told, word.span(), (match.start(), quantity.end))
