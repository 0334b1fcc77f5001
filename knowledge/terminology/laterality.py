"""The side of a mention: the nearest word of side in its own clause."""

from __future__ import annotations

import re
from dataclasses import dataclass

from clinigraph.models.codes import Laterality

_SIDE = re.compile(
    r"\b(?:(?P<both>bilateral(?:ly)?|left(?: and| or|/)? ?right|right(?: and| or|/)? ?left|on either side|both (?=eyes|"
    r"sides|lungs|kidneys|ears|hands|feet|legs|arms|knees|hips|breasts|bases|lower|upper|hemithora|lobes|optic|discs|"
    r"ovaries|shoulders))"
    r"|(?P<left>left(?:[- ]sided)?|leftward|lt)|(?P<right>right(?:[- ]sided)?|rightward|rt))\b",
    re.IGNORECASE,
)
_LETTERS = re.compile(
    r"\b(?:(?P<both>OU)|(?P<left>OS|(?<![\w.])L(?= (?:eye|ear|knee|hip|arm|leg|hand|foot|lung|breast)))"
    r"|(?P<right>OD|(?<![\w.])R(?= (?:eye|ear|knee|hip|arm|leg|hand|foot|lung|breast))))\b"
)
_NOT_A_SIDE = re.compile(
    r"(?i)(?:right|left) (?:away|over|ventric\w*|atri\w*|heart|bundle|main|axis|handed|-handed|hand dominant|shift)"
    r"|(?:convex|deviat\w+|shift\w*|rotat\w+)(?: to)?(?: the)? (?:right|left)|turned? (?:left|right)"
)
_WALL = re.compile(
    r"[;:]|, (?!and |left|right|both|bilateral)|\b(?:but|while|whereas|although|however|with|without|no)\b|\.\s",
    re.IGNORECASE,
)
_JOIN = re.compile(r",|\b(?:and|or|reports?|is|has)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Side:
    start: int
    end: int
    side: Laterality


def side_of(text: str, start: int, end: int, low: int, high: int) -> Laterality:
    """Return the side of the mention at ``start`` to ``end`` in the sentence from ``low`` to ``high``.

    The nearest word of side counts, in characters plus 25 for each "and", "or", comma or verb between (our choice: a
    side belongs to its own phrase), unless a wall such as a semicolon or "but" stands between.
    """
    if _LETTERS.match(text, low) and re.match(r"[A-Z]{2}\s*:", text[low:high]):
        return _named(next(iter(_LETTERS.finditer(text, low, high))))
    best: tuple[int, Laterality] | None = None
    for side in _sides(text, low, high):
        if side.start < end and side.end > start:
            distance = 0
        else:
            between = text[side.end : start] if side.end <= start else text[end : side.start]
            if _WALL.search(between):
                continue
            distance = len(between) + 25 * len(_JOIN.findall(between)) + (8 if side.start >= end else 0)
        if best is None or distance < best[0]:
            best = (distance, side.side)
    return best[1] if best else Laterality.UNKNOWN


def _sides(text: str, low: int, high: int) -> list[_Side]:
    barred = [(m.start(), m.end()) for m in _NOT_A_SIDE.finditer(text, low, high)]
    found = [*_SIDE.finditer(text, low, high), *_LETTERS.finditer(text, low, high)]
    return [_Side(m.start(), m.end(), _named(m)) for m in found if not any(a <= m.start() < b for a, b in barred)]


def _named(match: re.Match[str]) -> Laterality:
    if match["both"]:
        return Laterality.BILATERAL
    return Laterality.LEFT if match["left"] else Laterality.RIGHT
