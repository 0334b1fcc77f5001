"""Change against a prior examination, recomputed from both measurements; without a prior nothing is compared."""

from __future__ import annotations

import re
from enum import StrEnum

from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.evidence import ImageNode, MeasurementNode
from clinigraph.models.findings import Interval, Measurement
from clinigraph.models.formatting import format_measured
from clinigraph.models.imaging import ImageRole


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
_WORDS = (
    (Change.NONE, (rf"unchanged|stable|no (?:interval |significant )?change|has not changed|as before|"
     rf"not (?:increased|decreased|changed|progressed) {_SINCE}")),
    (Change.UP, (rf"has (?:increased|grown|risen|enlarged|progressed)|(?:increased|larger|higher|greater) {_SINCE}|"
     rf"(?:than (?:on )?(?:the )?(?:prior|previous|before))|interval (?:increase|growth)|increased from|"
     r"progressi(?:on|ve)")),
    (Change.DOWN, (rf"has (?:decreased|shrunk|fallen|regressed)|(?:decreased|smaller|lower) {_SINCE}|interval decrease|"
     rf"decreased from")),
    (Change.OTHER, (r"worse(?:ned|ning)?|improve[ds]?|improvement|improving|resolved|resolving|new(?:ly)?|"
     r"progressed|deteriorat(?:ed|ion)")),
)  # fmt: skip
_PATTERNS = tuple((c, re.compile(rf"\b(?:{p})\b", re.IGNORECASE)) for c, p in _WORDS)
_PRIOR = re.compile(
    r"\b(?:prior|previous(?:ly)?|earlier|baseline|ago|last (?:year|month|week|visit|examination)|since|formerly)\b",
    re.I,
)
_SINCE_ONLY = re.compile(_SINCE, re.IGNORECASE)


def changes(context: ProseContext) -> Outcome | None:
    """Compare what a sentence says of the course with the measurements then and now."""
    found = next(((c, m) for c, p in _PATTERNS if (m := context.find(p))), None)
    prior = context.find(_PRIOR)
    if found is None and prior is None:
        return None
    subject = next((s for s in context.subjects if s.measurement is not None), None)
    now = subject.measurement if subject is not None else None
    before = _before(context, now) if now is not None else None
    if now is None or before is None:
        return unsupported("change.no_prior", "The evidence holds no earlier measurement to compare with.")
    if found is None:
        return unsupported(
            "change.unread", "The evidence has an earlier measurement; what is said of it cannot be read."
        )
    said, match = found
    is_now = _change(before, now)
    words = f"Then {_text(before)}, now {_text(now)}: {is_now.value} beyond the intervals."
    if said is Change.OTHER:
        return unsupported("change.unread", f"{words} Whether that is better or worse is not for a rule to say.")
    if said is not is_now:
        return contradicted("change.mismatch", words)
    since = _SINCE_ONLY.search(context.text)
    return supported("change.same", words, match.span(), *([since.span()] if since else []))


def _before(context: ProseContext, now: Measurement) -> Measurement | None:
    priors = {n.value.id for n in context.index.graph.nodes
              if isinstance(n, ImageNode) and n.value.role is ImageRole.PRIOR}  # fmt: skip
    if now.image_id in priors:
        return None
    found = (n.value for n in context.index.graph.nodes if isinstance(n, MeasurementNode))
    return next((m for m in found if m.concept == now.concept and m.image_id in priors
                 and m.site.laterality is now.site.laterality and m.unit == now.unit), None)  # fmt: skip


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
