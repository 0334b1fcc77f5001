"""The tool `record_fact`: a number of the record becomes a measurement, unchanged."""

from __future__ import annotations

from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.findings import FindingSite, Measurement
from clinigraph.models.tooling import (
    FactValue,
    MeasurementValue,
    Port,
    ToolCall,
    ToolResult,
    ToolSpec,
    ValueKind,
)
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext

SPEC = ToolSpec(
    name="record_fact",
    version="1.0.0",
    description="Takes a number from the record (case.yaml, a header, the user) as it stands.",
    inputs={"fact": Port(kind=ValueKind.FACT)},
    outputs={"measurement": Port(kind=ValueKind.MEASUREMENT, required=False)},
    timeout_s=10,
)
_PATIENT = Concept(value="116154003", scheme=Scheme.SCT, meaning="Patient")


class RecordFact:
    """Passes a number of the record on as a measurement."""

    @property
    def spec(self) -> ToolSpec:
        """What agents know of the tool."""
        return SPEC

    def unavailable(self) -> str:
        """Return an empty string: nothing is needed."""
        return ""

    def warm_up(self) -> None:
        """Load nothing."""

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Return the fact as a measurement, or the reason why there is none."""
        value = call.inputs.get("fact")
        if not isinstance(value, FactValue):
            return _missing(call, "the record does not say")
        fact = value.value
        if isinstance(fact.value, bool | str) or fact.unit is None:
            return _missing(call, f"the record's entry on {fact.name.replace('_', ' ')} is not a number")
        measurement = Measurement(
            id=support.tracking_id(SPEC, fact.name, fact.digest()),
            concept=Concept(
                value=fact.name.upper().replace("_", "-"),
                scheme=Scheme.CLINIGRAPH,
                meaning=fact.name.replace("_", " ").capitalize(),
            ),
            value=float(fact.value),
            unit=fact.unit,
            method=f"as recorded ({fact.source})",
            algorithm=support.algorithm(SPEC),
            site=FindingSite(concept=_PATIENT, laterality=fact.laterality),
        )
        return support.result(SPEC, call, {"measurement": MeasurementValue(value=measurement)})


def _missing(call: ToolCall, reason: str) -> ToolResult:
    return support.result(SPEC, call, {}, missing={"measurement": reason})
