"""What a file is, by its content; the name does not count."""

from __future__ import annotations

import gzip
import struct
import zlib
from enum import StrEnum

from clinigraph.errors import InputRefused, InputUnreadable, InputUnsupported
from clinigraph.intake.sources import Source


class Kind(StrEnum):
    """Formats that can be read."""

    PNG = "png"
    JPEG = "jpeg"
    TIFF = "tiff"
    DICOM = "dicom"
    NIFTI = "nifti"
    NIFTI_GZ = "nifti.gz"
    UNKNOWN = "unknown"


_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"\xff\xd8\xff", Kind.JPEG),
    ((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), Kind.TIFF),
)
_FOREIGN = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"NRRD", "an NRRD volume"),
    (b"\x1f\x8b", "a gzip file without a NIfTI volume"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\xff\x4f\xff\x51", "a bare JPEG 2000 stream"),
    (b"\0\0\0\x0cjP", "a JPEG 2000 file"),
    (b"RIFF", "a RIFF file (WebP, AVI)"),
    (b"7z\xbc\xaf", "a 7z archive"),
)
TODO_FORMAT = "Give PNG, JPEG, TIFF, DICOM or NIfTI (or a folder of them)."


def sniff(source: Source) -> Kind:
    """Return the kind of a file from its first bytes.

    Raises:
        InputUnreadable: The file is empty or cannot be opened.
    """
    head = source.head()
    if not head:
        raise InputUnreadable("The file is empty", given=source.given, todo="Copy it again from where it came.")
    return kind_of(head)


def kind_of(head: bytes) -> Kind:
    r"""Return the kind that the first 4096 bytes show.

    Example:
        >>> kind_of(b"\x89PNG\r\n\x1a\n").value
        'png'
    """
    if head[128:132] == b"DICM":
        return Kind.DICOM
    picture = next((kind for magic, kind in _PICTURES if head.startswith(magic)), None)
    if picture is not None:
        return picture
    if is_nifti(head):
        return Kind.NIFTI
    if head.startswith(b"\x1f\x8b"):
        return Kind.NIFTI_GZ if is_nifti(_inflate_head(head)) else Kind.UNKNOWN
    return Kind.DICOM if _bare_dicom(head) else Kind.UNKNOWN


def is_nifti(head: bytes) -> bool:
    """Whether a NIfTI-1 or NIfTI-2 single-file header begins here (sizeof_hdr and magic, nifti1.h / nifti2.h)."""
    if len(head) < 348:
        return False
    sizes = {struct.unpack(order + "i", head[:4])[0] for order in "<>"}
    return (348 in sizes and head[344:348] in (b"n+1\0", b"ni1\0")) or (
        540 in sizes and head[4:8] in (b"n+2\0", b"ni2\0")
    )


def refusal(source: Source) -> InputRefused:
    """Return the error for a file of no known kind, saying what it is where that shows."""
    head = source.head()
    name = next((name for magic, name in _FOREIGN if head.startswith(magic)), None)
    if head[4:8] == b"ftyp":
        name = "a video or HEIF file"
    if name:
        return InputUnsupported(f"The file is {name}, which is not read here", given=source.given, todo=TODO_FORMAT)
    if _is_text(head):
        return InputUnreadable("The file holds text, not an image", given=source.given, todo=TODO_FORMAT)
    return InputUnsupported(
        "The content is no image format that is known here (or it is damaged or encrypted)",
        given=source.given,
        todo=TODO_FORMAT,
    )


def _inflate_head(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(head, 1024)
    except (zlib.error, gzip.BadGzipFile):
        return b""


def _bare_dicom(head: bytes) -> bool:
    """Whether a data set begins without the preamble: group 0002 or 0008, a low element, a plausible VR or length."""
    if len(head) < 16:
        return False
    for order in "<>":
        group, element, length = struct.unpack(order + "HHI", head[:8])
        if group in (0x0002, 0x0008) and element <= 0x0020:
            explicit = head[4:6].isalpha() and head[4:6].isupper()
            return explicit or (order == "<" and 0 < length <= 256)
    return False


def _is_text(head: bytes) -> bool:
    try:
        text = head[: len(head) - len(head) % 4].decode("utf-8", "ignore")
    except UnicodeDecodeError:  # pragma: no cover - "ignore" never raises
        return False
    printable = sum(c.isprintable() or c in "\r\n\t" for c in text)
    return b"\0" not in head and printable >= 0.95 * max(len(head) // 2, len(text), 1)
