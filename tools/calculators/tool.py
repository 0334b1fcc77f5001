"""Calculators as tools: facts of the record in, one measurement out."""

from __future__ import annotations

from clinigraph.models.case import Fact
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
from clinigraph.tools import ports, support
from clinigraph.tools.calculators.acute import ACUTE
from clinigraph.tools.calculators.contract import Calculator, CalculatorRefusal, Quantity
from clinigraph.tools.calculators.drugs import DRUGS
from clinigraph.tools.calculators.heart import HEART
from clinigraph.tools.calculators.kidney import KIDNEY
from clinigraph.tools.calculators.liver import LIVER
from clinigraph.tools.calculators.thrombosis import THROMBOSIS
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.concepts import PATIENT, private
from clinigraph.tools.ready import ReadyTool

CALCULATORS: tuple[Calculator, ...] = (*KIDNEY, *LIVER, *HEART, *THROMBOSIS, *ACUTE, *DRUGS)


class CalculatorTool(ReadyTool):
    """One calculator behind the tool contract; needs nothing."""

    def __init__(self, calculator: Calculator) -> None:
        self._calculator = calculator
        self._spec = ToolSpec(
            name=calculator.name,
            version="1.0.0",
            description=f"{calculator.title}. {calculator.source}. For {calculator.valid}.",
            inputs={i.name: _port(i.unit if isinstance(i, Quantity) else None) for i in calculator.inputs},
            outputs={"measurement": ports.measured(calculator.unit)},
            timeout_s=10,
        )

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Return the answer, or the reason with the input that is missing or impossible."""
        facts = {n: v.value for n, v in call.inputs.items() if isinstance(v, FactValue)}
        try:
            value = self._calculator.calculate(facts)
        except CalculatorRefusal as refusal:
            return support.nothing(self._spec, call, str(refusal))
        measurement = self._measurement(value, facts)
        return support.result(self._spec, call, {"measurement": MeasurementValue(value=measurement)})

    def _measurement(self, value: float, facts: dict[str, Fact]) -> Measurement:
        calculator = self._calculator
        return Measurement(
            id=support.tracking_id(self._spec, "measurement", *(facts[i.name].digest() for i in calculator.inputs)),
            concept=private(calculator.name.upper().replace("_", "-"), calculator.title),
            value=value,
            unit=calculator.unit,
            method=f"{calculator.title} ({calculator.source})",
            algorithm=support.algorithm(self._spec),
            site=FindingSite(concept=PATIENT),
            limitations=(f"Made for {calculator.valid}.",),
        )


def _port(unit: str | None) -> Port:
    return Port(kind=ValueKind.FACT, unit=unit)


def calculator_tools() -> list[CalculatorTool]:
    """Return every calculator as a tool."""
    return [CalculatorTool(calculator) for calculator in CALCULATORS]
