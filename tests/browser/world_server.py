"""The page over doubles, as a process of its own that a test may kill: PORT FOLDER SECONDS."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import uvicorn

from clinigraph.client.session import Session
from clinigraph.models.tooling import ToolCall, ToolResult
from clinigraph.settings import Settings
from clinigraph.testing.world import MEASURE, World, measure_answer
from clinigraph.tools.contract import ToolContext
from clinigraph.ui.hub import Hub
from clinigraph.ui.library import CasePlace
from clinigraph.ui.server import create_app, guarded, with_page


def main(port: int, folder: Path, seconds: float) -> None:
    """Serve until killed; the tool that measures takes so many seconds."""
    world = World(folder / "world")

    def slow(call: ToolCall, context: ToolContext) -> ToolResult:
        for _ in range(int(seconds * 20)):
            time.sleep(0.05)
            context.check_cancelled()
        return measure_answer(0.9)(call, context)

    def make(place: CasePlace) -> Session:
        world.settings = {"state_dir": place.state, "keep_runs": True}
        return world.session()

    world.replace_tool(MEASURE, slow)
    hub = Hub(Settings(state_dir=folder / "state"), make, shared=world.session())
    app = guarded(with_page(create_app(hub), hub), "127.0.0.1", None)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
