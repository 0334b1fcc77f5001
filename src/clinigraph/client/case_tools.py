"""Tools of one case: those of the session, with some that know whose case it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clinigraph.graphs.dependencies import ToolBox
from clinigraph.models.tooling import ToolSpec
from clinigraph.tools.contract import Tool


class CaseTools:
    """Puts some tools in place of those of the same name.

    Args:
        base: The session's tools.
        own: The case's own; each must exist in ``base``.
    """

    def __init__(self, base: ToolBox, own: Iterable[Tool]) -> None:
        self._base = base
        self._own = {tool.spec.name: tool for tool in own}

    def get(self, name: str) -> Tool:
        """Return a tool.

        Raises:
            UsageError: There is no such tool.
        """
        return self._own.get(name) or self._base.get(name)

    def specs(self) -> Sequence[ToolSpec]:
        """Return what agents know of the tools."""
        return self._base.specs()
