"""The work on one case of a cohort: run, save, one line of results. Whatever goes wrong stays in its line."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from clinigraph.client.batch.values import BatchCase, BatchRow, CaseStatus
from clinigraph.client.options import RunOptions
from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.client.sources import PathSource
from clinigraph.errors import ClinigraphError, InputRefused
from clinigraph.models.base import ProtocolId
from clinigraph.models.case import Fact
from clinigraph.models.events import EventKind

SESSION = "clinigraph.client.session:Session"
"""Makes the session of a worker process; another ``module:callable`` may stand in for tests and benchmarks."""
RESULT = "result.json"


def session_maker(name: str) -> Callable[[], Session]:
    """Return the callable behind ``module:callable``."""
    module, _, attribute = name.partition(":")
    maker: Callable[[], Session] = getattr(import_module(module), attribute)
    return maker


def finished_row(case: BatchCase, out: Path) -> BatchRow | None:
    """Return the stored line of a case that needs not be run again: done or refused, with the same content."""
    try:
        row = BatchRow.model_validate_json((case_folder(case, out) / RESULT).read_bytes())
    except (OSError, ValueError):
        return None
    return row if row.key == case.key() and row.status is not CaseStatus.FAILED else None


def case_folder(case: BatchCase, out: Path) -> Path:
    """Return the folder of a case."""
    return out / "cases" / case.id


def work(session: Session, case: BatchCase, out: Path) -> BatchRow:
    """Run one case, save its report and its line; never raises for a bad case."""
    start = time.perf_counter()
    folder = case_folder(case, out)
    try:
        report = asyncio.run(_run(session, case))
        report.save(folder)
        row = _row(case, report)
    except InputRefused as error:
        row = BatchRow(id=case.id, status=CaseStatus.REFUSED, message=str(error))
    except ClinigraphError as error:
        row = BatchRow(id=case.id, status=CaseStatus.FAILED, message=str(error))
    except Exception as error:  # one bad case must not end a cohort
        row = BatchRow(id=case.id, status=CaseStatus.FAILED, message=f"Internal failure ({type(error).__name__}).")
    row = row.replace(
        seconds=time.perf_counter() - start,
        key=case.key(),
        question=case.question,
        protocol=row.protocol or case.protocol,
    )
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{RESULT}.part"
    part.write_text(row.model_dump_json(indent=1), encoding="utf-8")
    part.replace(folder / RESULT)
    return row


async def _run(session: Session, case: BatchCase) -> Report:
    source = PathSource(case.paths, session.settings, case.question, {}, _facts(case))
    options = RunOptions(protocol=ProtocolId(case.protocol) if case.protocol else None)
    found: Report | None = None
    async for event in session.stream(source, options):
        if event.kind is EventKind.REPORT_READY and isinstance(event.report, Report):
            found = event.report
    if found is None:
        raise ClinigraphError("The run ended without a report", todo="Run the cohort again.")
    return found


def _facts(case: BatchCase) -> tuple[Fact, ...]:
    from clinigraph.intake.facts import parse_fact

    return tuple(
        fact
        for name, value in case.facts.items()
        for fact in parse_fact(name, value, source="cohort", given=f"{name}={value}")
    )


def _row(case: BatchCase, report: Report) -> BatchRow:
    said = report.impression
    return BatchRow(
        id=case.id,
        status=CaseStatus.DONE,
        protocol=report.protocol_id,
        condition=said.condition or None,
        decision=said.decision.value,
        score=said.score,
        assessed_share=said.assessed_share,
        supported=len(report.claims),
        unsupported=len(report.unsupported),
        indicators={str(i.id): i.value for i in report.indicators},
        report_hash=report.report_hash(),
    )
