"""Tiled slides: frames of a whole-slide image laid out on the total pixel matrix (PS3.3 C.8.12.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clinigraph.intake.dicom_file import DicomFile
from clinigraph.intake.dicom_pixels import Frame, decode_frames, frame_groups, number
from clinigraph.intake.limits import SizeClaim, check_size
from clinigraph.intake.raw import compact
from clinigraph.settings import Settings

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def is_tiled(dataset: Dataset) -> bool:
    """Whether the frames are tiles of a larger picture."""
    return number(dataset, "TotalPixelMatrixColumns", 0) > 0 and number(dataset, "TotalPixelMatrixRows", 0) > 0


def read_tiles(file: DicomFile, settings: Settings) -> Frame:
    """Decode all tiles and lay them out; parts without a tile stay 0.

    Raises:
        InputTooLarge: The whole slide is over a limit.
        InputUnreadable: Tiles are cut short or damaged.
        InputUnsupported: No decoder for the transfer syntax.
    """
    ds = file.dataset
    height, width = int(ds.TotalPixelMatrixRows), int(ds.TotalPixelMatrixColumns)
    claim = SizeClaim(height, width, bytes_per_pixel=max(1, int(ds.get("SamplesPerPixel", 1))))
    check_size(claim, file_bytes=file.file_bytes, given=file.source.given, settings=settings)
    places = {place: i for i, place in reversed(list(enumerate(_places(file, width))))}
    frames = decode_frames(file, tuple(places.values()))
    tail = frames[0].array.shape[2:]
    canvas = np.zeros((height, width, *tail), dtype=np.result_type(*{f.array.dtype for f in frames}))
    for (y, x), frame in zip(places, frames, strict=True):
        if 0 <= y < height and 0 <= x < width:
            part = frame.array[: height - y, : width - x]
            canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
    notes = [f"{len(places)} tiles joined", *frames[0].notes]
    if len(places) < file.frames:
        notes.append("first optical path and focal plane only")
    return Frame(canvas if tail else compact(canvas), frames[0].window, tuple(notes))


def _places(file: DicomFile, width: int) -> list[tuple[int, int]]:
    """Return the top left corner (row, column from 0) of each frame: stated, or row by row for TILED_FULL."""
    ds = file.dataset
    rows, columns = int(ds.Rows), int(ds.Columns)
    across = -(-width // columns)
    down = -(-int(ds.TotalPixelMatrixRows) // rows)
    places = []
    for index in range(file.frames):
        stated = frame_groups(ds, index, "PlanePositionSlideSequence")
        if stated is not None:
            y = int(number(stated, "RowPositionInTotalImagePixelMatrix", 1)) - 1
            x = int(number(stated, "ColumnPositionInTotalImagePixelMatrix", 1)) - 1
            places.append((y, x))
        else:
            tile = index % (across * down)
            places.append((tile // across * rows, tile % across * columns))
    return places
