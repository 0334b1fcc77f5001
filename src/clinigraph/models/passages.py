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


class Successor(Value):
    """A newer edition of a source, of the same society or of the group that carries its work on."""

    title: str = Field(min_length=3)
    publisher: str = Field(min_length=2)
    year: int = Field(ge=1850, le=2100)
    identifier: str | None = Field(default=None, min_length=3)
    """DOI, the society's number, an ISBN or a PubMed number."""
    partial: bool = False
    """It revises parts of the older source; the rest of that still holds."""

    @property
    def note(self) -> str:
        """What a reader of the older source is told."""
        number = f"; {self.identifier}" if self.identifier else ""
        kind = "Revised in part by" if self.partial else "Newer edition"
        return f"{kind}: {self.title} ({self.publisher}, {self.year}{number})"


class Source(Value):
    """The document a passage comes from."""

    id: str
    """Stable id: the card id, or the sha256 of the file's text."""
    title: str
    publisher: str
    year: int | None = Field(default=None, ge=1850, le=2100)
    edition: str | None = None
    identifier: str | None = None
    """DOI, the society's number, an ISBN, a PubMed number, or the place in the journal."""
    kind: str = "guideline"
    """guideline, study, textbook, document."""
    specialty: str | None = None
    language: str = "en"
    trust: Trust = Trust.UNSIGNED
    superseded_by: Successor | None = None
    """The newest edition known, where it came out after this one."""

    @model_validator(mode="after")
    def _succession(self) -> Self:
        if self.superseded_by is not None and self.year is not None and self.superseded_by.year <= self.year:
            raise ValueError("a newer edition must be of a later year")
        return self


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
