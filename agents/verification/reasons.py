"""Why something was not assessed: the reason is the result's own, whole and with its denials."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clinigraph.agents.claims.naming import bare, carrier
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.illness import DISEASES
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.findings import IndicatorResult, Met

_WORD = re.compile(r"[a-z]{2,}")
_SMALL = frozenset(
    (
        "of",
        "in",
        "on",
        "at",
        "by",
        "to",
        "is",
        "it",
        "as",
        "or",
        "an",
        "the",
        "and",
        "was",
        "were",
        "are",
        "has",
        "have",
        "been",
        "this",
        "that",
        "for",
        "with",
    )
)
_LACKING = frozenset(
    ("missing", "unknown", "absent", "given", "lacking", "needed", "because", "available", "could", "cannot", "not",
     "stated", "there", "connected", "set", "silent", "want", "lack", "none", "them",
     "recorded", "known", "since", "required", "any", "without")
)  # fmt: skip
"""Words that a reason may be reworded with."""
STRANGE = 1 / 3
"""Most of a reason's words that may be others."""
_BECAUSE = re.compile(
    r"^(?: in (?:millimetres|millimeters|mm))?\s*(?:,?\s*(?:because|since|as)\b|:|,(?!\s*so\b))\s*(.+?)[\s.]*$",
    re.IGNORECASE | re.DOTALL,
)
_DENIALS = ("no", "not", "cannot", "without", "never", "none")


def partly_named(context: ProseContext, results: Sequence[IndicatorResult], match: re.Match[str]) -> Outcome:
    """Judge that something was not assessed that is named by some of its words, the last among them."""
    carried = frozenset(w for r in results for w in carrier(r.name).split())
    words = frozenset(_WORD.findall(context.text[: match.start()].lower())) - _SMALL - carried
    named = [
        r for r in results if words and words <= frozenset(_WORD.findall(r.name.lower())) and _head(r.name) in words
    ]
    if not named:
        return unverifiable("gap.unknown", "The evidence does not speak of what was not assessed.")
    wrong = next((r for r in named if r.met is not Met.NOT_ASSESSED or r.value is not None), None)
    if wrong is not None:
        return contradicted("criterion.mismatch", f"{wrong.name} was assessed: {wrong.met.value}.")
    outcome = gap_reason(context, named[0], match)
    spans = ((0, match.end()), *outcome.spans)
    return supported(outcome.code, outcome.sentence, *spans) if outcome.spans else outcome


def _head(name: str) -> str:
    """Return the last word of a name, brackets left out: without it a sentence speaks of a part of what is named."""
    return str(_WORD.findall(bare(name))[-1])


def _in_order(said: str, given: str) -> bool:
    """Whether one reason stands in whole clauses of another, in their order and with every denial."""
    clauses = re.split(r"[,;:(]", given.lower())
    runs = (" ".join(clauses[i:j]) for i in range(len(clauses)) for j in range(i + 1, len(clauses) + 1))
    return any(_stands_in(_kept(said), _kept(run)) for run in runs)


def _kept(text: str) -> list[str]:
    return [w for w in _WORD.findall(text.lower()) if w not in _SMALL]


def _stands_in(mine: list[str], theirs: list[str]) -> bool:
    """Whether words are those of a clause, but for some at its start or right behind a denial ("no model is set")."""
    denied = [w for w in theirs if w in _DENIALS] == [w for w in mine if w in _DENIALS]
    kept, last = list(mine), ""
    for word in theirs:
        if kept and word == kept[0]:
            last = kept.pop(0)
        elif last and last not in _DENIALS:
            return False
    return bool(mine) and denied and not kept and mine[-1:] == theirs[-1:]


def gap_reason(context: ProseContext, result: IndicatorResult, match: re.Match[str]) -> Outcome:
    """Judge why something is said not to have been assessed; without a reason, that it was not."""
    tail = _BECAUSE.match(context.text[match.end() :])
    if tail is None:
        return supported("gap.same", f"{result.name} was not assessed: {result.reason}", match.span())
    if _in_order(tail.group(1), result.reason):
        return supported("gap.same", "It was not assessed, for the reason given.", (match.start(), len(context.text)))
    given = frozenset(_WORD.findall(result.reason.lower()))
    said = frozenset(_WORD.findall(tail.group(1).lower())) - _SMALL
    if said & DISEASES - given:
        return unsupported("finding.unknown", "The reason of the record speaks of no such illness.")
    if said & given and len(said - given - _LACKING) <= STRANGE * len(said):
        return unverifiable("gap.reworded", f"The reason was: {result.reason}")
    return contradicted("gap.reason", f"The reason was: {result.reason}")
