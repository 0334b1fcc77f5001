"""DICOM pixel values: decoding, modality rescale, window, colour."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clinigraph.artifacts import Array
from clinigraph.errors import InputRefused, InputUnreadable, InputUnsupported
from clinigraph.intake.dicom_file import DicomFile, check_frame_streams
from clinigraph.intake.quiet import quiet
from clinigraph.intake.raw import fill_non_finite
from clinigraph.models.imaging import DisplayWindow

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame."""

    array: Array
    """uint8 ``(H, W, 3)`` RGB, or grey ``(H, W)`` after rescale in int32, uint8 or a float type."""
    window: DisplayWindow | None
    notes: tuple[str, ...]


def frame_groups(dataset: Dataset, index: int, keyword: str) -> Dataset | None:
    """Return the functional group of one frame: per-frame first, then shared (PS3.3 C.7.6.16)."""
    for holder, at in (("PerFrameFunctionalGroupsSequence", index), ("SharedFunctionalGroupsSequence", 0)):
        groups = dataset.get(holder)
        if groups and at < len(groups) and groups[at].get(keyword):
            group: Dataset = groups[at].get(keyword)[0]
            return group
    return None


def decode_frames(file: DicomFile, indexes: tuple[int, ...]) -> list[Frame]:
    """Decode some frames of a file.

    Args:
        file: An image object that passed its size check.
        indexes: Frames to decode, counted from 0, in the order wanted.

    Raises:
        InputUnreadable: The pixels are cut short or damaged.
        InputUnsupported: No decoder is installed for the transfer syntax, or the pixel format is unknown.
    """
    with quiet():
        try:
            check_frame_streams(file)
            arrays = zip(indexes, _decode(file, indexes), strict=True)
            return [_frame(file.dataset, array, i, file.source.given) for i, array in arrays]
        except InputRefused:
            raise
        except NotImplementedError as error:
            raise _undecodable(file) from error
        except Exception as error:  # decoders raise whatever broken pixels lead them into
            raise (
                _undecodable(file)
                if _lacks_decoder(file)
                else InputUnreadable(
                    "The DICOM pixels are cut short or damaged",
                    given=file.source.given,
                    todo="Copy the file again from where it came.",
                )
            ) from error


def _decode(file: DicomFile, indexes: tuple[int, ...]) -> list[Array]:
    from pydicom.pixels.utils import pixel_array

    if file.frames == 1:
        return [pixel_array(file.dataset)]
    if len(indexes) > file.frames // 2:
        every = pixel_array(file.dataset)
        return [every[i] for i in indexes]
    return [pixel_array(file.dataset, index=i) for i in indexes]


def _lacks_decoder(file: DicomFile) -> bool:
    from pydicom.pixels.decoders.base import get_decoder

    try:
        return not get_decoder(file.dataset.file_meta.TransferSyntaxUID).is_available
    except NotImplementedError:
        return True


def _undecodable(file: DicomFile) -> InputUnsupported:
    name = file.dataset.file_meta.TransferSyntaxUID.name
    known = name if not name[:1].isdigit() else "an unknown one"
    return InputUnsupported(
        f"The transfer syntax cannot be decoded here ({known})",
        given=file.source.given,
        todo="Convert the image to Explicit VR Little Endian, JPEG 2000 or RLE.",
    )


def _frame(dataset: Dataset, array: Array, index: int, given: str) -> Frame:
    if dataset.get("PhotometricInterpretation") == "PALETTE COLOR":
        return Frame(_palette(dataset, array), None, ("palette colours applied",))
    if array.ndim == 3:
        return Frame(_to_uint8(dataset, array), None, ())
    if array.ndim != 2:
        raise NotImplementedError("pixels with more than three channels")
    return _grey(dataset, array, index, given)


