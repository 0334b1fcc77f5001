"""TIFF structure for the limits, and a second decoder for layouts that Pillow does not know."""

from __future__ import annotations

import io

import numpy as np

from clinigraph.artifacts import Array
from clinigraph.errors import InputUnreadable
from clinigraph.intake.picture_header import PictureHeader, truncated
from clinigraph.intake.raw import compact, fill_non_finite


def tiff_header(data: bytes, given: str) -> PictureHeader:
    """Return size, channels and depth of the first page from its tags.

    Raises:
        InputUnreadable: The first directory cannot be read.
    """
    from tifffile import TiffFile

    try:
        with TiffFile(io.BytesIO(data)) as file:
            page = file.pages.first
            samples = max(int(page.samplesperpixel), 3 if int(page.photometric or 0) == 3 else 1)
            return PictureHeader(int(page.imagelength), int(page.imagewidth), samples, _bits(page.bitspersample))
    except Exception as error:  # tifffile raises whatever a broken directory leads it into
        raise InputUnreadable(
            "The TIFF header is damaged or cut short", given=given, todo="Copy it again from where it came."
        ) from error


def check_whole(data: bytes, given: str) -> None:
    """Refuse a first page whose strips or tiles reach beyond the end of the file.

    Raises:
        InputUnreadable: The file is cut short.
    """
    from tifffile import TiffFile

    with TiffFile(io.BytesIO(data)) as file:
        page = file.pages.first
        if any(o + n > len(data) for o, n in zip(page.dataoffsets, page.databytecounts, strict=False)):
            raise truncated(given)


def decode_with_tifffile(data: bytes, given: str) -> tuple[Array, tuple[str, ...], int]:
    """Decode the first page: grey of any depth, or colour scaled to 8 bits by its full range.

    Returns:
        Pixels as they lie in the file, notes, and the orientation tag (1 where there is none).

    Raises:
        InputUnreadable: No pixel is a number.
        NotImplementedError: More channels or dimensions than a picture has.
    """
    from tifffile import TiffFile

    with TiffFile(io.BytesIO(data)) as file:
        page = file.pages.first
        array = np.asarray(page.asarray())
        planar = int(page.planarconfig or 1) == 2
        turn = int(page.tags.valueof(274, default=1))
    if planar and array.ndim == 3:
        array = np.moveaxis(array, 0, -1)
    if array.ndim == 3 and array.shape[-1] in (3, 4):
        if not np.issubdtype(array.dtype, np.integer):
            raise NotImplementedError("colour in floating point")
        depth = np.iinfo(array.dtype).max
        scaled: Array = (array[..., :3].astype(np.float64) * (255 / depth) + 0.5).astype(np.uint8)
        return scaled, ("colour scaled to 8 bits",), turn
    if array.ndim != 2:
        raise NotImplementedError("not a picture")
    if np.isfinite(array).all():
        return compact(array), (), turn
    filled, note = fill_non_finite(array, given)
    return compact(filled), (note,), turn


def _bits(value: object) -> int:
    return max(value) if isinstance(value, tuple) else int(str(value))
