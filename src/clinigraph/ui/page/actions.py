"""What happens when a person does something on the page. Errors become one line beside what was done."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import gradio as gr
from pydantic import JsonValue, ValidationError

from clinigraph.client.sample import QUESTION, sample_photograph
from clinigraph.errors import ClinigraphError, UsageError
from clinigraph.models.base import IndicatorId, ProtocolId
from clinigraph.models.imaging import Box, Point
from clinigraph.models.interventions import Intervention
from clinigraph.models.planning import DiagnosticPlan
from clinigraph.ui.chatting import chat as chat_about
from clinigraph.ui.comparison import compare
from clinigraph.ui.correcting import begin_correction
from clinigraph.ui.hub import Hub
from clinigraph.ui.library import UserLibrary
from clinigraph.ui.page import fragments, updates
from clinigraph.ui.page.layout import Parts
from clinigraph.ui.page.updates import Update
from clinigraph.ui.plan_additions import add_indicators
from clinigraph.ui.plan_editing import edit_plan
from clinigraph.ui.runs import LiveRun
from clinigraph.ui.uploads import take
from clinigraph.ui.values import MAX_POINTS, CaseForm, CaseRecord, Correction, RunForm, RunRow, RunStatus, UserId

SESSIONS_KEPT = 1000
"""Pages of which it is kept what they show."""
EVERY_S = 0.15
"""Longest time that a step is held back so that several are shown at once."""
Place = list[str | int]
"""``[case id, run number]``, or empty."""
Row = Sequence[object]


class Actions:
    """Handlers of the page.

    Args:
        hub: Cases and runs.
        parts: The page's components.
    """

    def __init__(self, hub: Hub, parts: Parts) -> None:
        self._hub = hub
        self._parts = parts
        self._shown: OrderedDict[str, Place] = OrderedDict()

    def library(self, request: gr.Request) -> UserLibrary:
        """Return the cases of who asks."""
        return self._hub.library(_user(request))

    async def attach(self, place: Place, request: gr.Request) -> AsyncIterator[Update]:
        """Fill the page when it is loaded: the library, and what was open before."""
        library = self.library(request)
        cases = updates.choices(library)
        case_id = str(place[0]) if place else ""
        known = case_id in [value for _, value in cases]
        yield {self._parts.case.library: gr.Dropdown(choices=cases, value=case_id if known else None)}
        if known:
            async for update in self.open(case_id, request):
                yield update

    async def open(self, case_id: str | None, request: gr.Request) -> AsyncIterator[Update]:
        """Open a case with its last run, and follow the run while it goes on."""
        parts, library = self._parts, self.library(request)
        if not case_id:
            self._show([], request)
            yield updates.blank(parts)
            return
        record = library.get(case_id)
        number = record.runs[-1].number if record.runs else 0
        self._show([case_id, number], request)
        yield {**updates.blank(parts), **updates.case_form(parts, record), parts.place: [case_id, number]}
        if number:
            async for update in self.follow([case_id, number], request):
                yield update

    async def follow(self, place: Place, request: gr.Request) -> AsyncIterator[Update]:
        """Show a run as it unfolds, until it is done, stopped or failed, or the page shows something else."""
        parts = self._parts
        if len(place) != 2 or not place[1]:
            yield {parts.case.message: gr.skip()}  # a generator that yields nothing would blank the page
            return
        self._show(place, request)
        user, case_id, number = _user(request), str(place[0]), int(place[1])
        library = self._hub.library(user)
        live = self._hub.runs.live(user, case_id, number)
        history = self._hub.runs.history(user, library, case_id, number)
        if live is None:
            await history.close()
        async for events in history.batches(EVERY_S):
            if not self._shows(place, request):
                yield {parts.case.message: gr.skip()}
                return
            row = library.get(case_id).run(number)
            question = live.question if live is not None else None
            base = fragments.address(case_id, number)
            yield {**updates.progress(parts, row, events, base), **updates.asked(parts, self._hub, question)}
        settled = await self._settled(library, case_id, number)
        yield settled if self._shows(place, request) else {parts.case.message: gr.skip()}

    def _show(self, place: Place, request: gr.Request) -> None:
        """Keep what a page shows from now on, so that what it followed before is no longer written into it."""
        self._shown[str(request.session_hash)] = list(place)
        self._shown.move_to_end(str(request.session_hash))
        if len(self._shown) > SESSIONS_KEPT:
            self._shown.popitem(last=False)

    def _shows(self, place: Place, request: gr.Request) -> bool:
        return self._shown.get(str(request.session_hash), place) == list(place)

    async def _settled(self, library: UserLibrary, case_id: str, number: int) -> Update:
        parts, record = self._parts, library.get(case_id)
        row = record.run(number)
        shown: Update = {**updates.progress(parts, row, ()), **updates.nothing_asked(parts)}
        shown.pop(parts.walk.timeline)
        shown[parts.case.library] = gr.Dropdown(choices=updates.choices(library), value=case_id)
        if row is None or row.status is not RunStatus.DONE:
            return shown
        done = await asyncio.to_thread(updates.finished, parts, self._hub, library, case_id, number)
        return {**shown, **done, **updates.runs_of(parts, record)}

    async def run(
        self,
        place: Place,
        files: list[str] | None,
        question: str,
        facts: str,
        protocol: str,
        approve: bool,
        sign_off: bool,
        request: gr.Request,
    ) -> Update:
        """Start a run of the open case, or of a new one made from what was given."""
        form = RunForm(protocol=ProtocolId(protocol) if protocol else None, approve=approve, sign_off=sign_off)
        try:
            library = self.library(request)
            record = await asyncio.to_thread(self._case, library, place, files or [], question, facts)
            return self._begin(library, record, form, request)
        except ClinigraphError as error:
            return {self._parts.case.message: fragments.refusal(str(error))}

    def _case(self, library: UserLibrary, place: Place, files: list[str], question: str, facts: str) -> CaseRecord:
        old = library.get(str(place[0])) if place else None
        form = (old.form if old else CaseForm()).replace(question=question.strip(), facts=parse_fact_lines(facts))
        if old is None and not files:
            raise UsageError("There is no picture yet", todo="Drop a file, or use the example photograph.")
        record = library.create(form) if old is None else library.change(old.id, lambda r: r.replace(form=form))
        for path in files:
            names = take(Path(path), Path(path).name, library.place(record.id).uploads, self._hub.limits)
            Path(path).unlink(missing_ok=True)
            record = library.add_files(record.id, names)
        return record

    def _begin(self, library: UserLibrary, record: CaseRecord, form: RunForm, request: gr.Request) -> Update:
        row = library.begin_run(record.id, form)
        self._hub.runs.start(_user(request), library, record.id, row)
        return self._began(library, record.id, row)

    def _began(self, library: UserLibrary, case_id: str, row: RunRow) -> Update:
        parts = self._parts
        return {
            parts.case.library: gr.Dropdown(choices=updates.choices(library), value=case_id),
            parts.place: [case_id, row.number],
            parts.case.message: "",
            parts.case.files: None,
            **updates.no_report(parts),
            parts.walk.chat: [],
        }

    async def example(self, request: gr.Request) -> Update:
        """Make a case from the photograph that ships with scikit-image."""
        library = self.library(request)
        record = library.create(CaseForm(title="Example photograph", question=QUESTION))
        photograph = await asyncio.to_thread(sample_photograph)
        names = take(photograph, "example.png", library.place(record.id).uploads, self._hub.limits)
        record = library.add_files(record.id, names)
        self._show([record.id, 0], request)
        return {
            **updates.blank(self._parts),
            **updates.case_form(self._parts, record),
            self._parts.place: [record.id, 0],
        }

    async def new(self, request: gr.Request) -> Update:
        """Show an empty page."""
        self._show([], request)
        cases = updates.choices(self.library(request))
        return {**updates.blank(self._parts), self._parts.case.library: gr.Dropdown(choices=cases, value=None)}

    async def delete(self, place: Place, request: gr.Request) -> Update:
        """Stop a case's runs and delete it with its pixels."""
        library, user = self.library(request), _user(request)
        if not place:
            return {self._parts.case.message: fragments.refusal("No case is open.")}
        self._show([], request)
        await self._hub.delete(user, library, str(place[0]))
        empty = updates.blank(self._parts)
        return {**empty, self._parts.case.library: gr.Dropdown(choices=updates.choices(library), value=None)}

    async def stop(self, place: Place, request: gr.Request) -> Update:
        """Stop the open run."""
        live = self._live(place, request)
        if live is not None:
            await self._hub.runs.cancel(live)
        return {self._parts.case.message: ""}

    async def resume(self, place: Place, request: gr.Request) -> Update:
        """Go on with a stopped run."""
        library = self.library(request)
        row = library.get(str(place[0])).run(int(place[1])) if len(place) == 2 else None
        if row is not None and self._live(place, request) is None and row.status is not RunStatus.DONE:
            self._hub.runs.start(_user(request), library, str(place[0]), row)
        return {self._parts.case.message: ""}

    async def approve(self, place: Place, rows: list[Row], who: str, reason: str, request: gr.Request) -> Update:
        """Approve the plan as it stands in the table, changed or not."""
        live = self._live(place, request)
        try:
            if live is None or live.question is None:
                raise UsageError("No plan waits for approval")
            plan = DiagnosticPlan.model_validate(live.question.get("plan"))
            offered = self._hub.additions(plan)
            if all(list(a) == list(b) for a, b in zip(rows, updates.plan_rows(plan, offered), strict=False)):
                await self._answer(live, who, "approve", reason, {})
                return {self._parts.case.message: ""}
            kept = {IndicatorId(str(r[4])): r for r in rows if r[0] in (True, "true")}
            weights = {i: float(str(r[2])) for i, r in kept.items()}
            limits = {i: float(str(r[3]).replace(",", ".")) for i, r in kept.items() if str(r[3] or "").strip()}
            changed = edit_plan(add_indicators(plan, kept, offered, who, reason), weights, who, reason, limits)
            await asyncio.to_thread(self._hub.shared.validator.check, changed)
            await self._answer(live, who, "edit", reason, {"plan": changed.model_dump(mode="json")})
        except (ClinigraphError, ValueError) as error:
            return {self._parts.case.message: fragments.refusal(str(error))}
        return {self._parts.case.message: ""}

    async def sign(self, place: Place, rows: list[Row], who: str, reason: str, request: gr.Request) -> Update:
        """Sign the claims: those not accepted leave the findings, amended ones are checked again."""
        claims: dict[str, JsonValue] = {str(r[3]): {"accept": r[0] in (True, "true"), "text": str(r[1])} for r in rows}
        return await self._simple(place, request, who, "sign", reason, {"claims": claims})

    async def reject(self, place: Place, who: str, reason: str, request: gr.Request) -> Update:
        """Refuse the plan, or refuse to sign."""
        return await self._simple(place, request, who, "reject", reason, {})

    async def keep(self, place: Place, who: str, reason: str, request: gr.Request) -> Update:
        """Let the decision stand without the claims that are contradicted."""
        return await self._simple(place, request, who, "keep", reason, {})

    async def withdraw(self, place: Place, who: str, reason: str, request: gr.Request) -> Update:
        """Withdraw the decision: it becomes indeterminate."""
        return await self._simple(place, request, who, "withdraw", reason, {})

    async def tell(self, place: Place, fact: str, who: str, request: gr.Request) -> Update:
        """Answer the run's question."""
        if not fact.strip():
            return await self.skip(place, who, request)
        return await self._simple(place, request, who, "answer", "", {"value": fact})

    async def skip(self, place: Place, who: str, request: gr.Request) -> Update:
        """Say that the answer is not known."""
        return await self._simple(place, request, who, "skip", "", {})

    async def rerun(self, place: Place, label: str, box: str, points: str, who: str, request: gr.Request) -> Update:
        """Run again with a box or points for one structure; steps that do not depend on them are not run again."""
        try:
            library = self.library(request)
            if not place or not label:
                raise UsageError("There is nothing to correct", todo="Open a case that was run, and name a structure.")
            drawn = Correction(
                who=who.strip()[:80] or "the user",
                at_unix=time.time(),
                label=label[:80],
                box=parse_box(box) if box.strip() or not points.strip() else None,
                points=parse_points(points),
                image_id=self._image(library, place),
            )
            row = begin_correction(self._hub, _user(request), library, str(place[0]), drawn)
            return self._began(library, str(place[0]), row)
        except ClinigraphError as error:
            return {self._parts.case.message: fragments.refusal(str(error))}

    async def structure(self, place: Place, label: str, request: gr.Request) -> Update:
        """Show the prompts that the open run had for a structure."""
        try:
            images = self._hub.viewer(self.library(request), str(place[0]), int(place[1])).images()
        except (ClinigraphError, IndexError):
            images = ()
        return updates.prompts(self._parts, images, label)

    async def ask(self, place: Place, text: str, chat: list[dict[str, str]], request: gr.Request) -> Update:
        """Answer a question about the open report from its evidence graph."""
        if not text.strip():
            return {self._parts.walk.chat_text: ""}
        try:
            report = self._hub.report(self.library(request), str(place[0]), int(place[1]))
            answer = await chat_about(self._hub, report, text[:1000])
            cited = "".join(f"\n— {p.source.title}, {p.section}" for p in answer.passages)
            by = f"\n(in the words of {answer.phrased_by}; each sentence checked)" if answer.phrased_by else ""
            said = f"{answer.text}{cited}{by}"
        except (ClinigraphError, IndexError):
            said = "There is no report yet; run the case first."
        turns = [*chat, {"role": "user", "content": text}, {"role": "assistant", "content": said}]
        return {self._parts.walk.chat: turns, self._parts.walk.chat_text: ""}

    async def compare(self, place: Place, first: int | None, second: int | None, request: gr.Request) -> Update:
        """Compare two runs of the open case."""
        try:
            if not place or first is None or second is None:
                raise UsageError("Choose two runs")
            library = self.library(request)
            reports = [self._hub.report(library, str(place[0]), n) for n in (first, second)]
            return {self._parts.evidence.compared: fragments.comparison(compare(reports[0], reports[1]))}
        except ClinigraphError as error:
            return {self._parts.evidence.compared: fragments.refusal(str(error))}

    async def _simple(
        self, place: Place, request: gr.Request, who: str, action: str, reason: str, detail: dict[str, JsonValue]
    ) -> Update:
        try:
            live = self._live(place, request)
            if live is None:
                raise UsageError("This run is not going on")
            await self._answer(live, who, action, reason, detail)
        except ClinigraphError as error:
            return {self._parts.case.message: fragments.refusal(str(error))}
        return {self._parts.case.message: ""}

    async def _answer(self, live: LiveRun, who: str, action: str, reason: str, detail: dict[str, JsonValue]) -> None:
        if action in ("approve", "edit", "sign", "keep", "withdraw") and not who.strip():
            raise UsageError("What is approved or signed needs a name", todo="Write yours above.")
        by = Intervention(who=who.strip()[:80] or "the user", at_unix=time.time(), action=action, reason=reason[:1000])
        await self._hub.runs.answer(live, {"action": action, **detail}, by)

    def _image(self, library: UserLibrary, place: Place) -> str | None:
        """Return the evidence id of the image that the open run outlined, if it has a report."""
        try:
            images = self._hub.viewer(library, str(place[0]), int(place[1])).images()
        except ClinigraphError:
            return None
        return str(images[0].evidence_id) if images else None

    def _live(self, place: Place, request: gr.Request) -> LiveRun | None:
        if len(place) != 2:
            return None
        return self._hub.runs.live(_user(request), str(place[0]), int(place[1]))


