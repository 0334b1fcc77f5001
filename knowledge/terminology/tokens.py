"""Text into sentences, headings and words, with their places in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clinigraph.knowledge.terminology.normal import WordCache, fold

_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\b[a-z]\.)(?<!\bdr\.)(?<!\bvs\.)(?<!\bno\.)\s+(?=[A-Z0-9\"'(])|\n+|(?<=[.!?])$"
)
_WORD = re.compile(r"[^\W_]+(?:['’][a-z]{1,2}\b)?")
_BARRIER = re.compile(r"[;:()\[\]\n]")
_HEADING = re.compile(r"^\s*([A-Za-z][A-Za-z /&]{1,40}):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Token:
    """One word."""

    start: int
    end: int
    text: str
    normal: str
    """Normal form; empty for words that do not tell names apart."""
    barrier: bool
    """Whether a semicolon, bracket or the like stands between this word and the one before."""
    comma: bool
    """Whether a comma stands there."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch between full stops or line breaks."""

    start: int
    end: int


def sentences(text: str) -> Iterator[Sentence]:
    """Yield the sentences of a text; a line break ends one."""
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if text[start : match.start()].strip():
            yield Sentence(start, match.start())
        start = match.end()
    if text[start:].strip():
        yield Sentence(start, len(text))


def headings(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end (after the colon) and lower-case words of headings at the beginning of lines."""
    for match in _HEADING.finditer(text):
        yield match.start(1), match.end(), match.group(1).strip().lower()


def tokens(text: str, sentence: Sentence, cache: WordCache) -> list[Token]:
    """Return the words of one sentence."""
    found: list[Token] = []
    before = sentence.start
    for match in _WORD.finditer(text, sentence.start, sentence.end):
        word = match.group()
        plain = fold(word).partition("'")[0].partition("’")[0]
        gap = text[before : match.start()]
        found.append(Token(match.start(), match.end(), word, cache[plain], bool(_BARRIER.search(gap)), "," in gap))
        before = match.end()
    return found
