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


class Witness(Protocol):
    """A network made for one kind of image; how surely it finds its structures tells whether this is that kind."""

    def confidence(self, display: NDArray[np.uint8]) -> float:
        """Return 0 to 1; 0 when the structures are not there."""
        ...


class RouterClassifier:
    """The modality router, with the networks of the protocols as witnesses where it is not sure.

    A colour picture that the router does not surely call a fundus photograph is shown to the disc network, a grey one
    that it does not surely call a chest film to the chest network. A witness that finds its structures speaks for its
    kind; a router that calls a kind whose witness finds nothing is not believed. Weights load at the first opinion.

    Args:
        router: Judges any picture.
        disc: Finds the optic disc.
        chest: Finds lungs and heart.
    """

    def __init__(
        self, router: PixelClassifier | None = None, disc: Witness | None = None, chest: Witness | None = None
    ) -> None:
        self._router = router or NetworkRouter()
        self._witnesses: dict[Modality, Witness] = {
            Modality.FUNDUS: disc or DiscWitness(),
            Modality.CHEST_FILM: chest or ChestWitness(),
        }

    def opinion(self, display: NDArray[np.uint8]) -> PixelOpinion:
        """Judge an image."""
        first = self._router.opinion(display)
        candidate = Modality.FUNDUS if is_coloured(display) else Modality.CHEST_FILM
        if first.modality is candidate and first.score >= SURE_ENOUGH:
            return first
        found = self._witnesses[candidate].confidence(display)
        if found >= WITNESS_NEEDED[candidate]:
            return PixelOpinion(modality=candidate, score=round(found, 6), reason="by the structures found on it")
        if first.modality in self._witnesses:
            reason = f"it resembles a {first.modality.label}, but the structures of one were not found"
            return PixelOpinion(modality=Modality.UNKNOWN, score=first.score, reason=reason)
        return first


COLOUR_NEEDED = 12.0
"""Mean difference between the largest and smallest channel (of 255) from which a picture counts as coloured."""

WITNESS_NEEDED: dict[Modality, float] = {Modality.FUNDUS: 0.6, Modality.CHEST_FILM: 0.6}
"""Confidence from which a witness is believed.

Set by looking at 17 pictures inside scikit-image and 12 chest films with an earlier version of the weights: the highest
on another kind of picture was 0.37 (disc) and 0.47 (chest); of the 12 films one was not outlined, the others reached
0.68 or more. No held-out figure stands behind it.
"""


def is_coloured(display: NDArray[np.uint8]) -> bool:
    """Whether a picture has colour.

    Args:
        display: uint8 ``(H, W)`` or ``(H, W, 3)``.
    """
    if display.ndim == 2:
        return False
    sample = display[::8, ::8].astype(np.int16)
    return bool((sample.max(axis=2) - sample.min(axis=2)).mean() >= COLOUR_NEEDED)


class NetworkRouter:
    """The modality-router network behind the pixel contract."""

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


class DiscWitness:
    """Finds the optic disc of a fundus photograph."""

    def __init__(self) -> None:
        from clinigraph.tools.segmentation.networks.fundus import FundusDiscCupNetwork

        self._network = FundusDiscCupNetwork()

    def confidence(self, display: NDArray[np.uint8]) -> float:
        """Return the disc's confidence, 0 when there is none."""
        self._network.warm_up()
        rgb = display if display.ndim == 3 else np.repeat(display[..., None], 3, axis=2)
        found = self._network.predict(np.ascontiguousarray(rgb))
        return float(found.disc_confidence) if found.disc.any() else 0.0


class ChestWitness:
    """Finds lungs and heart of a frontal chest film."""

    def __init__(self) -> None:
        from clinigraph.tools.segmentation.networks.chest import ChestNetwork

        self._network = ChestNetwork()

    def confidence(self, display: NDArray[np.uint8]) -> float:
        """Return the plausibility of the outlined chest, 0 when there is none."""
        self._network.warm_up()
        grey = display if display.ndim == 2 else display.mean(axis=2).round().astype(np.uint8)
        return float(self._network.predict(np.ascontiguousarray(grey)).confidence)


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
