"""The task-level planner: retrieved criteria and the tools' specifications in, a diagnostic plan out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field, ValidationError

from clinigraph.agents.asking import Ask, ask
from clinigraph.agents.chaining import Chainer, NoChainError, Wanted
from clinigraph.agents.contract import CitedLibrary
from clinigraph.agents.plan_store import PlanStore, plan_key
from clinigraph.agents.plan_validator import MODEL_PLAN_INDICATORS, PlanValidator
from clinigraph.agents.planning_material import criteria_lines, offers, tool_lines, usable
from clinigraph.errors import KnowledgeError, ModelAnswerInvalid, PlanInvalid
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.llm.contract import ChatModel
from clinigraph.llm.prompt_files import load_prompt
from clinigraph.models.base import IndicatorId, PassageId, Value
from clinigraph.models.codes import Concept, Modality, Scheme
from clinigraph.models.passages import Passage
from clinigraph.models.planning import Comparator, Criterion, DiagnosticPlan, Indicator, IndicatorKind
from clinigraph.models.tooling import ToolSpec

THETA_RANGE = (0.20, 0.55)
"""Range to which a planned threshold is clamped (MedAgent-Pro; its default is 0.40)."""
TOP_K = 12
_FEWEST, _MOST = MODEL_PLAN_INDICATORS


class IndicatorDraft(Value):
    """One indicator as the model writes it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")
    """Lower case with underscores; for a quoted criterion its indicator."""
    name: str = Field(min_length=1, max_length=100)
    tool: str = Field(max_length=60)
    output: str = Field(max_length=60)
    comparator: str = Field(max_length=2)
    """Of the criterion: >, >=, < or <=; empty for readings."""
    threshold: float
    unit: str = Field(max_length=40)
    """UCUM unit of the criterion; empty for readings."""
    passage_id: str = Field(max_length=160)
    """The passage that states the criterion, or says why the reading matters; may be empty for readings."""
    question: str = Field(max_length=300)
    """For readings."""
    rubric: str = Field(max_length=400)
    """For readings: what each score from 1 to 5 means."""
    weight: float = Field(gt=0, le=1)
    rationale: str = Field(min_length=1, max_length=240)


class PlanDraft(Value):
    """A plan as the model writes it."""

    indicators: tuple[IndicatorDraft, ...] = Field(min_length=1, max_length=10)
    threshold: float = Field(ge=0, le=1)
    """Share of the weight from which the condition is called present; 0.4 unless there is a reason."""


@dataclass(frozen=True, slots=True)
class PlanTask:
    """What a plan is asked for."""

    condition: str
    modality: Modality
    specialty: str | None = None


class ModelPlanner:
    """Plans for conditions that have no protocol.

    The model names indicators, tools, criteria and weights; steps are derived from the tools' specifications. The plan
    passes the one :class:`PlanValidator`; what it finds goes back to the model once. Accepted plans are kept by
    condition, kind of image, the passages retrieved, the tools and the model.

    Args:
        model: Whom to ask.
        specs: Specifications of all tools.
        unavailable: Tool name -> why it cannot work here.
        library: Where criteria are found.
        validator: The one plan validator.
        store: Where plans are kept; None keeps none.
    """

    def __init__(
        self,
        model: ChatModel,
        specs: Sequence[ToolSpec],
        unavailable: Mapping[str, str],
        library: CitedLibrary,
        validator: PlanValidator,
        store: PlanStore | None = None,
    ) -> None:
        self._model = model
        self._specs = tuple(specs)
        self._unavailable = unavailable
        self._library = library
        self._validator = validator
        self._store = store

    async def make(self, task: PlanTask) -> DiagnosticPlan:
        """Return a valid plan.

        Raises:
            PlanInvalid: The model's plan was refused twice, or nothing can be measured or cited.
            ModelServerError: The model gave no usable answer.
        """
        passages = await asyncio.to_thread(self._retrieve, task)
        topic = " ".join((task.condition, *(p.text for p in passages)))
        offered = usable(self._specs, self._unavailable, task.modality, topic)
        prompt = load_prompt("clinigraph.agents", "planner").label
        key = plan_key(task.condition, task.modality, passages, offered, self._model.name, prompt)
        kept = self._store.get(key) if self._store else None
        if kept is not None and not self._validator.problems(kept):
            return kept
        made = await self._ask(task, passages, offered)
        if self._store is not None:
            self._store.put(key, made)
        return made

    def _retrieve(self, task: PlanTask) -> tuple[Passage, ...]:
        query = RetrievalQuery(text=f"{task.condition} diagnostic criterion", top_k=TOP_K, specialty=task.specialty)
        try:
            hits = self._library.retrieve(query) or self._library.retrieve(query.replace(specialty=None))
            return tuple(hit.passage for hit in hits)
        except KnowledgeError as error:
            raise PlanInvalid("No criteria could be retrieved", given=error.what, todo=error.todo) from error

    async def _ask(self, task: PlanTask, passages: Sequence[Passage], offered: Sequence[ToolSpec]) -> DiagnosticPlan:
        data = "\n".join(
            (
                "Criteria and passages:",
                *criteria_lines(passages, self._library),
                "",
                "Tools:",
                *tool_lines(offers(offered)),
            )
        )
        fields = {"condition": task.condition, "modality": task.modality.label}
        question = Ask("planner", data, fields, max_tokens=1600)
        problems: list[str] = []
        try:
            draft = await ask(self._model, question, PlanDraft, self._judge(task, offered, problems))
        except ModelAnswerInvalid as error:
            if not problems:
                raise
            raise PlanInvalid(
                f"The model's plan for {task.condition} was refused twice",
                given="; ".join(problems)[:600],
                todo="Use a stronger model, or write a protocol.",
                problems=tuple(problems),
            ) from error
        return build_plan(task, draft, offered, self._model.name)

    def _judge(self, task: PlanTask, offered: Sequence[ToolSpec], problems: list[str]) -> Callable[[PlanDraft], str]:
        def wrong(draft: PlanDraft) -> str:
            try:
                found = self._validator.problems(build_plan(task, draft, offered, self._model.name))
            except PlanInvalid as error:
                found = error.problems
            problems[:] = found
            return "\n".join(found)

        return wrong


