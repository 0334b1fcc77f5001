"""Numbers of a course: which number of a sentence is the earlier value, which the present one, which the difference."""

from __future__ import annotations

import re
from enum import StrEnum

from clinigraph.agents.claims.quantities import Quantity
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.evidence import ImageNode, MeasurementNode
from clinigraph.models.findings import Measurement
from clinigraph.models.imaging import ImageRole

MOVED = (
    r"(?:increas(?:ed|ing)|grew|grown|growing|r[oi]se|risen|rising|widened|enlarged|decreas(?:ed|ing)|fell|fallen|"
    r"falling|shr[aiu]nk|shrunk|shrinking|dropped|declined|narrowed|chang(?:ed|ing)|went|gone|moved)"
)
_MOVED = re.compile(rf"\b{MOVED}\b", re.IGNORECASE)
_EARLIER = r"(?:prior|previous|earlier|baseline)"
_EXAMINATION = (
    r"(?:\s+(?:examination|exam|image|film|study|visit|photograph|photo|report|scan|measurement|value|time))?"
)
_AT_EARLIER = rf"(?:(?:at|on|in|from) (?:the )?)?{_EARLIER}{_EXAMINATION}|previously|formerly|earlier"
_FROM = re.compile(r"\bfrom\s*$", re.IGNORECASE)
_BEFORE_THEN = re.compile(
    rf"\b(?:the )?(?:{_EARLIER}{_EXAMINATION}|previously|formerly)(?:\s*[:=,]|\s+(?:was|of|at|had been|measured))*\s*$",
    re.IGNORECASE,
)
_AFTER_THEN = re.compile(rf"^\s*\(?(?:{_AT_EARLIER})\b", re.IGNORECASE)
_NAMED_THEN = re.compile(rf"\b{_EARLIER}\s+$", re.IGNORECASE)
"""Before a name: its earlier value."""
_OPENS_THEN = re.compile(rf"^\s*(?:{_AT_EARLIER})\b", re.IGNORECASE)
_NOW = re.compile(r"\b(?:now|currently|today)\b", re.IGNORECASE)
_BY = re.compile(rf"\b{MOVED}\b[^.;,]{{0,30}}?\bby\s*(?:about|roughly|approximately|around|~)?\s*$", re.IGNORECASE)


class Role(StrEnum):
    """What a number of a course is."""

    THEN = "then"
    NOW = "now"
    BY = "by"


def role(context: ProseContext, quantity: Quantity) -> Role:
    """Return what a number is: the earlier value, the difference, or else the present value."""
    before, after = context.text[: quantity.number_start], context.text[quantity.end :]
    if _BY.search(before):
        return Role.BY
    if quantity.ranged:
        first = _FROM.search(before) is not None and not quantity.joined
        return Role.THEN if first and is_course(context) else Role.NOW
    if _named_then(context, quantity) is not None or _BEFORE_THEN.search(before) or _AFTER_THEN.search(after):
        return Role.THEN
    return Role.THEN if _OPENS_THEN.search(before) and len(context.quantities) == 1 else Role.NOW


def _named_then(context: ProseContext, quantity: Quantity) -> re.Match[str] | None:
    """Return the word that makes the name before a number an earlier one ("the previous size was")."""
    ahead = [h for h in context.hits if h.end <= quantity.start]
    return _NAMED_THEN.search(context.text[: ahead[-1].start]) if ahead else None


def is_course(context: ProseContext) -> bool:
    """Whether the sentence says that something moved."""
    return context.find(_MOVED) is not None


def earlier_words(context: ProseContext) -> tuple[tuple[int, int], ...]:
    """Return the places of the words that make a number the earlier one."""
    found: list[tuple[int, int]] = []
    for quantity in context.quantities:
        if role(context, quantity) is not Role.THEN or quantity.ranged:
            continue
        after = _AFTER_THEN.search(context.text[quantity.end :])
        ahead = (
            _named_then(context, quantity)
            or _BEFORE_THEN.search(context.text[: quantity.number_start])
            or _OPENS_THEN.search(context.text)
        )
        if after:
            found.append((quantity.end + after.start(), quantity.end + after.end()))
        elif ahead:
            found.append(ahead.span())
    if found:
        found.extend(m.span() for m in _NOW.finditer(context.text))
    return tuple(found)


def before(context: ProseContext, now: Measurement) -> Measurement | None:
    """Return the measurement of the same thing on the prior image, or None."""
    nodes = context.index.graph.nodes
    priors = {n.value.id for n in nodes if isinstance(n, ImageNode) and n.value.role is ImageRole.PRIOR}
    if now.image_id in priors:
        return None
    found = (n.value for n in nodes if isinstance(n, MeasurementNode))
    return next((m for m in found if m.concept == now.concept and m.image_id in priors
                 and m.site.laterality is now.site.laterality and m.unit == now.unit), None)  # fmt: skip


def has_prior(context: ProseContext) -> bool:
    """Whether the case has an earlier image."""
    return any(isinstance(n, ImageNode) and n.value.role is ImageRole.PRIOR for n in context.index.graph.nodes)
