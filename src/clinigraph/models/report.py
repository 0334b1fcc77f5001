"""The report document: fixed top-level fields, stable hash."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Literal

from pydantic import Field

from clinigraph.models.base import CaseId, EvidenceId, IndicatorId, ProtocolId, Value
from clinigraph.models.consultation import Consultation, NextQuestion, Urgency
from clinigraph.models.differential import Differential
from clinigraph.models.evidence import EvidenceGraph
from clinigraph.models.findings import (
    Finding,
    Impression,
    IndicatorStatus,
    Interval,
    Measurement,
    Met,
)
from clinigraph.models.interventions import Intervention
from clinigraph.models.passages import Passage
from clinigraph.models.planning import Criterion
from clinigraph.models.reporting import Certainty, Claim, ReportSection, Section, Verdict
from clinigraph.models.run import RunRecord

SCHEMA_VERSION = "1.0"
DISCLAIMER = "Research use only. Not a medical device. Not for diagnosis or treatment decisions."


class IndicatorRow(Value):
    """One line of the indicator table."""

    id: IndicatorId
    name: str
    kind: str
    value: float | None = None
    """Number for quantitative indicators; the score 1-5 for qualitative ones; None when not assessed."""
    unit: str | None = None
    interval: Interval | None = None
    criterion: Criterion | None = None
    met: Met
    weight: float
    status: IndicatorStatus
    evidence_ids: tuple[EvidenceId, ...] = ()
    reason: str = ""


class Unsupported(Value):
    """A statement that was left out of the findings, with the reason."""

    claim: Claim
    reason: str


class Overlay(Value):
    """A picture of a label map drawn over its image; the PNG lies beside the report."""

    image_id: str
    name: str
    """File name below ``overlays/``."""
    caption: str


class Report(Value):
    """A case's report; ``report.json`` is this value as JSON."""

    schema_version: Literal["1.0"] = "1.0"
    disclaimer: str = DISCLAIMER
    case_id: CaseId
    question: str
    protocol_id: ProtocolId | None = None
    impression: Impression
    indicators: tuple[IndicatorRow, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    findings: tuple[Finding, ...] = ()
    passages: tuple[Passage, ...] = ()
    claims: tuple[Claim, ...] = ()
    """Every claim of the text; all SUPPORTED or UNVERIFIABLE limitations."""
    unsupported: tuple[Unsupported, ...] = ()
    limitations: tuple[str, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    interventions: tuple[Intervention, ...] = ()
    """What people did in the run, in order."""
    urgency: Urgency = Urgency.ROUTINE
    """How soon somebody must look, from the words of question and record alone."""
    next_question: NextQuestion | None = None
    """The missing fact that would change the decision most; None when nothing is open that somebody could answer."""
    consultation: Consultation | None = None
    """What model roles said: opinions beside the evidence, never evidence themselves. None on the rule path."""
    differentials: tuple[Differential, ...] = ()
    """Ranked hypotheses of cases in text."""
    certainty: Certainty = Certainty()
    """What is promised of the claims: an error rate with the rate achieved, or "not calibrated"."""
    evidence_graph: EvidenceGraph = Field(default_factory=EvidenceGraph)
    run: RunRecord

    @property
    def sections(self) -> tuple[ReportSection, ...]:
        """Claims grouped by section in reading order; empty sections are left out."""
        groups = (ReportSection(section=s, claims=tuple(c for c in self.claims if c.section is s)) for s in Section)
        return tuple(g for g in groups if g.claims)

    @property
    def verdict_counts(self) -> dict[Verdict, int]:
        """How many claims got each verdict, those left out included."""
        counts = Counter(c.verdict for c in (*self.claims, *(u.claim for u in self.unsupported)))
        return {verdict: counts[verdict] for verdict in Verdict}

    def report_hash(self) -> str:
        """Return the sha256 of the report without times and run id: equal for equal inputs, code and settings."""
        data = self.model_dump(mode="json")
        data["run"].pop("timing", None)
        data["run"].pop("run_id", None)
        text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
