"""The tool `record_answer`: a yes or no of the record, unchanged, as a reading."""

from __future__ import annotations

from clinigraph.models.case import Fact
from clinigraph.models.findings import QualitativeEvaluation
from clinigraph.models.tooling import (
    EvaluationValue,
    FactValue,
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
    name="record_answer",
    version="1.0.0",
    description="Takes a yes or no from the record (case.yaml, the user) as it stands: yes is 5, no is 1.",
    inputs={"fact": Port(kind=ValueKind.FACT)},
    outputs={"evaluation": ports.judged()},
    timeout_s=10,
)


class RecordAnswer(ReadyTool):
    """Passes a yes or no of the record on as a reading."""

    _spec = SPEC

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Return the fact as a reading, or the reason why there is none."""
        value = call.inputs.get("fact")
        if not isinstance(value, FactValue):
            return support.nothing(SPEC, call, entries.NOT_SAID)
        if not isinstance(value.value.value, bool):
            return support.nothing(SPEC, call, f"the record's entry on {entries.words(value.value)} is not a yes or no")
        return support.result(SPEC, call, {"evaluation": EvaluationValue(value=_evaluation(value.value))})


def _evaluation(fact: Fact) -> QualitativeEvaluation:
    words = f"the record says {'yes' if fact.value else 'no'} ({fact.source})"
    return QualitativeEvaluation(
        id=support.tracking_id(SPEC, fact.name, fact.digest()),
        concept=entries.concept(fact),
        score=5 if fact.value else 1,
        evidence_for=words if fact.value else "",
        evidence_against="" if fact.value else words,
        algorithm=support.algorithm(SPEC),
        site=entries.site(fact),
    )
