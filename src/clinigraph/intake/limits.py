"""Limits on what a header claims, checked before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from clinigraph.errors import InputTooLarge, InputUnreadable
from clinigraph.settings import Settings

INFLATION_FLOOR_BYTES = 32 * 2**20
"""Below this size no ratio is judged: an empty small picture deflates 1000:1 and harms nobody."""


@dataclass(frozen=True, slots=True)
class SizeClaim:
    """What a header says will come out."""

    rows: int
    columns: int
    frames: int = 1
    bytes_per_pixel: float = 1.0
    """All channels together; may be below 1 for packed bits."""

    @property
    def decoded_bytes(self) -> float:
        """Bytes after decoding."""
        return float(self.rows) * self.columns * self.frames * self.bytes_per_pixel


def check_size(claim: SizeClaim, *, file_bytes: int, given: str, settings: Settings) -> None:
    """Refuse a claim that is over one of the three limits.

    Args:
        claim: Sizes from the header.
        file_bytes: Size of the file (or of all files of a series) in bytes.
        given: The path for the message.
        settings: Holds the limits.

    Raises:
        InputUnreadable: A side or the number of frames is not positive.
        InputTooLarge: A frame, the whole, or the inflation ratio is over its limit.
    """
    if min(claim.rows, claim.columns, claim.frames) < 1:
        raise InputUnreadable(
            f"The header claims {claim.columns} x {claim.rows} pixels and {claim.frames} frames",
            given=given,
            todo="Export the image again.",
        )
    megapixels = claim.rows * claim.columns / 1e6
    if megapixels > settings.max_megapixels:
        raise InputTooLarge(
            f"A frame of {claim.columns} x {claim.rows} pixels is over the limit of "
            f"{settings.max_megapixels:g} megapixels",
            given=given,
            todo="Give a smaller image or raise CLINIGRAPH_MAX_MEGAPIXELS.",
        )
    check_bytes(claim.decoded_bytes, file_bytes=file_bytes, given=given, settings=settings)


def check_bytes(decoded: float, *, file_bytes: int, given: str, settings: Settings) -> None:
    """Refuse too many decoded bytes, or too many for a file of this size.

    Raises:
        InputTooLarge: A limit is passed.
    """
    if decoded > settings.max_decoded_bytes:
        raise InputTooLarge(
            f"Decoding would give {_size(decoded)}; the limit is {_size(settings.max_decoded_bytes)}",
            given=given,
            todo="Give a smaller image or raise CLINIGRAPH_MAX_DECODED_BYTES.",
        )
    ratio = decoded / max(file_bytes, 1)
    if decoded > INFLATION_FLOOR_BYTES and ratio > settings.max_inflation:
        raise InputTooLarge(
            f"The file would grow {ratio:.0f} times when decoded; the limit is {settings.max_inflation:g}",
            given=given,
            todo="If the file is trusted, raise CLINIGRAPH_MAX_INFLATION.",
        )


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if count < 1024 or unit == "TiB":
            return f"{count:.0f} {unit}" if unit in ("B", "KiB") else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError("unreachable")
