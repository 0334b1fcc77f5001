"""Change against a prior examination, recomputed from both measurements; without a prior nothing is compared."""

from __future__ import annotations

import re
from enum import StrEnum

from clinigraph.agents.claims.subjects import Subject
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported
from clinigraph.agents.verification.courses import before as earlier
from clinigraph.agents.verification.courses import earlier_words, has_prior
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.agents.verification.thresholds import UNASSESSED
from clinigraph.models.findings import Interval, Measurement
from clinigraph.models.formatting import format_measured


class Change(StrEnum):
    """What a sentence says of the course."""

    UP = "increased"
    DOWN = "decreased"
    NONE = "unchanged"
    OTHER = "changed"


_SINCE = (
    r"(?:since|compared (?:with|to)|in comparison (?:with|to)|from|relative to|versus)\s+(?:the\s+)?"
    r"(?:prior|previous|earlier|last|baseline)(?:\s+(?:examination|exam|image|film|study|visit|photograph|report))?"
)
_THAN = (
    r"than (?:(?:on|in|at) )?(?:the )?(?:prior|previous|earlier|before)"
    r"(?: (?:examination|exam|image|film|study|visit|photograph|report))?"
)
_UP = r"(?:increased|grew|grown|rose|risen|enlarged|widened)"
_DOWN = r"(?:decreased|shrank|shrunk|fell|fallen|dropped|declined|narrowed)"
_WORDS = (
    (Change.NONE, (rf"unchanged|stable|no (?:interval |significant )?change|has not changed|as before|"
     rf"not (?:increased|decreased|changed|progressed) {_SINCE}")),
    (Change.UP, (rf"has (?:increased|grown|risen|enlarged|progressed)|(?:increased|larger|higher|greater) {_SINCE}|"
     rf"(?:larger|higher|greater|bigger|wider) {_THAN}|interval (?:increase|growth)|"
     rf"{_UP} (?:from|by)\b|{_UP} {_SINCE}|"
     r"progressi(?:on|ve)")),
    (Change.DOWN, (rf"has (?:decreased|shrunk|fallen|regressed)|(?:decreased|smaller|lower) {_SINCE}|interval decrease|"
     rf"(?:smaller|lower|less|narrower) {_THAN}|"
     rf"{_DOWN} (?:from|by)\b|{_DOWN} {_SINCE}")),
    (Change.OTHER, (r"worse(?:ned|ning)?|improve[ds]?|improvement|improving|resolved|resolving|new(?:ly)?|"
     r"progressed|deteriorat(?:ed|ion)")),
)  # fmt: skip
_PATTERNS = tuple((c, re.compile(rf"\b(?:{p})\b", re.IGNORECASE)) for c, p in _WORDS)
_PRIOR = re.compile(
    r"\b(?:prior|previous(?:ly)?|earlier|baseline|ago|last (?:year|month|week|visit|examination)|formerly|"
    r"since (?:the |his |her |my )?(?:prior|previous|last|first|baseline|then|birth|childhood|diagnosis|admission|"
    r"surgery|treatment|"
    r"(?:19|20)\d\d))\b",
    re.I,
)
_RELATIVE = (
    (Change.NONE, re.compile(r"\b(?:the same|unchanged|stable|similar)\b", re.IGNORECASE)),
    (Change.UP, re.compile(r"\b(?:larger|higher|greater|bigger|wider|increased|grown|risen)\b", re.IGNORECASE)),
    (Change.DOWN, re.compile(r"\b(?:smaller|lower|less|narrower|decreased|shrunk|fallen)\b", re.IGNORECASE)),
)
"""Words that tell a course beside "compared with the prior"."""
_DENIED = re.compile(r"\b(?:not|no|never|n't|without)\b[^.;,]*$", re.IGNORECASE)
_NO_PRIOR = re.compile(
    r"\bno (?:prior|previous|earlier|older) (?:examinations?|exams?|images?|films?|stud(?:y|ies)|photographs?|scans?|"
    r"measurements?)(?: (?:is|are|was|were)(?: available| at hand| given)?)?(?: for comparison| to compare with)?",
    re.IGNORECASE,
)
_SINCE_ONLY = re.compile(_SINCE, re.IGNORECASE)


