"""A session holds what is slow to make (tools, knowledge) and runs cases one after another or side by side."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import cached_property

from clinigraph.agents.appraisal import PixelClassifier, RouterClassifier
from clinigraph.agents.contract import CitedLibrary
from clinigraph.agents.decider import WeightedDecider
from clinigraph.agents.phases import NetworkCavityCounter
from clinigraph.agents.plan_validator import PlanValidator
from clinigraph.agents.planner import Availability, ProtocolPlanner, availability
from clinigraph.agents.reader import ModelImageReader
from clinigraph.agents.triage import RuleTriage
from clinigraph.agents.verification.verifier import RuleVerifier
from clinigraph.agents.writer import TemplateWriter
from clinigraph.client.options import RunOptions
from clinigraph.client.places import RunPlace, run_place
from clinigraph.client.run import CaseRun
from clinigraph.client.sources import CaseSource
from clinigraph.errors import PlanInvalid, UsageError
from clinigraph.graphs.build import CaseGraph, build_graph
from clinigraph.graphs.dependencies import Dependencies, Roles, ToolBox
from clinigraph.graphs.result_cache import ResultCache
from clinigraph.knowledge.protocols import load_protocols
from clinigraph.llm.contract import ChatModel
from clinigraph.models.base import ProtocolId, RunId
from clinigraph.models.events import RunEvent
from clinigraph.models.planning import DiagnosticProtocol
from clinigraph.models.run import CodeVersion
from clinigraph.provenance import code_version, package_versions
from clinigraph.settings import Settings
from clinigraph.tools.contract import ToolContext


class Session:
    """Tools, knowledge and protocols for any number of cases; light to make, heavy parts load when first used.

    Args:
        settings: The environment's by default.
        tools: Tools by name; the installed ones by default.
        library: Passages and their criteria; cards and the user's documents by default.
        classifier: Judges pixels at triage; the shipped network by default.
        protocols: What can be asked; the curated protocols by default.
        roles: Implementations of the roles; the rule-based ones by default.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        tools: ToolBox | None = None,
        library: CitedLibrary | None = None,
        classifier: PixelClassifier | None = None,
        protocols: Sequence[DiagnosticProtocol] | None = None,
        roles: Roles | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self._given_tools = tools
        self._given_library = library
        self._given_protocols = protocols
        self._given_classifier = classifier
        self._given_roles = roles

    @cached_property
    def graph(self) -> CaseGraph:
        """The compiled state machine."""
        return build_graph(self.settings.node_timeout_s)

    @cached_property
    def code(self) -> CodeVersion:
        """The code that runs; asked of git once a session."""
        return code_version()

    @cached_property
    def packages(self) -> Mapping[str, str]:
        """Versions of the packages that shape a result."""
        return package_versions()

    @cached_property
    def model(self) -> ChatModel | None:
        """The served model, when one is set.

        Raises:
            ModelServerError: The server cannot be reached or does not serve the model.
        """
        if self.settings.model_base_url is None and self.settings.model_name is None:
            return None
        from clinigraph.llm.openai_chat import OpenAiChat

        model = OpenAiChat.from_settings(self.settings)
        if model is not None:
            model.check()
        return model

    @cached_property
    def tools(self) -> ToolBox:
        """Installed tools."""
        if self._given_tools is not None:
            return self._given_tools
        from clinigraph.tools.registry import default_registry

        return default_registry(self.settings, ModelImageReader(self.model) if self.model else None)

    @cached_property
    def library(self) -> CitedLibrary:
        """Guideline cards and the user's documents."""
        if self._given_library is not None:
            return self._given_library
        from clinigraph.client.library import SessionLibrary

        return SessionLibrary(self.settings)

    @cached_property
    def protocols(self) -> tuple[DiagnosticProtocol, ...]:
        """Curated protocols."""
        return load_protocols() if self._given_protocols is None else tuple(self._given_protocols)

    @cached_property
    def validator(self) -> PlanValidator:
        """The one plan validator."""
        return PlanValidator(self.tools.specs(), self.library)

    @cached_property
    def unavailable(self) -> Mapping[str, str]:
        """Tool name -> why it cannot work here; empty text when it can."""
        return {s.name: self.tools.get(s.name).unavailable() for s in self.tools.specs()}

    @cached_property
    def availability(self) -> Mapping[ProtocolId, Availability]:
        """Protocol id -> whether it can be run here."""
        return {p.id: self._availability(p) for p in self.protocols}

    def _availability(self, protocol: DiagnosticProtocol) -> Availability:
        plan = protocol.plan()
        try:
            self.validator.check(plan)
        except PlanInvalid as error:
            return Availability(available=False, assessable_share=0.0, reason="; ".join(error.problems))
        return availability(plan, self.unavailable)

    @cached_property
    def roles(self) -> Roles:
        """One implementation of each role."""
        if self._given_roles is not None:
            return self._given_roles
        return Roles(
            classifier=self._given_classifier or RouterClassifier(),
            triage=RuleTriage(self.protocols, self.availability),
            planner=ProtocolPlanner(self.protocols, self.validator),
            decider=WeightedDecider(),
            writer=TemplateWriter(),
            verifier=RuleVerifier(self.library),
            cavities=NetworkCavityCounter(),
        )

    def run_id(self, source: CaseSource, options: RunOptions) -> RunId:
        """Return the id of a run: equal for equal input, options, settings and packages."""
        parts = (source.digest(), options.key(), repr(self.settings.resolved()), repr(self.packages))
        return RunId(hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16])

    def place(self, run_id: RunId) -> RunPlace:
        """Return where a run keeps its state."""
        return run_place(self.settings, run_id)

    async def stream(self, source: CaseSource, options: RunOptions | None = None) -> AsyncIterator[RunEvent]:
        """Run a case and yield events; the last one of a finished run carries the report.

        Raises:
            InputRefused: The input cannot become a case.
            UsageError: The protocol does not exist, or another process runs the same case.
            RunCancelled: A pause was answered with a refusal.
        """
        chosen = options or RunOptions()
        self._check_protocol(chosen.protocol)
        place = self.place(self.run_id(source, chosen))
        lock = place.lock()
        try:
            run = CaseRun(self, place, chosen, self._dependencies(source, place, chosen))
            async for event in run.events():
                yield event
        finally:
            lock.release()

    def _check_protocol(self, protocol: ProtocolId | None) -> None:
        known = sorted(p.id for p in self.protocols)
        if protocol is not None and protocol not in known:
            raise UsageError("There is no such protocol", given=protocol, todo=f"Known are: {', '.join(known)}.")

    def _dependencies(self, source: CaseSource, place: RunPlace, options: RunOptions) -> Dependencies:
        return Dependencies(
            load_case=lambda: source.read(place.artifacts),
            tools=self.tools,
            library=self.library,
            roles=self.roles,
            validator=self.validator,
            tool_context=ToolContext(artifacts=place.artifacts),
            settings=self.settings,
            unavailable=self.unavailable,
            protocol=options.protocol,
            approve=options.approve,
            sign_off=options.sign_off,
            results=self._result_cache(),
        )

    def _result_cache(self) -> ResultCache | None:
        """Return the stored tool results where runs are kept: their pixels are there anyway."""
        if not self.settings.keep_runs:
            return None
        model = self.model.name if self.model else ""
        return ResultCache(self.settings.state_dir / "results", f"{self.settings.resolved()!r} {model}")
