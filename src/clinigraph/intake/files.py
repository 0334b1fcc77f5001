"""Any files -> decoded images, each by its content."""

from __future__ import annotations

from collections.abc import Sequence

from clinigraph.errors import CaseInvalid, InputTooLarge
from clinigraph.intake.raw import RawImage
from clinigraph.intake.sniff import TODO_FORMAT, Kind, refusal, sniff
from clinigraph.intake.sources import Source
from clinigraph.settings import Settings


def read_files(sources: Sequence[Source], settings: Settings) -> list[RawImage]:
    """Read files into images, in the order of the files; slices of a DICOM series become one volume.

    Of files found in a folder, those that are no images (text, indexes, DICOM objects without pixels) are left aside
    and counted in the notes of the first image. A file that the user named, and every damaged image, is refused.

    Raises:
        InputRefused: A file cannot be read; or there is no image at all; or DICOM files of several patients.
    """
    images: dict[int, list[RawImage]] = {}
    dicom: list[tuple[int, Source]] = []
    skipped = 0
    for index, source in enumerate(sources):
        kind = sniff(source)
        if kind is Kind.DICOM:
            dicom.append((index, source))
        elif kind is Kind.UNKNOWN:
            if not source.found:
                raise refusal(source)
            skipped += 1
        else:
            images[index] = _read_one(source, kind, settings)
    more, without_pixels = _read_dicom(dicom, settings)
    images.update(more)
    ordered = [image for index in sorted(images) for image in images[index]]
    if not ordered:
        raise CaseInvalid("The folder holds no image", given=_folder(sources), todo=TODO_FORMAT)
    _note_skipped(ordered, skipped, without_pixels)
    return ordered


def _read_one(source: Source, kind: Kind, settings: Settings) -> list[RawImage]:
    if kind in (Kind.NIFTI, Kind.NIFTI_GZ):
        from clinigraph.intake.nifti import read_nifti

        return read_nifti(source, kind, settings)
    from clinigraph.intake.picture import read_picture

    return [read_picture(source, kind, settings)]


def _read_dicom(sources: Sequence[tuple[int, Source]], settings: Settings) -> tuple[dict[int, list[RawImage]], int]:
    if not sources:
        return {}, 0
    from clinigraph.intake.dicom import origin_of, read_dicom
    from clinigraph.intake.dicom_file import DicomFile, NotAnImage, open_dicom

    _check_total([s for _, s in sources], settings)
    series: dict[tuple[str, str], list[tuple[int, DicomFile]]] = {}
    patients: set[str] = set()
    skipped = 0
    for index, source in sources:
        try:
            file = open_dicom(source, settings)
        except NotAnImage:
            if not source.found:
                raise
            skipped += 1
            continue
        origin = origin_of(file)
        patients.update({origin.patient} - {""})
        check_one_patient(patients, _folder([s for _, s in sources]))
        key = (origin.study, origin.series or f"file {index}")
        series.setdefault(key, []).append((index, file))
    return {files[0][0]: read_dicom([f for _, f in files], settings) for files in series.values()}, skipped


def _check_total(sources: Sequence[Source], settings: Settings) -> None:
    total = sum(source.size() for source in sources)
    if total > settings.max_decoded_bytes:
        raise InputTooLarge(
            f"The DICOM files have {total / 2**20:.0f} MiB together; the limit is "
            f"{settings.max_decoded_bytes / 2**20:.0f} MiB",
            given=_folder(sources),
            todo="Give one series, or raise CLINIGRAPH_MAX_DECODED_BYTES.",
        )


def check_one_patient(patients: set[str], given: str) -> None:
    """Refuse images of more than one patient.

    Raises:
        CaseInvalid: There are several patient ids.
    """
    if len(patients) > 1:
        raise CaseInvalid(
            "Mixed patients: the files carry more than one patient id",
            given=given,
            todo="Give the files of one patient.",
        )


def _note_skipped(images: list[RawImage], unknown: int, without_pixels: int) -> None:
    from dataclasses import replace

    notes = []
    if unknown:
        notes.append(f"{unknown} other file(s) of the folder are no images and were not read")
    if without_pixels:
        notes.append(f"{without_pixels} DICOM object(s) without an image were not read")
    images[0] = replace(images[0], notes=(*images[0].notes, *notes))


def _folder(sources: Sequence[Source]) -> str:
    first = sources[0]
    return str(first.path.parent) if first.found else first.given
