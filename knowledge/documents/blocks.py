"""A document as its readers give it: headings and paragraphs in order."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from clinigraph.errors import InputRefused

MAX_FILE_BYTES = 100 * 1024**2
"""Largest file that is read."""
MAX_TEXT_CHARS = 20_000_000
"""Longest text of one document."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class DocumentRefused(InputRefused):
    """A document that cannot be taken in: corrupt, encrypted, too large, without text."""


@dataclass(frozen=True, slots=True)
class Block:
    """One heading or paragraph; white space is single blanks."""

    text: str
    level: int = 0
    """1 to 6 for headings, 0 for text."""
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What a reader found in one file."""

    title: str
    """Empty when the file names none."""
    blocks: tuple[Block, ...]
    publisher: str = ""
    year: int | None = None
    kind: str = "document"
    specialty: str | None = None


@dataclass(slots=True)
class BlockList:
    """Collects blocks, drops empty ones, and stops at the longest text."""

    blocks: list[Block] = field(default_factory=list)
    chars: int = 0

    def add(self, text: str, level: int = 0, page: int | None = None) -> None:
        """Add a heading or paragraph.

        Raises:
            DocumentRefused: The document's text is too long.
        """
        clean = clean_text(text)
        if not clean:
            return
        self.chars += len(clean)
        if self.chars > MAX_TEXT_CHARS:
            raise DocumentRefused(
                "The document's text is too long", given=f"over {MAX_TEXT_CHARS} characters", todo="Split the file."
            )
        self.blocks.append(Block(clean, level, page))

    def done(self) -> tuple[Block, ...]:
        """Return the blocks."""
        return tuple(self.blocks)


def clean_text(text: str) -> str:
    """Return a text in NFC with single blanks, without control characters and lone surrogates."""
    plain = _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", text))
    return " ".join(unicodedata.normalize("NFC", plain).split())


def first_heading(blocks: tuple[Block, ...]) -> str:
    """Return the first heading, or an empty string."""
    return next((b.text for b in blocks if b.level), "")
