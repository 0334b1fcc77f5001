"""Runs are watched, answered, stopped and taken up again, and their history loses nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.errors import ModelUnreachable, UsageError
from clinigraph.models.imaging import Box, Point
from clinigraph.models.interventions import Intervention
from clinigraph.models.tooling import ToolCall, ToolResult, ToolStatus
from clinigraph.testing.doubles import FakeTool
from clinigraph.testing.models import ScriptedModel
from clinigraph.testing.world import MEASURE, READ, World, failing, measure_answer
from clinigraph.tools.contract import ToolContext
from clinigraph.ui.history import History
from clinigraph.ui.library import CasePlace, UserLibrary
from clinigraph.ui.runs import LiveRun, RunManager, take_up
from clinigraph.ui.values import CaseForm, Correction, RunForm, RunRow, RunStatus, UserId

USER = UserId("a" * 32)
BY = Intervention(who="Dr A", at_unix=1.0, action="approve")


def maker(world: World) -> Callable[[CasePlace], Session]:
    def make(place: CasePlace) -> Session:
        world.settings = {"state_dir": place.state, "keep_runs": True}
        return world.session()

    return make


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "world")


@pytest.fixture
async def manager(world: World) -> AsyncIterator[RunManager]:
    made = RunManager(maker(world))
    yield made
    await made.close()


def new_case(library: UserLibrary) -> str:
    case = library.create(CaseForm(question="Is there a thing?", facts={"age": "61 years"}))
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:, 24:] = 200
    Image.fromarray(pixels).save(library.place(case.id).uploads / "eye.png")
    return case.id


async def finished(manager: RunManager, library: UserLibrary, case_id: str, form: RunForm) -> RunRow:
    row = library.begin_run(case_id, form)
    live = manager.start(USER, library, case_id, row)
    async with asyncio.timeout(30):
        async for _ in live.history.watch():
            pass
    found = library.get(case_id).run(row.number)
    assert found is not None
    return found


async def paused(history: History) -> None:
    async with asyncio.timeout(30):
        async for event in history.watch():
            if event.kind == "question":
                return


async def asked(live: LiveRun) -> None:
    for _ in range(3000):
        if live.question is not None:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the run asks nothing")


async def test_a_run_ends_with_a_report_on_disk_and_its_decision_in_the_library(
    manager: RunManager, library: UserLibrary
) -> None:
    case_id = new_case(library)
    row = await finished(manager, library, case_id, RunForm())
    assert (row.status, row.decision, row.condition) == (RunStatus.DONE, "present", "thingness")
    assert (library.place(case_id).run(1) / "report" / "report.json").is_file()


async def test_a_run_that_lost_its_model_server_is_stopped_and_goes_on_with_another(
    manager: RunManager, library: UserLibrary, world: World
) -> None:
    world.model = ScriptedModel([ModelUnreachable("The model server cannot be reached", given="http://one/v1")])
    case_id = new_case(library)
    row = await finished(manager, library, case_id, RunForm())
    assert row.status is RunStatus.STOPPED
    assert "cannot be reached, http://one/v1. Start it again." in row.message
    voted = {"reason": "so", "evidence_id": "indicator-size", "decision": "present"}
    world.model = ScriptedModel([voted])
    for _ in range(500):
        if manager.live(USER, case_id, row.number) is None:
            break
        await asyncio.sleep(0.01)
    live = manager.start(USER, library, case_id, row)
    events = [e.kind async for e in live.history.watch()]
    assert "run_resumed" in events
    found = library.get(case_id).run(row.number)
    assert found is not None
    assert (found.status, found.decision) == (RunStatus.DONE, "present")
    assert len(world.tools["segment"].calls) == 1


async def test_the_history_is_the_same_for_who_watches_and_who_comes_later(
    manager: RunManager, library: UserLibrary
) -> None:
    case_id = new_case(library)
    live = manager.start(USER, library, case_id, library.begin_run(case_id, RunForm()))
    seen = [e async for e in live.history.watch()]
    again = History(library.place(case_id).run(1) / "events.jsonl")
    assert tuple(seen) == again.events
    assert [e.index for e in seen] == list(range(len(seen)))
    assert seen[-1].kind == "done"


async def test_a_paused_run_goes_on_with_the_answer_of_a_person(manager: RunManager, library: UserLibrary) -> None:
    case_id = new_case(library)
    live = manager.start(USER, library, case_id, library.begin_run(case_id, RunForm(approve=True)))
    await paused(live.history)
    row = library.get(case_id).run(1)
    assert row is not None
    assert row.status is RunStatus.PAUSED
    await manager.answer(live, {"action": "approve"}, BY)
    assert live.task is not None
    await asyncio.wait_for(live.task, 30)
    assert "intervention" in [e.kind for e in live.history.events]
    done = library.get(case_id).run(1)
    assert done is not None
    assert done.status is RunStatus.DONE


async def test_an_answer_that_nobody_asked_for_is_refused(manager: RunManager, library: UserLibrary) -> None:
    case_id = new_case(library)
    live = manager.start(USER, library, case_id, library.begin_run(case_id, RunForm()))
    with pytest.raises(UsageError, match="does not wait"):
        await manager.answer(live, {"action": "approve"}, BY)


async def test_a_paused_run_asks_again_after_a_restart(manager: RunManager, library: UserLibrary, world: World) -> None:
    case_id = new_case(library)
    live = manager.start(USER, library, case_id, library.begin_run(case_id, RunForm(approve=True)))
    await paused(live.history)
    assert live.task is not None
    live.task.cancel()
    await asyncio.wait([live.task])
    library.update_run(case_id, 1, status=RunStatus.PAUSED)  # what a killed server leaves behind
    after = RunManager(maker(world))
    take_up(after, library, USER)
    second = after.live(USER, case_id, 1)
    assert second is not None
    await asked(second)
    await after.answer(second, {"action": "approve"}, BY)
    assert second.task is not None
    await asyncio.wait_for(second.task, 30)
    assert second.history.events[-1].kind == "done"


async def test_a_stopped_run_stops_its_tools_and_can_be_resumed(
    manager: RunManager, library: UserLibrary, world: World
) -> None:
    started, released = threading.Event(), threading.Event()
    told: list[bool] = []

    def slow(call: ToolCall, context: ToolContext) -> ToolResult:
        started.set()
        told.append(context.cancelled.wait(20))
        released.set()
        return measure_answer(0.9)(call, context)

    world.replace_tool(MEASURE, slow)
    case_id = new_case(library)
    live = manager.start(USER, library, case_id, library.begin_run(case_id, RunForm()))
    await asyncio.to_thread(started.wait, 20)
    await manager.cancel(live)
    await asyncio.to_thread(released.wait, 20)
    assert told == [True]
    row = library.get(case_id).run(1)
    assert row is not None
    assert row.status is RunStatus.STOPPED
    world.replace_tool(MEASURE, measure_answer(0.9))
    segmented = len(world.tools["segment"].calls)
    again = manager.start(USER, library, case_id, row)
    assert again.task is not None
    await asyncio.wait_for(again.task, 30)
    assert again.history.events[-1].kind == "done"
    assert len(world.tools["segment"].calls) == segmented


async def test_a_changed_fact_runs_only_what_depends_on_it(
    manager: RunManager, library: UserLibrary, world: World
) -> None:
    case_id = new_case(library)
    await finished(manager, library, case_id, RunForm())
    calls = {name: len(tool.calls) for name, tool in world.tools.items()}
    library.change(case_id, lambda r: r.replace(form=r.form.replace(facts={"age": "62 years"})))
    row = await finished(manager, library, case_id, RunForm())
    assert row.number == 2
    assert {name: len(tool.calls) for name, tool in world.tools.items()} == calls


async def test_points_run_only_what_takes_them_again_and_stand_in_the_evidence(
    manager: RunManager, library: UserLibrary, world: World
) -> None:
    case_id = new_case(library)
    await finished(manager, library, case_id, RunForm())
    calls = {name: len(tool.calls) for name, tool in world.tools.items()}
    drawn = Correction(who="Dr A", at_unix=1.0, label="thing", points=(Point(x=5, y=5), Point(x=40, y=5, inside=False)))
    row = library.begin_run(case_id, RunForm(), drawn)
    live = manager.start(USER, library, case_id, row)
    async with asyncio.timeout(30):
        async for _ in live.history.watch():
            pass
    after = {name: len(tool.calls) for name, tool in world.tools.items()}
    assert {name for name in calls if after[name] > calls[name]} == {"segment", "measure"}
    report = Report.load(library.place(case_id).run(2) / "report" / "report.json")
    (made,) = report.interventions
    assert (made.who, made.action) == ("Dr A", "correct")
    assert "inside at (5, 5); beside at (40, 5)" in made.reason
    assert library.get(case_id).form.points == {"thing": drawn.points}


async def test_a_box_leaves_other_tools_of_the_image_alone(
    manager: RunManager, library: UserLibrary, world: World
) -> None:
    world.tools["read"] = FakeTool(READ, lambda call, _: failing(call, ToolStatus.EMPTY, "nothing to read"))
    case_id = new_case(library)
    await finished(manager, library, case_id, RunForm())
    drawn = Correction(who="Dr A", at_unix=1.0, label="thing", box=Box(x0=1, y0=1, x1=20, y1=20))
    row = library.begin_run(case_id, RunForm(), drawn)
    live = manager.start(USER, library, case_id, row)
    assert live.task is not None
    await asyncio.wait_for(live.task, 30)
    assert len(world.tools["segment"].calls) == 2
    assert len(world.tools["read"].calls) == 1


async def test_a_tool_that_outlines_tells_its_time_and_where_its_pixels_lie(
    manager: RunManager, library: UserLibrary
) -> None:
    case_id = new_case(library)
    await finished(manager, library, case_id, RunForm())
    told = [e.detail for e in History(library.place(case_id).run(1) / "events.jsonl").events if e.kind == "tool_result"]
    segment = next(d for d in told if d["tool"] == "segment")
    assert float(str(segment["seconds"])) >= 0
    assert segment["run"]
    assert str(segment["masks"]).startswith("sha256:")
    assert "masks" not in next(d for d in told if d["tool"] == "measure")


async def test_a_case_without_files_fails_in_one_line(manager: RunManager, library: UserLibrary) -> None:
    case_id = library.create(CaseForm(question="x")).id
    row = await finished(manager, library, case_id, RunForm())
    assert row.status is RunStatus.FAILED
    assert row.message


async def test_a_failure_names_the_file_and_not_the_servers_folders(
    manager: RunManager, library: UserLibrary, tmp_path: Path
) -> None:
    case_id = library.create(CaseForm(question="x")).id
    (library.place(case_id).uploads / "eye.png").write_bytes(b"\x89PNG\r\n\x1a\n cut short")
    library.add_files(case_id, ["eye.png"])
    row = await finished(manager, library, case_id, RunForm())
    assert row.status is RunStatus.FAILED
    assert "eye.png" in row.message
    assert str(tmp_path) not in row.message


async def test_a_last_line_cut_short_by_a_crash_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    history = History(path)
    await history.add("one")
    with path.open("a", encoding="utf-8") as file:
        file.write('{"index": 1, "ki')
    assert [e.kind for e in History(path).events] == ["one"]
