"""Verifying a report that exists already: one of ours, or anybody's text against the evidence of a case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from clinigraph.agents.claims.matching import claims_of
from clinigraph.agents.confidence import certainty, claim_uncertainty, within
from clinigraph.agents.verification.completeness import omissions
from clinigraph.agents.verification.consistency import settled
from clinigraph.agents.verification.verifier import RuleVerifier
from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.client.sources import PathSource
from clinigraph.errors import ClinigraphError, InputTooLarge, InputUnreadable
from clinigraph.models.base import Value
from clinigraph.models.evidence import (
    EvidenceGraph,
    EvidenceNode,
    ImageNode,
    IndicatorResultNode,
    MeasurementNode,
    PassageNode,
)
from clinigraph.models.findings import Impression, Measurement, Presence
from clinigraph.models.report import Report as ReportValue
from clinigraph.models.reporting import Certainty, Claim, Omission, Verdict

LARGEST = 4_000_000
"""Most bytes of a text that is checked."""


class CheckOutcome(Value):
    """Verdicts of a second look."""

    claims: tuple[Claim, ...]
    problems: tuple[str, ...] = ()
    """Places where the report and its own evidence graph, or the case, differ."""
    omissions: tuple[Omission, ...] = ()
    """What the evidence holds and the text is silent about."""
    certainty: Certainty = Certainty()
    """What is promised of the claims that stand."""

    @property
    def sound(self) -> bool:
        """Whether every claim is supported, nothing differs and nothing is left out."""
        return not (self.problems or self.omissions) and all(c.verdict is Verdict.SUPPORTED for c in self.claims)


async def check(report: ReportValue, session: Session | None = None, case: ReportValue | None = None) -> CheckOutcome:
    """Verify every claim of a report against its evidence graph and the knowledge store.

    Args:
        report: The report; its own verdicts are not looked at.
        session: Gives the knowledge store; a new session by default.
        case: The case run again, when it is at hand: the report's evidence must be its evidence.
    """
    used = session or Session()
    verifier = RuleVerifier(used.library)
    graph = report.evidence_graph
    promise = certainty(used.settings.alpha, used.settings.calibration)
    claims = _held(await verifier.verify(report.claims, graph, report.impression), graph, report.impression, promise)
    listed = (*claims, *(u.claim for u in report.unsupported))
    missing = tuple(o for o in omissions(claims, graph) if not any(_rests_on(c, o, graph) for c in listed))
    problems = (*_differences(report), *(_other_case(report, case) if case is not None else ()))
    return CheckOutcome(claims=claims, problems=problems, omissions=missing, certainty=promise)


async def check_text(text: str, session: Session | None = None, case: ReportValue | None = None) -> CheckOutcome:
    """Verify what somebody's text says against the evidence of a case.

    Args:
        text: Plain text or Markdown.
        session: Gives the knowledge store and the terminology; a new session by default.
        case: The case, run; without it no claim has ground, and only contradictions within the text can be found.

    Raises:
        InputTooLarge: The text is too long or says too much.
        KnowledgeError: The terminology cannot be read.
    """
    from clinigraph.knowledge.terminology.embedded import EmbeddedTerminology

    used = session or Session()
    graph = case.evidence_graph if case is not None else EvidenceGraph()
    impression = case.impression if case is not None else _no_impression()
    verifier = RuleVerifier(used.library, EmbeddedTerminology(used.settings.cache_dir)).case(graph, impression)
    claims = claims_of(text, verifier.index, verifier.sentences, verifier.whole)
    promise = certainty(used.settings.alpha, used.settings.calibration)
    judged = settled(tuple(verifier.verify(c) for c in claims), verifier.index)
    judged = _held(judged, graph, impression, promise)
    return CheckOutcome(claims=judged, omissions=omissions(judged, graph), certainty=promise)


def _held(
    claims: tuple[Claim, ...], graph: EvidenceGraph, impression: Impression, promise: Certainty
) -> tuple[Claim, ...]:
    """Return the claims with their uncertainty; those too uncertain for the promise are not judged."""
    measured = (c.replace(uncertainty=claim_uncertainty(c, graph, impression)) for c in claims)
    return tuple(within(c, promise) for c in measured)


async def run_for_evidence(path: Path, session: Session) -> Report:
    """Run a case on the rule path and return its report, whose evidence other texts are checked against.

    Raises:
        InputRefused: The path is no case.
    """
    from clinigraph.models.events import EventKind

    report: Report | None = None
    # The stream is read to its end: what it holds (lock, checkpoints, pixels) is let go there.
    async for event in session.stream(PathSource((path,), session.settings)):
        if event.kind is EventKind.REPORT_READY and isinstance(event.report, Report):
            report = event.report
    if report is not None:
        return report
    raise ClinigraphError("The case gave no report to check against", todo="Run `clinigraph diagnose` on it first.")


def read_text(path: Path) -> str:
    """Read a text file.

    Raises:
        InputUnreadable: It is missing, empty or no UTF-8 text.
        InputTooLarge: It is larger than ``LARGEST``.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise InputTooLarge("The report is too large", given=str(path), todo=f"At most {LARGEST:,} bytes are read.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputUnreadable(
            "No such report", given=str(path), todo="Give a report.json, .md or .txt file."
        ) from error
    except UnicodeDecodeError as error:
        raise InputUnreadable(
            "The file is no text", given=str(path), todo="Give UTF-8 text or a report.json."
        ) from error
    if not text.strip():
        raise InputUnreadable("The report is empty", given=str(path), todo="Give a file with text.")
    return text


