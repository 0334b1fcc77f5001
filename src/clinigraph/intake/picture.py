"""PNG, JPEG and TIFF files -> pixels, nothing else: text, EXIF and colour profiles stay behind."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from clinigraph.artifacts import Array
from clinigraph.errors import InputRefused, InputUnreadable, InputUnsupported
from clinigraph.intake.limits import SizeClaim, check_size
from clinigraph.intake.picture_header import PictureHeader, jpeg_header, png_header
from clinigraph.intake.quiet import quiet
from clinigraph.intake.raw import RawImage, compact, fill_non_finite
from clinigraph.intake.sniff import Kind
from clinigraph.intake.sources import Source
from clinigraph.models.imaging import ImageFormat, ImageGeometry
from clinigraph.settings import Settings

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_ORIENTATION_TAG = 0x0112
_PHOTOMETRIC_TAG, _PLANAR_TAG = 262, 284
_TURNED = "turned upright by its EXIF orientation"
_TURNS: dict[int, Callable[[Array], Array]] = {
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: np.rot90,
}
"""What brings each EXIF orientation upright (EXIF 2.32, tag 0x0112)."""
_GREY16 = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")


def read_picture(source: Source, kind: Kind, settings: Settings) -> RawImage:
    """Read one picture; of several pages or frames the first.

    Args:
        source: The file.
        kind: PNG, JPEG or TIFF.
        settings: Holds the limits.

    Returns:
        uint8 ``(H, W, 3)`` for colour (palettes and CMYK converted, transparency laid over black), grey ``(H, W)`` in
        its own depth; turned upright by its EXIF orientation; without spacing (a resolution in dpi is no anatomy).

    Raises:
        InputUnreadable: The file is empty, cut short or damaged.
        InputTooLarge: Its header is over a limit.
        InputUnsupported: Its encoding cannot be decoded.
    """
    data = source.read(settings)
    with quiet():
        try:
            array, notes = _DECODERS[kind](data, source, settings)
        except InputRefused:
            raise
        except NotImplementedError as error:
            raise _unsupported(kind, source) from error
        except Exception as error:  # decoders raise whatever a broken file leads them into
            raise InputUnreadable(
                f"The {kind.value.upper()} file is cut short or damaged",
                given=source.given,
                todo="Copy it again from where it came, or save it again.",
            ) from error
    geometry = ImageGeometry(shape=array.shape[:2])
    return RawImage(array=array, geometry=geometry, format=ImageFormat(kind.value), notes=notes)


def _png(data: bytes, source: Source, settings: Settings) -> tuple[Array, tuple[str, ...]]:
    from PIL.PngImagePlugin import PngImageFile

    _check(png_header(data, source.given, whole=False), data, source, settings)
    png_header(data, source.given)
    return _decoded(PngImageFile(io.BytesIO(data)), source.given)


def _jpeg(data: bytes, source: Source, settings: Settings) -> tuple[Array, tuple[str, ...]]:
    from PIL.JpegImagePlugin import JpegImageFile

    header = jpeg_header(data, source.given)
    _check(header, data, source, settings)
    if header.bits != 8:
        raise _unsupported(Kind.JPEG, source)
    return _decoded(JpegImageFile(io.BytesIO(data)), source.given)


def _tiff(data: bytes, source: Source, settings: Settings) -> tuple[Array, tuple[str, ...]]:
    from PIL.Image import DecompressionBombError
    from PIL.TiffImagePlugin import TiffImageFile

    from clinigraph.intake.tiff import check_whole, decode_with_tifffile, tiff_header

    header = tiff_header(data, source.given)
    _check(header, data, source, settings)
    check_whole(data, source.given)
    try:
        picture = TiffImageFile(io.BytesIO(data))
        if picture.tag_v2.get(_PLANAR_TAG) == 2 and header.bits != 8:
            raise SyntaxError("Pillow reads planes of 16 bits as planes of 8")
        inverted = picture.tag_v2.get(_PHOTOMETRIC_TAG) == 0 and header.bits == 16
        array, notes = _decoded(picture, source.given)
    except (SyntaxError, DecompressionBombError):  # a layout that Pillow does not know, or its own, lower limit
        array, notes, turn = decode_with_tifffile(data, source.given)
        return _turned(array, turn, notes)
    return (np.iinfo(np.uint16).max - array, (*notes, "inverted: white is zero")) if inverted else (array, notes)


_DECODERS: dict[Kind, Callable[[bytes, Source, Settings], tuple[Array, tuple[str, ...]]]] = {
    Kind.PNG: _png,
    Kind.JPEG: _jpeg,
    Kind.TIFF: _tiff,
}


def _check(header: PictureHeader, data: bytes, source: Source, settings: Settings) -> None:
    claim = SizeClaim(header.rows, header.columns, bytes_per_pixel=header.bytes_per_pixel)
    check_size(claim, file_bytes=len(data), given=source.given, settings=settings)


def _decoded(picture: ImageFile, given: str) -> tuple[Array, tuple[str, ...]]:
    notes = []
    turn = _orientation(picture)
    pages = int(getattr(picture, "n_frames", 1))
    if pages > 1:
        notes.append(f"first of {pages} pages")
    picture.load()
    array, converted = _pixels(picture, given)
    notes.extend(converted)
    if picture.format == "TIFF":  # Pillow turns a TIFF by itself
        return array, (*notes, _TURNED) if turn in _TURNS else tuple(notes)
    return _turned(array, turn, tuple(notes))


def _turned(array: Array, turn: int, notes: tuple[str, ...]) -> tuple[Array, tuple[str, ...]]:
    if turn not in _TURNS:
        return array, notes
    return np.ascontiguousarray(_TURNS[turn](array)), (*notes, _TURNED)


def _orientation(picture: ImageFile) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # a broken EXIF block does not make the picture unreadable
        return 1


def _pixels(picture: ImageFile, given: str) -> tuple[Array, list[str]]:
    mode = picture.mode
    if mode in ("1", "L"):
        return np.asarray(picture.convert("L")), []
    if mode in _GREY16:
        return _deep_grey(np.asarray(picture), given)
    if mode == "RGB" and "transparency" not in picture.info:
        return np.asarray(picture), []
    if mode in ("LA", "La"):
        grey, alpha = np.moveaxis(np.asarray(picture.convert("LA")), 2, 0)
        return _over_black(grey, alpha), _transparency_note(alpha)
    if mode in ("RGB", "RGBA", "RGBa", "PA") or "transparency" in picture.info:
        pixels = np.asarray(picture.convert("RGBA"))
        alpha = pixels[..., 3]
        return _over_black(pixels[..., :3], alpha[..., None]), _transparency_note(alpha)
    return np.asarray(picture.convert("RGB")), [] if mode == "P" else [f"converted from {mode} to RGB"]


def _deep_grey(array: Array, given: str) -> tuple[Array, list[str]]:
    array = array.astype(array.dtype.newbyteorder("="))
    if np.isfinite(array).all():
        return compact(array), []
    filled, note = fill_non_finite(array, given)
    return compact(filled), [note]


def _over_black(values: Array, alpha: Array) -> Array:
    blended = (values.astype(np.uint32) * alpha.astype(np.uint32) + 127) // 255
    return blended.astype(np.uint8)


def _transparency_note(alpha: Array) -> list[str]:
    return [] if bool((alpha == 255).all()) else ["transparent parts laid over black"]


def _unsupported(kind: Kind, source: Source) -> InputUnsupported:
    return InputUnsupported(
        f"This kind of {kind.value.upper()} cannot be decoded here",
        given=source.given,
        todo="Save it as an 8-bit or 16-bit PNG.",
    )
