"""What a caller sees while a case runs."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from clinigraph.models.base import RunId, Value
from clinigraph.models.report import Report


class EventKind(StrEnum):
    """Kinds of event in a stream."""

    RUN_STARTED = "run_started"
    RUN_RESUMED = "run_resumed"
    NODE_STARTED = "node_started"
    NODE_FINISHED = "node_finished"
    TOOL_RESULT = "tool_result"
    EVIDENCE_ADDED = "evidence_added"
    CLAIM_VERDICT = "claim_verdict"
    INTERRUPTED = "interrupted"
    REPORT_READY = "report_ready"


class RunEvent(Value):
    """One event; ``detail`` holds short words and numbers only, never pixels or patient data."""

    kind: EventKind
    run_id: RunId
    node: str = ""
    """Node of the state machine, or the tool for tool results."""
    message: str = ""
    seconds: float | None = Field(default=None, ge=0)
    """Duration, for finished nodes and tools."""
    detail: dict[str, str] = Field(default_factory=dict)
    report: Report | None = None
    """Set on the last event of a finished run."""
