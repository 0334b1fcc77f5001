"""Several signs in one sentence, some there and some not: each must have its own word, right before or after it."""

from __future__ import annotations

import re

from clinigraph.agents.claims.subjects import Hit
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.findings import Presence

_DENIES_NEXT = re.compile(
    r"\b(?:no|without|denies|denied|lacks?|free of|negative for|absence of|not)\s+(?:(?!and\b|but\b)[\w-]+\s+){0,3}$",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"^\s*,?\s*(?:(?:is|are|was|were)\s+)?(?:both\s+|all\s+)?"
    r"(?:absent|denied|excluded|ruled out|not (?:present|seen|found|evident|there))\b",
    re.IGNORECASE,
)
_AFFIRMED = re.compile(
    r"^\s*,?\s*(?:(?:is|are|was|were)\s+)?(?:both\s+|all\s+)?(?:present|found|seen|there|evident|confirmed)\b",
    re.IGNORECASE,
)
_OR = re.compile(r"^\s*(?:,|or|nor|, or|, nor)\s*(?:an?\s+|the\s+)?$", re.IGNORECASE)
_AND = re.compile(r"^\s*(?:,|and|, and)\s*(?:an?\s+|the\s+)?$", re.IGNORECASE)


def several(context: ProseContext, hit: Hit) -> Presence | None:
    """Return what is said of one name among several; None where its words are not its own."""
    place = context.hits.index(hit)
    before = context.text[context.hits[place - 1].end if place else 0 : hit.start]
    after = context.text[
        hit.end : context.hits[place + 1].start if place + 1 < len(context.hits) else len(context.text)
    ]
    denied = _DENIES_NEXT.search(before) is not None
    if not denied and place and _OR.match(before) and _DENIES_NEXT.search(_lead(context, place - 1)):
        denied = True
    if not denied and place and _AND.match(before) and _DENIES_NEXT.search(_lead(context, place - 1)):
        return None
    end = _end(context, place, after)
    if denied:
        return None if _AFFIRMED.match(end) or _DENIED.match(end) else Presence.ABSENT
    return Presence.ABSENT if _DENIED.match(end) else Presence.PRESENT


def _lead(context: ProseContext, place: int) -> str:
    """Return the text before the first name of a list that a name belongs to."""
    while place and (_OR.match(gap := _gap(context, place)) or _AND.match(gap)):
        place -= 1
    return context.text[: context.hits[place].start]


def _end(context: ProseContext, place: int, after: str) -> str:
    """Return the text behind the last name of a list that a name belongs to."""
    last = place
    while last + 1 < len(context.hits) and _AND.match(_gap(context, last + 1)):
        last += 1
    if last == place:
        return after
    following = context.hits[last + 1].start if last + 1 < len(context.hits) else len(context.text)
    return context.text[context.hits[last].end : following]


def _gap(context: ProseContext, place: int) -> str:
    return context.text[context.hits[place - 1].end : context.hits[place].start]
