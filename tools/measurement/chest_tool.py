"""The tool `cardiothoracic_measures`: heart size and lung areas of one chest film."""

from __future__ import annotations

from clinigraph.models.codes import UNITLESS, Concept, Modality
from clinigraph.models.findings import FindingSite, Measurement
from clinigraph.models.imaging import Image, LabelMap
from clinigraph.models.tooling import (
    FlowValue,
    MeasurementValue,
    Port,
    ToolCall,
    ToolResult,
    ToolSpec,
    ValueKind,
)
from clinigraph.tools import ports, support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement import cardiothoracic, concepts
from clinigraph.tools.measurement.uncertainty import Spread, combine
from clinigraph.tools.ready import ReadyTool

_LABELS = ("left_lung", "right_lung", "heart")
_CTR, _LUNGS = "cardiothoracic_ratio", "lung_area_ratio"

SPEC = ToolSpec(
    name="cardiothoracic_measures",
    version="1.0.0",
    description="Cardiothoracic ratio and lung area ratio from masks of lungs and heart.",
    modalities=(Modality.CHEST_FILM,),
    body_parts=("CHEST",),
    inputs={
        "masks": Port(kind=ValueKind.LABEL_MAP, labels=_LABELS),
        "image": ports.image("The film that the masks lie on."),
    },
    outputs={
        _CTR: ports.measured(),
        _LUNGS: ports.measured(),
    },
    timeout_s=60,
)


class CardiothoracicMeasures(ReadyTool):
    """Measures what an earlier step outlined; loads nothing."""

    _spec = SPEC

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Measure one film.

        Raises:
            ToolFailure: The image is of another kind, or masks and image lie on different grids.
        """
        image = support.image_input(SPEC, call)
        label_map = support.label_map_input(SPEC, call)
        if label_map is None:
            return support.nothing(SPEC, call, "no outlines of lungs and heart were handed on by the step before")
        reason = next(filter(None, (support.empty_reason(label_map, label) for label in _LABELS)), "")
        if reason:
            return support.nothing(SPEC, call, reason)
        planes = support.planes_of(SPEC, label_map, image, context, _LABELS)
        chest = cardiothoracic.measure_chest(planes["left_lung"], planes["right_lung"], planes["heart"])
        if chest is None:
            return support.nothing(
                SPEC, call, "the two lungs do not lie side by side, so the chest has no common width"
            )
        return support.result(SPEC, call, _outputs(chest, image, label_map))


def _outputs(chest: cardiothoracic.Chest, image: Image, label_map: LabelMap) -> dict[str, FlowValue]:
    ratio = combine(
        cardiothoracic.ratio_halfwidth(chest), label_map.samples.get(_CTR, ()), label_map.calibration.get(_CTR)
    )
    areas = combine(cardiothoracic.area_ratio_halfwidth(chest))
    values = (
        (
            _CTR,
            concepts.CTR,
            concepts.HEART_SITE,
            cardiothoracic.cardiothoracic_ratio(chest),
            ratio,
            "greatest transverse heart diameter over greatest inner chest width across both lungs (Danzer 1919)",
        ),
        (
            _LUNGS,
            concepts.LUNG_AREA_RATIO,
            concepts.LUNG_SITE,
            cardiothoracic.lung_area_ratio(chest),
            areas,
            "left over right lung field area, pixels counted",
        ),
    )
    return {v[0]: MeasurementValue(value=_measurement(image, label_map, *v)) for v in values}


def _measurement(
    image: Image,
    label_map: LabelMap,
    output: str,
    concept: Concept,
    site: FindingSite,
    value: float,
    spread: Spread,
    method: str,
) -> Measurement:
    return Measurement(
        id=support.tracking_id(SPEC, output, image.id, label_map.digest()),
        concept=concept,
        value=value,
        unit=UNITLESS,
        interval=spread.around(value, floor=0.0),
        method=method,
        algorithm=f"{support.algorithm(SPEC)} on {label_map.algorithm}",
        site=site,
        image_id=image.id,
        derived_from=(support.label_map_id(label_map),),
        limitations=_limits(image) if output == _CTR else (),
    )


def _limits(image: Image) -> tuple[str, ...]:
    if image.view == "PA":
        return ()
    if image.view is None:
        return ("The projection of the film is not stated; an antero-posterior film magnifies the heart.",)
    return (f"The film is {image.view}, not postero-anterior; the heart may be magnified.",)
