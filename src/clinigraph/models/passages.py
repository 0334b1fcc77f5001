"""Retrieved text that may be cited."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from clinigraph.models.base import PassageId, Value


class Trust(StrEnum):
    """How far a passage may carry a claim; unsigned ones are never the only ground."""

    EMBEDDED = "embedded"
    USER_SIGNED = "user-signed"
    UNSIGNED = "unsigned"


class Span(Value):
    """Half-open range of characters in the normalised text of a source."""

    start: int = Field(ge=0)
    end: int

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end <= self.start:
            raise ValueError("a span needs start < end")
        return self


class Source(Value):
    """The document a passage comes from."""

    id: str
    """Stable id: the card id, or the sha256 of the file's text."""
    title: str
    publisher: str
    year: int | None = Field(default=None, ge=1850, le=2100)
    edition: str | None = None
    identifier: str | None = None
    """DOI or the society's number."""
    kind: str = "guideline"
    """guideline, study, textbook, document."""
    specialty: str | None = None
    language: str = "en"
    trust: Trust = Trust.UNSIGNED


class Passage(Value):
    """A piece of a source that can be cited to the byte."""

    id: PassageId
    source: Source
    section: str
    """Heading path, parts joined with `` › ``."""
    span: Span
    """Where ``text`` lies in the source's normalised text."""
    page: int | None = Field(default=None, ge=1)
    text: str = Field(min_length=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Hash of the UTF-8 bytes of ``text``."""

    @model_validator(mode="after")
    def _hash_fits(self) -> Self:
        if text_sha256(self.text) != self.sha256:
            raise ValueError("sha256 does not match the passage's text")
        return self

    @property
    def citation(self) -> str:
        """Short reference: publisher, title, year, section."""
        year = f", {self.source.year}" if self.source.year else ""
        return f"{self.source.publisher}. {self.source.title}{year}. {self.section}"


class ScoredPassage(Value):
    """A passage with its rank score from a retriever; higher is better, comparable within one answer only."""

    passage: Passage
    score: float


def text_sha256(text: str) -> str:
    """Return the sha256 of a text's UTF-8 bytes as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
