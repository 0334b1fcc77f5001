"""Shares of the weight of a protocol that were assessed, against those of the impression."""

from __future__ import annotations

import re

from clinigraph.agents.verification.base import Outcome, contradicted, supported
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.formatting import format_percent

_SHARE = re.compile(
    r"\b(?:(?P<only>only|just)\s+)?(?:(?P<number>\d{1,3}(?:\.\d+)?)\s?(?:%|per\s?cent)|(?P<all>all|the whole)|"
    r"(?P<none>none))\s+"
    r"of (?:the )?(?:planned |total )?weight\s*(?:(?:was|is|could be|has been)\s+)?(?P<not>not (?:be )?)?"
    r"(?P<said>assessed|evaluated|missing|unassessed)\b",
    re.IGNORECASE,
)


def shared(text: str) -> tuple[tuple[int, int], ...]:
    """Return where a sentence says how much of the weight was assessed."""
    return tuple(m.span() for m in _SHARE.finditer(text))


def shares(context: ProseContext) -> Outcome | None:
    """Compare the share of the weight with the one that the impression rests on."""
    impression = context.index.impression
    spans = []
    for match in _SHARE.finditer(context.text):
        given = impression.assessed_share
        told = f"{format_percent(given)} of the weight was assessed."
        lacking = bool(match["not"]) is not (match["said"].lower() in ("missing", "unassessed"))
        number = 100.0 if match["all"] else 0.0 if match["none"] else float(match["number"])
        if match["only"] and number >= 100:
            return contradicted("number.mismatch", told)
        exact = 100 * (1 - given if lacking else given)
        decimals = len((match["number"] or "").partition(".")[2])
        if abs(number - exact) > 0.5 * 10**-decimals + 1e-9 or (match["only"] and round(exact) >= 100):
            return contradicted("number.mismatch", told)
        spans.append(match.span())
    return supported("number.traced", "The share is the impression's.", *spans) if spans else None
