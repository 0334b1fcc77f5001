"""The tool `cup_disc_measures`: ratios and rim of one optic disc, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from clinigraph.models.base import EvidenceId
from clinigraph.models.codes import UNITLESS, Concept, Laterality, Modality
from clinigraph.models.findings import Measurement, QualitativeEvaluation
from clinigraph.models.imaging import Image, LabelMap
from clinigraph.models.tooling import (
    EvaluationValue,
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
from clinigraph.tools.measurement import concepts, cup_disc
from clinigraph.tools.measurement.cup_disc import CupDisc
from clinigraph.tools.measurement.uncertainty import HALF_PIXEL, Spread, combine
from clinigraph.tools.ready import ReadyTool

_VERTICAL, _HORIZONTAL, _AREA = "vertical_cup_disc_ratio", "horizontal_cup_disc_ratio", "area_cup_disc_ratio"
_RIM, _ISNT, _DIAMETER = "min_rim_disc_ratio", "isnt_violated", "disc_diameter_mm"

SPEC = ToolSpec(
    name="cup_disc_measures",
    version="1.0.0",
    description="Cup-to-disc ratios, narrowest rim, rim order and disc size from masks of disc and cup.",
    modalities=(Modality.FUNDUS,),
    body_parts=("EYE",),
    inputs={
        "masks": Port(kind=ValueKind.LABEL_MAP, labels=("optic_disc", "optic_cup")),
        "image": ports.image("The photograph that the masks lie on."),
    },
    outputs={
        _VERTICAL: ports.measured(),
        _HORIZONTAL: ports.measured(),
        _AREA: ports.measured(),
        _RIM: ports.measured(),
        _ISNT: ports.judged(),
        _DIAMETER: ports.measured("mm"),
    },
    timeout_s=60,
)


class CupDiscMeasures(ReadyTool):
    """Measures what an earlier step outlined; loads nothing."""

    _spec = SPEC

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Measure one disc.

        Raises:
            ToolFailure: The image is of another kind, or masks and image lie on different grids.
        """
        image = support.image_input(SPEC, call)
        label_map = support.label_map_input(SPEC, call)
        if label_map is None:
            return support.nothing(SPEC, call, "no outline of the disc was handed on by the step before")
        for label in ("optic_disc", "optic_cup"):
            reason = support.empty_reason(label_map, label)
            if reason:
                return support.nothing(SPEC, call, reason)
        planes = support.planes_of(SPEC, label_map, image, context, ("optic_disc", "optic_cup"))
        eye = CupDisc.of(planes["optic_disc"], planes["optic_cup"])
        if eye is None or eye.cup_box is None:
            return support.nothing(SPEC, call, "no cup could be told from the rim inside the disc")
        job = _Job(eye, image, label_map)
        return support.result(SPEC, call, job.outputs, missing=job.missing)


