"""The allow-list: what of a DICOM header may enter a case. Everything else stays behind.

Only coded values from closed lists and plain numbers pass; no name, identifier, date, UID, institution or free text.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from clinigraph.intake.dicom_pixels import frame_groups, number
from clinigraph.models.case import Fact
from clinigraph.models.codes import Laterality, Modality
from clinigraph.models.imaging import SpacingSource

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_MODALITIES: dict[str, Modality] = {
    "OP": Modality.FUNDUS, "CT": Modality.CT, "MR": Modality.MR, "US": Modality.ULTRASOUND, "IVUS": Modality.ULTRASOUND,
    "SM": Modality.HISTOLOGY, "GM": Modality.HISTOLOGY, "DMS": Modality.DERMOSCOPY,
    "MG": Modality.XRAY_OTHER, "XA": Modality.XRAY_OTHER, "RF": Modality.XRAY_OTHER, "PX": Modality.XRAY_OTHER,
    "IO": Modality.XRAY_OTHER, "RTIMAGE": Modality.XRAY_OTHER,
    "PT": Modality.OTHER, "NM": Modality.OTHER, "OPT": Modality.OTHER, "OCT": Modality.OTHER, "ES": Modality.OTHER,
    "BI": Modality.OTHER, "BDUS": Modality.OTHER, "IVOCT": Modality.OTHER, "OPM": Modality.OTHER,
}
"""DICOM modality (PS3.3 C.7.3.1.1.1) -> ours. CR and DX depend on the body part; OT, SC and XC are left to the pixels."""
_FILMS = frozenset({"CR", "DX", "DR"})
_CHEST = frozenset({"CHEST", "THORAX", "LUNG"})
_BODY_PARTS = frozenset(
    "ABDOMEN ABDOMENPELVIS ADRENAL ANKLE AORTA ARM AXILLA BACK BLADDER BRAIN BREAST BRONCHUS CALF CAROTID CEREBELLUM CERVIX "
    "CHEST CHESTABDOMEN CHESTABDPELVIS CLAVICLE COCCYX COLON CORNEA CORONARYARTERY CSPINE CTSPINE ELBOW ESOPHAGUS "
    "EXTREMITY EYE FACE FEMUR FINGER FOOT GALLBLADDER HAND HEAD HEADNECK HEART HIP HUMERUS ILEUM JAW KIDNEY KNEE LARYNX "
    "LEG LIVER LSPINE LSSPINE LUNG MANDIBLE MAXILLA MEDIASTINUM NECK NECKCHEST NOSE ORBIT OVARY PANCREAS PAROTID PELVIS "
    "PENIS PHARYNX PROSTATE RECTUM RETINA RIB SCALP SCAPULA SCROTUM SHOULDER SKIN SKULL SPINE SPLEEN SSPINE STERNUM "
    "STOMACH TESTIS THIGH THORAX THUMB THYROID TIBIA TOE TRACHEA TSPINE UTERUS WHOLEBODY WRIST".split()
)
"""Defined terms of Body Part Examined (PS3.16 annex L), and THORAX and LUNG as often met."""
_REGION_CODES = {
    "81745001": "EYE", "T-AA000": "EYE", "5665001": "RETINA", "T-AA610": "RETINA", "51185008": "CHEST", "816094009": "CHEST",
    "T-D3000": "CHEST", "39607008": "LUNG", "T-28000": "LUNG", "12738006": "BRAIN", "T-A0100": "BRAIN", "80891009": "HEART",
    "T-32000": "HEART", "39937001": "SKIN", "T-01000": "SKIN", "113345001": "ABDOMEN", "T-D4000": "ABDOMEN",
    "10200004": "LIVER", "T-62000": "LIVER", "76752008": "BREAST", "T-04000": "BREAST",
}
"""Anatomic Region codes (PS3.16 annex L: SNOMED CT, and the older SNOMED RT of the same terms)."""
_VIEWS = {
    "AP": "AP", "PA": "PA", "LL": "LATERAL", "RL": "LATERAL", "LAT": "LATERAL", "LATERAL": "LATERAL", "LLD": "LLD", "RLD": "RLD",
    "RLO": "RLO", "LLO": "LLO", "CC": "CC", "MLO": "MLO", "ML": "ML", "LM": "LM", "XCCL": "XCCL",
}
_VIEW_CODES = {
    "272479007": "PA", "R-10214": "PA", "399348003": "AP", "R-10206": "AP", "399173006": "LATERAL", "399198007": "LATERAL",
    "R-10236": "LATERAL", "R-10232": "LATERAL",
}
_SIDES = {"L": Laterality.LEFT, "R": Laterality.RIGHT, "B": Laterality.BILATERAL}
_CLOSED: dict[str, frozenset[str]] = {
    "Modality": frozenset(_MODALITIES) | _FILMS | {"OT", "SC", "XC"},
    "PhotometricInterpretation": frozenset(
        {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"}
    ),
    "PresentationIntentType": frozenset({"FOR PRESENTATION", "FOR PROCESSING"}),
    "BurnedInAnnotation": frozenset({"YES", "NO"}),
    "LossyImageCompression": frozenset({"00", "01"}),
    "PixelSpacingCalibrationType": frozenset({"GEOMETRY", "FIDUCIAL"}),
    "RescaleType": frozenset({"HU", "US", "OD", "PCT", "HU_MOD", "MGML", "ED"}),
    "MRAcquisitionType": frozenset({"1D", "2D", "3D"}),
    "PatientPosition": frozenset({"HFS", "HFP", "HFDR", "HFDL", "FFS", "FFP", "FFDR", "FFDL"}),
}
_NUMBERS = (
    "BitsStored", "KVP", "SliceThickness", "RepetitionTime", "EchoTime", "MagneticFieldStrength", "HorizontalFieldOfView",
    "EstimatedRadiographicMagnificationFactor",
)
_IMAGE_TYPES = frozenset(
    {"ORIGINAL", "DERIVED", "PRIMARY", "SECONDARY", "AXIAL", "LOCALIZER", "REFORMATTED", "MPR", "VOLUME", "THUMBNAIL", "LABEL",
     "OVERVIEW"}
)
_PER_YEAR = {"Y": 1.0, "M": 12.0, "W": 365.25 / 7, "D": 365.25}


def header_values(dataset: Dataset) -> dict[str, str]:
    """Return the allow-listed values as text, with the name of the transfer syntax."""
    values = {"TransferSyntax": str(dataset.file_meta.TransferSyntaxUID.name)}
    if values["TransferSyntax"][:1].isdigit():
        del values["TransferSyntax"]
    for keyword, allowed in _CLOSED.items():
        text = coded(dataset, keyword)
        if text in allowed:
            values[keyword] = text
    for keyword in _NUMBERS:
        value = number(dataset, keyword)
        if math.isfinite(value):
            values[keyword] = f"{value:g}"
    kinds = [v for v in _texts(dataset.get("ImageType")) if v in _IMAGE_TYPES]
    return {**values, "ImageType": "\\".join(kinds)} if kinds else values


def modality_of(dataset: Dataset, body_part: str | None) -> Modality:
    """Return the modality; a film without a body part stays UNKNOWN so that triage looks at it."""
    text = coded(dataset, "Modality")
    if text in _FILMS:
        if body_part is None:
            return Modality.UNKNOWN
        return Modality.CHEST_FILM if body_part in _CHEST else Modality.XRAY_OTHER
    return _MODALITIES.get(text, Modality.UNKNOWN)


def body_part_of(dataset: Dataset) -> str | None:
    """Return the body part as a defined term, from the term or from the coded region."""
    text = coded(dataset, "BodyPartExamined").replace(" ", "").replace("_", "")
    if text in _BODY_PARTS:
        return text
    regions = dataset.get("AnatomicRegionSequence") or ()
    anatomy = frame_groups(dataset, 0, "FrameAnatomySequence")
    regions = regions or (anatomy.get("AnatomicRegionSequence") if anatomy is not None else ()) or ()
    return next((_REGION_CODES[c] for r in regions if (c := coded(r, "CodeValue")) in _REGION_CODES), None)


def laterality_of(dataset: Dataset) -> Laterality:
    """Return the side: of the image, else of the frames, else of the series (PS3.3 C.10.6.1.1 prefers the nearest)."""
    anatomy = frame_groups(dataset, 0, "FrameAnatomySequence")
    frame = coded(anatomy, "FrameLaterality") if anatomy is not None else ""
    for text in (coded(dataset, "ImageLaterality"), frame, coded(dataset, "Laterality")):
        if text in _SIDES:
            return _SIDES[text]
    return Laterality.UNKNOWN


def view_of(dataset: Dataset) -> str | None:
    """Return the view position: PA, AP, LATERAL or a mammographic view."""
    text = coded(dataset, "ViewPosition")
    if text in _VIEWS:
        return _VIEWS[text]
    codes = dataset.get("ViewCodeSequence") or ()
    return next((_VIEW_CODES[c] for v in codes if (c := coded(v, "CodeValue")) in _VIEW_CODES), None)


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


def spacing_of(dataset: Dataset, index: int) -> tuple[tuple[float, float] | None, SpacingSource | None, tuple[str, ...]]:
    """Return row and column spacing in mm, the tag it came from, and notes on what to mind.

    Order: PixelMeasuresSequence, PixelSpacing, ImagerPixelSpacing, NominalScannedPixelSpacing, ultrasound regions. Zero,
    negative or missing numbers give no spacing: then no millimetre may be reported.
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


def _ultrasound_spacing(
    dataset: Dataset,
) -> tuple[tuple[float, float] | None, SpacingSource | None, tuple[str, ...]]:
    """Return the spacing of the 2-D regions when all agree (PS3.3 C.8.5.5: units 3 are cm per pixel)."""
    flat = [r for r in dataset.get("SequenceOfUltrasoundRegions") or () if number(r, "RegionSpatialFormat") == 1]
    in_cm = [r for r in flat if number(r, "PhysicalUnitsXDirection") == 3 and number(r, "PhysicalUnitsYDirection") == 3]
    pairs = {
        (round(abs(number(r, "PhysicalDeltaY")) * 10, 6), round(abs(number(r, "PhysicalDeltaX")) * 10, 6)) for r in in_cm
    }
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
