"""Labelled cases through the graph: one case an item, in the configuration that is asked for.

Images that took part in training are told by their content (``clinigraph.evals.imaging.splits``): where a member of the
shipped ensemble has not seen an image, that member answers alone; what all members have seen says so in its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from clinigraph.agents.reader import ModelImageReader
from clinigraph.client.options import RunOptions
from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.client.sources import CaseSource
from clinigraph.errors import UsageError
from clinigraph.evals.agenteval.base import calibration_table
from clinigraph.evals.agenteval.configs import CONFIGS, NEED_MODEL
from clinigraph.evals.agenteval.diagnosis_tables import indicator_table, metrics_table
from clinigraph.evals.contract import EvalContext, EvalItem, EvalSpec, EvalTable, Outcome
from clinigraph.evals.imaging import splits
from clinigraph.evals.scoring import Mark, cost_table, marks_table
from clinigraph.evals.subgroups import subgroup_table
from clinigraph.llm.contract import ChatModel
from clinigraph.models.findings import Presence
from clinigraph.settings import Settings
from clinigraph.tools.contract import Tool
from clinigraph.tools.reading.image_tool import ReadImage
from clinigraph.tools.registry import ToolRegistry, default_registry

__all__ = ["GraphDiagnosis", "MakeSession", "Trained"]
LONGEST_NODE_S = 7200.0
"""Longest time of one node: a busy machine is no fault of the method; Inspect has its own limits of time."""
MakeSession = Callable[[Settings, ChatModel | None, ToolRegistry | None], Session]


@dataclass(frozen=True, slots=True)
class Trained:
    """The network that an outcome rests on, and what trained it."""

    bundle: str
    sets: tuple[str, ...]
    """Names in ``splits.json``."""
    folds: Callable[[], int]
    make: Callable[[Path], Tool]
    places: int = 1
    """Files of one case in the list of the set."""


class GraphDiagnosis:
    """The graph on labelled cases; a subclass gives items, a source and, where it is not yes or no, a judgement.

    Args:
        spec: What the YAML file states.
        make: Makes a session; another one in tests.
    """

    question = ""
    trained: Trained | None = None

    def __init__(self, spec: EvalSpec, make: MakeSession | None = None) -> None:
        self.spec = spec
        self._make = make
        self._kept: ToolRegistry | None = None
        self._members: dict[tuple[int, ...], Tool] = {}

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the cases in an order drawn by the seed; see the contract."""
        raise NotImplementedError

    def source(self, item: EvalItem, settings: Settings) -> CaseSource:
        """Return the case of an item."""
        raise NotImplementedError

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Return the decision of the graph with its score and indicators.

        Raises:
            UsageError: The configuration needs a model.
        """
        model = None if context.config == "rules" else context.chat
        if context.config in NEED_MODEL and model is None:
            raise UsageError(f"The configuration {context.config} needs a model", todo="Give --model.")
        changed = {"model_base_url": None, "model_name": None, "state_dir": context.work / self.spec.name}
        settings = Settings().model_copy(update={**changed, "node_timeout_s": LONGEST_NODE_S})
        session = self._session(settings, model, item, context)
        options = RunOptions(resume=False, switches=CONFIGS[context.config])
        report: Report | None = None
        async for event in session.stream(self.source(item, settings), options):
            if isinstance(event.report, Report):
                report = event.report
        if report is None:
            raise AssertionError("a run without pauses gave no report")
        tokens = sum(v for k, v in report.run.tokens.items() if k in ("prompt", "completion"))
        return {**self.judged(report, item), "indicators": _indicators(report), "tokens": tokens}

    def judged(self, report: Report, item: EvalItem) -> dict[str, JsonValue]:
        """Return the mark of a report; an indeterminate impression is an abstention."""
        decision, score = report.impression.decision, report.impression.score
        positive = decision is Presence.PRESENT
        right = Mark.RIGHT if positive == (item.target == "1") else Mark.WRONG
        found = Mark.ABSTAINED if decision is Presence.INDETERMINATE else right
        sure = None if score is None or found is Mark.ABSTAINED else score if positive else 1.0 - score
        return {"mark": found.value, "decision": decision.value, "score": score, "confidence": sure}

    def tables(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return marks by what trained the network, metrics over all and decided cases, indicators, subgroups, cost."""
        group = "network" if any("network" in o.item.data for o in outcomes) else ""
        found = (
            marks_table("Decisions", outcomes, group=group),
            metrics_table(outcomes, group),
            indicator_table(outcomes),
            subgroup_table(outcomes),
            calibration_table(
                outcomes, note="Confidence: the share of weight on the side of the decision; no probability."
            ),
            cost_table(outcomes),
        )
        return tuple(t for t in found if t is not None)

    def seen(self, path: Path) -> dict[str, JsonValue]:
        """Return which network answers for a file and in which words a table says so; nothing where none is trained."""
        if self.trained is None:
            return {}
        place = splits.place_of(path, self.trained.sets)
        at = None if place is None else place // self.trained.places
        network = splits.network_for(self.trained.bundle, at, self.trained.folds())
        members: JsonValue = None if network.members is None else list(network.members)
        return {"network": network.words, "members": members}

    def _session(self, settings: Settings, model: ChatModel | None, item: EvalItem, context: EvalContext) -> Session:
        tools = self._tools(settings, model, item, context) if self._make is None else None
        if self._make is not None:
            return self._make(settings, model, tools)
        return Session(settings, tools=tools, model=model)

    def _tools(self, settings: Settings, model: ChatModel | None, item: EvalItem, context: EvalContext) -> ToolRegistry:
        """Return the installed tools, made once; with this model's reader and this item's member of the ensemble."""
        if self._kept is None:
            self._kept = default_registry(settings)
        changed: dict[str, Tool] = {}
        if model is not None:
            reader = ReadImage(ModelImageReader(model))
            changed[reader.spec.name] = reader
        members = item.data.get("members")
        if isinstance(members, list) and self.trained is not None:
            chosen = tuple(int(str(m)) for m in members)
            if chosen not in self._members:
                folder = splits.bundle_of(self.trained.bundle, chosen, context.work / "members")
                self._members[chosen] = self.trained.make(folder)
            member = self._members[chosen]
            changed[member.spec.name] = member
        kept = self._kept
        return ToolRegistry([changed.get(name, kept.get(name)) for name in kept.names()])


def _indicators(report: Report) -> dict[str, JsonValue]:
    return {str(i.id): {"value": i.value, "met": i.met.value, "name": i.name} for i in report.indicators}
