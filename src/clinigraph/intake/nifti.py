"""NIfTI files -> volumes, with the affine turned from RAS to LPS."""

from __future__ import annotations

import io
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from clinigraph.artifacts import Array
from clinigraph.errors import InputRefused, InputTooLarge, InputUnreadable, InputUnsupported
from clinigraph.intake.limits import SizeClaim, check_size
from clinigraph.intake.quiet import quiet
from clinigraph.intake.raw import Origin, RawImage, compact, fill_non_finite
from clinigraph.intake.sniff import Kind
from clinigraph.intake.sources import Source
from clinigraph.intake.stack import Vector, ras_to_lps
from clinigraph.models.imaging import ImageFormat, ImageGeometry, SpacingSource
from clinigraph.settings import Settings

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header

_MM_PER_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""Spatial part of xyzt_units (nifti1.h): unknown, metre, millimetre, micrometre."""
_HEADER_BYTES = 544
_CHUNK = 2**20


MAX_FRAMES = 128
"""Most volumes of a time series that are taken for frames of one heartbeat (cine MR has 15 to 50)."""


def read_nifti(source: Source, kind: Kind, settings: Settings) -> list[RawImage]:
    """Read a NIfTI-1 or NIfTI-2 file.

    Args:
        source: The file.
        kind: NIFTI, or NIFTI_GZ which is inflated no further than its header promises.
        settings: Holds the limits.

    Returns:
        Grey ``(D, H, W)`` (axes k, j, i of the file), or ``(H, W)`` when there is one slice; of a 4-D file one image
        for each point in time, in order. The grid is the file's own: nothing is flipped or resampled, ``direction``
        says in LPS where its axes point.

    Raises:
        InputUnreadable: Cut short, damaged, or without one pixel that is a number.
        InputTooLarge: Over a limit by its header.
        InputUnsupported: Five dimensions, more than ``MAX_FRAMES`` points in time, colour or complex numbers, or a
            header-image pair.
    """
    with quiet():
        try:
            return _read(source, kind, settings)
        except InputRefused:
            raise
        except Exception as error:  # a broken header leads nibabel and numpy into anything
            raise _damaged(source) from error


def _read(source: Source, kind: Kind, settings: Settings) -> list[RawImage]:
    head = _start(source, kind)
    header = _header(head)
    shape = _shape(header, head, source)
    dtype = _dtype(header, source)
    start = max(int(header["vox_offset"]), int(header["sizeof_hdr"]))
    count = int(np.prod([int(n) for n in shape], dtype=object))
    claim = SizeClaim(shape[1], shape[0], shape[2] * shape[3], dtype.itemsize)
    check_size(claim, file_bytes=source.size(), given=source.given, settings=settings)
    data = _bytes(source, kind, start + count * dtype.itemsize, settings)
    array = np.frombuffer(data, dtype=dtype, count=count, offset=start).reshape(shape, order="F")
    frames = array.transpose(3, 2, 1, 0)
    if len(frames) == 1:
        return [_image(header, frames[0], source.given)]
    origin = Origin(series=source.given)
    return [
        replace(_image(header, values, source.given), frame=number, origin=origin)
        for number, values in enumerate(frames, start=1)
    ]


def _image(header: Nifti1Header, stored: Array, given: str) -> RawImage:
    values, notes = _scaled(header, stored, given)
    geometry, geometry_notes = _geometry(header, values.shape)
    if values.shape[0] == 1:
        values, geometry_notes = values[0], (*geometry_notes, "one slice, read as a picture")
    return RawImage(
        array=np.ascontiguousarray(values),
        geometry=geometry,
        format=ImageFormat.NIFTI,
        header={"datatype": str(stored.dtype.name)},
        notes=(*notes, *geometry_notes),
    )


def _start(source: Source, kind: Kind) -> bytes:
    head = source.head()
    if kind is Kind.NIFTI_GZ:
        head = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(head, _HEADER_BYTES)
    return head


def _header(head: bytes) -> Nifti1Header:
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    second = head[4:8] in (b"n+2\0", b"ni2\0")
    kind, size = (Nifti2Header, 540) if second else (Nifti1Header, 348)
    return kind(head[:size], check=False)


def _shape(header: Nifti1Header, head: bytes, source: Source) -> tuple[int, int, int, int]:
    if b"ni1\0" in head[344:348] or b"ni2\0" in head[4:8]:
        raise InputUnsupported(
            "The NIfTI keeps its pixels in a second file (.hdr and .img)",
            given=source.given,
            todo="Save it as one .nii or .nii.gz file.",
        )
    dims = [int(n) for n in header["dim"]]
    if not 1 <= dims[0] <= 7 or any(n < 1 for n in dims[1 : dims[0] + 1]):
        raise _damaged(source)
    sides = dims[1 : dims[0] + 1]
    if any(n > 1 for n in sides[4:]):
        raise InputUnsupported(
            f"The NIfTI has {len(sides)} dimensions", given=source.given, todo="Save one volume, or one time series."
        )
    first, second, third, fourth = [*sides[:4], 1, 1, 1][:4]
    if fourth > MAX_FRAMES:
        raise InputUnsupported(
            f"The NIfTI holds a series of {fourth} volumes (4-D); a heartbeat has at most {MAX_FRAMES} frames",
            given=source.given,
            todo="Save the one volume to be read as its own file (nibabel: image.slicer[..., 0]).",
        )
    return first, second, third, fourth


def _dtype(header: Nifti1Header, source: Source) -> np.dtype[Any]:
    try:
        dtype: np.dtype[Any] = header.get_data_dtype()
    except Exception as error:
        raise _damaged(source) from error
    if dtype.kind not in "iuf":
        raise InputUnsupported(
            "The NIfTI holds colour or complex numbers", given=source.given, todo="Save a grey, real-valued volume."
        )
    return dtype


def _bytes(source: Source, kind: Kind, wanted: int, settings: Settings) -> bytes:
    data = source.read(settings) if kind is Kind.NIFTI else _inflate(source, wanted)
    if len(data) < wanted:
        raise InputUnreadable(
            "The NIfTI file holds fewer pixels than its header says",
            given=source.given,
            todo="Copy it again from where it came.",
        )
    return data


def _inflate(source: Source, wanted: int) -> bytes:
    """Inflate no more than the header promised, plus one block to reach and check the end of the stream."""
    inflater, out = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16), io.BytesIO()
    with source.path.open("rb") as file:
        while out.tell() < wanted + _CHUNK and not inflater.eof:
            block = inflater.unconsumed_tail or file.read(_CHUNK)
            if not block:
                break
            out.write(inflater.decompress(block, _CHUNK))
    if not inflater.eof and out.tell() >= wanted + _CHUNK:
        raise InputTooLarge(
            "The NIfTI grows beyond what its header says", given=source.given, todo="Save the volume again."
        )
    if not inflater.eof:
        raise _damaged(source)
    return out.getvalue()


def _scaled(header: Nifti1Header, array: Array, given: str) -> tuple[Array, tuple[str, ...]]:
    """Apply scl_slope and scl_inter (nifti1.h: a slope of 0 means that there is no scaling)."""
    notes: tuple[str, ...] = ()
    slope, inter = float(header["scl_slope"]), float(header["scl_inter"])
    values = array.astype(array.dtype.newbyteorder("="))
    if np.isfinite([slope, inter]).all() and slope != 0 and (slope, inter) != (1.0, 0.0):
        values = values.astype(np.float64) * slope + inter
    if np.issubdtype(values.dtype, np.floating):
        values, notes = _finite(values, given)
    return compact(values), notes


def _finite(values: Array, given: str) -> tuple[Array, tuple[str, ...]]:
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    if bool(np.isfinite(narrow).all()):
        return narrow, ()
    filled, note = fill_non_finite(narrow, given)
    return filled, (note,)


def _geometry(header: Nifti1Header, shape: tuple[int, ...]) -> tuple[ImageGeometry, tuple[str, ...]]:
    sides = shape[1:] if shape[0] == 1 else shape
    affine, notes = _affine(header)
    steps = _steps(header, affine)
    if steps is None:
        note = "the header has no positive voxel size: no millimetres are reported"
        return ImageGeometry(shape=sides), (*notes, note)
    spacing = steps[::-1][-len(sides) :]
    if affine is None:
        geometry = ImageGeometry(shape=sides, spacing_mm=spacing, spacing_source=SpacingSource.NIFTI_HEADER)
        return geometry, (*notes, "the header states no patient position")
    axes = affine[:3, :3] / np.asarray(steps)
    if np.abs(axes.T @ axes - np.eye(3)).max() > 0.01:
        notes = (*notes, "the axes of the grid are not at right angles")
    columns = axes[:, ::-1] if len(sides) == 3 else axes
    origin = affine[:3, 3]
    geometry = ImageGeometry(
        shape=sides,
        spacing_mm=spacing,
        origin_mm=(float(origin[0]), float(origin[1]), float(origin[2])),
        direction=tuple(float(v) for v in columns.reshape(-1)),
        spacing_source=SpacingSource.NIFTI_HEADER,
    )
    return geometry, notes


def _affine(header: Nifti1Header) -> tuple[Vector | None, tuple[str, ...]]:
    """Return the LPS affine in mm, or None when sform and qform are both unset or unusable."""
    if int(header["sform_code"]) <= 0 and int(header["qform_code"]) <= 0:
        return None, ()
    affine = np.asarray(header.get_best_affine(), dtype=np.float64)
    usable = np.isfinite(affine).all() and abs(float(np.linalg.det(affine[:3, :3]))) > 1e-12
    if not usable:
        return None, ("the affine of the header is not usable",)
    scale, notes = _unit(header)
    affine = affine.copy()
    affine[:3] *= scale
    return ras_to_lps(affine), notes


def _unit(header: Nifti1Header) -> tuple[float, tuple[str, ...]]:
    code = int(header["xyzt_units"]) & 0x07
    notes = ("the header names no unit of length; millimetres assumed",) if code == 0 else ()
    return _MM_PER_UNIT.get(code, 1.0), notes


def _steps(header: Nifti1Header, affine: Vector | None) -> tuple[float, float, float] | None:
    """Return the voxel size along i, j, k in mm."""
    if affine is not None:
        lengths = np.linalg.norm(affine[:3, :3], axis=0)
    else:
        lengths = np.asarray(header["pixdim"][1:4], dtype=np.float64) * _unit(header)[0]
    if not np.isfinite(lengths).all() or not ((lengths > 0) & (lengths < 1e4)).all():
        return None
    return float(lengths[0]), float(lengths[1]), float(lengths[2])


def _damaged(source: Source) -> InputUnreadable:
    return InputUnreadable(
        "The NIfTI file is cut short or damaged", given=source.given, todo="Copy it again from where it came."
    )
