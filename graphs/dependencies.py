"""What the nodes need from outside; passed as LangGraph's run context, never kept in the state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from clinigraph.agents.appraisal import PixelClassifier
from clinigraph.agents.contract import CitedLibrary, ClaimVerifier, Decider, Planner, Writer
from clinigraph.agents.phases import CavityCounter
from clinigraph.agents.plan_validator import PlanValidator
from clinigraph.agents.triage import RuleTriage
from clinigraph.graphs.result_cache import ResultCache
from clinigraph.models.base import ProtocolId
from clinigraph.models.case import Case
from clinigraph.models.tooling import ToolSpec
from clinigraph.settings import Settings
from clinigraph.tools.contract import Tool, ToolContext


class ToolBox(Protocol):
    """Tools by name."""

    def get(self, name: str) -> Tool:
        """Return a tool.

        Raises:
            UsageError: There is no such tool.
        """
        ...

    def specs(self) -> Sequence[ToolSpec]:
        """Return what agents know of the tools."""
        ...


@dataclass(frozen=True, slots=True)
class Roles:
    """One implementation of each role."""

    classifier: PixelClassifier
    triage: RuleTriage
    planner: Planner
    decider: Decider
    writer: Writer
    verifier: ClaimVerifier
    cavities: CavityCounter | None = None
    """Tells end-diastole from end-systole among frames of one heart; None leaves the frames as they came."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Everything that a run reaches."""

    load_case: Callable[[], Case]
    """Reads the case; called once, by the intake node."""
    tools: ToolBox
    library: CitedLibrary
    roles: Roles
    validator: PlanValidator
    tool_context: ToolContext
    settings: Settings
    unavailable: Mapping[str, str]
    """Tool name -> why it cannot work here; empty text when it can."""
    protocol: ProtocolId | None = None
    """Protocol that the user named."""
    approve: bool = False
    """Pause for approval of the plan."""
    sign_off: bool = False
    """Pause for sign-off of the verified claims."""
    results: ResultCache | None = None
    """Results of earlier runs of the same case; None runs every step."""