def _no_impression() -> Impression:
    reason = "No case was given."
    return Impression(decision=Presence.INDETERMINATE, condition="any condition", rationale=reason)


def _rests_on(claim: Claim, omission: Omission, graph: EvidenceGraph) -> bool:
    node = graph.node(omission.evidence_id)
    grounds = {omission.evidence_id, *(node.value.evidence_ids if isinstance(node, IndicatorResultNode) else ())}
    return claim.section.value != "impression" and bool(grounds & set(claim.evidence_ids))


def _other_case(report: ReportValue, case: ReportValue) -> Iterator[str]:
    """Yield where the evidence of a report is not that of the case: other pixels, other values."""
    pixels = {n.value.artifact_id for n in case.evidence_graph.nodes if isinstance(n, ImageNode)}
    for node in report.evidence_graph.nodes:
        if isinstance(node, ImageNode) and node.value.artifact_id not in pixels:
            yield f"the image {node.id} is not an image of the case"
    known = {m.concept: m for m in case.measurements}
    for measurement in report.measurements:
        again = known.get(measurement.concept)
        if again is not None and abs(again.value - measurement.value) > 1e-6 * max(1.0, abs(again.value)):
            yield f"the measurement {measurement.id} is not what the case gives when it is run again"
    if report.impression.decision is not case.impression.decision:
        now, then = case.impression.decision.value, report.impression.decision.value
        yield f"the case, run again, is {now}, the report says {then}"


def _differences(report: ReportValue) -> Iterator[str]:
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
    yield from _conflicts(nodes)


def _conflicts(nodes: Sequence[EvidenceNode]) -> Iterator[str]:
    """Yield measurements of one thing on one picture whose values exclude each other."""
    measured = [n.value for n in nodes if isinstance(n, MeasurementNode)]
    for i, one in enumerate(measured):
        for other in measured[i + 1 :]:
            same = (one.concept, one.unit, one.image_id, one.site) == (
                other.concept, other.unit, other.image_id, other.site,
            )  # fmt: skip
            (low, high), (floor, ceiling) = _ends(one), _ends(other)
            if same and (high < floor or ceiling < low):
                yield f"the measurements {one.id} and {other.id} are of one thing and exclude each other"


def _ends(value: Measurement) -> tuple[float, float]:
    return (value.interval.low, value.interval.high) if value.interval else (value.value, value.value)


_ROW_FIELDS = ("value", "unit", "interval", "criterion", "met", "weight", "status")
