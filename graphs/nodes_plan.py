"""Nodes from intake to the plan."""

from __future__ import annotations

import asyncio
from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from clinigraph.agents.appraisal import appraise, with_modalities
from clinigraph.agents.phases import with_chosen_phases
from clinigraph.errors import PlanInvalid, RunCancelled
from clinigraph.graphs.dependencies import Dependencies
from clinigraph.graphs.nodes_text import link_texts
from clinigraph.graphs.retrieving import MAX_QUOTED, retrieve, speaks_of
from clinigraph.graphs.state import CaseState, JsonDict, dump, load
from clinigraph.graphs.views import with_intervention
from clinigraph.intake.display import to_display
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.models.base import EvidenceId, PassageId
from clinigraph.models.case import Case
from clinigraph.models.imaging import Image
from clinigraph.models.passages import Passage
from clinigraph.models.planning import DiagnosticPlan
from clinigraph.models.triage import ImageAppraisal, Triage


async def intake(state: CaseState, runtime: Runtime[Dependencies]) -> CaseState:
    """Read the case; its pixels go to the artifact store. Of several frames of a heart two are kept."""
    del state
    case = await link_texts(runtime.context, await asyncio.to_thread(_load, runtime.context))
    return {
        "case": dump(case),
        "notes": list(runtime.context.notes),
        "interventions": [dump(i) for i in runtime.context.interventions],
        "revision": 0,
        "tool_index": {},
    }


def _load(context: Dependencies) -> Case:
    case = context.load_case()
    counter = context.roles.cavities
    return case if counter is None else with_chosen_phases(case, context.tool_context.artifacts, counter)


async def triage(
    state: CaseState, runtime: Runtime[Dependencies]
) -> Command[Literal["plan", "survey", "consult", "decide"]]:
    """Look at question and pixels; go on with a candidate, or straight to the statement that none applies."""
    context = runtime.context
    case = load(Case, state.get("case"))
    appraisals = [await asyncio.to_thread(_appraise, context, image) for image in case.current_images()]
    assistant = context.roles.assistant
    if assistant is None or context.switches.direct:
        outcome = context.roles.triage.triage(case, appraisals, context.protocol)
    else:
        outcome = await assistant.triage(case, appraisals, context.protocol)
    update: CaseState = {"triage": dump(outcome), "case": dump(with_modalities(case, appraisals))}
    if context.switches.direct and context.model is not None:
        return Command(goto="consult", update=update)
    if outcome.text_only:
        return Command(goto="survey", update=update)
    return Command(goto="plan" if outcome.candidates or outcome.planned else "decide", update=update)


def _appraise(context: Dependencies, image: Image) -> ImageAppraisal:
    display = to_display(context.tool_context.artifacts.get(image.artifact_id), image)
    if display.ndim == 3 and not image.colour:
        display = display[display.shape[0] // 2]
    return appraise(image, context.roles.classifier.opinion(display))


async def plan(state: CaseState, runtime: Runtime[Dependencies]) -> Command[Literal["approve", "schedule", "decide"]]:
    """Make a valid plan and fetch the passages that it names, and others that speak to the question.

    A condition without a protocol, for which no valid plan could be made, ends with a statement that says why.
    """
    context = runtime.context
    case, outcome = load(Case, state.get("case")), load(Triage, state.get("triage"))
    try:
        made = await context.roles.planner.plan(case, outcome)
    except PlanInvalid as error:
        if not outcome.planned:
            raise
        refusal = f"No plan could be made for {outcome.condition}: {error.what[:1].lower()}{error.what[1:]}."
        return Command(goto="decide", update={"triage": dump(outcome.replace(refusal=refusal))})
    named = _named_passages(context, made)
    found, note = await _retrieved(context, case, outcome, made)
    recommended = [p for p in named if p.id in made.recommendation_passage_ids]
    others = [p for p in found if p.id not in {n.id for n in named} and speaks_of(made, p)]
    quoted = [*recommended, *others[:MAX_QUOTED]]
    update: CaseState = {
        "plan": dump(made),
        "passages": {p.id: dump(p) for p in (*named, *quoted)},
        "quoted": [p.id for p in quoted],
        "notes": [*state.get("notes", []), *note],
    }
    return Command(goto="approve" if context.approve else "schedule", update=update)


def _named_passages(context: Dependencies, made: DiagnosticPlan) -> list[Passage]:
    ids: dict[PassageId, None] = {}
    for indicator in made.indicators:
        if indicator.criterion is not None:
            ids[indicator.criterion.passage_id] = None
        ids.update(dict.fromkeys(indicator.passage_ids))
    ids.update(dict.fromkeys(made.recommendation_passage_ids))
    return [context.library.get(i) for i in ids]


async def _retrieved(
    context: Dependencies, case: Case, outcome: Triage, made: DiagnosticPlan
) -> tuple[list[Passage], list[str]]:
    text = " ".join((case.question, made.condition, *(i.name for i in made.indicators)))
    query = RetrievalQuery(text=text[:2000], top_k=context.settings.retrieval_top_k, specialty=outcome.specialty)
    return await retrieve(context, query)


async def approve(state: CaseState, runtime: Runtime[Dependencies]) -> CaseState:
    """Pause until somebody approves the plan, edits it, or refuses it.

    Resumes with ``{"action": "approve"}``, ``{"action": "edit", "plan": {...}}`` or ``{"action": "reject"}``.
    """
    answer: JsonDict = interrupt({"kind": "approve_plan", "plan": state.get("plan")})
    if answer.get("action") == "reject":
        raise RunCancelled("The plan was rejected", todo="Change the question or the protocol and run again.")
    made = load(DiagnosticPlan, state.get("plan"))
    edited = answer.get("plan")
    changed = load(DiagnosticPlan, edited) if isinstance(edited, dict) else made
    runtime.context.validator.check(changed)
    touched = [i.id for i in changed.indicators if changed is made or made.indicator(i.id) != i]
    targets = (EvidenceId(f"indicator-{i}") for i in touched)
    return {"plan": dump(changed), "interventions": with_intervention(state, answer, *targets)}
