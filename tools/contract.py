"""The contract of a tool.

Invariants, checked by ``clinigraph.testing.tool_suite`` for every implementation:

- the constructor is light: it loads no weights and opens no file;
- ``warm_up()`` may be called many times and from any thread; only the first call does work;
- ``run()`` is idempotent: the same call on the same pixels gives an equal result (artifact ids included);
- a missing structure is an empty mask or a missing output with a reason, never an exception;
- inputs are never changed; what comes out fits the tool's ``ToolSpec``;
- ``run()`` looks at ``context.check_cancelled()`` between pieces of work longer than about a second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event
from typing import Protocol, runtime_checkable

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import RunCancelled
from clinigraph.models.tooling import ToolCall, ToolResult, ToolSpec


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may reach while it runs: pixels by id, and the stop signal."""

    artifacts: ArtifactStore
    cancelled: Event = field(default_factory=Event)

    def check_cancelled(self) -> None:
        """Stop here when the user stopped the run.

        Raises:
            RunCancelled: The run was stopped.
        """
        if self.cancelled.is_set():
            raise RunCancelled("The run was stopped", todo="Start it again to resume.")


@runtime_checkable
class Tool(Protocol):
    """Something that a plan may call."""

    @property
    def spec(self) -> ToolSpec:
        """What agents know of the tool; constant for an instance."""
        ...

    def unavailable(self) -> str:
        """Return why the tool cannot work here (weights missing, no model), or an empty string. Cheap."""
        ...

    def warm_up(self) -> None:
        """Load what is heavy.

        Raises:
            WeightsInvalid: Weights are missing or have the wrong sha256.
        """
        ...

    def run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Do the work of one call.

        Raises:
            ToolFailure: The tool could not work; the graph turns it into a FAILED result.
            RunCancelled: The run was stopped.
        """
        ...
