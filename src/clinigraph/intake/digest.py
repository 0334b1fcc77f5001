"""The key of a case before it is read: a hash of its raw bytes and of what was asked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from clinigraph.errors import InputUnreadable
from clinigraph.intake.phases import with_phases
from clinigraph.intake.sources import expand
from clinigraph.models.case import Fact
from clinigraph.models.imaging import Box, Point

READING = "clinigraph-intake-1"
"""Raised when the same bytes are read into other pixels or ids, so that old runs are not taken up again."""


def case_digest(
    paths: Sequence[Path],
    *,
    question: str = "",
    boxes: Mapping[str, Box] | None = None,
    points: Mapping[str, Sequence[Point]] | None = None,
    facts: Sequence[Fact] = (),
) -> str:
    """Return a content hash under which an interrupted run is found again. Nothing is decoded.

    File names do not count, except where a ``case.yaml`` names them (its own bytes are hashed), or where the names of
    two files say which phase of the heartbeat each shows.

    Args:
        paths: Files or folders, as for ``read_case``.
        question: The question of the user.
        boxes: Box prompts by structure label, in pixels.
        points: Point prompts by structure label, in pixels.
        facts: Facts given beside the files.

    Returns:
        64 hexadecimal digits.

    Raises:
        InputUnreadable: A path does not exist or cannot be opened.
        CaseInvalid: A folder is empty.
    """
    total = hashlib.sha256(READING.encode())
    sources = expand(paths)
    for entry, _ in with_phases(sources):
        if entry.phase is not None:
            _add(total, "phase", entry.phase.value)
    for source in sources:
        try:
            with source.path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").digest()
        except OSError as error:
            raise InputUnreadable(
                "The file cannot be opened", given=source.given, todo="Check that it exists and may be read."
            ) from error
        total.update(b"file" + content)
    _add(total, "question", question)
    for label, box in sorted((boxes or {}).items()):
        _add(total, "box", label)
        _add(total, "box", box.canonical_json())
    for label, many in sorted((points or {}).items()):
        _add(total, "points", label)
        _add(total, "points", "".join(point.canonical_json() for point in many))
    for fact in facts:
        _add(total, "fact", fact.canonical_json())
    return total.hexdigest()


def _add(total: hashlib._Hash, kind: str, text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    total.update(f"{kind}{len(data)}:".encode() + data)
