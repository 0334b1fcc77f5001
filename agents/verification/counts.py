"""Counts: how many criteria were met, indicators assessed, images or outlines there are."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clinigraph.agents.claims.numerals import numerals
from clinigraph.agents.claims.subjects import Hit
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.evidence import IndicatorResultNode, NodeKind
from clinigraph.models.findings import Met

_NOUN = re.compile(
    r"^\s+(?:(?:of|out of)\s+(?:the\s+)?"
    r"(?P<total>(?!(?:met|unmet|assessed|critical|cited|listed|planned)\b)[\w-]+)\s+)?"
    r"(?:(?P<which>met|unmet|assessed|critical|cited|listed|planned)\s+)?"
    r"(?P<noun>criteria|criterion|indicators?|images?|photographs?|films?|passages?|outlines?|segments?|"
    r"lesions?|nodules?|masses|haemorrhages?|hemorrhages?|opacities|effusions?|fractures?|plaques?|cysts?|drusen|"
    r"exudates?|spots|vessels?|lobes?)\b(?P<tail>\s+"
    r"(?:(?:is|was|are|were|has|have|could|can|remains?|do|does|did)\s+)?(?:(?:not|been|be)\s+){0,3}"
    r"(?:cannot be\s+)?(?:met|reached|fulfilled|satisfied|assessed|evaluated|measured|uncertain|"
    r"(?:surely )?meets? (?:its|their|the) (?:criteri(?:on|a)|thresholds?))\b)?",
    re.IGNORECASE,
)
_MODAL = re.compile(r"\s*(?:could|can)\b(?!\s*not)", re.IGNORECASE)
_KINDS = {
    "image": NodeKind.IMAGE, "photograph": NodeKind.IMAGE, "film": NodeKind.IMAGE, "passage": NodeKind.PASSAGE,
    "outline": NodeKind.LABEL_MAP, "segment": NodeKind.LABEL_MAP,
}  # fmt: skip
_NONE = re.compile(r"\bnone of(?: the)?(?=\s)", re.IGNORECASE)
_NO = re.compile(
    r"\bno(?=\s+(?:criteri|indicator)\w*\b(?!\s+(?:applies|apply|exists?|says?|is (?:set|given|stated))))",
    re.IGNORECASE,
)
_MET = ("met", "reached", "fulfilled", "satisfied")
_ASSESSED = re.compile(r"\b(?P<no>(?:can)?not (?:be |been )?)?(?:assessed|evaluated|measured)\b")
_ALL = ("the", "all", "these", "those", "its")
"""Words before a noun that name no number of them."""
_ONE = re.compile(r"\b(?:only )?one\b", re.IGNORECASE)


def counted(text: str, names: Sequence[Hit] = ()) -> tuple[tuple[int, int], ...]:
    """Return the places of a sentence that count things, outside the names in it ("more than one nodule")."""
    return tuple((start, end) for start, end, _, _ in _phrases(text, names))


def counts(context: ProseContext) -> Outcome | None:
    """Compare each count with the number of such things in the evidence."""
    spans = []
    for start, end, count, match in _phrases(context.text, context.hits):
        there = _there(context, match)
        if there is None:
            return unsupported("count.unknown", f"The evidence does not count {match['noun'].lower()}.")
        if _unread(context, match):
            return unverifiable("count.unread", "What is counted cannot be told apart in the evidence.")
        total = _number(match["total"]) if match["total"] else None
        if match["total"] and total is None and match["total"].lower() not in _ALL:
            return unsupported("count.unread", f'The evidence does not say of how many "{match["total"]}" are.')
        every = _there(context, match, every=True)
        if count != there or (total is not None and total != every):
            return contradicted("count.mismatch", f"The evidence has {there} of {every} {match['noun'].lower()}.")
        spans.append((start, end))
    return supported("count.same", "The count is the evidence's.", *spans) if spans else None


def _phrases(text: str, names: Sequence[Hit] = ()) -> list[tuple[int, int, int, re.Match[str]]]:
    found: list[tuple[int, int, int, re.Match[str]]] = []
    places = [(n.start, n.end, n.readings) for n in numerals(text)]
    places += [(m.start(), m.end(), (1.0,)) for m in _ONE.finditer(text)]
    places += [(m.start(), m.end(), (0.0,)) for pattern in (_NONE, _NO) for m in pattern.finditer(text)]
    for start, end, readings in sorted(places):
        if (found and start < found[-1][1]) or any(h.start <= start < h.end for h in names):
            continue
        match = _NOUN.match(text[end:])
        if match and len(readings) == 1 and readings[0].is_integer():
            found.append((start, end + match.end(), int(readings[0]), match))
    return found


def _unread(context: ProseContext, match: re.Match[str]) -> bool:
    """Whether a count is of what no number of the evidence gives: critical criteria, images that were assessed.

    An indicator without a criterion may have been measured and count as not assessed: which is meant cannot be told.
    """
    which, noun = (match["which"] or "").lower(), match["noun"].lower()
    words = f"{which} {match['tail'] or ''}"
    if which == "critical" or (match["tail"] and not noun.startswith(("criteri", "indicator"))):
        return True
    if _MODAL.match(match["tail"] or ""):
        return True
    results = [n.value for n in context.index.graph.nodes if isinstance(n, IndicatorResultNode)]
    open_ = any(r.met is Met.NOT_ASSESSED and r.value is not None for r in results)
    return open_ and noun.startswith("indicator") and _ASSESSED.search(words) is not None


def _number(word: str) -> int | None:
    found = numerals(word)
    if word.lower() == "one":
        return 1
    return int(found[0].readings[0]) if found and found[0].readings else None


def _there(context: ProseContext, match: re.Match[str], *, every: bool = False) -> int | None:
    noun = match["noun"].lower()
    nodes = context.index.graph.nodes
    if noun.startswith(("criteri", "indicator")):
        results = [n.value for n in nodes if isinstance(n, IndicatorResultNode)]
        judged = [r for r in results if r.criterion is not None] if noun.startswith("criteri") else results
        if every:
            return len([r for r in judged if r.met is not Met.NOT_ASSESSED or not _among_assessed(match)])
        return len([r for r in judged if _fits(r.met, match)])
    kind = _KINDS.get(noun.rstrip("s"))
    return None if kind is None else len([n for n in nodes if n.kind is kind])


def _among_assessed(match: re.Match[str]) -> bool:
    return (match["which"] or "").lower() == "assessed" and match["tail"] is not None


def _fits(met: Met, match: re.Match[str]) -> bool:
    which, tail = (match["which"] or "").lower(), (match["tail"] or "").lower()
    if which == "assessed" and tail:
        return met is not Met.NOT_ASSESSED and _fits_words(met, tail)
    return _fits_words(met, f"{which} {tail}")


def _fits_words(met: Met, words: str) -> bool:
    assessed = _ASSESSED.search(words)
    if assessed:
        return (met is Met.NOT_ASSESSED) is (assessed["no"] is not None)
    if any(f"not {w}" in words for w in (*_MET, "meet")) or "unmet" in words:
        return met is Met.NO
    if "uncertain" in words:
        return met is Met.UNCERTAIN
    return met is Met.YES if any(w in words for w in (*_MET, "meet")) else True
