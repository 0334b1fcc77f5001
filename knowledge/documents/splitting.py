"""From blocks to passages: sections kept apart, sentences kept whole, spans exact."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clinigraph.knowledge.documents.blocks import Block, Document
from clinigraph.models.base import PassageId
from clinigraph.models.passages import Passage, Source, Span, Trust, text_sha256

TARGET_CHARS = 450
"""Passages grow to about this length: with title and headings some 110 tokens, as the default embedder was trained on
sequences of 128. See docs/decisions/0023-length-of-passages.md."""
MAX_CHARS = 700
"""No passage is longer."""
_MAX_HEADING = 160
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[A-Z0-9(\[•-])|(?<=[。!?])|\n")


@dataclass(frozen=True, slots=True)
class _Section:
    path: tuple[str, ...]
    page: int | None
    start: int
    end: int


def normalised_text(document: Document) -> str:
    """Return the text that spans point into: all blocks, headings included, one per line."""
    return "\n".join(block.text for block in document.blocks)


def source_id(document: Document) -> str:
    """Return the sha256 of the title and the normalised text: the same content has the same id everywhere."""
    return hashlib.sha256(f"{document.title}\n{normalised_text(document)}".encode()).hexdigest()


def document_source(document: Document, *, title: str, trust: Trust, specialty: str | None, language: str) -> Source:
    """Return a document as the source of its passages."""
    return Source(
        id=source_id(document),
        title=(document.title or title)[:300],
        publisher=document.publisher[:200] or "user document",
        year=document.year,
        kind=document.kind,
        specialty=specialty or document.specialty,
        language=language,
        trust=trust,
    )


def split(document: Document, source: Source) -> tuple[Passage, ...]:
    """Return the passages of a document in order.

    Ids are ``doc-<first 16 digits of the source id>#<number>``.
    """
    text = normalised_text(document)
    pieces = ((section, start, end) for section in _sections(document.blocks) for start, end in _pieces(text, section))
    return tuple(
        _passage(source, number, section, text[start:end], start) for number, (section, start, end) in enumerate(pieces)
    )


def _passage(source: Source, number: int, section: _Section, text: str, start: int) -> Passage:
    return Passage(
        id=PassageId(f"doc-{source.id[:16]}#{number:04d}"),
        source=source,
        section=" › ".join(section.path) or source.title,
        span=Span(start=start, end=start + len(text)),
        page=section.page,
        text=text,
        sha256=text_sha256(text),
    )


def _sections(blocks: Sequence[Block]) -> Iterator[_Section]:
    """Yield runs of paragraphs under one heading and on one page, with their range in the normalised text."""
    path: list[tuple[int, str]] = []
    offset, open_section = 0, None
    for block in blocks:
        end = offset + len(block.text)
        if block.level:
            if open_section is not None:
                yield open_section
            open_section = None
            path = [*((lv, t) for lv, t in path if lv < block.level), (block.level, block.text[:_MAX_HEADING])]
        elif open_section is not None and open_section.page == block.page:
            open_section = _Section(open_section.path, open_section.page, open_section.start, end)
        else:
            if open_section is not None:
                yield open_section
            open_section = _Section(tuple(t for _, t in path), block.page, offset, end)
        offset = end + 1
    if open_section is not None:
        yield open_section


def _pieces(text: str, section: _Section) -> Iterator[tuple[int, int]]:
    """Yield ranges of whole sentences, each of about the target length."""
    start, end = section.start, section.start
    for sentence_start, sentence_end in _sentences(text, section):
        if end > start and (sentence_end - start > MAX_CHARS or end - start >= TARGET_CHARS):
            yield start, end
            start = sentence_start
        end = sentence_end
    if end > start:
        yield start, end


def _sentences(text: str, section: _Section) -> Iterator[tuple[int, int]]:
    """Yield the ranges of sentences, white space between them left out; very long ones are cut between words."""
    start = section.start
    for match in _SENTENCE.finditer(text, section.start, section.end):
        if match.start() > start:
            yield from _cut(text, start, match.start())
        start = match.end()
    if section.end > start:
        yield from _cut(text, start, section.end)


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > MAX_CHARS:
        blank = text.rfind(" ", start + 1, start + MAX_CHARS)
        stop = blank if blank > start else start + MAX_CHARS
        yield start, stop
        start = stop + 1 if blank > start else stop
    if end > start:
        yield start, end
