"""What tools share that need nothing but their inputs."""

from __future__ import annotations

from clinigraph.models.tooling import ToolSpec


class ReadyTool:
    """A tool that can always work: no weights, no server, no file. A subclass states `_spec` and adds ``run``."""

    _spec: ToolSpec
    """Of the class, or set when an instance is made."""

    @property
    def spec(self) -> ToolSpec:
        """What agents know of the tool."""
        return self._spec

    def unavailable(self) -> str:
        """Return an empty string: nothing is needed."""
        return ""

    def warm_up(self) -> None:
        """Load nothing."""
