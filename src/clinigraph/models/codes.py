"""Coded concepts and units: the words that other systems also know."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from clinigraph.models.base import Value


class Scheme(StrEnum):
    """Coding schemes by their DICOM designators (PS3.16 section 8)."""

    SCT = "SCT"
    RADLEX = "RADLEX"
    LN = "LN"
    UMLS = "UMLS"
    HP = "HP"
    DOID = "DOID"
    """Human Disease Ontology; DICOM has no designator for it, this is its OBO prefix."""
    ICD10CM = "I10C"
    UCUM = "UCUM"
    CLINIGRAPH = "99CLINIGRAPH"
    """Private designator ("99" prefix as DICOM asks) for ideas that no public scheme codes."""


class Concept(Value):
    """A code with its scheme and meaning, after pydicom's ``Code``."""

    value: str = Field(min_length=1)
    """The code itself, for example ``8867-4``."""
    scheme: Scheme
    """The coding scheme that owns the code."""
    meaning: str = Field(min_length=1)
    """The human-readable meaning."""


class Laterality(StrEnum):
    """Side of the body, always the patient's."""

    LEFT = "left"
    RIGHT = "right"
    BILATERAL = "bilateral"
    UNKNOWN = "unknown"


class Modality(StrEnum):
    """What made the image: coarser than DICOM's list, with its codes as values where it has one."""

    FUNDUS = "OP"
    """Ophthalmic photography."""
    CHEST_FILM = "DX"
    """Chest radiograph: DICOM CR, DX or a scanned film."""
    CT = "CT"
    MR = "MR"
    ULTRASOUND = "US"
    DERMOSCOPY = "DMS"
    HISTOLOGY = "SM"
    XRAY_OTHER = "RG"
    """A radiograph of another body part."""
    OTHER = "OT"
    """A medical image of another kind."""
    NOT_MEDICAL = "not-medical"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """The modality in words a reader knows."""
        return MODALITY_LABELS[self]


MODALITY_LABELS: dict[Modality, str] = {
    Modality.FUNDUS: "fundus photograph",
    Modality.CHEST_FILM: "chest film",
    Modality.CT: "computed tomography",
    Modality.MR: "magnetic resonance",
    Modality.ULTRASOUND: "ultrasound",
    Modality.DERMOSCOPY: "dermoscopy",
    Modality.HISTOLOGY: "histology",
    Modality.XRAY_OTHER: "radiograph (not chest)",
    Modality.OTHER: "other medical image",
    Modality.NOT_MEDICAL: "not a medical image",
    Modality.UNKNOWN: "unknown kind of image",
}

UNITLESS = "1"
"""UCUM code of a ratio."""
