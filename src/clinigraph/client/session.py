"""A session holds what is slow to make (tools, knowledge) and runs cases one after another or side by side."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from clinigraph.agents.appraisal import PixelClassifier, RouterClassifier
from clinigraph.agents.contract import CitedLibrary
from clinigraph.agents.decider import WeightedDecider
from clinigraph.agents.phases import NetworkCavityCounter
from clinigraph.agents.plan_validator import PlanValidator
from clinigraph.agents.planner import Availability, ProtocolPlanner, availability
from clinigraph.agents.reader import ModelImageReader
from clinigraph.agents.triage import RuleTriage
from clinigraph.agents.writer import TemplateWriter
from clinigraph.client.options import RunOptions
from clinigraph.client.places import RunPlace, run_place
from clinigraph.client.roles import ModelRoles
from clinigraph.client.run import CaseRun
from clinigraph.client.sources import CaseSource
from clinigraph.client.verifying import claim_verifier
from clinigraph.client.vocabulary import open_terminology
from clinigraph.errors import ModelServerError, PlanInvalid, UsageError
from clinigraph.graphs.build import CaseGraph, build_graph
from clinigraph.graphs.dependencies import Dependencies, Roles, ToolBox
from clinigraph.graphs.result_cache import ResultCache
from clinigraph.knowledge.protocols import load_protocols
from clinigraph.llm.contract import ChatModel
from clinigraph.llm.watching import WatchedModel
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
        model: A chat model; the one of the settings by default.
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
        model: ChatModel | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self._given_tools = tools
        self._given_library = library
        self._given_protocols = protocols
        self._given_classifier = classifier
        self._given_roles = roles
        self._given_model = model
        self.model_absent = ""
        """Why the model of the settings takes no part although one is set; known once ``model`` was asked for."""

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
        """The served model, when one is set; None as well when it is absent and the settings allow the rule path.

        Raises:
            ModelServerError: The server cannot be reached or does not serve the model.
        """
        model = self._given_model
        if model is None:
            if self.settings.model_base_url is None and self.settings.model_name is None:
                return None
            from clinigraph.llm.openai_chat import OpenAiChat

            model = OpenAiChat.from_settings(self.settings)
        try:
            if model is not None:
                model.check()
        except ModelServerError as error:
            if not self.settings.model_fallback:
                raise
            self.model_absent = f"No model took part ({error.what.rstrip('.')}); the report was made by the rule path."
            return None
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
        return availability(plan, self.unavailable, self.tools.specs())

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
            verifier=claim_verifier(self.settings, self.library),
            cavities=NetworkCavityCounter(),
            terminology=open_terminology(self.settings),
        )

    def kept_in(self, folder: Path) -> Session:
        """Return a session that keeps its runs in another folder and shares everything else with this one.

        Tools, networks, knowledge, terminology and roles are made once, here, the first time.

        Args:
            folder: State folder of the new session; its runs are kept when they are finished.
        """
        shared = ("tools", "library", "roles", "validator", "unavailable", "availability", "graph", "code", "packages")
        for name in (*shared, "model", "model_roles"):
            getattr(self, name)
        made = copy(self)
        made.settings = self.settings.model_copy(update={"state_dir": folder, "keep_runs": True})
        return made

    def run_id(self, source: CaseSource, options: RunOptions) -> RunId:
        """Return the id of a run: equal for equal input, options, settings and packages."""
        parts = (source.digest(), options.key(), repr(self.settings.identity()), repr(self.packages))
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
        self._check(chosen)
        place = self.place(self.run_id(source, chosen))
        lock = place.lock()
        try:
            run = CaseRun(self, place, chosen, self._dependencies(source, place, chosen))
            async with aclosing(run.events()) as events:  # who stops reading stops the run here, not at some later time
                async for event in events:
                    yield event
        finally:
            lock.release()

    def _check(self, options: RunOptions) -> None:
        known = sorted(p.id for p in self.protocols)
        if options.protocol is not None and options.protocol not in known:
            raise UsageError(
                "There is no such protocol", given=options.protocol, todo=f"Known are: {', '.join(known)}."
            )
        if options.plan is not None and (problems := self.validator.problems(options.plan.plan())):
            raise UsageError("The plan cannot be run", given="; ".join(problems), todo="Correct its file.")
        needs_model = options.switches.direct or not options.switches.plan
        if needs_model and self.model is None and not self.model_absent:
            raise UsageError("An answer of the model alone needs a model", todo="Give --model and --base-url.")

    @cached_property
    def model_roles(self) -> ModelRoles:
        """What puts model roles in front of the rules."""
        specs = self.tools.specs()
        return ModelRoles(self.protocols, specs, self.unavailable, self.library, self.validator, self.settings)

    def _rules(self, options: RunOptions) -> Roles:
        """Return the rule-based roles; a plan that the caller gave joins the protocols."""
        if options.plan is None:
            return self.roles
        given = options.plan
        protocols = (*(p for p in self.protocols if p.id != given.id), given)
        known = {**self.availability, given.id: self._availability(given)}
        return replace(
            self.roles, triage=RuleTriage(protocols, known), planner=ProtocolPlanner(protocols, self.validator)
        )

    def _roles_for(self, options: RunOptions, model: ChatModel | None) -> Roles:
        made = self.model_roles.of(self._rules(options), options.switches, model)
        return made if self._given_roles is None else replace(made, decider=self._given_roles.decider)

    def _case_tools(self, model: ChatModel | None) -> ToolBox:
        """Return the tools of one case: its reader spends the case's own budget."""
        if model is None:
            return self.tools
        from clinigraph.client.case_tools import CaseTools
        from clinigraph.tools.reading.image_tool import ReadImage

        ours = any(isinstance(self.tools.get(s.name), ReadImage) for s in self.tools.specs())
        return CaseTools(self.tools, (ReadImage(ModelImageReader(model)),)) if ours else self.tools

    def _case_model(self, place: RunPlace) -> ChatModel | None:
        """Return the model with the case's budget; without fallback a lost server stops the run."""
        if self.model is None:
            return None
        from clinigraph.llm.openai_chat import budget_of

        model = self.model.for_case(budget_of(self.settings), place.spending)
        return model if self.settings.model_fallback else WatchedModel(model)

    def _dependencies(self, source: CaseSource, place: RunPlace, options: RunOptions) -> Dependencies:
        model = self._case_model(place)
        return Dependencies(
            load_case=lambda: source.read(place.artifacts),
            tools=self._case_tools(model),
            library=self.library,
            roles=self._roles_for(options, model),
            validator=self.validator,
            tool_context=ToolContext(artifacts=place.artifacts),
            settings=self.settings,
            unavailable=self.unavailable,
            protocol=options.plan.id if options.plan else options.protocol,
            approve=options.approve,
            sign_off=options.sign_off,
            model=model,
            watch=model if isinstance(model, WatchedModel) else None,
            switches=options.switches,
            notes=(self.model_absent,) if self.model_absent else (),
            interventions=options.interventions,
            results=self._result_cache(),
        )

    def _result_cache(self) -> ResultCache | None:
        """Return the stored tool results where runs are kept: their pixels are there anyway."""
        if not self.settings.keep_runs:
            return None
        model = self.model.name if self.model else ""
        return ResultCache(self.settings.state_dir / "results", f"{self.settings.resolved()!r} {model}")
