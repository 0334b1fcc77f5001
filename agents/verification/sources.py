"""Sources named in free wording: the guideline is among those cited, with its year, its edition and what it says."""

from __future__ import annotations

import re
from functools import lru_cache

from clinigraph.agents.claims.subjects import SubjectKind
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.base import PassageId
from clinigraph.models.evidence import PassageNode
from clinigraph.models.passages import Passage, Trust
from clinigraph.models.reporting import ClaimKind

NEAR = 0.6
"""Share of common words from which a sentence is taken for a changed quotation."""
LEAST_QUOTED = 4
"""Words of a passage's sentence from which a sentence that holds them all, and others, is taken for one."""
MOST_OF_A_NAME = 2 / 3
"""Least share of the long words of a condition's name by which a sentence speaks of it."""
_NAMES_A_SOURCE = re.compile(
    r"\b(?:guidelines?|guidance|according to (?!(?:the|this|her|his) (?:[\w-]+ )?"
    r"(?:records?|chart|file|notes|rules?|indicators?|scores?|weights?|evidence|measurements?|formula|equation|method)\b)|"
    r"society|association|academy|college|consensus|edition|criteria of|et al|"
    r"statement|as defined by|as published|terminology and|recommendations? of|textbook|trial|"
    r"(?<!prior )(?<!previous )(?<!earlier )study)\b",
    re.IGNORECASE,
)
_SWEEPING = re.compile(
    r"\b(?:in (?:every|all|each) (?:patients?|cases?|persons?|people)|without exception|always|invariably)\b",
    re.IGNORECASE,
)
_ATTRIBUTED = re.compile(
    r"^\s*(?:According to|Per|As stated by|As defined by) [^,]{2,90},\s*|,? according to [^,]{2,90}\.?\s*$|"
    r"\s*\([A-Z][^()]{2,70}\)\.?\s*$"
)
"""Who says so, before or after what is said."""
_NAMED_RULE = re.compile(r"\b[A-Z]{2,8} (?:criterion|criteria|threshold|cut-?off|definition)\b")
_YEAR = re.compile(r"(?<![\d.])(1[89]\d\d|20\d\d)(?!\d|\.\d)")
_EDITION = re.compile(r"\b(\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh)\s+edition\b", re.I)
_SPELLED = {"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th"}
_PROPER = re.compile(r"\b(?:[A-Z][A-Za-z]*[a-z]|[A-Z]{2,8})\b")
_COMMON_WORDS = (
    "according guideline guidelines guidance the society association academy college consensus edition criteria "
    "statement recommendation recommendations terminology of for and in on to by report study trial textbook et al as "
    "defined published medicine medical national international classification"
)
_COMMON = frozenset(_COMMON_WORDS.split())


def dated(text: str, *, sourced: bool = False) -> tuple[tuple[int, int], ...]:
    """Return where a sentence that names a source gives years and editions.

    Args:
        text: The sentence.
        sourced: Whether it is known to name a source.
    """
    if not sourced and not _NAMES_A_SOURCE.search(text):
        return ()
    return tuple(m.span() for pattern in (_YEAR, _EDITION) for m in pattern.finditer(text))


def sources(context: ProseContext) -> Outcome | None:
    """Judge the source that a sentence names, and sentences of knowledge that name none."""
    passages = [n.value for n in context.index.graph.nodes if isinstance(n, PassageNode)]
    if _SWEEPING.search(context.text) and not any(_SWEEPING.search(p.text) for p in passages):
        return unsupported("citation.sweeping", "The sentence speaks of all patients; no cited passage does.")
    altered = _altered(context)
    if altered is not None:
        return altered
    named_by_year = bool(context.source_with_year)
    if not _NAMES_A_SOURCE.search(context.text) and context.find(_NAMED_RULE) is None and not named_by_year:
        return _unsourced(context)
    words = proper_words(context.text)
    found = [p for p in passages if words & source_words(p.source.title, p.source.publisher, p.source.id)]
    if not found and not words:
        return unverifiable("citation.unnamed", "The sentence speaks of a source and names none.")
    if not found:
        return unsupported("citation.unknown", "The source that the sentence names is not among the passages cited.")
    best = max(len(words & source_words(p.source.title, p.source.publisher, p.source.id)) for p in found)
    named = [p for p in found if len(words & source_words(p.source.title, p.source.publisher, p.source.id)) == best]
    return _dates(context, named) or _said(context, named, words)


def quotation(context: ProseContext) -> Outcome | None:
    """A sentence that stands in a cited passage, word for word and whole, is a quotation."""
    passages = [n.value for n in context.index.graph.nodes if isinstance(n, PassageNode)]
    plain = _squeezed(context.text)
    told = _ATTRIBUTED.search(context.text)
    rest = _squeezed(_ATTRIBUTED.sub("", context.text)) if told is not None else ""
    for passage in passages:
        credited = told is not None and rest in _sentences(passage.text) and _is_named(context, passage, told.group())
        if plain in _sentences(passage.text) or credited:
            if passage.source.trust is Trust.UNSIGNED:
                return unsupported("citation.unsigned", "Only unsigned documents say so.")
            if not context.library.verify(passage):
                return contradicted("citation.bytes", f"The passage {passage.id} is not in the store with these bytes.")
            return supported("citation.exact", "It stands so in the cited passage.", (0, len(context.text)))
    return None