def parse_fact_lines(text: str) -> dict[str, str]:
    """Return facts from lines ``name = value``.

    Raises:
        UsageError: A line has no ``=``, or a name that none can have.
    """
    facts: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, separator, value = line.partition("=")
        if not separator:
            raise UsageError("That is no fact", given=line[:60], todo="Write name = value, for example age = 61 years.")
        facts[name.strip()] = value.strip()
    try:
        return CaseForm(facts=facts).facts
    except ValidationError as error:
        raise UsageError("That is no fact", given=", ".join(facts)[:100], todo="Write name = value.") from error


def parse_box(text: str) -> Box:
    """Return a box from ``left, top, right, bottom``.

    Raises:
        UsageError: The text is no box.
    """
    try:
        x0, y0, x1, y1 = (float(n) for n in text.split(","))
        return Box(x0=x0, y0=y0, x1=x1, y1=y1)
    except (ValueError, ValidationError) as error:
        raise UsageError("That is no box", given=text[:60], todo="Write left, top, right, bottom in pixels.") from error


def parse_points(text: str) -> tuple[Point, ...]:
    """Return points from ``x, y, +`` (inside) or ``x, y, -`` (beside), parted by ``;``.

    Raises:
        UsageError: A part is no point, or there are too many.
    """
    parts = [part for part in text.split(";") if part.strip()]
    if len(parts) > MAX_POINTS:
        raise UsageError("There are too many points", given=str(len(parts)), todo=f"At most {MAX_POINTS} are taken.")
    return tuple(_point(part) for part in parts)


def _point(text: str) -> Point:
    x, y, sign = [*(part.strip() for part in text.split(",")), "+", "", ""][:3]
    try:
        if text.count(",") > 2 or sign not in ("+", "-", "−"):
            raise ValueError(sign)
        return Point(x=float(x), y=float(y), inside=sign == "+")
    except (ValueError, ValidationError) as error:
        raise UsageError(
            "That is no point", given=text.strip()[:40], todo="Write x, y, + for inside or x, y, - for beside."
        ) from error


def _user(request: gr.Request) -> UserId:
    if request.request is None:
        raise UsageError("A request without a browser behind it")
    return UserId(str(request.request.state.user))
