"""Opening one DICOM object: deflation with a cap, what it holds, and its size before decoding."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clinigraph.errors import InputRefused, InputTooLarge, InputUnreadable, InputUnsupported
from clinigraph.intake.limits import INFLATION_FLOOR_BYTES, SizeClaim, check_size
from clinigraph.intake.picture_header import jpeg2000_size, jpeg_header
from clinigraph.intake.quiet import quiet
from clinigraph.intake.sources import Source
from clinigraph.settings import Settings

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_DEFLATED = "1.2.840.10008.1.2.1.99"
_EXPLICIT = "1.2.840.10008.1.2.1"
_NOT_AN_IMAGE = {
    "1.2.840.10008.5.1.4.1.1.66.4": ("a segmentation", "Give the image that it was drawn on."),
    "1.2.840.10008.5.1.4.1.1.66.7": ("a label map segmentation", "Give the image that it was drawn on."),
    "1.2.840.10008.5.1.4.1.1.481.2": ("a radiotherapy dose grid", "Give the planning images."),
    "1.2.840.10008.1.3.10": ("a DICOMDIR index", "Give the folder that it indexes."),
}
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


class NotAnImage(InputUnsupported):
    """A DICOM object without pixels to read; beside images in a folder it is left aside."""


@dataclass(frozen=True, slots=True)
class DicomFile:
    """A parsed object with its pixels still encoded."""

    source: Source
    dataset: Dataset
    file_bytes: int

    @property
    def frames(self) -> int:
        """Number of frames that the header states."""
        return _count(self.dataset, "NumberOfFrames", 1)

    @property
    def claim(self) -> SizeClaim:
        """Size that decoding would give."""
        ds = self.dataset
        bits = _count(ds, "BitsAllocated", 8)
        channels = 3 if ds.get("PhotometricInterpretation") == "PALETTE COLOR" else _count(ds, "SamplesPerPixel", 1)
        return SizeClaim(_count(ds, "Rows", 0), _count(ds, "Columns", 0), self.frames, bits / 8 * channels)


def open_dicom(source: Source, settings: Settings) -> DicomFile:
    """Parse one DICOM file and refuse what cannot become an image.

    Returns:
        The object, its header checked against the limits, its pixels still encoded.

    Raises:
        InputUnreadable: Empty, cut short or damaged.
        InputTooLarge: Its header or its deflated stream is over a limit.
        NotAnImage: It holds no pixels, or pixels that are not an image (segmentation, dose).
    """
    data = source.read(settings)
    with quiet():
        try:
            dataset = _parse(data, source, settings)
            _check_kind(dataset, source)
            file = DicomFile(source, dataset, len(data))
            check_size(file.claim, file_bytes=len(data), given=source.given, settings=settings)
        except InputRefused:
            raise
        except Exception as error:  # pydicom raises whatever a broken file leads it into
            raise damaged(source) from error
    return file


def check_frame_streams(file: DicomFile) -> None:
    """Refuse encapsulated frames whose own header states another size than the DICOM header.

    Decoders allocate what the stream says, so an honest DICOM header around a huge stream must be seen first.

    Raises:
        InputUnreadable: The sizes differ.
    """
    from pydicom.encaps import generate_frames

    ds = file.dataset
    if not ds.file_meta.TransferSyntaxUID.is_encapsulated:
        return
    expected = (int(ds.Rows), int(ds.Columns))
    for frame in generate_frames(ds.PixelData, number_of_frames=file.frames):
        size = _stream_size(frame, file.source.given)
        if size is not None and size != expected:
            raise InputUnreadable(
                f"The header states {expected[1]} x {expected[0]} pixels, the pixel stream {size[1]} x {size[0]}",
                given=file.source.given,
                todo="Export the image again.",
            )


def _stream_size(frame: bytes, given: str) -> tuple[int, int] | None:
    if frame.startswith(b"\xff\xd8\xff"):
        try:
            header = jpeg_header(frame, given, whole=False)
        except InputRefused:
            return None  # JPEG-LS numbers its frame header differently; its decoder checks the rest
        return header.rows, header.columns
    return jpeg2000_size(frame)


def _parse(data: bytes, source: Source, settings: Settings) -> Dataset:
    from pydicom import dcmread
    from pydicom.filereader import _read_file_meta_info, read_preamble
    from pydicom.uid import UID, ImplicitVRLittleEndian

    stream = io.BytesIO(data)
    if read_preamble(stream, force=True) is not None:
        meta = _read_file_meta_info(stream)
        if meta.get("TransferSyntaxUID") == _DEFLATED:
            data = _inflated(data, stream.tell(), source, settings)
    dataset = dcmread(io.BytesIO(data), force=True)
    if not hasattr(dataset, "file_meta") or "TransferSyntaxUID" not in dataset.file_meta:
        implicit, little = dataset.original_encoding
        guessed = ImplicitVRLittleEndian if implicit else UID(_EXPLICIT if little else "1.2.840.10008.1.2.2")
        dataset.file_meta.TransferSyntaxUID = guessed
    if "Rows" in dataset and not any(k in dataset for k in _PIXELS) and _cut_short(dataset):
        raise damaged(source)
    return dataset


def _cut_short(dataset: Dataset) -> bool:
    """Whether an image object lacks only its pixels, as a file does that was cut before them."""
    return "BitsAllocated" in dataset


def _inflated(data: bytes, start: int, source: Source, settings: Settings) -> bytes:
    """Return the file with its data set inflated (PS3.5 A.5), stopping at the limits while it grows."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_file_meta_info
    from pydicom.uid import UID

    cap = max(INFLATION_FLOOR_BYTES, int(min(settings.max_decoded_bytes, settings.max_inflation * len(data))))
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    body = inflater.decompress(data[start:], cap + 1)
    if len(body) > cap:
        raise InputTooLarge(
            f"The deflated DICOM grows beyond {cap / 2**20:.0f} MiB",
            given=source.given,
            todo="If the file is trusted, raise CLINIGRAPH_MAX_INFLATION.",
        )
    if not inflater.eof:
        raise damaged(source)
    meta, head = FileMetaDataset(), DicomBytesIO()
    meta.TransferSyntaxUID = UID(_EXPLICIT)
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    head.write(b"\0" * 128 + b"DICM")
    write_file_meta_info(head, meta)
    return head.getvalue() + body


def _check_kind(dataset: Dataset, source: Source) -> None:
    sop_class = str(dataset.get("SOPClassUID", "") or dataset.file_meta.get("MediaStorageSOPClassUID", ""))
    if sop_class in _NOT_AN_IMAGE or dataset.get("Modality") == "SEG":
        name, todo = _NOT_AN_IMAGE.get(sop_class, _NOT_AN_IMAGE["1.2.840.10008.5.1.4.1.1.66.4"])
        raise NotAnImage(f"The DICOM object is {name}, not an image", given=source.given, todo=todo)
    if not any(k in dataset for k in _PIXELS):
        if len(dataset) == 0:
            raise damaged(source)
        raise NotAnImage(
            "The DICOM object holds no pixels",
            given=source.given,
            todo="Give an image object (CT, MR, DX, OP, US ...).",
        )


def _count(dataset: Dataset, keyword: str, default: int) -> int:
    value = dataset.get(keyword)
    return default if value in (None, "") else int(value)


def damaged(source: Source) -> InputUnreadable:
    """Return the refusal of a file that pydicom cannot follow."""
    return InputUnreadable(
        "The DICOM file is cut short or damaged", given=source.given, todo="Copy it again from where it came."
    )
