"""Calculators as tools: facts of the record in, one measurement out."""

from __future__ import annotations

from clinigraph.models.case import Fact
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
from clinigraph.tools.calculators.acute import ACUTE
from clinigraph.tools.calculators.contract import Calculator, CalculatorRefusal, Quantity
from clinigraph.tools.calculators.drugs import DRUGS
from clinigraph.tools.calculators.heart import HEART
from clinigraph.tools.calculators.kidney import KIDNEY
from clinigraph.tools.calculators.liver import LIVER
from clinigraph.tools.calculators.thrombosis import THROMBOSIS
from clinigraph.tools.contract import ToolContext

CALCULATORS: tuple[Calculator, ...] = (*KIDNEY, *LIVER, *HEART, *THROMBOSIS, *ACUTE, *DRUGS)
_PATIENT = Concept(value="116154003", scheme=Scheme.SCT, meaning="Patient")


class CalculatorTool:
    """One calculator behind the tool contract; needs nothing."""

    def __init__(self, calculator: Calculator) -> None:
        self._calculator = calculator
        self._spec = ToolSpec(
            name=calculator.name,
            version="1.0.0",
            description=f"{calculator.title}. {calculator.source}. For {calculator.valid}.",
            inputs={i.name: _port(i.unit if isinstance(i, Quantity) else None) for i in calculator.inputs},
            outputs={"measurement": Port(kind=ValueKind.MEASUREMENT, required=False, unit=calculator.unit)},
            timeout_s=10,
        )

    @property
    def spec(self) -> ToolSpec:
        """What agents know of the tool."""
        return self._spec

    def unavailable(self) -> str:
        """Return an empty string: nothing is needed."""
        return ""

    def warm_up(self) -> None:
        """Load nothing."""

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Return the answer, or the reason with the input that is missing or impossible."""
        facts = {n: v.value for n, v in call.inputs.items() if isinstance(v, FactValue)}
        try:
            value = self._calculator.calculate(facts)
        except CalculatorRefusal as refusal:
            return support.result(self._spec, call, {}, missing={"measurement": str(refusal)})
        measurement = self._measurement(value, facts)
        return support.result(self._spec, call, {"measurement": MeasurementValue(value=measurement)})

    def _measurement(self, value: float, facts: dict[str, Fact]) -> Measurement:
        calculator = self._calculator
        return Measurement(
            id=support.tracking_id(self._spec, "measurement", *(facts[i.name].digest() for i in calculator.inputs)),
            concept=Concept(
                value=calculator.name.upper().replace("_", "-"), scheme=Scheme.CLINIGRAPH, meaning=calculator.title
            ),
            value=value,
            unit=calculator.unit,
            method=f"{calculator.title} ({calculator.source})",
            algorithm=support.algorithm(self._spec),
            site=FindingSite(concept=_PATIENT),
            limitations=(f"Made for {calculator.valid}.",),
        )


def _port(unit: str | None) -> Port:
    return Port(kind=ValueKind.FACT, unit=unit)


def calculator_tools() -> list[CalculatorTool]:
    """Return every calculator as a tool."""
    return [CalculatorTool(calculator) for calculator in CALCULATORS]
