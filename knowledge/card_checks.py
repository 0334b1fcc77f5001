"""Checks of the guideline cards beyond their schema: units, thresholds, own words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from clinigraph.knowledge.cards import CardStatement, GuidelineCard

if TYPE_CHECKING:
    from lark import Lark

RUN_OF_WORDS = 8
"""So many consecutive words in common with a source text count as copied."""
_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_DOI_YEAR = re.compile(r"[./-](199\d|20[0-2]\d)(?=\D|(?:0[1-9]|1[0-2])\b|\d{6}\b)")
"""The year that many publishers write into a DOI: after a dot, stroke or dash; alone or before month or six digits."""


@dataclass(frozen=True, slots=True)
class CardProblem:
    """One thing wrong with one statement."""

    passage_id: str
    message: str


def check_cards(cards: Sequence[GuidelineCard]) -> tuple[CardProblem, ...]:
    """Return what is wrong with the cards by themselves.

    Double identifiers, DOIs of another year than the source's, units, thresholds that are not in the text.
    """
    return (
        *_double_topics(cards),
        *(p for card in cards for p in _check_identifiers(card)),
        *(p for card in cards for p in _check_criteria(card)),
    )


def copied_runs(
    cards: Sequence[GuidelineCard], corpus: Iterable[str], length: int = RUN_OF_WORDS
) -> tuple[CardProblem, ...]:
    """Return the statements that share a run of words with a corpus.

    Args:
        cards: The cards.
        corpus: Texts, one by one; only one is held at a time.
        length: Words that make a run.
    """
    owners: dict[tuple[str, ...], str] = {}
    for card in cards:
        for statement in card.statements:
            for run in _runs(_WORD.findall(statement.text.lower()), length):
                owners[run] = card.passage_id(statement)
    anchors = {run[length // 2] for run in owners}
    found: dict[str, CardProblem] = {}
    for text in corpus:
        for run in _anchored_runs(_WORD.findall(text.lower()), anchors, length):
            owner = owners.get(run)
            if owner is not None:
                found.setdefault(owner, CardProblem(owner, f"shares the words {' '.join(run)!r} with a corpus"))
    return tuple(found[key] for key in sorted(found))


def _double_topics(cards: Sequence[GuidelineCard]) -> Iterator[CardProblem]:
    seen: dict[str, str] = {}
    for card in cards:
        if card.identifier in seen:
            yield CardProblem(card.id, f"has the identifier of {seen[card.identifier]}")
        seen[card.identifier] = card.id


def _check_identifiers(card: GuidelineCard) -> Iterator[CardProblem]:
    """Hold the year that a DOI writes out to that of its source: up to two years before print, or one after."""
    newer = card.superseded_by
    named = [(card.identifier, card.year)]
    if newer is not None and newer.identifier is not None:
        named.append((newer.identifier, newer.year))
        if newer.identifier == card.identifier:
            yield CardProblem(card.id, "is named as its own newer edition")
    for identifier, year in named:
        written = _DOI_YEAR.search(identifier) if _DOI.fullmatch(identifier) else None
        if written is not None and not year - 2 <= int(written[1]) <= year + 1:
            yield CardProblem(card.id, f"the identifier {identifier} is of {written[1]}, the source of {year}")


def _check_criteria(card: GuidelineCard) -> Iterator[CardProblem]:
    for statement in card.statements:
        if statement.criterion is None:
            continue
        if not is_ucum(statement.criterion.unit):
            yield CardProblem(card.passage_id(statement), f"{statement.criterion.unit!r} is not a UCUM unit")
        if not _states(statement, statement.criterion.threshold):
            message = f"the text does not state the threshold {statement.criterion.threshold:g}"
            yield CardProblem(card.passage_id(statement), message)


def _states(statement: CardStatement, threshold: float) -> bool:
    """Whether the text holds the threshold in figures; a fall by 30 % may be written without the sign."""
    numbers = {float(n) for n in _NUMBER.findall(statement.text)}
    return threshold in numbers or -threshold in numbers


def is_ucum(unit: str) -> bool:
    """Whether a unit parses as a UCUM code (case sensitive)."""
    from lark.exceptions import LarkError

    try:
        _ucum_parser().parse(unit)
    except LarkError:
        return False
    return True


@lru_cache(maxsize=1)
def _ucum_parser() -> Lark:
    from ucumvert import get_ucum_parser

    parser: Lark = get_ucum_parser()
    return parser


def _runs(words: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    for start in range(len(words) - length + 1):
        yield tuple(words[start : start + length])


def _anchored_runs(words: Sequence[str], anchors: set[str], length: int) -> Iterator[tuple[str, ...]]:
    """Yield the runs whose middle word is one of the anchors."""
    offset = length // 2
    for place, word in enumerate(words):
        if word in anchors and place >= offset:
            run = tuple(words[place - offset : place - offset + length])
            if len(run) == length:
                yield run