def build_plan(task: PlanTask, draft: PlanDraft, specs: Sequence[ToolSpec], model: str) -> DiagnosticPlan:
    """Return the plan that a draft describes: weights normalised, steps derived, threshold clamped.

    Raises:
        PlanInvalid: The draft does not describe a plan; ``problems`` says why.
    """
    total = sum(i.weight for i in draft.indicators)
    low, high = THETA_RANGE
    try:
        indicators = tuple(_indicator(i, i.weight / total, model) for i in draft.indicators)
        wanted = [Wanted(indicator=IndicatorId(i.id), tool=i.tool, output=i.output) for i in draft.indicators]
        return DiagnosticPlan(
            condition=task.condition,
            origin="model",
            modality=task.modality,
            indicators=indicators,
            steps=Chainer(specs, task.modality).steps(wanted),
            threshold=min(high, max(low, draft.threshold)),
            threshold_source=f"chosen by {model}, clamped to {low:g} to {high:g} (MedAgent-Pro)",
            limitations=(f"The plan was made by the model {model} and was not reviewed by a person.",),
        )
    except (NoChainError, ValidationError) as error:
        raise PlanInvalid("The draft describes no plan", given=task.condition, problems=_problems(error)) from error


def _problems(error: NoChainError | ValidationError) -> tuple[str, ...]:
    if isinstance(error, ValidationError):
        return tuple(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
    return (str(error),)


def _indicator(draft: IndicatorDraft, weight: float, model: str) -> Indicator:
    quantitative = bool(draft.comparator)
    passages = (PassageId(draft.passage_id),) if draft.passage_id else ()
    return Indicator(
        id=IndicatorId(draft.id),
        name=draft.name,
        concept=Concept(value=draft.id.upper()[:16], scheme=Scheme.CLINIGRAPH, meaning=draft.name),
        kind=IndicatorKind.QUANTITATIVE if quantitative else IndicatorKind.QUALITATIVE,
        unit=draft.unit if quantitative else "1",
        question="" if quantitative else draft.question,
        rubric="" if quantitative else draft.rubric,
        criterion=_criterion(draft) if quantitative else None,
        weight=round(weight, 6),
        weight_source=f"{model}: {draft.rationale}",
        passage_ids=passages,
    )


def _criterion(draft: IndicatorDraft) -> Criterion:
    return Criterion(
        indicator=IndicatorId(draft.id),
        comparator=Comparator(draft.comparator) if draft.comparator in tuple(Comparator) else _refuse(draft),
        threshold=draft.threshold,
        unit=draft.unit,
        passage_id=PassageId(draft.passage_id),
    )


def _refuse(draft: IndicatorDraft) -> Comparator:
    raise NoChainError(f"indicator {draft.id}: the comparator is one of >, >=, < and <=")
