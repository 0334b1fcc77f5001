"""What can be computed from a record without a plan: calculators whose inputs are all there, and a differential."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clinigraph.agents.text_findings import findings
from clinigraph.models.base import StepId
from clinigraph.models.case import Case, Fact
from clinigraph.models.codes import Laterality
from clinigraph.models.tooling import FactValue, ToolCall, ToolSpec, ValueKind

DIFFERENTIAL = "phenotype_differential"
MAX_CALLS = 24
"""Most tools that are run on one record."""


def survey_calls(case: Case, specs: Iterable[ToolSpec], unavailable: Mapping[str, str]) -> tuple[ToolCall, ...]:
    """Return the calls that the record's facts allow, the differential first.

    Args:
        case: Facts with their spans.
        specs: Specifications of all tools.
        unavailable: Tool name -> why it cannot work here.
    """
    usable = [s for s in specs if not unavailable.get(s.name)]
    calls = [c for s in usable if s.name == DIFFERENTIAL and (c := _differential(case, s)) is not None]
    calls += [c for s in usable if (c := _calculation(case, s)) is not None]
    return tuple(calls[:MAX_CALLS])


def _differential(case: Case, spec: ToolSpec) -> ToolCall | None:
    given = {"present": findings(case, present=True), "absent": findings(case, present=False)}
    if not given["present"]:
        return None
    inputs = {
        name: FactValue(value=Fact(name=f"findings_{name}", value="; ".join(_code(f) for f in facts), source="text"))
        for name, facts in given.items()
        if facts
    }
    return ToolCall.model_validate({"step_id": StepId("differential"), "tool": spec.name, "inputs": inputs})


def _code(fact: Fact) -> str:
    return fact.concept.value if fact.concept is not None else fact.name


def _calculation(case: Case, spec: ToolSpec) -> ToolCall | None:
    """Return the call of a calculator whose every input is on record; tools that take any one fact are none."""
    required = [n for n, p in spec.inputs.items() if p.required]
    facts_only = bool(required) and all(p.kind is ValueKind.FACT for p in spec.inputs.values())
    answers = any(p.kind is ValueKind.MEASUREMENT for p in spec.outputs.values())
    if not (facts_only and answers) or set(spec.inputs) == {"fact"}:
        return None
    given = {n: fact for n in spec.inputs if (fact := case.fact(n, Laterality.UNKNOWN)) is not None}
    if not all(n in given for n in required):
        return None
    inputs = {n: FactValue(value=f) for n, f in given.items()}
    return ToolCall.model_validate({"step_id": StepId(f"calc_{spec.name}"[:80]), "tool": spec.name, "inputs": inputs})
