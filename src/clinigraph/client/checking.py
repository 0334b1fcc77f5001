"""Verifying a report that exists already."""

from __future__ import annotations

from collections.abc import Iterator

from clinigraph.agents.verification.verifier import RuleVerifier
from clinigraph.client.session import Session
from clinigraph.models.base import Value
from clinigraph.models.evidence import IndicatorResultNode, MeasurementNode, PassageNode
from clinigraph.models.report import Report
from clinigraph.models.reporting import Claim, Verdict


class CheckOutcome(Value):
    """Verdicts of a second look."""

    claims: tuple[Claim, ...]
    problems: tuple[str, ...] = ()
    """Places where the report and its own evidence graph differ."""

    @property
    def sound(self) -> bool:
        """Whether every claim is supported and nothing differs."""
        return not self.problems and all(c.verdict is Verdict.SUPPORTED for c in self.claims)


async def check(report: Report, session: Session | None = None) -> CheckOutcome:
    """Verify every claim of a report against its evidence graph and the knowledge store.

    Args:
        report: The report; its own verdicts are not looked at.
        session: Gives the knowledge store; a new session by default.
    """
    used = session or Session()
    verifier = RuleVerifier(used.library)
    claims = await verifier.verify(report.claims, report.evidence_graph, report.impression)
    return CheckOutcome(claims=claims, problems=tuple(_differences(report)))


def _differences(report: Report) -> Iterator[str]:
    nodes = report.evidence_graph.nodes
    measured = {n.id: n.value for n in nodes if isinstance(n, MeasurementNode)}
    for measurement in report.measurements:
        if measured.get(measurement.id) != measurement:
            yield f"the measurement {measurement.id} is not the one in the evidence graph"
    results = {n.value.indicator_id: n.value for n in nodes if isinstance(n, IndicatorResultNode)}
    for row in report.indicators:
        result = results.get(row.id)
        if result is None or any(getattr(result, f) != getattr(row, f) for f in _ROW_FIELDS):
            yield f"the indicator {row.id} is not the one in the evidence graph"
    passages = {n.value.id: n.value for n in nodes if isinstance(n, PassageNode)}
    for passage in report.passages:
        if passages.get(passage.id) != passage:
            yield f"the passage {passage.id} is not the one in the evidence graph"


_ROW_FIELDS = ("value", "unit", "interval", "criterion", "met", "weight", "status")