@dataclass(frozen=True)
class _Job:
    """One disc on its way to measurements."""

    eye: CupDisc
    image: Image
    label_map: LabelMap

    @cached_property
    def vertical(self) -> Spread:
        cup = self.eye.cup_box.height if self.eye.cup_box else 0
        return combine(
            cup_disc.length_ratio_halfwidth(cup, self.eye.disc_box.height, HALF_PIXEL),
            self.label_map.samples.get(_VERTICAL, ()),
            self.label_map.calibration.get(_VERTICAL),
        )

    @cached_property
    def cup_shift(self) -> float:
        """Shift of the cup's edge, in pixels, that would explain the vertical ratio's interval."""
        return max(HALF_PIXEL, self.vertical.halfwidth * self.eye.disc_box.height / 2)

    @cached_property
    def profile(self) -> cup_disc.RimProfile:
        return cup_disc.rim_profile(self.eye)

    @property
    def outputs(self) -> dict[str, FlowValue]:
        found = {_VERTICAL: self._vertical(), _HORIZONTAL: self._horizontal(), _AREA: self._area(), _RIM: self._rim()}
        if self.image.geometry.spacing_mm is not None:
            found[_DIAMETER] = self._diameter(self.image.geometry.spacing_mm[0])
        values: dict[str, FlowValue] = {name: MeasurementValue(value=value) for name, value in found.items()}
        order = self._order()
        if order is not None:
            values[_ISNT] = EvaluationValue(value=order)
        return values

    @property
    def missing(self) -> dict[str, str]:
        reasons: dict[str, str] = {}
        if self.image.geometry.spacing_mm is None:
            reasons[_DIAMETER] = "the photograph carries no pixel spacing, so no millimetres can be given"
        if self._order() is None:
            reasons[_ISNT] = (
                "it is not known whether this is a right or a left eye, so the nasal and temporal rim cannot be "
                "told apart; as far as the order can be judged, it is not clearly broken"
            )
        return reasons

    def _vertical(self) -> Measurement:
        value = cup_disc.vertical_ratio(self.eye)
        method = "cup height over disc height along the image's vertical axis (Armaly 1967)"
        return self._measurement(_VERTICAL, concepts.VCDR, value, self.vertical, method)

    def _horizontal(self) -> Measurement:
        width = self.eye.cup_box.width if self.eye.cup_box else 0
        half = cup_disc.length_ratio_halfwidth(width, self.eye.disc_box.width, self.cup_shift)
        method = "cup width over disc width along the image's horizontal axis (Armaly 1967)"
        value = cup_disc.horizontal_ratio(self.eye)
        return self._measurement(_HORIZONTAL, concepts.HCDR, value, self._carried(half), method)

    def _area(self) -> Measurement:
        half = cup_disc.area_ratio_halfwidth(self.eye, self.cup_shift)
        value = cup_disc.area_ratio(self.eye)
        return self._measurement(
            _AREA, concepts.ACDR, value, self._carried(half), "cup area over disc area, pixels counted"
        )

    def _rim(self) -> Measurement:
        minimum = cup_disc.minimal_rim(self.profile)
        half = (self.cup_shift + HALF_PIXEL) / max(1.0, minimum.diameter)
        method = (
            "narrowest rim over the disc diameter in the same direction, 11 to 1 and 5 to 7 o'clock "
            f"(Foster 2002); here at {minimum.clock_hour:.1f} o'clock"
        )
        known = self.label_map.calibration.get(_RIM)
        spread = combine(half, calibration=known) if known else self._carried(half)
        return self._measurement(_RIM, concepts.MRDR, minimum.ratio, spread, method)

    def _diameter(self, row_spacing_mm: float) -> Measurement:
        height = self.eye.disc_box.height
        source = self.image.geometry.spacing_source
        spread = combine(2 * HALF_PIXEL * row_spacing_mm)
        method = f"disc height times the row spacing from {source.value if source else 'the image'}"
        return self._measurement(_DIAMETER, concepts.DDV, height * row_spacing_mm, spread, method, unit="mm")

    def _carried(self, halfwidth: float) -> Spread:
        """The interval of another measure under the same shift of the cup's edge."""
        method = f"cup edge +- {self.cup_shift:.1f} pixels, the shift that spans the vertical ratio's interval ("
        return Spread(halfwidth, self.vertical.level, method + self.vertical.method + ")")

    def _order(self) -> QualitativeEvaluation | None:
        rims = cup_disc.quadrant_rims(self.profile)
        side = self.image.laterality
        tolerance = self.cup_shift / float(self.profile.diameter.mean())
        excess = cup_disc.isnt_excess(rims, side)
        if excess is None:
            return None
        score = cup_disc.isnt_score(excess, tolerance)
        if side not in (Laterality.LEFT, Laterality.RIGHT) and score < 4:
            return None
        return QualitativeEvaluation(
            id=self._id(_ISNT),
            concept=concepts.ISNT,
            score=score,
            evidence_for=_rim_words(rims, side) if score > 2 else "",
            evidence_against=_rim_words(rims, side) if score < 4 else "",
            algorithm=support.algorithm(SPEC),
            site=support.sided(concepts.OPTIC_DISC_SITE, self.image),
            image_id=self.image.id,
            derived_from=(support.label_map_id(self.label_map),),
        )

    def _id(self, output: str) -> EvidenceId:
        return support.tracking_id(SPEC, output, self.image.id, self.label_map.digest())

    def _measurement(
        self, output: str, concept: Concept, value: float, spread: Spread, method: str, *, unit: str = UNITLESS
    ) -> Measurement:
        ceiling = 1.0 if unit == UNITLESS else float("inf")
        return Measurement(
            id=self._id(output),
            concept=concept,
            value=value,
            unit=unit,
            interval=spread.around(value, floor=0.0, ceiling=ceiling),
            method=method,
            algorithm=f"{support.algorithm(SPEC)} on {self.label_map.algorithm}",
            site=support.sided(concepts.OPTIC_DISC_SITE, self.image),
            image_id=self.image.id,
            derived_from=(support.label_map_id(self.label_map),),
        )


def _rim_words(rims: cup_disc.QuadrantRims, side: Laterality) -> str:
    """Return the rim widths in words, as shares of the disc diameter."""
    head = f"mean rim as a share of the disc diameter: inferior {rims.inferior:.2f}, superior {rims.superior:.2f}"
    sides = rims.nasal_temporal(side)
    if sides is None:
        return f"{head}, left in the image {rims.image_left:.2f}, right {rims.image_right:.2f} (eye not known)"
    return f"{head}, nasal {sides[0]:.2f}, temporal {sides[1]:.2f}"
