"""Texts of the record among the paths that a user named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clinigraph.errors import InputTooLarge, InputUnreadable
from clinigraph.intake.text_facts import MAX_CHARACTERS
from clinigraph.models.case import RecordText

SUFFIXES = (".txt", ".md")


def split_texts(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the texts among files that the user named, and everything else; folders are never texts."""
    texts = [p for p in paths if p.suffix.lower() in SUFFIXES and p.is_file()]
    return texts, [p for p in paths if p not in texts]


def read_text(path: Path, number: int) -> RecordText:
    """Read one text.

    Args:
        path: A UTF-8 file.
        number: Its place among the texts, which names it.

    Raises:
        InputUnreadable: It cannot be opened, is empty, or is not UTF-8 text.
        InputTooLarge: It is longer than the limit.
    """
    try:
        if path.stat().st_size > 4 * MAX_CHARACTERS:
            raise InputTooLarge(
                "The text is too long", given=str(path), todo=f"Give at most {MAX_CHARACTERS} characters."
            )
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputUnreadable(
            "The text cannot be opened", given=str(path), todo="Check that it may be read."
        ) from error
    except UnicodeDecodeError as error:
        raise InputUnreadable("The file is not UTF-8 text", given=str(path), todo="Save it as UTF-8.") from error
    if not text.strip() or "\0" in text:
        raise InputUnreadable("The file holds no text", given=str(path), todo="Give history, findings or results.")
    if len(text) > MAX_CHARACTERS:
        raise InputTooLarge("The text is too long", given=str(path), todo=f"Give at most {MAX_CHARACTERS} characters.")
    return RecordText(text=text, source=f"text {number}")
