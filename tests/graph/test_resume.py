"""A killed run goes on at the last finished node, with no work done twice; a checkpoint stays small."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from clinigraph.client.options import RunOptions
from clinigraph.errors import RunCancelled, UsageError
from clinigraph.models.events import EventKind
from clinigraph.models.findings import Presence
from clinigraph.testing.world import MEASURE, SEGMENT, World, measure_answer, segment_answer

CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from clinigraph.testing.world import World, MEASURE, SEGMENT, measure_answer, segment_answer

folder = Path(sys.argv[1])
world = World(folder)
calls = folder / "calls.txt"

def counted(name, answer):
    def run(call, context):
        with calls.open("a") as file:
            file.write(name + "\\n")
        return answer(call, context)
    return run

def kill(call, context):
    os.kill(os.getpid(), signal.SIGKILL)

world.replace_tool(SEGMENT, counted("segment", segment_answer(SEGMENT)))
world.replace_tool(MEASURE, kill)
asyncio.run(world.run())
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
async def test_after_kill_minus_nine_only_what_was_not_finished_runs(world: World, tmp_path: Path) -> None:
    died = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, str(tmp_path))
    assert await asyncio.wait_for(died.wait(), 120) == -signal.SIGKILL
    assert (tmp_path / "calls.txt").read_text().splitlines() == ["segment"]
    segment = world.replace_tool(SEGMENT, segment_answer(SEGMENT))
    measure = world.replace_tool(MEASURE, measure_answer(0.9))
    events = await world.run()
    assert events[0].kind is EventKind.RUN_RESUMED
    assert segment.calls == []
    assert len(measure.calls) == 1
    assert events[-1].report is not None
    assert events[-1].report.impression.decision is Presence.PRESENT


@pytest.mark.parametrize("node", ["intake", "triage", "plan", "reflect", "decide", "write"])
async def test_a_run_stopped_after_any_node_ends_in_the_same_report(tmp_path: Path, node: str) -> None:
    whole = await World(tmp_path / "whole").report()
    world = World(tmp_path / "stopped")
    stream = world.session().stream(world.source())
    async for event in stream:
        if event.kind is EventKind.NODE_FINISHED and event.node == node:
            break
    await stream.aclose()
    events = await world.run()
    assert events[0].kind is EventKind.RUN_RESUMED
    repeated = [e.node for e in events if e.kind is EventKind.NODE_FINISHED]
    assert node not in repeated
    assert events[-1].report is not None
    assert events[-1].report.report_hash() == whole.report_hash()


async def test_fresh_starts_over(world: World) -> None:
    stream = world.session().stream(world.source())
    async for event in stream:
        if event.kind is EventKind.NODE_FINISHED and event.node == "reflect":
            break
    await stream.aclose()
    events = await world.run(RunOptions(resume=False))
    assert events[0].kind is EventKind.RUN_STARTED


async def test_a_finished_run_leaves_no_pixels_behind(world: World, tmp_path: Path) -> None:
    await world.report()
    left = [p for p in (tmp_path / "state" / "runs").rglob("*") if p.is_file() and p.suffix != ".lock"]
    assert left == []


async def test_a_checkpoint_holds_no_pixels_and_stays_small(world: World, tmp_path: Path) -> None:
    world.settings["keep_runs"] = True
    await world.report()
    (database,) = (tmp_path / "state").rglob("checkpoints.sqlite")
    with sqlite3.connect(database) as connection:
        sizes = [n for (n,) in connection.execute("select length(checkpoint) from checkpoints")]
        kinds = {k for (k,) in connection.execute("select distinct type from checkpoints")}
    connection.close()
    assert len(sizes) > 8
    assert max(sizes) <= 256 * 1024
    assert kinds == {"msgpack"}


async def test_the_same_case_is_not_run_by_two_at_once(world: World) -> None:
    stream = world.session().stream(world.source())
    await anext(stream)
    with pytest.raises(UsageError, match="another process"):
        await world.run()
    await stream.aclose()


async def test_without_an_answer_a_pause_is_an_interruption_that_can_be_resumed(world: World) -> None:
    events = await world.run(RunOptions(approve=True))
    assert events[-1].kind is EventKind.INTERRUPTED
    assert world.tools["segment"].calls == []

    async def agree(question: object) -> dict[str, object]:
        return {"action": "approve"}

    events = await world.run(RunOptions(approve=True, on_pause=agree))
    assert events[0].kind is EventKind.RUN_RESUMED
    assert events[-1].kind is EventKind.REPORT_READY


async def test_an_edited_plan_is_validated_and_run(world: World) -> None:
    seen: list[dict[str, object]] = []

    async def edit(question: object) -> dict[str, object]:
        assert isinstance(question, dict)
        plan = {**question["plan"], "threshold": 0.9}
        seen.append(plan)
        return {"action": "edit", "plan": plan}

    events = await world.run(RunOptions(approve=True, on_pause=edit))
    assert len(seen) == 1
    assert events[-1].report is not None
    assert events[-1].report.impression.threshold == 0.9


async def test_a_rejected_plan_runs_nothing(world: World) -> None:
    async def reject(question: object) -> dict[str, object]:
        return {"action": "reject"}

    with pytest.raises(RunCancelled, match="rejected"):
        await world.run(RunOptions(approve=True, on_pause=reject))
    assert world.tools["segment"].calls == []


async def test_sign_off_pauses_after_verification(world: World) -> None:
    asked: list[object] = []

    async def sign(question: object) -> dict[str, object]:
        assert isinstance(question, dict)
        asked.append(question["kind"])
        return {"action": "sign"}

    events = await world.run(RunOptions(sign_off=True, on_pause=sign))
    assert asked == ["sign_off"]
    assert events[-1].kind is EventKind.REPORT_READY
