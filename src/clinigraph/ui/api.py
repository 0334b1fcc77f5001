"""The REST and streaming API: cases, files, runs, answers, reports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, status
from fastapi.responses import FileResponse, Response, StreamingResponse
from pydantic import Field, JsonValue

from clinigraph.client.report import Report as SavedReport
from clinigraph.errors import UsageError
from clinigraph.models.base import Value
from clinigraph.models.imaging import Box, Point
from clinigraph.models.interventions import Intervention
from clinigraph.models.report import Report
from clinigraph.ui.answers import ChatAnswer
from clinigraph.ui.api_parts import (
    CaseId,
    HubDep,
    LibraryDep,
    Number,
    UserDep,
    report_folder,
    row_of,
    waiting_plan,
    with_additions,
)
from clinigraph.ui.chatting import chat
from clinigraph.ui.comparison import Comparison, compare
from clinigraph.ui.correcting import begin_correction, prompts_taken
from clinigraph.ui.hub import Hub
from clinigraph.ui.library import UserLibrary
from clinigraph.ui.plan_additions import Addition
from clinigraph.ui.runs import LiveRun
from clinigraph.ui.uploads import receive
from clinigraph.ui.values import (
    MAX_POINTS,
    CaseForm,
    CaseRecord,
    Correction,
    RunForm,
    RunRow,
    StreamEvent,
    UserId,
)

router = APIRouter(prefix="/api/v1")

EXPORTS = {"json": "application/json", "md": "text/markdown; charset=utf-8", "html": "text/html; charset=utf-8"}
REPORT_POLICY = "default-src 'none'; img-src data: 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
"""A report is shown without scripts, whatever it holds."""


class AnswerForm(Value):
    """A person's answer to a paused run."""

    who: str = Field(min_length=1, max_length=80)
    action: str = Field(pattern="^(approve|edit|reject|sign|answer|skip|keep|withdraw)$")
    reason: str = Field(default="", max_length=1000)
    detail: dict[str, JsonValue] = Field(default_factory=dict)
    """What goes with the action: for edit ``plan`` (an edited one) or ``add`` (ids to add) or both; or ``claims``."""


class CorrectionForm(Value):
    """What a person drew on the image of a run: a box, points, or both, in pixels."""

    who: str = Field(min_length=1, max_length=80)
    label: str = Field(min_length=1, max_length=80)
    """The structure, one that the run's ``prompts`` name."""
    box: Box | None = None
    points: tuple[Point, ...] = Field(default=(), max_length=MAX_POINTS)


class QuestionForm(Value):
    """A question about a report."""

    text: str = Field(min_length=1, max_length=1000)


@router.get("/health")
async def health() -> dict[str, str]:
    """Say that the server is there."""
    return {"status": "ok"}


@router.get("/protocols")
async def protocols(hub: HubDep) -> dict[str, list[dict[str, JsonValue]]]:
    """List what can be asked here."""
    session = hub.shared
    rows = await asyncio.to_thread(lambda: [(p, session.availability[p.id]) for p in session.protocols])
    return {
        "protocols": [
            {"id": p.id, "title": p.title, "reads": p.modality.label, "available": a.available, "reason": a.reason}
            for p, a in rows
        ]
    }


@router.post("/cases", status_code=status.HTTP_201_CREATED)
async def create_case(form: CaseForm, library: LibraryDep) -> CaseRecord:
    """Make a case; its files follow one by one."""
    return library.create(form)


@router.get("/cases")
async def list_cases(library: LibraryDep, search: Annotated[str, Query(max_length=200)] = "") -> list[CaseRecord]:
    """List cases, newest first."""
    return list(library.search(search))


@router.get("/cases/{case_id}")
async def get_case(case_id: CaseId, library: LibraryDep) -> CaseRecord:
    """Return a case."""
    return library.get(case_id)


