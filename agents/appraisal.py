"""What an image shows: by its header or the user, and by its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from clinigraph.models.base import Value
from clinigraph.models.case import Case
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Image
from clinigraph.models.triage import ImageAppraisal

SURE_ENOUGH = 0.9
"""Score from which pixels that contradict a header are worth a note to the reader."""


class PixelOpinion(Value):
    """What the pixels look like."""

    modality: Modality
    score: float
    reason: str = ""


@runtime_checkable
class PixelClassifier(Protocol):
    """Pixels in, opinion out; deterministic."""

    def opinion(self, display: NDArray[np.uint8]) -> PixelOpinion:
        """Judge an image.

        Args:
            display: uint8 ``(H, W)`` or ``(H, W, 3)``.
        """
        ...


class RouterClassifier:
    """The modality-router network behind the pixel contract; its weights load at the first opinion."""

    def __init__(self) -> None:
        from clinigraph.tools.segmentation.networks.router import ModalityRouter

        self._router = ModalityRouter()

    def opinion(self, display: NDArray[np.uint8]) -> PixelOpinion:
        """Judge an image with the shipped network."""
        self._router.warm_up()
        prediction = self._router.predict(display)
        return PixelOpinion(
            modality=_KINDS[prediction.kind], score=min(1.0, max(0.0, prediction.score)), reason=prediction.reason
        )


_KINDS: dict[str, Modality] = {
    "fundus": Modality.FUNDUS,
    "chest_film": Modality.CHEST_FILM,
    "dermoscopy": Modality.DERMOSCOPY,
    "ultrasound": Modality.ULTRASOUND,
    "ct": Modality.CT,
    "mr": Modality.MR,
    "histology": Modality.HISTOLOGY,
    "other_medical": Modality.OTHER,
    "not_medical": Modality.NOT_MEDICAL,
    "unknown": Modality.UNKNOWN,
}


def appraise(image: Image, opinion: PixelOpinion) -> ImageAppraisal:
    """Weigh header and pixels: a stated modality counts, the pixels' doubt is reported."""
    stated = image.modality
    agreed = stated in (Modality.UNKNOWN, opinion.modality)
    return ImageAppraisal(
        image_id=image.id,
        modality=opinion.modality if stated is Modality.UNKNOWN else stated,
        pixel_modality=opinion.modality,
        score=opinion.score,
        disagreement=""
        if agreed or opinion.modality is Modality.UNKNOWN
        else (
            f"Stated as {stated.label}, but the pixels look like {opinion.modality.label} (score {opinion.score:.2f})"
        ),
        reason=opinion.reason,
    )


def with_modalities(case: Case, appraisals: Sequence[ImageAppraisal]) -> Case:
    """Return the case with the modality that counts on each image; what a header or the user said is kept."""
    known = {a.image_id: a.modality for a in appraisals}
    studies = tuple(
        study.replace(
            series=tuple(
                series.replace(images=tuple(i.replace(modality=known.get(i.id, i.modality)) for i in series.images))
                for series in study.series
            )
        )
        for study in case.studies
    )
    return case.replace(studies=studies)
