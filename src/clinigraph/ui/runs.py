"""Runs that can be watched, answered, stopped and taken up again, also after a restart of the server."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import cast

from pydantic import JsonValue

from clinigraph.client.options import RunOptions
from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.client.sources import PathSource
from clinigraph.errors import ClinigraphError, ModelLost, RunCancelled, UsageError
from clinigraph.models.case import Fact
from clinigraph.models.events import EventKind, RunEvent
from clinigraph.models.interventions import Intervention
from clinigraph.ui.history import History
from clinigraph.ui.library import CasePlace, UserLibrary
from clinigraph.ui.values import RunRow, RunStatus, UserId

log = logging.getLogger(__name__)

SessionMaker = Callable[[CasePlace], Session]
"""Makes the session of one case: shared tools and knowledge, the case's own state folder."""
Answer = dict[str, JsonValue]


@dataclass(slots=True)
class LiveRun:
    """A run in this process."""

    library: UserLibrary
    case_id: str
    number: int
    history: History
    slots: asyncio.Semaphore
    task: asyncio.Task[None] | None = None
    question: Mapping[str, object] | None = None
    """What the run waits for; None while it does not wait."""
    answers: asyncio.Queue[Answer] = field(default_factory=asyncio.Queue)

    async def ask(self, question: Mapping[str, object]) -> dict[str, object]:
        """Wait for a person; called by the run when it pauses."""
        self.question = question
        kind = str(question.get("kind", ""))
        self.library.update_run(self.case_id, self.number, status=RunStatus.PAUSED)
        await self.history.add("question", message=kind, detail=cast("Answer", dict(question)))
        self.slots.release()  # who waits for a person keeps nobody else waiting
        try:
            answer = await self.answers.get()
        finally:
            await self.slots.acquire()
        self.question = None
        self.library.update_run(self.case_id, self.number, status=RunStatus.RUNNING)
        return cast("dict[str, object]", answer)


class RunManager:
    """All runs of a server.

    Args:
        make_session: Gives each case its session.
        at_once: Runs that work side by side; others wait in order.
    """

    def __init__(self, make_session: SessionMaker, at_once: int = 2) -> None:
        self._make_session = make_session
        self._slots = asyncio.Semaphore(at_once)
        self._live: dict[tuple[UserId, str, int], LiveRun] = {}

    def live(self, user: UserId, case_id: str, number: int) -> LiveRun | None:
        """Return a run that is going on here, or None."""
        return self._live.get((user, case_id, number))

    def history(self, user: UserId, library: UserLibrary, case_id: str, number: int) -> History:
        """Return the history of a run, live or read from disk (then closed)."""
        live = self.live(user, case_id, number)
        if live is not None:
            return live.history
        return History(library.place(case_id).run(number) / "events.jsonl")

    def start(self, user: UserId, library: UserLibrary, case_id: str, row: RunRow) -> LiveRun:
        """Start or take up a run; returns at once."""
        key = (user, case_id, row.number)
        if key in self._live:
            raise UsageError("This run is going on already", given=str(row.number))
        path = library.place(case_id).run(row.number) / "events.jsonl"
        live = LiveRun(library, case_id, row.number, History(path), self._slots)
        self._live[key] = live
        live.task = asyncio.create_task(self._run(live, row))
        live.task.add_done_callback(lambda _: self._live.pop(key, None))
        return live

    async def answer(self, live: LiveRun, answer: Answer, by: Intervention) -> None:
        """Hand a person's answer to a paused run.

        Raises:
            UsageError: The run does not wait for an answer.
        """
        if live.question is None:
            raise UsageError("This run does not wait for an answer", given=str(live.number))
        await live.history.add("intervention", message=by.action, detail=by.model_dump(mode="json"))
        await live.answers.put({**answer, "intervention": by.model_dump(mode="json")})

    async def cancel(self, live: LiveRun) -> None:
        """Stop a run; it can be resumed. Returns when its tools have been told and its state is on disk."""
        if live.task is not None and not live.task.done():
            live.task.cancel()
            await asyncio.wait([live.task], timeout=10)

    async def close(self) -> None:
        """Stop every run, for the end of the server."""
        await asyncio.gather(*(self.cancel(live) for live in list(self._live.values())))

    async def _run(self, live: LiveRun, row: RunRow) -> None:
        try:
            async with self._slots:
                live.library.update_run(live.case_id, row.number, status=RunStatus.RUNNING, message="")
                report = await self._drive(live, row)
            await self._finish(live, report)
        except (asyncio.CancelledError, RunCancelled):
            await self._end(live, RunStatus.STOPPED, "stopped by its user; resume goes on where it stopped")
        except ModelLost as error:
            await self._end(live, RunStatus.STOPPED, str(error))
        except ClinigraphError as error:
            await self._end(live, RunStatus.FAILED, str(error))
        except Exception as error:
            log.exception("a run failed inside")
            await self._end(live, RunStatus.FAILED, f"Internal failure ({type(error).__name__}).")
        finally:
            await live.history.close()

    async def _drive(self, live: LiveRun, row: RunRow) -> Report:
        place = live.library.place(live.case_id)
        session = await asyncio.to_thread(self._make_session, place)
        facts = await asyncio.to_thread(_facts, row)
        case = row.case
        source = PathSource(place.inputs(), session.settings, case.question, case.boxes, facts, case.points)
        options = RunOptions(
            protocol=row.form.protocol,
            approve=row.form.approve,
            sign_off=row.form.sign_off,
            interventions=tuple(c.intervention() for c in case.corrections),
            on_pause=live.ask,
        )
        report: Report | None = None
        stream = cast("AsyncGenerator[RunEvent, None]", session.stream(source, options))
        async with aclosing(stream) as events:
            async for event in events:
                await live.history.add_event(event)
                if event.kind is EventKind.REPORT_READY and isinstance(event.report, Report):
                    report = event.report
        if report is None:
            raise ClinigraphError("The run ended without a report", todo="Start it again.")
        return report

    async def _finish(self, live: LiveRun, report: Report) -> None:
        await asyncio.to_thread(report.save, live.library.place(live.case_id).run(live.number) / "report")
        live.library.update_run(
            live.case_id,
            live.number,
            status=RunStatus.DONE,
            finished_unix=time.time(),
            decision=report.impression.decision.value,
            condition=report.impression.condition,
        )
        await live.history.add("done", message=report.impression.decision.value)

    async def _end(self, live: LiveRun, status: RunStatus, message: str) -> None:
        place = live.library.place(live.case_id)
        for folder in (place.uploads, place.folder):  # people know files by name, not by the server's folders
            message = message.replace(f"{folder}/", "")
        live.library.update_run(live.case_id, live.number, status=status, finished_unix=time.time(), message=message)
        await live.history.add(status.value, message=message)


def _facts(row: RunRow) -> tuple[Fact, ...]:
    from clinigraph.intake.facts import parse_fact

    return tuple(
        fact
        for name, value in row.case.facts.items()
        for fact in parse_fact(name, value, source="page", given=f"{name}={value}")
    )


def take_up(manager: RunManager, library: UserLibrary, user: UserId) -> None:
    """Go on with the runs that a crash or restart cut short; those that were paused ask again."""
    for record in library.search():
        for row in record.runs:
            if row.status.live and manager.live(user, record.id, row.number) is None:
                manager.start(user, library, record.id, row)
