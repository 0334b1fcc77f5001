"""Tools may fail, hang, crash or find nothing; the run goes on and says so."""

from __future__ import annotations

import threading
import time

import pytest

from clinigraph.models.events import EventKind
from clinigraph.models.findings import Presence
from clinigraph.models.tooling import ToolCall, ToolResult, ToolStatus
from clinigraph.testing.world import MEASURE, OTHER, SEGMENT, World, failing, measure_answer, segment_answer
from clinigraph.tools.contract import ToolContext


@pytest.mark.parametrize("status", [ToolStatus.FAILED, ToolStatus.EMPTY])
async def test_another_tool_is_tried_and_the_report_says_so(world: World, status: ToolStatus) -> None:
    first = world.replace_tool(SEGMENT, lambda call, _: failing(call, status, "nothing was found"))
    report = await world.report()
    assert len(first.calls) == 1
    assert len(world.tools["segment_other"].calls) == 1
    assert report.impression.decision is Presence.PRESENT
    assert "segment gave no result (nothing was found); segment_other was tried instead." in report.limitations
    assert [a.name for a in report.run.algorithms] == ["measure", "segment_other"]


async def test_when_no_tool_is_left_the_reason_reaches_the_indicator(world: World) -> None:
    for spec in (SEGMENT, OTHER):
        world.replace_tool(spec, lambda call, _: failing(call, ToolStatus.EMPTY, "no disc is visible"))
    report = await world.report()
    assert next(r for r in report.indicators if r.id == "size").reason == "no disc is visible"
    assert report.impression.decision is Presence.INDETERMINATE


async def test_an_unavailable_tool_is_passed_over(world: World) -> None:
    from clinigraph.testing.doubles import FakeTool

    world.tools["segment"] = FakeTool(SEGMENT, segment_answer(SEGMENT), unavailable="no weights")
    report = await world.report()
    assert report.impression.decision is Presence.PRESENT


async def test_a_tool_that_raises_anything_is_a_failed_tool(world: World) -> None:
    def crash(call: ToolCall, context: ToolContext) -> ToolResult:
        raise ZeroDivisionError("secret of the patient")

    world.replace_tool(SEGMENT, crash)
    report = await world.report()
    assert report.impression.decision is Presence.PRESENT
    assert any("failed inside (ZeroDivisionError)" in text for text in report.limitations)
    assert "secret" not in report.model_dump_json()


async def test_a_failure_that_may_pass_is_tried_again(world: World) -> None:
    seen: list[int] = []

    def flaky(call: ToolCall, context: ToolContext) -> ToolResult:
        seen.append(call.attempt)
        if len(seen) == 1:
            return failing(call, ToolStatus.FAILED, "busy").replace(retryable=True)
        return measure_answer(0.9)(call, context)

    world.replace_tool(MEASURE, flaky)
    await world.report()
    assert seen == [1, 2]


async def test_a_tool_over_its_time_is_stopped_and_another_is_tried(world: World) -> None:
    stopped = threading.Event()

    def hang(call: ToolCall, context: ToolContext) -> ToolResult:
        if context.cancelled.wait(20):
            stopped.set()
        return failing(call, ToolStatus.FAILED, "stopped")

    world.settings["tool_attempts"] = 1
    world.replace_tool(SEGMENT.replace(timeout_s=0.2), hang)
    begin = time.monotonic()
    report = await world.report()
    assert time.monotonic() - begin < 10
    assert stopped.wait(5)
    assert any("took longer than 0.2 s" in text for text in report.limitations)


async def test_independent_steps_run_side_by_side(world: World) -> None:
    both = threading.Barrier(2, timeout=10)

    def together(call: ToolCall, context: ToolContext) -> ToolResult:
        both.wait()
        return segment_answer(SEGMENT)(call, context)

    from clinigraph.models.case import Fact
    from clinigraph.testing.world import RECORD, record_answer

    def record(call: ToolCall, context: ToolContext) -> ToolResult:
        both.wait()
        return record_answer(call, context)

    world.facts = (Fact(name="pressure", value=20.0, unit="mm[Hg]"),)
    world.replace_tool(SEGMENT, together)
    world.replace_tool(RECORD, record)
    report = await world.report()
    assert report.impression.assessed_share == 0.8


async def test_closing_the_stream_stops_a_running_tool(world: World) -> None:
    started, stopped = threading.Event(), threading.Event()

    def wait(call: ToolCall, context: ToolContext) -> ToolResult:
        started.set()
        if context.cancelled.wait(20):
            stopped.set()
        return failing(call, ToolStatus.FAILED, "stopped")

    world.replace_tool(SEGMENT, wait)
    import asyncio

    async def consume() -> None:
        async for _ in world.session().stream(world.source()):
            pass

    task = asyncio.create_task(consume())
    await asyncio.to_thread(started.wait, 10)
    begin = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stopped.wait(2)
    assert time.monotonic() - begin < 2


async def test_tool_results_are_streamed(world: World) -> None:
    events = [e for e in await world.run() if e.kind is EventKind.TOOL_RESULT]
    assert [(e.node, e.detail["status"]) for e in events] == [("segment", "ok"), ("measure", "ok")]
