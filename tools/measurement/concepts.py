"""Codes of what is measured and where; public codes where DICOM's dictionary has one, private ones otherwise."""

from __future__ import annotations

from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.findings import FindingSite


def private(value: str, meaning: str) -> Concept:
    """Return a code of our own scheme."""
    return Concept(value=value, scheme=Scheme.CLINIGRAPH, meaning=meaning)


def sct(value: str, meaning: str) -> Concept:
    """Return a SNOMED CT code."""
    return Concept(value=value, scheme=Scheme.SCT, meaning=meaning)


VCDR = private("VCDR", "Vertical cup-to-disc ratio")
HCDR = private("HCDR", "Horizontal cup-to-disc ratio")
ACDR = private("ACDR", "Area cup-to-disc ratio")
MRDR = private("MRDR", "Minimal neuroretinal rim width relative to disc diameter")
ISNT = private("ISNT", "Violation of the ISNT order of rim widths")
DDV = private("DDV", "Vertical optic disc diameter")
CTR = private("CTR", "Cardiothoracic ratio")
LUNG_AREA_RATIO = private("LAR", "Left to right lung area ratio")

OPTIC_DISC = sct("81016008", "Optic nerve head")
OPTIC_CUP = private("OPTIC-CUP", "Optic cup")
HEART = sct("80891009", "Heart")
LUNG = sct("39607008", "Lung")
FETAL_HEAD = private("FETAL-HEAD", "Fetal head")
PATIENT = sct("116154003", "Patient")

OPTIC_DISC_SITE = FindingSite(concept=OPTIC_DISC)
HEART_SITE = FindingSite(concept=HEART)
LUNG_SITE = FindingSite(concept=LUNG)
