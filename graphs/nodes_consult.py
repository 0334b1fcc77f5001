"""The node that hears model roles before the decision."""

from __future__ import annotations

import asyncio

import numpy as np
from langgraph.runtime import Runtime
from numpy.typing import NDArray

from clinigraph.agents.asking import failed
from clinigraph.agents.consulting import Matter, consult
from clinigraph.agents.direct import answer_directly
from clinigraph.agents.evidence_table import evidence_table
from clinigraph.errors import ModelServerError
from clinigraph.graphs.dependencies import Dependencies
from clinigraph.graphs.state import CaseState, dump, load
from clinigraph.graphs.views import evidence_of, indicators_of
from clinigraph.intake.display import to_display
from clinigraph.llm.contract import ChatModel
from clinigraph.models.base import ImageId
from clinigraph.models.case import Case
from clinigraph.models.consultation import Consultation
from clinigraph.models.planning import DiagnosticPlan
from clinigraph.models.switches import DeciderKind, Switches
from clinigraph.models.triage import Triage

_SHARE = 0.9
"""Share of the node's time that opinions may take; the rest is for saying that they took too long."""


def wanted(context: Dependencies) -> bool:
    """Whether any model role is heard before the decision."""
    switches = context.switches
    if context.model is None:
        return False
    return answers_directly(switches) or switches.decider in (DeciderKind.MODEL, DeciderKind.COMBINED)


def answers_directly(switches: Switches) -> bool:
    """Whether the model answers the question itself."""
    return switches.direct or not switches.plan


async def consult_roles(state: CaseState, runtime: Runtime[Dependencies]) -> CaseState:
    """Hear the model roles that the run's switches name; a model that fails is noted and stands aside."""
    context = runtime.context
    if context.model is None:
        return {}
    try:
        async with asyncio.timeout(_SHARE * context.settings.node_timeout_s):
            said = await _said(context, context.model, state)
    except TimeoutError:
        said = Consultation(notes=("The model took too long over its opinions; none was heard.",))
    return {"consultation": dump(said), "notes": [*state.get("notes", []), *said.notes]}


async def _said(context: Dependencies, model: ChatModel, state: CaseState) -> Consultation:
    if answers_directly(context.switches):
        return await _direct(context, model, state)
    return await consult(model, await _matter(context, state), context.switches)


async def _direct(context: Dependencies, model: ChatModel, state: CaseState) -> Consultation:
    case = load(Case, state.get("case"))
    material = _facts(case) if context.switches.direct else evidence_table((), evidence_of(state), raw=True).text
    pictures = await asyncio.to_thread(_pictures, context, case, load(Triage, state.get("triage")).image_id)
    try:
        return Consultation(direct=await answer_directly(model, case.question, material, pictures))
    except ModelServerError as error:
        return Consultation(notes=(failed("direct answer", error, "nothing was decided"),))


def _facts(case: Case) -> str:
    from clinigraph.agents.writer import fact_text

    return "\n".join(f"{f.name.replace('_', ' ')}: {fact_text(f)}" for f in case.facts)


async def _matter(context: Dependencies, state: CaseState) -> Matter:
    results, outcome = indicators_of(state), load(Triage, state.get("triage"))
    case = load(Case, state.get("case"))
    return Matter(
        plan=load(DiagnosticPlan, state.get("plan")),
        results=results,
        table=evidence_table(results, evidence_of(state)),
        specialty=outcome.specialty,
        images=await asyncio.to_thread(_pictures, context, case, outcome.image_id),
        seed=context.settings.seed,
    )


def _pictures(context: Dependencies, case: Case, image_id: ImageId | None) -> tuple[NDArray[np.uint8], ...]:
    """Return the image that triage chose (or the first current one) as RGB, if the model sees pictures."""
    if context.model is None or not context.model.sees_images:
        return ()
    current = case.current_images()
    image = next((i for i in current if i.id == image_id), next(iter(current), None))
    if image is None:
        return ()
    display = to_display(context.tool_context.artifacts.get(image.artifact_id), image)
    if display.ndim == 3 and not image.colour:
        display = display[display.shape[0] // 2]
    rgb = display if display.ndim == 3 else np.repeat(display[:, :, None], 3, axis=2)
    return (np.ascontiguousarray(rgb),)
