"""Where the bytes come from: the paths a user typed, opened to the files below them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinigraph.errors import CaseInvalid, InputTooLarge, InputUnreadable
from clinigraph.settings import Settings

CASE_FILE = "case.yaml"
MAX_FILES = 20_000
"""Most files of one case folder: about ten large CT series."""
MAX_DEPTH = 8
"""Deepest nesting of a case folder; DICOM media use four levels (PS3.12: patient, study, series, file)."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read."""

    path: Path
    given: str
    """The path as the user typed it, with the file below it when a folder was typed; for messages only."""
    found: bool = False
    """True when the file was found inside a folder, not named by the user."""

    def size(self) -> int:
        """Return the file's size in bytes."""
        return self.path.stat().st_size

    def head(self, count: int = 4096) -> bytes:
        """Return the first bytes.

        Raises:
            InputUnreadable: The file cannot be opened.
        """
        try:
            with self.path.open("rb") as file:
                return file.read(count)
        except OSError as error:
            raise _closed(self.given) from error

    def read(self, settings: Settings) -> bytes:
        """Return all bytes.

        Raises:
            InputUnreadable: The file is empty or cannot be opened.
            InputTooLarge: The file alone is over the limit for decoded bytes.
        """
        try:
            size = self.size()
            if size > settings.max_decoded_bytes:
                raise InputTooLarge(
                    f"The file has {size / 2**20:.0f} MiB; the limit is {settings.max_decoded_bytes / 2**20:.0f} MiB",
                    given=self.given,
                    todo="Give a smaller image or raise CLINIGRAPH_MAX_DECODED_BYTES.",
                )
            data = self.path.read_bytes()
        except OSError as error:
            raise _closed(self.given) from error
        if not data:
            raise InputUnreadable("The file is empty", given=self.given, todo="Copy it again from where it came.")
        return data


def check_exists(path: Path) -> None:
    """Refuse a path that is neither a file nor a folder.

    Raises:
        InputUnreadable: There is nothing there, or something that is not a file.
    """
    try:
        exists, regular = path.exists(), path.is_file() or path.is_dir()
    except (OSError, ValueError) as error:
        raise _closed(str(path)) from error
    if not exists:
        raise InputUnreadable("There is no such file or folder", given=str(path), todo="Check the path.")
    if not regular:
        raise InputUnreadable(
            "This is neither a file nor a folder", given=str(path), todo="Give an image file or a case folder."
        )


def case_folder(paths: Sequence[Path]) -> Path | None:
    """Return the folder of the ``case.yaml`` among the given paths, or None when there is none.

    Raises:
        CaseInvalid: A case folder stands beside other paths.
        InputUnreadable: A path does not exist.
    """
    folders = []
    for path in paths:
        check_exists(path)
        if path.name == CASE_FILE and path.is_file():
            folders.append(path.parent)
        elif path.is_dir() and (path / CASE_FILE).is_file():
            folders.append(path)
    if folders and len(paths) > 1:
        raise CaseInvalid(
            "A case folder was given together with other paths",
            given=str(folders[0]),
            todo=f"Give the folder alone; list all its images in {CASE_FILE}.",
        )
    return folders[0] if folders else None


def expand(paths: Sequence[Path]) -> list[Source]:
    """Return every file at or below the given paths, folders in the order of their file names.

    Raises:
        InputUnreadable: A path does not exist or cannot be opened.
        CaseInvalid: A folder is empty, too full, or holds a link that leads out of it.
    """
    sources: list[Source] = []
    for path in paths:
        check_exists(path)
        if path.is_dir():
            sources.extend(walk(path))
        else:
            sources.append(Source(path, str(path)))
    return sources


def walk(folder: Path) -> list[Source]:
    """Return the visible files below a folder, sorted by path.

    Args:
        folder: The folder as the user typed it.

    Raises:
        CaseInvalid: The folder is empty, too full, too deep, or holds a link that leads out of it.
    """
    try:
        root = folder.resolve()
        files = [Source(path, str(path), found=True) for path in _files(folder, root, depth=0)]
    except OSError as error:
        raise _closed(str(folder)) from error
    if not files:
        raise CaseInvalid(
            "The folder is empty", given=str(folder), todo="Give a folder that holds the images of one case."
        )
    if len(files) > MAX_FILES:
        raise CaseInvalid(
            f"The folder holds more than {MAX_FILES} files", given=str(folder), todo="Give the folder of one case."
        )
    return files


def _files(folder: Path, root: Path, depth: int) -> Iterator[Path]:
    if depth > MAX_DEPTH:
        raise CaseInvalid(
            f"The folder is nested more than {MAX_DEPTH} levels", given=str(folder), todo="Give the folder of one case."
        )
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
    for name in names:
        path = folder / name
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            raise CaseInvalid(
                "A link in the folder leads out of it", given=str(path), todo="Replace the link by the file itself."
            )
        if path.is_symlink() and path.is_dir():
            continue
        if path.is_dir():
            yield from _files(path, root, depth + 1)
        elif path.is_file():
            yield path


def _closed(given: str) -> InputUnreadable:
    return InputUnreadable(
        "The file or folder cannot be opened", given=given, todo="Check that it exists and may be read."
    )
