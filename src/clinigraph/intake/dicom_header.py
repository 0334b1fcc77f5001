"""The allow-list: what of a DICOM header may enter a case. Everything else stays behind.

Only coded values from closed lists and plain numbers pass; no name, identifier, date, UID, institution or free text.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from clinigraph.intake.dicom_pixels import frame_groups, number
from clinigraph.intake.dicom_terms import (
    BODY_PARTS,
    CHEST,
    CLOSED,
    FILMS,
    IMAGE_TYPES,
    MODALITIES,
    NUMBERS,
    REGION_CODES,
    SIDES,
    VIEW_CODES,
    VIEWS,
)
from clinigraph.models.case import Fact
from clinigraph.models.codes import Laterality, Modality
from clinigraph.models.imaging import SpacingSource

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Spacing = tuple[tuple[float, float] | None, SpacingSource | None, tuple[str, ...]]
"""Row and column spacing in mm, its tag, and what to mind about it."""
_PER_YEAR = {"Y": 1.0, "M": 12.0, "W": 365.25 / 7, "D": 365.25}


def header_values(dataset: Dataset) -> dict[str, str]:
    """Return the allow-listed values as text, with the name of the transfer syntax."""
    values = {"TransferSyntax": str(dataset.file_meta.TransferSyntaxUID.name)}
    if values["TransferSyntax"][:1].isdigit():
        del values["TransferSyntax"]
    for keyword, allowed in CLOSED.items():
        text = coded(dataset, keyword)
        if text in allowed:
            values[keyword] = text
    for keyword in NUMBERS:
        value = number(dataset, keyword)
        if math.isfinite(value):
            values[keyword] = f"{value:g}"
    kinds = [v for v in _texts(dataset.get("ImageType")) if v in IMAGE_TYPES]
    return {**values, "ImageType": "\\".join(kinds)} if kinds else values


def modality_of(dataset: Dataset, body_part: str | None) -> Modality:
    """Return the modality; a film without a body part stays UNKNOWN so that triage looks at it."""
    text = coded(dataset, "Modality")
    if text in FILMS:
        if body_part is None:
            return Modality.UNKNOWN
        return Modality.CHEST_FILM if body_part in CHEST else Modality.XRAY_OTHER
    return MODALITIES.get(text, Modality.UNKNOWN)


def body_part_of(dataset: Dataset) -> str | None:
    """Return the body part as a defined term, from the term or from the coded region."""
    text = coded(dataset, "BodyPartExamined").replace(" ", "").replace("_", "")
    if text in BODY_PARTS:
        return text
    regions = dataset.get("AnatomicRegionSequence") or ()
    anatomy = frame_groups(dataset, 0, "FrameAnatomySequence")
    regions = regions or (anatomy.get("AnatomicRegionSequence") if anatomy is not None else ()) or ()
    return next((REGION_CODES[c] for r in regions if (c := coded(r, "CodeValue")) in REGION_CODES), None)


def laterality_of(dataset: Dataset) -> Laterality:
    """Return the side: of the image, else of the frames, else of the series (PS3.3 C.10.6.1.1 prefers the nearest)."""
    anatomy = frame_groups(dataset, 0, "FrameAnatomySequence")
    frame = coded(anatomy, "FrameLaterality") if anatomy is not None else ""
    for text in (coded(dataset, "ImageLaterality"), frame, coded(dataset, "Laterality")):
        if text in SIDES:
            return SIDES[text]
    return Laterality.UNKNOWN


def view_of(dataset: Dataset) -> str | None:
    """Return the view position: PA, AP, LATERAL or a mammographic view."""
    text = coded(dataset, "ViewPosition")
    if text in VIEWS:
        return VIEWS[text]
    codes = dataset.get("ViewCodeSequence") or ()
    return next((VIEW_CODES[c] for v in codes if (c := coded(v, "CodeValue")) in VIEW_CODES), None)


def patient_facts(dataset: Dataset) -> tuple[Fact, ...]:
    """Return age, sex, height and weight where the header states them plausibly."""
    facts = []
    age = re.fullmatch(r"(\d{1,3})([YMWD])", coded(dataset, "PatientAge"))
    if age and (years := int(age[1]) / _PER_YEAR[age[2]]) <= 120:
        facts.append(Fact(name="age", value=round(years, 2), unit="a", source="PatientAge (0010,1010)"))
    sex = {"F": "female", "M": "male", "O": "other"}.get(coded(dataset, "PatientSex"))
    if sex:
        facts.append(Fact(name="sex", value=sex, source="PatientSex (0010,0040)"))
    height, weight = number(dataset, "PatientSize") * 100, number(dataset, "PatientWeight")
    if 20 <= height <= 260:
        facts.append(Fact(name="height", value=round(height, 1), unit="cm", source="PatientSize (0010,1020)"))
    if 0.3 <= weight <= 400:
        facts.append(Fact(name="weight", value=weight, unit="kg", source="PatientWeight (0010,1030)"))
    return tuple(facts)


def spacing_of(dataset: Dataset, index: int) -> Spacing:
    """Return row and column spacing in mm, the tag it came from, and notes on what to mind.

    Order: PixelMeasuresSequence, PixelSpacing, ImagerPixelSpacing, NominalScannedPixelSpacing, ultrasound regions.
    Zero, negative or missing numbers give no spacing: then no millimetre may be reported.
    """
    group = frame_groups(dataset, index, "PixelMeasuresSequence")
    tags = (
        (group, "PixelSpacing", SpacingSource.SHARED_GROUPS),
        (dataset, "PixelSpacing", SpacingSource.PIXEL_SPACING),
        (dataset, "ImagerPixelSpacing", SpacingSource.IMAGER_PIXEL_SPACING),
        (dataset, "NominalScannedPixelSpacing", SpacingSource.NOMINAL_SCANNED),
    )
    for holder, keyword, source in tags:
        if holder is None or holder.get(keyword) in (None, ""):
            continue
        pair = _pair(holder.get(keyword))
        if pair is None:
            return None, None, (f"{keyword} is not two positive numbers: no millimetres are reported",)
        at_detector = source is SpacingSource.IMAGER_PIXEL_SPACING
        return pair, source, ("spacing at the detector, not corrected for magnification",) if at_detector else ()
    return _ultrasound_spacing(dataset)


def _ultrasound_spacing(dataset: Dataset) -> Spacing:
    """Return the spacing of the 2-D regions when all agree (PS3.3 C.8.5.5: units 3 are cm per pixel)."""
    flat = [r for r in dataset.get("SequenceOfUltrasoundRegions") or () if number(r, "RegionSpatialFormat") == 1]
    in_cm = [r for r in flat if all(number(r, f"PhysicalUnits{axis}Direction") == 3 for axis in "XY")]
    pairs = {tuple(round(abs(number(r, f"PhysicalDelta{axis}")) * 10, 6) for axis in "YX") for r in in_cm}
    if len(pairs) == 1 and len(in_cm) == len(flat):
        pair = _pair(next(iter(pairs)))
        if pair is not None:
            return pair, SpacingSource.ULTRASOUND_REGION, ("spacing holds inside the scanned region only",)
    return None, None, ("ultrasound regions of different scales: no millimetres are reported",) if pairs else ()


def _pair(value: object) -> tuple[float, float] | None:
    try:
        numbers = [float(str(v)) for v in value]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return None
    if len(numbers) != 2 or not all(math.isfinite(v) and 0 < v < 1e4 for v in numbers):
        return None
    return numbers[0], numbers[1]


def coded(dataset: Dataset, keyword: str) -> str:
    """Return the first value of a coded element, upper case and trimmed; empty when it is absent."""
    texts = _texts(dataset.get(keyword))
    return texts[0] if texts else ""


def _texts(value: object) -> list[str]:
    if value is None:
        return []
    many = value if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
    return [str(v).strip().upper() for v in many]
