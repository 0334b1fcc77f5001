"""The tool `record_fact`: a number of the record becomes a measurement, unchanged."""

from __future__ import annotations

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
from clinigraph.tools.ready import ReadyTool
from clinigraph.tools.record import entries

SPEC = ToolSpec(
    name="record_fact",
    version="1.0.0",
    description="Takes a number from the record (case.yaml, a header, the user) as it stands.",
    inputs={"fact": Port(kind=ValueKind.FACT)},
    outputs={"measurement": ports.measured(None)},
    timeout_s=10,
)


class RecordFact(ReadyTool):
    """Passes a number of the record on as a measurement."""

    _spec = SPEC

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Return the fact as a measurement, or the reason why there is none."""
        value = call.inputs.get("fact")
        if not isinstance(value, FactValue):
            return support.nothing(SPEC, call, entries.NOT_SAID)
        fact = value.value
        if isinstance(fact.value, bool | str) or fact.unit is None:
            return support.nothing(SPEC, call, f"the record's entry on {entries.words(fact)} is not a number")
        measurement = Measurement(
            id=support.tracking_id(SPEC, fact.name, fact.digest()),
            concept=entries.concept(fact),
            value=float(fact.value),
            unit=fact.unit,
            method=f"as recorded ({fact.source})",
            algorithm=support.algorithm(SPEC),
            site=entries.site(fact),
        )
        return support.result(SPEC, call, {"measurement": MeasurementValue(value=measurement)})