@router.patch("/cases/{case_id}")
async def change_case(case_id: CaseId, form: CaseForm, library: LibraryDep) -> CaseRecord:
    """Change question, facts or boxes; the next run takes them."""
    return library.change(case_id, lambda record: record.replace(form=form))


@router.delete("/cases/{case_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_case(case_id: CaseId, hub: HubDep, user: UserDep, library: LibraryDep) -> None:
    """Stop a case's runs and delete it with its pixels."""
    await hub.delete(user, library, case_id)


@router.put("/cases/{case_id}/files/{name}", status_code=status.HTTP_201_CREATED)
async def add_file(
    case_id: CaseId, name: Annotated[str, Path(max_length=255)], request: Request, hub: HubDep, library: LibraryDep
) -> CaseRecord:
    """Send one file as the request's body; a ZIP of a folder is unpacked."""
    folder = library.place(library.get(case_id).id).uploads
    announced = request.headers.get("content-length", "")
    size = int(announced) if announced.isascii() and announced.isdigit() else 0
    names = await receive(request.stream(), name, folder, hub.limits, size)
    return library.add_files(case_id, names)


@router.post("/cases/{case_id}/runs", status_code=status.HTTP_202_ACCEPTED)
async def start_run(case_id: CaseId, form: RunForm, hub: HubDep, user: UserDep, library: LibraryDep) -> RunRow:
    """Start a run."""
    row = library.begin_run(case_id, form)
    hub.runs.start(user, library, case_id, row)
    return row


@router.get("/cases/{case_id}/runs/{number}")
async def get_run(case_id: CaseId, number: Number, library: LibraryDep) -> RunRow:
    """Return where a run stands."""
    return row_of(library, case_id, number)


@router.get("/cases/{case_id}/runs/{number}/events", response_class=StreamingResponse)
async def stream_events(
    case_id: CaseId,
    number: Number,
    hub: HubDep,
    user: UserDep,
    library: LibraryDep,
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
) -> StreamingResponse:
    """Stream a run's events (server-sent events) from the first, or after ``Last-Event-ID``."""
    row_of(library, case_id, number)
    live = hub.runs.live(user, case_id, number)
    history = hub.runs.history(user, library, case_id, number)
    if live is None:
        await history.close()
    start = 0 if last_event_id is None else last_event_id + 1
    return StreamingResponse(_lines(history.watch(start)), media_type="text/event-stream")


@router.get("/cases/{case_id}/runs/{number}/additions")
async def list_additions(
    case_id: CaseId, number: Number, hub: HubDep, user: UserDep, library: LibraryDep
) -> list[Addition]:
    """List what can be added to the plan that waits: answer ``edit`` with ``detail.add``, a list of ids."""
    live = _live(hub, user, library, case_id, number)
    return list(await asyncio.to_thread(lambda: hub.additions(waiting_plan(live))))


@router.post("/cases/{case_id}/runs/{number}/answer")
async def answer_run(
    case_id: CaseId, number: Number, form: AnswerForm, hub: HubDep, user: UserDep, library: LibraryDep
) -> RunRow:
    """Answer a paused run: approve, edit or reject its plan, sign or reject its claims."""
    live = _live(hub, user, library, case_id, number)
    by = Intervention(
        who=form.who, at_unix=time.time(), action=form.action, reason=form.reason, detail=dict(form.detail)
    )
    detail = await asyncio.to_thread(with_additions, hub, live, by)
    await hub.runs.answer(live, {"action": form.action, **detail}, by)
    return row_of(library, case_id, number)


@router.post("/cases/{case_id}/runs/{number}/cancel")
async def cancel_run(case_id: CaseId, number: Number, hub: HubDep, user: UserDep, library: LibraryDep) -> RunRow:
    """Stop a run; it can be resumed."""
    await hub.runs.cancel(_live(hub, user, library, case_id, number))
    return row_of(library, case_id, number)


@router.post("/cases/{case_id}/runs/{number}/resume", status_code=status.HTTP_202_ACCEPTED)
async def resume_run(case_id: CaseId, number: Number, hub: HubDep, user: UserDep, library: LibraryDep) -> RunRow:
    """Go on with a stopped or failed run where it stopped."""
    row = row_of(library, case_id, number)
    if row.status.value == "done":
        raise UsageError("This run is done", given=str(number), todo="Start a new one.")
    hub.runs.start(user, library, case_id, row)
    return row


@router.post("/cases/{case_id}/runs/{number}/correct", status_code=status.HTTP_202_ACCEPTED)
async def correct_run(
    case_id: CaseId, number: Number, form: CorrectionForm, hub: HubDep, user: UserDep, library: LibraryDep
) -> RunRow:
    """Correct an outline: start the next run with a box or points; only what depends on them is run again."""
    images = await asyncio.to_thread(hub.viewer(library, case_id, number).images)
    if form.box is None and not form.points:
        raise UsageError("A correction needs a box or points", todo="Give box, points, or both.")
    drawn = Correction(**dict(form), at_unix=time.time(), image_id=str(images[0].evidence_id) if images else None)
    return begin_correction(hub, user, library, case_id, drawn)


@router.get("/cases/{case_id}/runs/{number}/prompts")
async def list_prompts(case_id: CaseId, number: Number, hub: HubDep, library: LibraryDep) -> dict[str, list[str]]:
    """List the structures that the run's plan takes prompts for: ``box``, ``points`` or both."""
    taken = prompts_taken(hub, hub.report(library, case_id, number))
    return {label: sorted(kinds) for label, kinds in taken.items()}


@router.get("/cases/{case_id}/runs/{number}/report.{kind}")
async def get_report(
    case_id: CaseId, number: Number, kind: Annotated[str, Path(pattern="^(json|md|html|pdf)$")], library: LibraryDep
) -> Response:
    """Return the report as JSON, Markdown, one HTML file or PDF."""
    if kind == "pdf":
        folder = report_folder(library, case_id, number)
        return Response(await asyncio.to_thread(_pdf, folder), media_type="application/pdf")
    path = report_folder(library, case_id, number) / f"report.{kind}"
    headers = {"content-security-policy": REPORT_POLICY} if kind == "html" else {}
    return FileResponse(path, media_type=EXPORTS[kind], headers=headers)


@router.post("/cases/{case_id}/runs/{number}/ask")
async def ask(case_id: CaseId, number: Number, form: QuestionForm, hub: HubDep, library: LibraryDep) -> ChatAnswer:
    """Answer a question from the evidence graph: why, show, what if, or a finding by its name."""
    report: Report = await asyncio.to_thread(hub.report, library, case_id, number)
    return await chat(hub, report, form.text)


@router.get("/cases/{case_id}/compare")
async def compare_runs(
    case_id: CaseId,
    hub: HubDep,
    library: LibraryDep,
    first: Annotated[int, Query(ge=1)],
    second: Annotated[int, Query(ge=1)],
) -> Comparison:
    """Say what changed between two runs of a case, and why."""
    return compare(hub.report(library, case_id, first), hub.report(library, case_id, second))


def _live(hub: Hub, user: UserId, library: UserLibrary, case_id: str, number: int) -> LiveRun:
    row_of(library, case_id, number)
    live = hub.runs.live(user, case_id, number)
    if live is None:
        raise UsageError("This run is not going on", given=str(number), todo="Resume it first.")
    return live


def _pdf(folder: FilePath) -> bytes:
    from clinigraph.export.pdf import render_pdf

    report = SavedReport.load(folder / "report.json")
    pictures = {o.name: folder / "overlays" / o.name for o in report.overlays}
    return render_pdf(report, {name: path.read_bytes() for name, path in pictures.items() if path.is_file()})


async def _lines(events: AsyncIterator[StreamEvent]) -> AsyncIterator[str]:
    async for event in events:
        yield f"id: {event.index}\nevent: {event.kind}\ndata: {event.model_dump_json()}\n\n"