def _is_named(context: ProseContext, passage: Passage, told: str) -> bool:
    """Whether who is said to say so is a passage's source and nothing else, with its year and edition."""
    source = passage.source
    known = source_words(source.title, source.publisher, source.id) | _COMMON
    words = re.findall(r"[a-z]+", _YEAR.sub("", told.lower()))
    named = [w for w in words if w not in _COMMON]
    return bool(named) and all(w in known for w in words) and _dates(context, [passage]) is None


@lru_cache(maxsize=512)
def _sentences(text: str) -> frozenset[str]:
    parts = re.split(r"(?<=[.!?])\s+", text)
    runs = {
        _squeezed(" ".join(parts[i:j])) for i in range(len(parts)) for j in range(i + 1, min(len(parts), i + 4) + 1)
    }
    return frozenset((*runs, _squeezed(text)))


def _squeezed(text: str) -> str:
    return " ".join(text.split()).rstrip(".").lower()


def _altered(context: ProseContext) -> Outcome | None:
    """A sentence that is nearly one of a cited passage, but not its words, leans on it without saying what it says."""
    words = frozenset(re.findall(r"[a-z]{3,}", context.text.lower()))
    if len(words) < 4:
        return None
    for node in context.index.graph.nodes:
        if not isinstance(node, PassageNode):
            continue
        for sentence in re.split(r"(?<=[.!?])\s+", node.value.text.lower()):
            theirs = frozenset(re.findall(r"[a-z]{3,}", sentence))
            whole = len(theirs) >= LEAST_QUOTED and theirs <= words
            if whole or len(words & theirs) >= NEAR * len(words | theirs):
                return unsupported("citation.altered", f"The sentence differs from the passage {node.id}.")
    return None


def _unsourced(context: ProseContext) -> Outcome | None:
    condition = frozenset(re.findall(r"[a-z]{5,}", context.index.impression.condition.lower()))
    words = frozenset(re.findall(r"[a-z]{5,}", context.text.lower()))
    if condition and len(condition & words) >= MOST_OF_A_NAME * len(condition):
        return None
    if context.claim.kind in (ClaimKind.KNOWLEDGE, ClaimKind.RECOMMENDATION):
        return unsupported("citation.none", "No passage of the evidence says this in these words.")
    return None


def proper_words(text: str) -> frozenset[str]:
    """Return the words of a sentence that may name a source, in small letters."""
    return frozenset(w.lower() for w in _PROPER.findall(text)) - _COMMON


@lru_cache(maxsize=512)
def source_words(title: str, publisher: str, source_id: str) -> frozenset[str]:
    """Return the words by which a source is named."""
    plain = re.findall(r"[A-Za-z]{2,}", f"{title} {publisher} {source_id}")
    initials = "".join(w[0] for w in re.findall(r"[A-Za-z]+", publisher) if w[0].isupper())
    return frozenset((*(w.lower() for w in plain), initials.lower())) - _COMMON


def _dates(context: ProseContext, named: list[Passage]) -> Outcome | None:
    years = [int(y) for y in _YEAR.findall(context.text)]
    known = {p.source.year for p in named}
    wrong = next((y for y in years if y not in known), None)
    if wrong is not None:
        given = ", ".join(str(y) for y in sorted(y for y in known if y))
        return contradicted("citation.year", f"The cited source is of {given or 'no stated year'}, not of {wrong}.")
    for written in _EDITION.findall(context.text):
        edition = _SPELLED.get(written.lower(), written.lower())
        if not any(edition in (p.source.edition or "").lower() for p in named):
            return contradicted("citation.edition", "The cited source is of another edition.")
    return None


def _said(context: ProseContext, named: list[Passage], words: frozenset[str]) -> Outcome:
    """The source is there; what it is said to say is left to the other checks."""
    ids = {p.id for p in named}
    rules = [s.result.criterion for s in context.subjects if s.result is not None and s.result.criterion is not None]
    years = dated(context.text, sourced=True)
    numbers = [q for q in context.quantities if not any(a <= q.number_start < b for a, b in years)]
    if rules and numbers and not any(r.passage_id in ids for r in rules):
        return contradicted("citation.other", "Another source than the named one states the criterion.")
    if all(s.kind is SubjectKind.CONDITION for s in context.subjects) and _thresholds_of(context, ids):
        return unverifiable("citation.unread", "The source is cited; what it is said to say of what cannot be read.")
    if not any(r.passage_id in ids for r in rules):
        return unsupported("citation.not_said", "No criterion of the named source is about what the sentence says.")
    spans = list(dated(context.text, sourced=bool(context.source_with_year)))
    spans += [m.span() for p in (_NAMES_A_SOURCE, _NAMED_RULE) for m in p.finditer(context.text)]
    mine = frozenset(w for p in named for w in source_words(p.source.title, p.source.publisher, p.source.id))
    spans += [m.span() for m in re.finditer(r"[A-Za-z]{2,}", context.text) if m.group().lower() in mine]
    return supported("citation.exact", f"The source is cited: {named[0].citation}.", *spans)


def _thresholds_of(context: ProseContext, passages: set[PassageId]) -> bool:
    """Whether every number of a sentence is a threshold that one of some passages states."""
    rules = [s.result.criterion for s in context.index.subjects if s.result is not None and s.result.criterion]
    marks = {r.threshold for r in rules if r.passage_id in passages}
    plain = [
        q for q in context.quantities if not any(a <= q.number_start < b for a, b in dated(context.text, sourced=True))
    ]
    return bool(plain) and all(marks & set(q.readings) for q in plain)
