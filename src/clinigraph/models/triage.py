"""What triage decides before anything is measured."""

from __future__ import annotations

from pydantic import Field

from clinigraph.models.base import ImageId, ProtocolId, Value
from clinigraph.models.codes import Modality
from clinigraph.models.consultation import Urgency


class ImageAppraisal(Value):
    """What one image shows, by its header and by its pixels."""

    image_id: ImageId
    modality: Modality
    """The one that counts: header or user first, else pixels."""
    pixel_modality: Modality
    """What the pixels look like."""
    score: float = Field(ge=0, le=1)
    """Calibrated score of ``pixel_modality`` where the router has one."""
    disagreement: str = ""
    """Set when header and pixels say different things."""
    reason: str = ""


class Triage(Value):
    """Outcome of triage."""

    appraisals: tuple[ImageAppraisal, ...] = ()
    condition: str = ""
    """Condition of the first candidate, or of the protocol that was asked for and does not fit."""
    specialty: str | None = None
    candidates: tuple[ProtocolId, ...] = ()
    """Protocols that fit question and images, best first."""
    image_id: ImageId | None = None
    """The image that the first candidate would read."""
    planned: bool = False
    """No protocol fits; a plan is to be made for ``condition`` and ``image_id``."""
    text_only: bool = False
    """No image, but text or facts: calculators and a differential answer."""
    urgency: Urgency = Urgency.ROUTINE
    urgency_reason: str = ""
    refusal: str = ""
    """Why no protocol applies; empty when one does."""
    notes: tuple[str, ...] = ()
