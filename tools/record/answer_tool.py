"""The tool `record_answer`: a yes or no of the record, unchanged, as a reading."""

from __future__ import annotations

from clinigraph.models.case import Fact
from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.findings import FindingSite, QualitativeEvaluation
from clinigraph.models.tooling import (
    EvaluationValue,
    FactValue,
    Port,
    ToolCall,
    ToolResult,
    ToolSpec,
    ValueKind,
)
from clinigraph.tools import support
from clinigraph.tools.contract import ToolContext

SPEC = ToolSpec(
    name="record_answer",
    version="1.0.0",
    description="Takes a yes or no from the record (case.yaml, the user) as it stands: yes is 5, no is 1.",
    inputs={"fact": Port(kind=ValueKind.FACT)},
    outputs={"evaluation": Port(kind=ValueKind.EVALUATION, required=False)},
    timeout_s=10,
)
_PATIENT = Concept(value="116154003", scheme=Scheme.SCT, meaning="Patient")


class RecordAnswer:
    """Passes a yes or no of the record on as a reading."""

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
        """Return the fact as a reading, or the reason why there is none."""
        value = call.inputs.get("fact")
        if not isinstance(value, FactValue):
            return _missing(call, "the record does not say")
        if not isinstance(value.value.value, bool):
            return _missing(call, f"the record's entry on {_words(value.value)} is not a yes or no")
        return support.result(SPEC, call, {"evaluation": EvaluationValue(value=_evaluation(value.value))})


def _words(fact: Fact) -> str:
    return fact.name.replace("_", " ")


def _missing(call: ToolCall, reason: str) -> ToolResult:
    return support.result(SPEC, call, {}, missing={"evaluation": reason})


def _evaluation(fact: Fact) -> QualitativeEvaluation:
    words = f"the record says {'yes' if fact.value else 'no'} ({fact.source})"
    return QualitativeEvaluation(
        id=support.tracking_id(SPEC, fact.name, fact.digest()),
        concept=Concept(
            value=fact.name.upper().replace("_", "-"), scheme=Scheme.CLINIGRAPH, meaning=_words(fact).capitalize()
        ),
        score=5 if fact.value else 1,
        evidence_for=words if fact.value else "",
        evidence_against="" if fact.value else words,
        algorithm=support.algorithm(SPEC),
        site=FindingSite(concept=_PATIENT, laterality=fact.laterality),
    )