def _palette(dataset: Dataset, array: Array) -> Array:
    from pydicom.pixels.processing import apply_color_lut

    coloured = apply_color_lut(array, dataset)[..., :3]
    if coloured.dtype == np.uint8:
        return coloured
    peak = 65535 if int(coloured.max(initial=0)) > 255 else 255
    return (coloured.astype(np.float32) * (255 / peak) + 0.5).astype(np.uint8)


def _to_uint8(dataset: Dataset, array: Array) -> Array:
    if array.shape[2] != 3 or dataset.get("PhotometricInterpretation") not in (
        "RGB",
        "YBR_FULL",
        "YBR_FULL_422",
        "YBR_ICT",
        "YBR_RCT",
    ):
        raise NotImplementedError("an unknown colour space")
    if array.dtype == np.uint8:
        return array
    depth = 2 ** int(dataset.BitsStored) - 1
    scaled: Array = np.clip(array.astype(np.float64) * (255 / depth) + 0.5, 0, 255).astype(np.uint8)
    return scaled


def _grey(dataset: Dataset, array: Array, index: int, given: str) -> Frame:
    notes: list[str] = []
    if not np.isfinite(array).all():
        array, note = fill_non_finite(array, given)
        notes.append(note)
    array = _mask_unused_bits(dataset, array)
    value_range = _stored_range(dataset, array)
    array, value_range, note = _rescale(dataset, array, value_range, index)
    notes.extend(n for n in (note,) if n)
    window, note = _window(dataset, index)
    notes.extend(n for n in (note,) if n)
    if dataset.get("PhotometricInterpretation") == "MONOCHROME1":
        array, window, note = _inverted(dataset, array, window, value_range)
        notes.append(note)
    return Frame(array, window, tuple(notes))


def _mask_unused_bits(dataset: Dataset, array: Array) -> Array:
    """Clear overlay bits above ``BitsStored`` (retired in-pixel overlays, PS3.5 8.1.2)."""
    stored, allocated = int(dataset.get("BitsStored", 0) or 0), int(dataset.get("BitsAllocated", 0) or 0)
    if np.issubdtype(array.dtype, np.unsignedinteger) and 0 < stored < allocated and int(array.max()) >= 2**stored:
        masked: Array = np.bitwise_and(array, array.dtype.type(2**stored - 1))
        return masked
    return array


def _stored_range(dataset: Dataset, array: Array) -> tuple[float, float]:
    if np.issubdtype(array.dtype, np.floating):
        return float(array.min()), float(array.max())
    bits = int(dataset.get("BitsStored", 0) or 8 * array.dtype.itemsize)
    signed = np.issubdtype(array.dtype, np.signedinteger)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return float(min(low, int(array.min()))), float(max(high, int(array.max())))


def _rescale(
    dataset: Dataset, array: Array, value_range: tuple[float, float], index: int
) -> tuple[Array, tuple[float, float], str]:
    """Apply the modality LUT or slope and intercept (PS3.3 C.11.1)."""
    if dataset.get("ModalityLUTSequence"):
        from pydicom.pixels.processing import apply_modality_lut

        mapped = apply_modality_lut(array, dataset)
        return mapped, (float(mapped.min()), float(mapped.max())), "modality table applied"
    group = frame_groups(dataset, index, "PixelValueTransformationSequence") or dataset
    slope, intercept = number(group, "RescaleSlope", 1.0), number(group, "RescaleIntercept", 0.0)
    if slope == 0 or (slope == 1 and intercept == 0):
        return array, value_range, "a rescale slope of zero was ignored" if slope == 0 else ""
    limits = sorted(v * slope + intercept for v in value_range)
    whole = slope.is_integer() and intercept.is_integer() and not np.issubdtype(array.dtype, np.floating)
    if whole and limits[0] > -(2**31) and limits[1] < 2**31:
        values: Array = array.astype(np.int64) * int(slope) + int(intercept)
        return values.astype(np.int32), (limits[0], limits[1]), ""
    return (array.astype(np.float64) * slope + intercept).astype(np.float32), (limits[0], limits[1]), ""


