"""One run of one case: stream, pause, resume, finish."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.types import Command

from clinigraph.agents.confidence import certainty
from clinigraph.client.assembly import algorithms, assemble, cited_cards
from clinigraph.client.options import RunOptions
from clinigraph.client.places import RunPlace
from clinigraph.client.report import Report
from clinigraph.graphs.build import RECURSION_LIMIT, CaseGraph, with_checkpoints
from clinigraph.graphs.checkpoints import open_checkpoints
from clinigraph.graphs.dependencies import Dependencies
from clinigraph.graphs.state import CaseState
from clinigraph.graphs.views import passages_of
from clinigraph.models.events import EventKind, RunEvent
from clinigraph.models.planning import DiagnosticPlan
from clinigraph.provenance import run_record

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from clinigraph.client.session import Session

Part = Mapping[str, object]


class CaseRun:
    """Drives the state machine for one case and turns what it does into events."""

    def __init__(self, session: Session, place: RunPlace, options: RunOptions, dependencies: Dependencies) -> None:
        self._session = session
        self._place = place
        self._options = options
        self._dependencies = dependencies
        self._timing: dict[str, float] = {}
        self._started: dict[str, float] = {}
        self._begin = time.time()
        self._pause: Part | None = None
        self._finished = False

    async def events(self) -> AsyncGenerator[RunEvent, None]:
        """Yield events until the run is finished, paused or stopped."""
        if not self._options.resume:
            self._place.remove()
        try:
            async with open_checkpoints(self._place.checkpoints) as saver, aclosing(self._drive(saver)) as events:
                async for event in events:
                    yield event
        finally:
            self._dependencies.tool_context.cancelled.set()
        if self._finished and not self._session.settings.keep_runs:
            self._place.remove()

    def _asked(self) -> Part | None:
        return self._pause

    async def _drive(self, saver: AsyncSqliteSaver) -> AsyncGenerator[RunEvent, None]:
        graph = with_checkpoints(self._session.graph, saver)
        config: RunnableConfig = {
            "configurable": {"thread_id": self._place.run_id},
            "recursion_limit": RECURSION_LIMIT,
        }
        payload, opening = await self._entry(graph, saver, config)
        yield opening
        while True:
            self._pause = None
            async with aclosing(self._pass(graph, config, payload)) as events:
                async for event in events:
                    yield event
            pause = self._asked()
            if pause is None:
                break
            if self._options.on_pause is None:
                yield self._event(EventKind.INTERRUPTED, message=str(pause.get("kind", "")))
                return
            payload = Command(resume=await self._options.on_pause(pause))
        state = cast("CaseState", (await graph.aget_state(config)).values)
        report = await asyncio.to_thread(self._report, state)
        self._finished = True
        yield self._event(EventKind.REPORT_READY, report=report)

    async def _entry(
        self, graph: CaseGraph, saver: AsyncSqliteSaver, config: RunnableConfig
    ) -> tuple[CaseState | Command[None] | None, RunEvent]:
        snapshot = await graph.aget_state(config)
        if snapshot.next:
            message = f"resumed before {', '.join(dict.fromkeys(snapshot.next))}"
            return None, self._event(EventKind.RUN_RESUMED, message=message)
        self._place.spending.unlink(missing_ok=True)
        if snapshot.values:
            await saver.adelete_thread(self._place.run_id)
        return CaseState(), self._event(EventKind.RUN_STARTED)

    async def _pass(
        self, graph: CaseGraph, config: RunnableConfig, payload: CaseState | Command[None] | None
    ) -> AsyncGenerator[RunEvent, None]:
        parts = graph.astream(
            payload,
            config,
            context=self._dependencies,
            stream_mode=["tasks", "custom"],
            durability="sync",
        )
        # A node counts as finished when its checkpoint is on disk, which is when the next node starts.
        held: list[RunEvent] = []
        async with aclosing(cast("AsyncGenerator[tuple[str, Part], None]", parts)) as pieces:
            async for mode, part in pieces:
                for event in self._events_of(mode, part):
                    if event.kind is EventKind.NODE_STARTED:
                        for finished in held:
                            yield finished
                        held = []
                    if event.kind in (EventKind.NODE_FINISHED, EventKind.EVIDENCE_ADDED):
                        held.append(event)
                    else:
                        yield event
        for finished in held:
            yield finished

    def _events_of(self, mode: str, part: Part) -> list[RunEvent]:
        if mode == "custom":
            return [self._custom(part)]
        task, name = str(part["id"]), str(part["name"])
        if "triggers" in part:
            self._started[task] = time.perf_counter()
            return [self._event(EventKind.NODE_STARTED, node=name)]
        interrupts = part.get("interrupts")
        if isinstance(interrupts, list) and interrupts:
            value = interrupts[0].get("value") if isinstance(interrupts[0], dict) else None
            self._pause = value if isinstance(value, dict) else {}
            return []
        if part.get("error"):
            return []
        return self._node_finished(task, name, part.get("result"))

    def _node_finished(self, task: str, name: str, result: object) -> list[RunEvent]:
        begin = self._started.pop(task, None)
        if begin is None:  # finished before the run was interrupted; LangGraph replays its result
            return []
        seconds = time.perf_counter() - begin
        self._timing[name] = self._timing.get(name, 0.0) + seconds
        events = [self._event(EventKind.NODE_FINISHED, node=name, seconds=seconds)]
        channels = result if isinstance(result, dict) else {}
        for key in ("passages", "results", "indicators"):
            added = channels.get(key)
            if isinstance(added, dict | list) and added:
                detail = {"kind": key, "count": str(len(added))}
                events.append(self._event(EventKind.EVIDENCE_ADDED, node=name, detail=detail))
        return events

    def _custom(self, part: Part) -> RunEvent:
        detail = {k: str(v) for k, v in part.items()}
        if "claim" in detail:
            return self._event(EventKind.CLAIM_VERDICT, node="verify", message=detail["verdict"], detail=detail)
        return self._event(
            EventKind.TOOL_RESULT, node=detail.get("tool", ""), message=detail.get("reason", ""), detail=detail
        )

    def _event(self, kind: EventKind, **fields: object) -> RunEvent:
        return RunEvent.model_validate({"kind": kind, "run_id": self._place.run_id, **fields})

    def _report(self, state: CaseState) -> Report:
        from clinigraph.export.overlays import list_overlays, render_overlays

        specs = {s.name: s for s in self._session.tools.specs()}
        model = self._dependencies.model
        tokens = model.tokens() if model else {}
        made = DiagnosticPlan.model_validate(state["plan"]) if "plan" in state else None
        record = run_record(
            run_id=self._place.run_id,
            code=self._session.code,
            packages=self._session.packages,
            settings=self._session.settings,
            arguments={
                "protocol": self._options.protocol or "",
                "approve": str(self._options.approve),
                **self._options.switches.arguments(),
            },
            algorithms=algorithms(state, specs),
            models=dict.fromkeys(sorted(_roles(tokens)), model.name) if model else {},
            tokens=tokens,
            protocol=f"{made.protocol_id} {made.protocol_version}" if made and made.protocol_id else None,
            cards=cited_cards(passages_of(state)),
            timing={"started_unix": self._begin, "total": time.time() - self._begin, **self._timing},
        )
        today = datetime.now(tz=UTC).date()
        library = self._session.library
        outdated = tuple(str(p.id) for p in passages_of(state) if library.may_be_outdated(p, today))
        report = assemble(self._told(state), record, outdated)
        settings = self._session.settings
        report = report.replace(certainty=certainty(settings.alpha, settings.calibration))
        pictures = render_overlays(report.evidence_graph, self._place.artifacts)
        listed = tuple(o for o in list_overlays(report.evidence_graph) if o.name in pictures)
        return Report.of(report.replace(overlays=listed), pictures)

    def _told(self, state: CaseState) -> CaseState:
        """Return the state with what a reader must know and its beginning did not: it went on without a model."""
        notes, told = state.get("notes", []), self._dependencies.notes
        late = [f"After the run was resumed: {n[:1].lower()}{n[1:]}" for n in told if n not in notes]
        return {**state, "notes": [*late, *notes]}


def _roles(tokens: Mapping[str, int]) -> set[str]:
    """Return the roles that asked the model, from its counters."""
    return {name.partition(".")[0] for name in tokens if "." in name}