def changes(context: ProseContext) -> Outcome | None:
    """Compare what a sentence says of the course with the measurements then and now."""
    none = context.find(_NO_PRIOR)
    if none is not None:
        return _without(context, none.span())
    found = course(context)
    if found is None and (UNASSESSED.search(context.text) or context.find(_PRIOR) is None):
        return None
    subjects = _moved(context, found)
    measured = [s.measurement for s in subjects if s.measurement is not None]
    pairs = [(m, earlier(context, m)) for m in measured]
    now, before = next(((m, b) for m, b in pairs if b is not None), (None, None))
    if now is None or before is None or any(b is None for _, b in pairs):
        return unsupported("change.no_prior", "The evidence holds no earlier measurement to compare with.")
    return _told(context, before, now) if found is None else _compared(context, found, before, now)


def _moved(context: ProseContext, found: tuple[Change, re.Match[str]] | None) -> list[Subject]:
    """Return what is said to have moved: the name before the words, with those joined to it; without words all."""
    if found is None:
        return list(context.subjects)
    joined = context.joined(found[1].start())
    if len(joined) > 1:
        return [s for h in joined for s in h.subjects[:1]]
    return list(context.subjects_at(found[1].start()))


def _told(context: ProseContext, before: Measurement, now: Measurement) -> Outcome:
    """Judge a sentence that gives the earlier value and no course."""
    places = earlier_words(context)
    if places:
        return supported("change.then", f"Then {_text(before)}, now {_text(now)}.", *places)
    return unsupported("change.unread", "The evidence has an earlier measurement; what is said of it cannot be read.")


def _compared(
    context: ProseContext, found: tuple[Change, re.Match[str]], before: Measurement, now: Measurement
) -> Outcome:
    said, match = found
    is_now = _change(before, now)
    words = f"Then {_text(before)}, now {_text(now)}: {is_now.value} beyond the intervals."
    if said is Change.OTHER:
        return unsupported("change.unread", f"{words} Whether that is better or worse is not for a rule to say.")
    if said is not is_now:
        return contradicted("change.mismatch", words)
    since = _SINCE_ONLY.search(context.text)
    return supported("change.same", words, match.span(), *earlier_words(context), *([since.span()] if since else []))


def course(context: ProseContext) -> tuple[Change, re.Match[str]] | None:
    """Return what a sentence says of the course, with the words that say it."""
    found = next(((c, m) for c, p in _PATTERNS if (m := context.find(p)) and not _in_a_disease(context, m)), None)
    if found is None and _SINCE_ONLY.search(context.text):
        found = next(((c, m) for c, p in _RELATIVE if (m := context.find(p))), None)
        if found is not None and _DENIED.search(context.text[: found[1].start()]):
            return None
    return found


def _in_a_disease(context: ProseContext, match: re.Match[str]) -> bool:
    """Whether a word stands in the name of a disease: progressive external ophthalmoplegia."""
    return any(m.span.start <= match.start() < m.span.end for m in context.mentions)


def _without(context: ProseContext, span: tuple[int, int]) -> Outcome:
    if has_prior(context):
        return contradicted("change.prior", "The case has an earlier image.")
    return supported("change.none", "The case has no earlier image.", span)


def _change(before: Measurement, now: Measurement) -> Change:
    """Return a change only where the two intervals do not meet; a value without interval is its own."""
    then_low, then_high = _ends(before.interval, before.value)
    now_low, now_high = _ends(now.interval, now.value)
    if now_low > then_high:
        return Change.UP
    return Change.DOWN if now_high < then_low else Change.NONE


def _ends(interval: Interval | None, value: float) -> tuple[float, float]:
    return (interval.low, interval.high) if interval else (value, value)


def _text(value: Measurement) -> str:
    return format_measured(value.value, value.unit, value.interval)