def _window(dataset: Dataset, index: int) -> tuple[DisplayWindow | None, str]:
    """Return the first window, else the first VOI table (PS3.3 C.11.2)."""
    group = frame_groups(dataset, index, "FrameVOILUTSequence") or dataset
    centre, width = number(group, "WindowCenter"), number(group, "WindowWidth")
    if math.isfinite(centre) and math.isfinite(width):
        if width <= 0:
            return None, "a window without width was ignored"
        return window_of(centre, width, str(group.get("VOILUTFunction") or "LINEAR")), ""
    tables = group.get("VOILUTSequence")
    return (_table(tables[0]), "") if tables else (None, "")


def window_of(centre: float, width: float, function: str) -> DisplayWindow:
    """Return a window by the formulas of PS3.3 C.11.2.1.2 (LINEAR) and C.11.2.1.3 (SIGMOID, LINEAR_EXACT).

    Args:
        centre: Window centre in rescaled values.
        width: Window width, above 0.
        function: VOI LUT function; anything unknown counts as LINEAR, as the standard asks for an absent one.
    """
    if function == "SIGMOID":
        at = np.linspace(-1.5, 1.5, 64)
        levels = tuple(round(float(v)) for v in 255 / (1 + np.exp(-4 * at)))
        return DisplayWindow(low=centre - 1.5 * width, high=centre + 1.5 * width, levels=levels)
    if function == "LINEAR_EXACT":
        return DisplayWindow(low=centre - width / 2, high=centre + width / 2)
    half = max((width - 1) / 2, 1e-3)
    return DisplayWindow(low=centre - 0.5 - half, high=centre - 0.5 + half)


def _table(item: Dataset) -> DisplayWindow | None:
    """Return a VOI table as at most 256 samples of its curve."""
    entries, first, bits = (int(v) for v in item.LUTDescriptor)
    entries = entries or 2**16
    data = item.LUTData
    values = np.frombuffer(data, dtype="<u2") if isinstance(data, bytes) else np.asarray(data, dtype=np.float64)
    if len(values) < 2 or len(values) < entries:
        return None
    sampled = np.interp(np.linspace(0, entries - 1, min(entries, 256)), np.arange(entries), values[:entries])
    levels = np.clip(np.round(sampled * (255 / (2**bits - 1))), 0, 255)
    return DisplayWindow(low=first, high=first + entries - 1, levels=tuple(int(v) for v in levels))


def _inverted(
    dataset: Dataset, array: Array, window: DisplayWindow | None, value_range: tuple[float, float]
) -> tuple[Array, DisplayWindow | None, str]:
    """Turn MONOCHROME1 (low is white) into low is black; Hounsfield values keep their numbers."""
    if dataset.get("RescaleType") == "HU" or dataset.get("Modality") == "CT":
        shown = window or DisplayWindow(low=value_range[0], high=max(value_range[1], value_range[0] + 1))
        return array, shown.replace(levels=tuple(255 - v for v in shown.levels)), "MONOCHROME1: shown inverted"
    total = value_range[0] + value_range[1]
    if np.issubdtype(array.dtype, np.floating):
        flipped: Array = np.subtract(total, array).astype(array.dtype)
    else:
        flipped = (int(total) - array.astype(np.int64)).astype(array.dtype)
    if window is not None:
        window = window.replace(
            low=total - window.high, high=total - window.low, levels=tuple(255 - v for v in reversed(window.levels))
        )
    return flipped, window, "inverted from MONOCHROME1"


def number(dataset: Dataset, keyword: str, default: float = math.nan) -> float:
    """Return the (first) number of an element, or the default when it is absent or no number."""
    value = dataset.get(keyword)
    if value is not None and hasattr(value, "__len__") and not isinstance(value, str):
        value = value[0] if len(value) else None
    try:
        result = float(value) if value not in (None, "") else default
    except (TypeError, ValueError):
        return default
    return result if math.isfinite(result) else default
