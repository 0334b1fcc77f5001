"""Words of a sentence to names of a lexicon: any order, any spelling, the longest first.

Windows of words are looked up under their normal form (see ``normal``). A window does not cross a bracket, and a comma
only in inverted names ("effusion, pleural"). Words of degree and place inside a window may be skipped at a price
("pleural small effusion"), and the head of a coordination is shared ("pleural or pericardial effusion").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clinigraph.knowledge.terminology.lexicon import VARIED, Lexicon, Row
from clinigraph.knowledge.terminology.normal import MAX_NAME_WORDS, fold, key_of
from clinigraph.knowledge.terminology.tokens import Token

SKIPPED = 0.9
"""Factor on the score when words inside were skipped. Our choice."""
MAX_SPAN_WORDS = 14

_SKIPPABLE = frozenset({
    "is", "are", "was", "were", "be", "been", "being", "remain", "remains", "appears", "appear", "mild", "mildly",
    "moderate", "moderately", "severe", "severely", "small", "large", "slight", "slightly", "minimal", "minimally",
    "marked", "markedly", "significant", "significantly", "borderline", "somewhat", "very", "new", "acute",
    "chronic", "focal", "patchy", "left", "right", "bilateral", "both", "lower", "upper", "middle", "this", "his",
    "her", "patient", "left-sided", "again", "mild-to-moderate", "within", "normal", "increased", "decreased",
}) - {"normal", "increased", "decreased"}  # fmt: skip
_JOINERS = frozenset({"and", "or", "nor"})
_ENGLISH = frozenset({
    "all", "was", "has", "his", "had", "can", "may", "not", "one", "two", "age", "old", "new", "sex", "off", "out",
    "top", "use", "low", "end", "due", "see", "seen", "set", "put", "pm", "am", "us", "it", "in", "on", "no", "so",
    "he", "she", "we", "day", "days", "year", "years", "week", "weeks", "time", "normal", "disease", "syndrome",
    "disorder", "right", "left", "history", "patient", "growth", "weight", "height", "stable", "onset", "finding",
    "findings", "abnormality", "abnormal", "sign", "signs", "symptom", "symptoms", "increased", "decreased", "skin",
    "eye", "retinal", "pulmonary", "cardiac", "renal", "hepatic", "mass", "lesion", "change", "hand", "head",
    "neck", "child", "infection", "neoplasm", "allergy", "death", "female", "male", "face", "trunk", "foot", "thin",
    "short", "large", "small", "cleft", "deficiency", "other", "transport", "tall", "overgrowth", "process",
    "chronic", "acute", "severe", "mild", "impression",
})  # fmt: skip
"""Single words that are never a finding by themselves, in normal form."""
_ENGLISH_KEPT = frozenset({"infection", "mass", "neoplasm", "allergy", "death"})


@dataclass(frozen=True, slots=True)
class Match:
    """A window that names something."""

    start: int
    end: int
    key: str
    rows: tuple[Row, ...]
    factor: float
    size: int
    """Number of content words."""


@dataclass(frozen=True, slots=True)
class _Window:
    first: int
    last: int
    key: str
    size: int
    skipped: bool


def matches(text: str, words: Sequence[Token], lexicon: Lexicon) -> list[Match]:
    """Return the longest matches that do not overlap, in order, and the shared heads of coordinations."""
    windows = _windows(words, lexicon)
    rows = lexicon.rows({w.key for w in windows})
    found = [m for w in windows if (m := _match(text, words, w, rows.get(w.key, ()), lexicon)) is not None]
    kept: list[Match] = []
    taken: list[tuple[int, int]] = []
    for match in sorted(found, key=lambda m: (-m.size, -m.factor, m.end - m.start, m.start)):
        if all(match.end <= a or match.start >= b for a, b in taken):
            kept.append(match)
            taken.append((match.start, match.end))
    kept += _shared_heads(text, words, kept, lexicon)
    return sorted(kept, key=lambda m: (m.start, m.end))


def _windows(words: Sequence[Token], lexicon: Lexicon) -> list[_Window]:
    known = [bool(w.normal) and lexicon.knows(w.normal) for w in words]
    skippable = [not w.normal or w.text.lower() in _SKIPPABLE for w in words]
    windows: list[_Window] = []
    for first in range(len(words)):
        if known[first]:
            windows += _from(words, first, known, skippable)
    return windows


def _from(words: Sequence[Token], first: int, known: Sequence[bool], skippable: Sequence[bool]) -> list[_Window]:
    windows: list[_Window] = []
    full: list[str] = []
    spare: list[str] = []
    commas = 0
    for last in range(first, min(len(words), first + MAX_SPAN_WORDS)):
        word = words[last]
        if (last > first and word.barrier) or (word.normal and not known[last] and not skippable[last]):
            break
        commas += word.comma and last > first
        if not word.normal:
            continue
        if commas > 1 or (commas and len(full) > 2):
            break
        if len(full) == MAX_NAME_WORDS:
            break
        full.append(word.normal)
        if not skippable[last]:
            spare.append(word.normal)
        if known[last]:
            windows.append(_Window(first, last, key_of(full), len(full), skipped=commas > 0))
            if (
                not commas
                and len(spare) < len(full)
                and len(spare) > 1
                and not skippable[last]
                and not skippable[first]
            ):
                windows.append(_Window(first, last, key_of(spare), len(spare), skipped=True))
    return windows


def _match(text: str, words: Sequence[Token], window: _Window, rows: Sequence[Row], lexicon: Lexicon) -> Match | None:
    start, end = words[window.first].start, words[window.last].end
    surface = text[start:end]
    kept = tuple(r for r in rows if _fits(r, surface, window))
    if not kept and not lexicon.meanings(window.key):
        return None
    return Match(start, end, window.key, kept, SKIPPED if window.skipped else 1.0, window.size)


def _fits(row: Row, surface: str, window: _Window) -> bool:
    if row.abbreviation or (row.name.isupper() and len(row.name) <= 4):
        return surface == row.name
    if window.size > 1:
        return True
    word = window.key
    return len(word) > 2 and (word not in _ENGLISH or word in _ENGLISH_KEPT)


def score_of(row: Row, surface: str, factor: float) -> float:
    """Return the score of a name: the name's own, less when it was written otherwise."""
    same = fold(surface) == fold(row.name)
    return round(row.score * factor * (1.0 if same else VARIED), 4)


def _shared_heads(text: str, words: Sequence[Token], kept: Sequence[Match], lexicon: Lexicon) -> list[Match]:
    """Return "pleural effusion" for "pleural or pericardial effusion", and "L5" cases left alone."""
    found: list[Match] = []
    places = {w.start: n for n, w in enumerate(words)}
    ends = {w.end: n for n, w in enumerate(words)}
    taken = [(m.start, m.end) for m in kept]
    for match in kept:
        first, last = places.get(match.start), ends.get(match.end)
        if first is None or last is None or last == first or first < 2:
            continue
        joiner, lone = words[first - 1], words[first - 2]
        free = all(lone.end <= a or lone.start >= b for a, b in taken)
        if joiner.text.lower() not in _JOINERS or not lone.normal or not free:
            continue
        key = key_of([lone.normal, *(w.normal for w in words[first + 1 : last + 1])])
        rows = tuple(r for r in lexicon.rows([key]).get(key, ()) if not r.abbreviation)
        if rows:
            found.append(Match(lone.start, match.end, key, rows, SKIPPED, len(key.split())))
    return found
