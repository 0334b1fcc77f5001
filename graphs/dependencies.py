"""What the nodes need from outside; passed as LangGraph's run context, never kept in the state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from clinigraph.agents.appraisal import PixelClassifier
from clinigraph.agents.contract import CitedLibrary, ClaimVerifier, Decider, Planner, Writer
from clinigraph.agents.model_triage import AssistedTriage
from clinigraph.agents.phases import CavityCounter
from clinigraph.agents.plan_validator import PlanValidator
from clinigraph.agents.triage import RuleTriage
from clinigraph.graphs.result_cache import ResultCache
from clinigraph.knowledge.terminology.contract import Terminology
from clinigraph.llm.contract import ChatModel
from clinigraph.llm.watching import WatchedModel
from clinigraph.models.base import ProtocolId
from clinigraph.models.case import Case
from clinigraph.models.interventions import Intervention
from clinigraph.models.switches import Switches
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
    assistant: AssistedTriage | None = None
    """Asks a model about questions that no rule understands; None without a model."""
    terminology: Terminology | None = None
    """Links findings in texts; None leaves texts to the rules for numbers."""


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
    model: ChatModel | None = None
    """The served model as this case sees it, with its own budget; None is the rule path."""
    watch: WatchedModel | None = None
    """The same model where a lost server stops the run; None lets roles stand aside."""
    switches: Switches = field(default_factory=Switches)
    """Which parts of the method take part."""
    notes: tuple[str, ...] = ()
    """What a reader must know before anything was done, for example that the model server was absent."""
    interventions: tuple[Intervention, ...] = ()
    """What a person did before the run began."""
    results: ResultCache | None = None
    """Results of earlier runs of the same case; None runs every step."""
