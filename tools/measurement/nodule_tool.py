"""The tool `nodule_size`: the diameter of a pulmonary nodule, measured where an outline gives it, else recorded."""

from __future__ import annotations

from clinigraph.models.case import Fact
from clinigraph.models.findings import Measurement
from clinigraph.models.tooling import (
    FactValue,
    MeasurementValue,
    Port,
    ToolCall,
    ToolResult,
    ToolSpec,
    ValueKind,
)
from clinigraph.tools import ports, support
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement import lesion_concepts as codes
from clinigraph.tools.measurement.concepts import LUNG_SITE
from clinigraph.tools.ready import ReadyTool

_DIAMETER = "diameter"
_AGREE_MM = 2.0
"""Differences of less than 2 mm lie within the error of callipers (MacMahon 2017)."""
_LIMIT = "Taken as one solid nodule unless the record says otherwise."
_NOTHING = (
    "no outline gives it and the record states no nodule_diameter; give a box round the nodule on a slice with known "
    "spacing (--box lesion=x0,y0,x1,y1) or the fact nodule_diameter"
)

SPEC = ToolSpec(
    name="nodule_size",
    version="1.0.0",
    description="Diameter of a pulmonary nodule for Fleischner 2017: measured on the outline, else from the record.",
    inputs={
        "measured": ports.measured("mm"),
        "recorded": Port(kind=ValueKind.FACT, required=False, unit="mm"),
    },
    outputs={_DIAMETER: ports.measured("mm")},
    timeout_s=10,
)


class NoduleSize(ReadyTool):
    """Chooses between a measured and a recorded diameter and says when they disagree."""

    _spec = SPEC

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Return the diameter, or the reason why there is none."""
        measured, recorded = call.inputs.get("measured"), _recorded(call)
        if isinstance(measured, MeasurementValue) and measured.value.unit == "mm":
            return _result(call, _from_outline(measured.value, recorded))
        if recorded is not None:
            return _result(call, _from_record(recorded))
        return support.nothing(SPEC, call, _NOTHING)


def _recorded(call: ToolCall) -> Fact | None:
    value = call.inputs.get("recorded")
    if not isinstance(value, FactValue) or value.value.unit != "mm" or isinstance(value.value.value, bool | str):
        return None
    return value.value


def _result(call: ToolCall, measurement: Measurement) -> ToolResult:
    return support.result(SPEC, call, {_DIAMETER: MeasurementValue(value=measurement)})


def _from_outline(measured: Measurement, recorded: Fact | None) -> Measurement:
    notes = [_LIMIT]
    if recorded is not None and abs(float(recorded.value) - measured.value) >= _AGREE_MM:
        notes.append(
            f"The record states {float(recorded.value):g} mm; outline and record differ by {_AGREE_MM:g} mm or more."
        )
    return measured.replace(
        id=support.tracking_id(SPEC, _DIAMETER, measured.id, recorded.digest() if recorded else ""),
        concept=codes.NODULE,
        algorithm=f"{support.algorithm(SPEC)} on {measured.algorithm}",
        derived_from=(measured.id,),
        limitations=(*notes, *measured.limitations),
    )


def _from_record(fact: Fact) -> Measurement:
    return Measurement(
        id=support.tracking_id(SPEC, _DIAMETER, fact.digest()),
        concept=codes.NODULE,
        value=float(fact.value),
        unit="mm",
        method=f"as recorded ({fact.source})",
        algorithm=support.algorithm(SPEC),
        site=LUNG_SITE,
        limitations=(_LIMIT, "How the recorded diameter was measured is not known."),
    )
