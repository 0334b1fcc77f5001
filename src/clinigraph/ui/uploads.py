"""Uploads go to disk piece by piece, under limits, and archives are unpacked without trust."""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

from pydantic import Field

from clinigraph.errors import InputRefused, InputTooLarge, InputUnreadable, InputUnsupported
from clinigraph.models.base import Value

SUFFIXES = frozenset((
    "", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dcm", ".dicom", ".ima", ".nii", ".gz", ".zip", ".yaml", ".txt",
    ".md",
))  # fmt: skip
"""Endings that are taken; what a file holds is looked at when the case is read. DICOM files often have none."""
_SAFE = re.compile(r"[^A-Za-z0-9._ -]+")
_CHUNK = 1 << 20
SPARE_BYTES = 256 * 2**20
"""Room on the disk that no upload may take."""


class UploadLimits(Value):
    """Limits on what a user may send."""

    file_bytes: int = Field(default=2 * 1024**3, gt=0)
    """Largest file or archive."""
    unpacked_bytes: int = Field(default=4 * 1024**3, gt=0)
    """Largest sum of the files in an archive."""
    entries: int = Field(default=5000, gt=0)
    """Most files in an archive."""
    inflation: float = Field(default=200.0, gt=1)
    """Largest ratio of an archive's unpacked to packed bytes, judged above 64 MiB."""


def safe_name(name: str) -> str:
    """Return a file name that can do no harm: no folder, no control character, at most 120 characters.

    Raises:
        InputUnsupported: Nothing is left of it, or its ending is not taken.
    """
    base = _SAFE.sub("_", PurePosixPath(name.replace("\\", "/")).name).strip(" .")[-120:].lstrip(" .")
    suffix = Path(base).suffix.lower()
    # DICOM names such as 1.2.840.113 end in digits.
    if not base or (suffix not in SUFFIXES and not suffix[1:].isdigit()):
        raise InputUnsupported(
            "Files of this kind are not taken",
            given=base or "an empty name",
            todo="Give PNG, JPEG, TIFF, DICOM, NIfTI, a ZIP of them, case.yaml or text.",
        )
    return base


async def receive(
    stream: AsyncIterator[bytes], name: str, folder: Path, limits: UploadLimits, announced: int = 0
) -> tuple[str, ...]:
    """Write a stream into a folder; an archive is unpacked and removed.

    Args:
        stream: Pieces of the file.
        name: Name as the user's machine gave it.
        folder: The case's upload folder.
        limits: Sizes.
        announced: Bytes that the sender says will come; too many are refused before the first is written.

    Returns:
        Names below ``folder`` of what came in.

    Raises:
        InputRefused: Too large, of a kind that is not taken, or an archive that cannot be trusted; nothing is kept.
    """
    target = folder / safe_name(name)
    if announced > limits.file_bytes:
        raise _too_large(target.name, limits.file_bytes)
    if announced + SPARE_BYTES > shutil.disk_usage(folder).free:
        raise InputTooLarge("The disk of the server has no room for the file", given=target.name, todo="Delete cases.")
    part = target.with_name(f".{target.name}.part")
    size = 0
    try:
        with part.open("wb") as file:
            async for piece in stream:
                size += len(piece)
                if size > limits.file_bytes:
                    raise _too_large(target.name, limits.file_bytes)
                file.write(piece)
        if size == 0:
            raise InputUnreadable("The file is empty", given=target.name, todo="Send it again.")
        return _settle(part, target, limits)
    finally:
        part.unlink(missing_ok=True)


def take(source: Path, name: str, folder: Path, limits: UploadLimits) -> tuple[str, ...]:
    """Copy a file that lies on this machine into a folder; otherwise as :func:`receive`."""
    target = folder / safe_name(name)
    if source.stat().st_size > limits.file_bytes:
        raise _too_large(target.name, limits.file_bytes)
    part = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(source, part)
        return _settle(part, target, limits)
    finally:
        part.unlink(missing_ok=True)


def _settle(part: Path, target: Path, limits: UploadLimits) -> tuple[str, ...]:
    if target.suffix.lower() != ".zip":
        part.replace(target)
        return (target.name,)
    place = target.with_suffix("")
    try:
        return tuple(f"{place.name}/{name}" for name in unpack(part, place, limits))
    except InputRefused:
        shutil.rmtree(place, ignore_errors=True)
        raise


def unpack(archive: Path, folder: Path, limits: UploadLimits) -> tuple[str, ...]:
    """Unpack a ZIP of a folder; names are made safe, structure is kept.

    Args:
        archive: The file.
        folder: Where to; made.
        limits: Sizes.

    Raises:
        InputRefused: No ZIP, encrypted, a path that leads out, a link, or over a limit.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [e for e in opened.infolist() if not e.is_dir() and "__MACOSX" not in e.filename]
            _check(entries, archive.stat().st_size, limits)
            return tuple(_extract(opened, entry, folder, limits) for entry in entries)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise InputUnreadable("The archive cannot be read", given=archive.name, todo="Pack it again as ZIP.") from error


def _check(entries: list[zipfile.ZipInfo], packed: int, limits: UploadLimits) -> None:
    unpacked = sum(e.file_size for e in entries)
    if len(entries) > limits.entries:
        raise InputTooLarge(f"The archive holds {len(entries)} files", todo=f"At most {limits.entries} are taken.")
    bomb = unpacked > 64 * 2**20 and unpacked > limits.inflation * max(1, packed)
    if unpacked > limits.unpacked_bytes or bomb:
        raise InputTooLarge("The archive unpacks to too much", given=f"{unpacked:,} bytes", todo="Send fewer files.")
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        link = stat.S_ISLNK(entry.external_attr >> 16)
        if path.is_absolute() or ".." in path.parts or link or entry.flag_bits & 1:
            raise InputUnsupported(
                "The archive holds a path that leads out of it, a link or an encrypted file",
                todo="Pack the folder itself, without links and without a password.",
            )


def _extract(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, limits: UploadLimits) -> str:
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    safe = [_SAFE.sub("_", part).strip(" .") or "_" for part in parts[:-1]]
    relative = Path(*safe) / safe_name(parts[-1])
    target = folder / relative
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    left = min(entry.file_size, limits.file_bytes) + 1
    with opened.open(entry) as source, target.open("wb") as file:
        while piece := source.read(min(_CHUNK, left)):
            file.write(piece)
            left -= len(piece)
            if left <= 0:
                raise InputTooLarge("A file of the archive is larger than it claims", given=target.name)
    return relative.as_posix()


def _too_large(name: str, limit: int) -> InputTooLarge:
    return InputTooLarge("The file is too large", given=name, todo=f"At most {limit / 2**20:,.0f} MiB are taken.")
