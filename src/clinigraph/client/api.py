"""``diagnose``, ``adiagnose`` and ``stream``: the SDK in three functions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from clinigraph.client.options import RunOptions
from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.client.sources import Case, CaseSource, PathSource, ReadSource
from clinigraph.errors import ClinigraphError, UsageError
from clinigraph.models.base import ProtocolId
from clinigraph.models.events import EventKind, RunEvent


def diagnose(
    case: Case | str | Path,
    question: str = "",
    *,
    protocol: str | None = None,
    session: Session | None = None,
    options: RunOptions | None = None,
) -> Report:
    """Run a case to its report.

    Args:
        case: A case, or the path of one.
        question: What is asked; overrides the case's own question.
        protocol: Protocol to run, whatever the question.
        session: Reuse loaded tools and knowledge; a new session by default.
        options: Pauses and resuming.

    Returns:
        The report; ``report.save(folder)`` writes it.

    Raises:
        InputRefused: The input cannot become a case.
        UsageError: The protocol does not exist, or an event loop is running (then use ``adiagnose``).

    Example:
        >>> from clinigraph import Case, diagnose
        >>> report = diagnose(Case.from_path("eye.jpg"), "Is there glaucoma?")  # doctest: +SKIP
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(adiagnose(case, question, protocol=protocol, session=session, options=options))
    raise UsageError("diagnose() was called inside an event loop", todo="Use `await adiagnose(...)` there.")


async def adiagnose(
    case: Case | str | Path,
    question: str = "",
    *,
    protocol: str | None = None,
    session: Session | None = None,
    options: RunOptions | None = None,
) -> Report:
    """Run a case to its report, inside an event loop; see :func:`diagnose`."""
    report: Report | None = None
    # The stream is read to its end: what it holds (lock, checkpoints, pixels) is let go there.
    async for event in stream(case, question, protocol=protocol, session=session, options=options):
        if event.kind is EventKind.REPORT_READY and isinstance(event.report, Report):
            report = event.report
    if report is None:
        raise ClinigraphError(
            "The run paused and nobody answered", todo="Give RunOptions(on_pause=...), or run without approval."
        )
    return report


async def stream(
    case: Case | str | Path,
    question: str = "",
    *,
    protocol: str | None = None,
    session: Session | None = None,
    options: RunOptions | None = None,
) -> AsyncIterator[RunEvent]:
    """Run a case and yield what happens: nodes, tool results, evidence, verdicts, and last the report.

    Args and errors as in :func:`diagnose`. Who stops reading early closes the stream (``contextlib.aclosing``), which
    stops running tools and leaves a run that can be resumed.
    """
    chosen = options or RunOptions()
    if protocol is not None:
        chosen = replace(chosen, protocol=ProtocolId(protocol))
    used = session or Session()
    async for event in used.stream(source_of(case, question, used), chosen):
        yield event


def source_of(case: Case | str | Path, question: str, session: Session) -> CaseSource:
    """Return where a case comes from."""
    if isinstance(case, Case):
        asked = case if not question else case.model_copy(update={"question": question})
        return ReadSource(asked, case.artifacts)
    return PathSource((Path(case),), session.settings, question)
