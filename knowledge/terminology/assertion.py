"""Assertion by the words around a mention, after ConText (Harkema et al. 2009, J Biomed Inform 42:839-851).

A cue reaches forward or backward within its sentence until a word that ends its reach. Where several reach the
mention, one about a relative wins, then one that makes the statement hypothetical, else the nearest. A heading such as
"Family history:" speaks for the sentences below it that have no cue of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from clinigraph.errors import KnowledgeError
from clinigraph.knowledge.terminology.contract import Assertion
from clinigraph.knowledge.terminology.tokens import Sentence, headings
from clinigraph.knowledge.terminology.vocabularies import DATA

_CATEGORIES = frozenset({"pseudo", "stop", "absent", "possible", "historical", "family", "hypothetical"})
_DIRECTIONS = frozenset({"forward", "backward", "both", "*"})
_FAMILY_HEADING = re.compile(r"^(?:family history|family hx|fhx?|fh|family medical history)$")
_HISTORY_HEADING = re.compile(
    r"^(?:past (?:medical |surgical |ocular )?history|pmhx?|pmh|psh|previous history|medical history)$"
)
_SUSPICION = re.compile(r"(?:raises? |very |highly )?(?:suspicious|suggest|suspicion|concern|worri|indicative|evaluat)")
_STRONG = (Assertion.FAMILY, Assertion.HYPOTHETICAL)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table."""

    category: str
    direction: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that say something of the mentions near them."""

    start: int
    end: int
    words: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of one mention."""

    assertion: Assertion = Assertion.PRESENT
    cue: str = ""
    negated: bool = False


def read_rules(path: Path) -> list[Rule]:
    """Read the table of rules.

    Raises:
        KnowledgeError: A line does not have three columns, an unknown word, or a pattern that is no regular expression.
    """
    rules = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("#") or not line:
            continue
        parts = line.split("\t")
        if len(parts) != 3 or parts[0] not in _CATEGORIES or (parts[0] != "stop" and parts[1] not in _DIRECTIONS):
            raise _bad(path, number)
        try:
            re.compile(parts[2])
        except re.error as error:
            raise _bad(path, number) from error
        rules.append(Rule(*parts))
    return rules


def _bad(path: Path, number: int) -> KnowledgeError:
    return KnowledgeError(
        "A context rule is damaged", given=f"{path.name}, line {number}", todo="Give category, direction and pattern."
    )


class ContextRules:
    """Finds cues and judges mentions by them.

    Args:
        rules: In order of precedence.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        parts = (f"({_bounded(rule.pattern)})" for rule in self._rules)
        self._pattern = re.compile("|".join(parts))

    def cues(self, text: str, sentence: Sentence) -> list[Cue]:
        """Return the cues of one sentence in order; they do not overlap."""
        low = text[sentence.start : sentence.end].lower()
        if len(low) != sentence.end - sentence.start:
            low = "".join(c if len(c.lower()) != 1 else c.lower() for c in text[sentence.start : sentence.end])
        return [
            Cue(sentence.start + m.start(), sentence.start + m.end(), m.group(), self._rules[m.lastindex - 1])
            for m in self._pattern.finditer(low)
            if m.lastindex is not None and m.end() > m.start()
        ]

    def judge(self, start: int, end: int, cues: Sequence[Cue]) -> Judgement:
        """Return what the cues of its sentence say of the mention at ``start`` to ``end``."""
        reaching = [c for c in cues if _reaches(c, start, end, cues)]
        if not reaching:
            return Judgement()
        nearest = min(reaching, key=lambda c: _distance(c, start, end))
        nearest = _denied_suspicion(nearest, reaching)
        strong = [c for kind in _STRONG for c in reaching if c.rule.category == kind]
        chosen = strong[0] if strong else nearest
        words = chosen.words.strip()
        kind = Assertion(chosen.rule.category)
        denied = kind is Assertion.FAMILY and (
            nearest.rule.category == Assertion.ABSENT
            or re.match(r"(?i)(?:no|neg|without|den|unrem)|.*neg", words) is not None
        )
        return Judgement(kind, words, denied or kind is Assertion.ABSENT)


def _denied_suspicion(nearest: Cue, reaching: Sequence[Cue]) -> Cue:
    """Return the denial where it covers a cue that only names a suspicion: "no findings that suggest pneumonia"."""
    if nearest.rule.category != Assertion.POSSIBLE or not _SUSPICION.match(nearest.words):
        return nearest
    denials = [c for c in reaching if c.rule.category == Assertion.ABSENT and c.end <= nearest.start]
    return denials[-1] if denials else nearest


def _bounded(pattern: str) -> str:
    """Return a pattern that begins and ends at the edge of a word, with a blank for any white space."""
    symbol = pattern.startswith(("(?:: ", "\\?", ", ")) or "^" in pattern[:6]
    head = "" if symbol else r"(?<!\w)"
    open_end = pattern.endswith(("\\b", r"\s?", "$)", r"\))"))
    tail = "" if open_end else r"(?!\w)"
    return head + pattern.replace(" ", r"\s") + tail


def _reaches(cue: Cue, start: int, end: int, cues: Sequence[Cue]) -> bool:
    kind, direction = cue.rule.category, cue.rule.direction
    if kind in ("pseudo", "stop"):
        return False
    if direction in ("forward", "both") and cue.end <= start:
        return not any(_stops(s, kind) for s in cues if cue.end <= s.start and s.end <= start)
    if direction in ("backward", "both") and cue.start >= end:
        return not any(_stops(s, kind) for s in cues if end <= s.start and s.end <= cue.start)
    return False


def _stops(stop: Cue, kind: str) -> bool:
    return stop.rule.category == "stop" and (stop.rule.direction == "*" or kind in stop.rule.direction.split(","))


def _distance(cue: Cue, start: int, end: int) -> tuple[int, int]:
    gap = start - cue.end if cue.end <= start else cue.start - end
    return gap, cue.start


@cache
def default_rules() -> ContextRules:
    """Return the shipped rules, compiled once."""
    return ContextRules(read_rules(DATA / "context_rules.tsv"))


def sections(text: str) -> list[tuple[int, int, Assertion]]:
    """Return the stretches below headings that speak of the family or the past."""
    heads = list(headings(text))
    found: list[tuple[int, int, Assertion]] = []
    for number, (_, end, words) in enumerate(heads):
        after = heads[number + 1][0] if number + 1 < len(heads) else len(text)
        gap = text.find("\n\n", end)
        until = min(after, gap if gap >= 0 else after)
        if _FAMILY_HEADING.match(words):
            found.append((end, until, Assertion.FAMILY))
        elif _HISTORY_HEADING.match(words):
            found.append((end, until, Assertion.HISTORICAL))
    return found


def in_section(judgement: Judgement, start: int, stretches: Iterable[tuple[int, int, Assertion]]) -> Judgement:
    """Return the judgement with what the heading above the mention says."""
    kind = next((k for a, b, k in stretches if a <= start < b), None)
    if kind is Assertion.FAMILY and judgement.assertion in (Assertion.PRESENT, Assertion.ABSENT):
        return Judgement(kind, judgement.cue, judgement.assertion is Assertion.ABSENT)
    if kind is Assertion.HISTORICAL and judgement.assertion is Assertion.PRESENT:
        return Judgement(kind, judgement.cue)
    return judgement
