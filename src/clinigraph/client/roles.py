"""Which implementation of each role a run gets: by its switches, and by whether there is a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from clinigraph.agents.contract import CitedLibrary, Planner, Writer
from clinigraph.agents.deciders import decider_of
from clinigraph.agents.model_planner import ModelPlanner
from clinigraph.agents.model_triage import AssistedTriage
from clinigraph.agents.model_writer import ModelWriter
from clinigraph.agents.plan_store import PlanStore
from clinigraph.agents.plan_validator import PlanValidator
from clinigraph.agents.planner_choice import ChoosingPlanner
from clinigraph.client.verifying import claim_verifier
from clinigraph.graphs.dependencies import Roles
from clinigraph.llm.contract import ChatModel
from clinigraph.models.planning import DiagnosticProtocol
from clinigraph.models.switches import PlannerKind, Switches, WriterKind
from clinigraph.models.tooling import ToolSpec
from clinigraph.settings import Settings


class ModelRoles:
    """Puts model roles in front of the rule-based ones.

    Args:
        protocols: What can be asked.
        specs: Specifications of all tools.
        unavailable: Tool name -> why it cannot work here.
        library: Where criteria are found.
        validator: The one plan validator.
        settings: Where plans are kept.
    """

    def __init__(
        self,
        protocols: Sequence[DiagnosticProtocol],
        specs: Sequence[ToolSpec],
        unavailable: Mapping[str, str],
        library: CitedLibrary,
        validator: PlanValidator,
        settings: Settings,
    ) -> None:
        self._protocols = protocols
        self._specs = specs
        self._unavailable = unavailable
        self._library = library
        self._validator = validator
        self._settings = settings

    def of(self, rules: Roles, switches: Switches, model: ChatModel | None) -> Roles:
        """Return the roles of one run.

        Args:
            rules: The rule-based roles; what stands in when a model fails.
            switches: Which parts take part.
            model: As this case sees it; None keeps to the rules.
        """
        changed = replace(rules, decider=decider_of(switches.decider))
        if model is None:
            return changed
        return replace(
            changed,
            planner=self._planner(rules.planner, switches, model),
            writer=self._writer(rules, switches, model),
            verifier=claim_verifier(self._settings, self._library, model),
            assistant=AssistedTriage(
                rules.triage, self._protocols, model, plans=switches.planner is not PlannerKind.PROTOCOL
            ),
        )

    def planner(self, model: ChatModel) -> ModelPlanner:
        """Return the model planner."""
        store = PlanStore(self._settings.state_dir / "plans")
        return ModelPlanner(model, self._specs, self._unavailable, self._library, self._validator, store)

    def _planner(self, curated: Planner, switches: Switches, model: ChatModel) -> Planner:
        if switches.planner is PlannerKind.PROTOCOL:
            return curated
        return ChoosingPlanner(curated, self.planner(model), model_first=switches.planner is PlannerKind.MODEL)

    @staticmethod
    def _writer(rules: Roles, switches: Switches, model: ChatModel) -> Writer:
        return ModelWriter(model, rules.writer, rules.verifier) if switches.writer is WriterKind.MODEL else rules.writer
