"""Sessions for worker processes of tests: doubles that answer at once, or die over one case."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

from clinigraph.client.session import Session
from clinigraph.models.tooling import ToolCall, ToolResult
from clinigraph.testing.world import MEASURE, World, measure_answer
from clinigraph.tools.contract import ToolContext

FATAL = Path(tempfile.gettempdir())


def quick() -> Session:
    """Return a session over doubles."""
    return World(Path(tempfile.mkdtemp(prefix="clinigraph-batch-"))).session()


def mortal() -> Session:
    """Return a session whose measuring tool kills its process once, the first time that any worker calls it."""
    world = World(Path(tempfile.mkdtemp(prefix="clinigraph-batch-")))
    marker = Path(os.environ["CLINIGRAPH_TEST_MARKER"])

    def answer(call: ToolCall, context: ToolContext) -> ToolResult:
        try:
            marker.touch(exist_ok=False)
        except FileExistsError:
            return measure_answer(0.9)(call, context)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")

    world.replace_tool(MEASURE, answer)
    return world.session()
