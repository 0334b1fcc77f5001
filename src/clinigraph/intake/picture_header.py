"""PNG and JPEG structure, walked without decoding: sizes for the limits, and whether the file is whole."""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass

from clinigraph.errors import InputUnreadable, InputUnsupported

_END_OF_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""A marker inside entropy-coded data that is neither a stuffed byte, a fill byte nor a restart (ITU-T T.81 B.1.1)."""
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """Size of a picture, from its header."""

    rows: int
    columns: int
    channels: int
    bits: int
    """Bits per channel."""

    @property
    def bytes_per_pixel(self) -> int:
        """Bytes of a decoded pixel."""
        return self.channels * (2 if self.bits > 8 else 1)


def truncated(given: str) -> InputUnreadable:
    """Return the refusal of a file that ends early."""
    return InputUnreadable("The image file is cut short", given=given, todo="Copy it again from where it came.")


def png_header(data: bytes, given: str, *, whole: bool = True) -> PictureHeader:
    """Return the size from IHDR, after walking all chunks (PNG specification, section 5).

    Args:
        data: The file, or at least its first 33 bytes when ``whole`` is false.
        given: The path for messages.
        whole: Whether to walk to IEND and check the checksums.

    Raises:
        InputUnreadable: The file is cut short or a checksum of a chunk with pixels is wrong.
    """
    if len(data) < 33:
        raise truncated(given)
    length, kind = struct.unpack(">I4s", data[8:16])
    columns, rows, bits, colour = struct.unpack(">IIBB", data[16:26])
    if kind != b"IHDR" or length != 13 or colour not in _PNG_CHANNELS:
        raise InputUnreadable("The PNG header is damaged", given=given, todo="Export the image again.")
    if whole:
        _walk_png(data, given)
    return PictureHeader(rows, columns, _PNG_CHANNELS[colour], bits)


def _walk_png(data: bytes, given: str) -> None:
    view, at = memoryview(data), 8
    while at + 12 <= len(data):
        length, kind = struct.unpack(">I4s", view[at : at + 8])
        end = at + 12 + length
        if end > len(data):
            break
        critical = not kind[0] & 0x20
        if critical and zlib.crc32(view[at + 4 : end - 4]) != struct.unpack(">I", view[end - 4 : end])[0]:
            raise InputUnreadable(
                "The PNG is damaged (a checksum is wrong)", given=given, todo="Copy it again from where it came."
            )
        if kind == b"IEND":
            return
        at = end
    raise truncated(given)


def jpeg_header(data: bytes, given: str, *, whole: bool = True) -> PictureHeader:
    """Return the size from the first frame header, after walking all segments to the end marker (ITU-T T.81 B.2).

    Raises:
        InputUnreadable: The file is cut short or has no frame header.
        InputUnsupported: The frame gives its height later (DNL), which no common decoder reads.
    """
    header, at = None, 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise InputUnreadable("The JPEG is damaged", given=given, todo="Copy it again from where it came.")
        marker = data[at + 1]
        if marker == 0xFF or marker in _STANDALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == 0xD9:
            break
        length = struct.unpack(">H", data[at + 2 : at + 4])[0]
        if marker in _SOF and header is None and at + 10 <= len(data):
            header = _frame(data[at : at + 10], given)
            if not whole:
                return header
        at += 2 + length
        if marker == 0xDA:
            match = _END_OF_SCAN.search(data, at)
            at = match.start() if match else len(data)
    if data[at : at + 2] != b"\xff\xd9" or header is None:
        raise truncated(given)
    return header


def _frame(segment: bytes, given: str) -> PictureHeader:
    bits, rows, columns, channels = struct.unpack(">BHHB", segment[4:10])
    if rows == 0:
        raise InputUnsupported("The JPEG does not state its height", given=given, todo="Save the image again.")
    return PictureHeader(rows, columns, channels, bits)


def jpeg2000_size(data: bytes) -> tuple[int, int] | None:
    """Return rows and columns from the SIZ segment of a code stream (ITU-T T.800 A.5.1), None when it is not there."""
    start = data.find(b"\xff\x4f\xff\x51", 0, 4096)
    if start < 0 or len(data) < start + 24:
        return None
    x1, y1, x0, y0 = struct.unpack(">IIII", data[start + 8 : start + 24])
    return int(y1 - y0), int(x1 - x0)
