"""DICOM files -> images and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from clinigraph.errors import InputRefused
from clinigraph.intake.dicom_file import DicomFile, damaged
from clinigraph.intake.dicom_header import (
    body_part_of,
    header_values,
    laterality_of,
    modality_of,
    patient_facts,
    spacing_of,
    view_of,
)
from clinigraph.intake.dicom_phases import split_phases
from clinigraph.intake.dicom_pixels import Frame, decode_frames, frame_groups
from clinigraph.intake.dicom_tiles import is_tiled, read_tiles
from clinigraph.intake.limits import SizeClaim, check_size
from clinigraph.intake.quiet import quiet
from clinigraph.intake.raw import Origin, RawImage, compact
from clinigraph.intake.stack import Plane, StackOrder, order_planes, plane_of
from clinigraph.models.imaging import ImageFormat, ImageGeometry
from clinigraph.settings import Settings

_SLICED = frozenset({"CT", "MR", "PT", "NM", "OPT", "IVOCT", "US"})
"""Modalities whose parallel slices at different places make a volume; films and photographs never do."""
_BURNED_IN = "the header says that text is burned into the pixels"


@dataclass(frozen=True, slots=True)
class _Slice:
    """One frame of one file, and where it stands."""

    file: DicomFile
    frame: int
    plane: Plane | None


def read_dicom(files: Sequence[DicomFile], settings: Settings) -> list[RawImage]:
    """Read files of one series: slices become one volume per direction, everything else single images.

    Args:
        files: Objects of one series, in the order given.
        settings: Holds the limits.

    Raises:
        InputUnreadable: Pixels are cut short, damaged, or all without a number.
        InputUnsupported: No decoder for the transfer syntax.
        InputTooLarge: The volume is over the limit.
    """
    with quiet():
        try:
            return _read(files, settings)
        except InputRefused:
            raise
        except Exception as error:  # an element of the header that pydicom cannot turn into a value
            raise damaged(files[0].source) from error


def _read(files: Sequence[DicomFile], settings: Settings) -> list[RawImage]:
    images: list[RawImage] = []
    loose: list[_Slice] = []
    for file in files:
        slices = _slices(file)
        if is_tiled(file.dataset):
            images.append(_image(read_tiles(file, settings), slices[:1], None))
        elif len(slices) > 1:
            images.extend(_multi_frame(slices, settings))
        else:
            loose.extend(slices)
    for group in _stacks(loose):
        images.extend(_volume_or_images(group, settings))
    return images


def origin_of(file: DicomFile) -> Origin:
    """Return what tells patients and series apart; it is compared and then forgotten.

    Raises:
        InputUnreadable: An identifier cannot be decoded.
    """
    keywords = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID")
    with quiet():
        try:
            patient, study, series = (str(file.dataset.get(k, "") or "").strip() for k in keywords)
        except Exception as error:  # pydicom raises whatever a broken element leads it into
            raise damaged(file.source) from error
    return Origin(patient, study, series)


def _slices(file: DicomFile) -> list[_Slice]:
    ds = file.dataset
    if file.frames == 1 and "PerFrameFunctionalGroupsSequence" not in ds:
        return [_Slice(file, 0, plane_of(ds.get("ImagePositionPatient"), ds.get("ImageOrientationPatient")))]
    return [_Slice(file, i, _frame_plane(file, i)) for i in range(file.frames)]


def _frame_plane(file: DicomFile, index: int) -> Plane | None:
    position = frame_groups(file.dataset, index, "PlanePositionSequence")
    orientation = frame_groups(file.dataset, index, "PlaneOrientationSequence")
    if position is None or orientation is None:
        return None
    return plane_of(position.get("ImagePositionPatient"), orientation.get("ImageOrientationPatient"))


def _multi_frame(slices: list[_Slice], settings: Settings) -> list[RawImage]:
    if all(s.plane is not None for s in slices):
        groups = _stacks(slices)
        if any(len(_order(g).order) > 1 for g in groups):
            return [image for group in groups for image in _volume_or_images(group, settings)]
    note = f"first of {len(slices)} frames"
    frame = _grey_compacted(decode_frames(slices[0].file, (0,))[0])
    return [_image(frame, slices[:1], None, (note,))]


def _stacks(slices: Sequence[_Slice]) -> list[list[_Slice]]:
    """Group slices that could be one stack: same size, direction and spacing; those without a place stay alone."""
    groups: list[list[_Slice]] = []
    for item in slices:
        home = next((g for g in groups if _fits(g[0], item)), None)
        if home is None:
            groups.append([item])
        else:
            home.append(item)
    return groups


def _fits(first: _Slice, other: _Slice) -> bool:
    if first.plane is None or other.plane is None or not first.plane.same_direction(other.plane):
        return False
    a, b = first.file.dataset, other.file.dataset
    keys = ("Rows", "Columns", "Modality", "PhotometricInterpretation")
    same = all(a.get(k) == b.get(k) for k in keys) and a.get("Modality") in _SLICED
    return same and spacing_of(a, first.frame)[0] == spacing_of(b, other.frame)[0]


def _order(group: Sequence[_Slice]) -> StackOrder:
    return order_planes([s.plane for s in group if s.plane is not None])


def _volume_or_images(group: list[_Slice], settings: Settings) -> list[RawImage]:
    colour = group[0].file.claim.bytes_per_pixel >= 3 and int(group[0].file.dataset.get("SamplesPerPixel", 1)) == 3
    if len(group) == 1 or group[0].plane is None or colour:
        return [_single(s) for s in group]
    moments = _moments(group)
    if len(moments) == 1:
        return _volume(group, settings)
    _check_total(group, settings)
    found = [image for moment in moments for image in _volume(moment, settings)]
    return [replace(image, frame=number) for number, image in enumerate(found, start=1)]


def _moments(group: list[_Slice]) -> list[list[_Slice]]:
    """Split slices at the same places into moments of the heartbeat; one group where there are none."""
    depths = [s.plane.depth for s in group if s.plane is not None]
    times = [_trigger_time(s) for s in group]
    return [[group[i] for i in indexes] for indexes in split_phases(depths, times)]


def _trigger_time(item: _Slice) -> float | None:
    try:
        return float(str(item.file.dataset.get("TriggerTime", "")))
    except ValueError:
        return None


def _volume(group: list[_Slice], settings: Settings) -> list[RawImage]:
    stack = _order(group)
    chosen = [group[i] for i in stack.order]
    if len(chosen) == 1:
        return [_single(chosen[0], stack.notes)]
    _check_total(chosen, settings)
    frames = _decode_all(chosen)
    array = np.stack([f.array for f in frames])
    notes = tuple(dict.fromkeys(n for f in frames for n in f.notes))
    keep = all(f.array.dtype == np.uint8 for f in frames)
    whole = Frame(compact(array, keep_uint8=keep), frames[len(frames) // 2].window, notes)
    return [_image(whole, chosen, stack, (f"{len(chosen)} slices", *stack.notes))]


def _check_total(chosen: list[_Slice], settings: Settings) -> None:
    first = chosen[0].file
    files = {id(s.file): s.file.file_bytes for s in chosen}
    claim = SizeClaim(first.claim.rows, first.claim.columns, len(chosen), max(first.claim.bytes_per_pixel, 2))
    check_size(claim, file_bytes=sum(files.values()), given=first.source.given, settings=settings)


def _decode_all(chosen: list[_Slice]) -> list[Frame]:
    frames: dict[tuple[int, int], Frame] = {}
    for file in {id(s.file): s.file for s in chosen}.values():
        wanted = tuple(s.frame for s in chosen if s.file is file)
        decoded = decode_frames(file, wanted)
        frames.update({(id(file), i): f for i, f in zip(wanted, decoded, strict=True)})
    return [frames[(id(s.file), s.frame)] for s in chosen]


def _single(item: _Slice, notes: tuple[str, ...] = ()) -> RawImage:
    return _image(_grey_compacted(decode_frames(item.file, (item.frame,))[0]), [item], None, notes)


def _grey_compacted(frame: Frame) -> Frame:
    return Frame(compact(frame.array), frame.window, frame.notes)


def _image(frame: Frame, slices: Sequence[_Slice], stack: StackOrder | None, notes: tuple[str, ...] = ()) -> RawImage:
    first = slices[0]
    ds = first.file.dataset
    geometry, spacing_notes = _geometry(frame, first, stack)
    body_part = body_part_of(ds)
    burned = (_BURNED_IN,) if ds.get("BurnedInAnnotation") == "YES" else ()
    return RawImage(
        array=frame.array,
        geometry=geometry,
        format=ImageFormat.DICOM,
        modality=modality_of(ds, body_part),
        laterality=laterality_of(ds),
        body_part=body_part,
        view=view_of(ds),
        window=frame.window,
        header=header_values(ds),
        notes=(*notes, *frame.notes, *spacing_notes, *burned),
        facts=patient_facts(ds),
        origin=origin_of(first.file),
    )


def _geometry(frame: Frame, first: _Slice, stack: StackOrder | None) -> tuple[ImageGeometry, tuple[str, ...]]:
    rows_columns, source, notes = spacing_of(first.file.dataset, first.frame)
    plane = first.plane
    if stack is None or plane is None:
        direction = plane.direction_2d() if plane else None
        shape, spacing = frame.array.shape[:2], rows_columns
        tiled = shape != (first.file.dataset.Rows, first.file.dataset.Columns)
        plane, direction = (None, None) if tiled else (plane, direction)
        full: tuple[float, ...] | None = spacing
    else:
        direction, shape = plane.direction_3d(), frame.array.shape
        full = (stack.step_mm, *rows_columns) if stack.step_mm is not None and rows_columns is not None else None
    return (
        ImageGeometry(
            shape=tuple(int(n) for n in shape),
            spacing_mm=full,
            origin_mm=plane.position if plane else None,
            direction=direction,
            spacing_source=source if full is not None else None,
        ),
        notes,
    )
