"""Runs one tool call: in a thread, with its time-out, its attempts and the stop signal; never raises for a bad tool."""

from __future__ import annotations

import asyncio
import logging
from threading import Event

from clinigraph.errors import ClinigraphError, RunCancelled
from clinigraph.models.tooling import ToolCall, ToolResult, ToolStatus
from clinigraph.tools.contract import Tool, ToolContext

log = logging.getLogger(__name__)


async def run_tool(tool: Tool, call: ToolCall, context: ToolContext, attempts: int) -> ToolResult:
    """Return the result of a call; failures become FAILED results.

    Args:
        tool: The tool.
        call: Its inputs.
        context: Pixels and the stop signal of the run.
        attempts: Most calls, for failures that may pass.

    Raises:
        RunCancelled: The run was stopped.
    """
    result = await _once(tool, call, context)
    for attempt in range(2, attempts + 1):
        if result.status is not ToolStatus.FAILED or not result.retryable:
            break
        result = await _once(tool, call.replace(attempt=attempt), context)
    return result


async def _once(tool: Tool, call: ToolCall, context: ToolContext) -> ToolResult:
    stop = Event()
    inner = ToolContext(artifacts=context.artifacts, cancelled=stop)
    try:
        async with asyncio.timeout(tool.spec.timeout_s):
            return await asyncio.to_thread(_work, tool, call, inner)
    except TimeoutError:
        return failed(tool, call, f"{tool.spec.name} took longer than {tool.spec.timeout_s:g} s", retryable=True)
    except RunCancelled:
        raise
    except ClinigraphError as error:
        return failed(tool, call, str(error))
    except Exception as error:  # a tool of any origin may raise anything; the run must go on
        log.debug("tool %s failed", tool.spec.name, exc_info=error)
        return failed(tool, call, f"{tool.spec.name} failed inside ({type(error).__name__})")
    finally:
        stop.set()


def _work(tool: Tool, call: ToolCall, context: ToolContext) -> ToolResult:
    tool.warm_up()
    context.check_cancelled()
    return tool.run(call, context)


def failed(tool: Tool, call: ToolCall, reason: str, *, retryable: bool = False) -> ToolResult:
    """Return a FAILED result."""
    return ToolResult(
        step_id=call.step_id,
        tool=tool.spec.name,
        tool_version=tool.spec.version,
        status=ToolStatus.FAILED,
        reason=reason,
        retryable=retryable,
    )
