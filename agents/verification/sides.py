"""Laterality: a side in the sentence must be the side of its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clinigraph.agents.verification.base import ClaimContext, Outcome, contradicted, supported, unsupported
from clinigraph.models.codes import Laterality
from clinigraph.models.evidence import ImageNode
from clinigraph.models.reporting import ClaimKind

_CHAMBER = r"(?!\s+(?:ventric|atri))"
"""A left or right ventricle or atrium is the name of a part, not a side of the body."""
_SIDE_WORDS = (
    (Laterality.LEFT, re.compile(rf"\b(left|left-sided|OS|sinister)\b{_CHAMBER}")),
    (Laterality.RIGHT, re.compile(rf"\b(right|right-sided|OD|dexter)\b{_CHAMBER}")),
)


def sides(context: ClaimContext) -> Outcome | None:
    """Compare the side words of a sentence with the sides of its measurements, facts, findings and images."""
    claim = context.claim
    if claim.kind in (ClaimKind.KNOWLEDGE, ClaimKind.RECOMMENDATION, ClaimKind.LIMITATION):
        return None
    text = claim.text
    for result in context.results:
        text = text.replace(result.name, " ")
    said = {side for side, pattern in _SIDE_WORDS if pattern.search(text)}
    if not said:
        return None
    known = set(_sides(context))
    if not known:
        return unsupported("side.unknown", "The sentence names a side; the evidence does not.")
    if said != known:
        return contradicted("side.mismatch", f"The sentence says {_words(said)}, the evidence {_words(known)}.")
    return supported("side.same", f"The side is the evidence's: {_words(said)}.")


def _sides(context: ClaimContext) -> Iterator[Laterality]:
    for measured in context.measurements:
        yield from _expand(measured.value.site.laterality)
    for fact in context.facts:
        yield from _expand(fact.value.laterality)
    for finding in context.findings:
        yield from _expand(finding.value.site.laterality)
    for node in context.nodes:
        if isinstance(node, ImageNode):
            yield from _expand(node.value.laterality)


def _expand(laterality: Laterality) -> tuple[Laterality, ...]:
    if laterality is Laterality.BILATERAL:
        return (Laterality.LEFT, Laterality.RIGHT)
    return () if laterality is Laterality.UNKNOWN else (laterality,)


def _words(sides_: set[Laterality]) -> str:
    return " and ".join(sorted(s.value for s in sides_))
