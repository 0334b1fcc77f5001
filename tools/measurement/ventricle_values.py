"""Names, units, codes and sites of what is measured on a heart, and the step from a number to a measurement."""

from __future__ import annotations

import math
from dataclasses import dataclass

from clinigraph.models.codes import UNITLESS, Concept, Scheme
from clinigraph.models.findings import FindingSite, Measurement
from clinigraph.models.imaging import LabelMap
from clinigraph.models.tooling import ToolSpec
from clinigraph.tools import support
from clinigraph.tools.measurement.concepts import private, sct
from clinigraph.tools.measurement.uncertainty import Spread

LABELS = ("lv_cavity", "myocardium", "rv_cavity")
_LEFT = FindingSite(concept=sct("87878005", "Left ventricle"))
_RIGHT = FindingSite(concept=sct("53085002", "Right ventricle"))

OUTPUTS: dict[str, str] = {
    "left_ventricular_ejection_fraction": "%",
    "right_ventricular_ejection_fraction": "%",
    "left_end_diastolic_volume": "mL",
    "left_end_systolic_volume": "mL",
    "left_stroke_volume": "mL",
    "right_end_diastolic_volume": "mL",
    "right_end_systolic_volume": "mL",
    "right_stroke_volume": "mL",
    "myocardial_mass": "g",
    "lv_wall_thickness": "mm",
    "left_end_diastolic_volume_index": "mL/m2",
    "right_end_diastolic_volume_index": "mL/m2",
    "left_stroke_volume_index": "mL/m2",
    "myocardial_mass_index": "g/m2",
    "muscle_over_cavity": UNITLESS,
    "right_over_left": UNITLESS,
    "wall_motion_spread": UNITLESS,
}
"""Output to UCUM unit."""

AREA_INDEXED = {
    "left_end_diastolic_volume_index": "left_end_diastolic_volume",
    "right_end_diastolic_volume_index": "right_end_diastolic_volume",
    "left_stroke_volume_index": "left_stroke_volume",
    "myocardial_mass_index": "myocardial_mass",
}
"""Value over body surface -> the value."""

MILLIMETRES = frozenset(name for name, unit in OUTPUTS.items() if unit not in ("%", UNITLESS))
"""Outputs that need a spacing."""

_CONCEPTS: dict[str, Concept] = {
    "left_ventricular_ejection_fraction": Concept(
        value="10230-1", scheme=Scheme.LN, meaning="Left ventricular ejection fraction"
    ),
    "right_ventricular_ejection_fraction": private("RVEF", "Right ventricular ejection fraction"),
    "left_end_diastolic_volume": private("LVEDV", "Left ventricular end-diastolic volume"),
    "left_end_systolic_volume": private("LVESV", "Left ventricular end-systolic volume"),
    "left_stroke_volume": private("LVSV", "Left ventricular stroke volume"),
    "right_end_diastolic_volume": private("RVEDV", "Right ventricular end-diastolic volume"),
    "right_end_systolic_volume": private("RVESV", "Right ventricular end-systolic volume"),
    "right_stroke_volume": private("RVSV", "Right ventricular stroke volume"),
    "myocardial_mass": private("LVM", "Left ventricular myocardial mass"),
    "lv_wall_thickness": private("LVWT", "Greatest left ventricular wall thickness at end-diastole"),
    "left_end_diastolic_volume_index": private("LVEDVI", "Left ventricular end-diastolic volume over body surface"),
    "right_end_diastolic_volume_index": private("RVEDVI", "Right ventricular end-diastolic volume over body surface"),
    "left_stroke_volume_index": private("LVSVI", "Left ventricular stroke volume over body surface"),
    "myocardial_mass_index": private("LVMI", "Left ventricular myocardial mass over body surface"),
    "muscle_over_cavity": private("LVMVR", "Left ventricular muscle over cavity volume at end-diastole"),
    "right_over_left": private("RVLVR", "Right over left ventricular end-diastolic volume"),
    "wall_motion_spread": private("LVWMS", "Spread of left ventricular inward wall motion"),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A number with its error, before it becomes a measurement."""

    value: float
    spread: Spread | None
    """None when nothing is known of the error."""
    method: str
    low: float = 0.0
    """Least value that the quantity can have."""
    high: float | None = None


def to_measurement(spec: ToolSpec, name: str, draft: Draft, grounds: tuple[LabelMap, LabelMap]) -> Measurement:
    """Return the measurement of an output of `OUTPUTS`.

    Args:
        spec: Of the measuring tool.
        name: Output.
        draft: Value and error, in the output's unit.
        grounds: Label maps of end-diastole and end-systole.
    """
    diastole, systole = grounds
    ceiling = math.inf if draft.high is None else draft.high
    return Measurement(
        id=support.tracking_id(spec, name, diastole.digest(), systole.digest(), f"{draft.value!r}"),
        concept=_CONCEPTS[name],
        value=draft.value,
        unit=OUTPUTS[name],
        interval=draft.spread.around(draft.value, floor=draft.low, ceiling=ceiling) if draft.spread else None,
        method=draft.method,
        algorithm=f"{support.algorithm(spec)} on {diastole.algorithm}",
        site=_RIGHT if name.startswith("right") else _LEFT,
        image_id=diastole.image_id,
        derived_from=(support.label_map_id(diastole), support.label_map_id(systole)),
    )
