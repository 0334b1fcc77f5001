"""Nodes that measure: schedule, act, reflect."""

from __future__ import annotations

import asyncio
import time
from typing import Literal, cast

from langgraph.runtime import Runtime
from langgraph.types import Command, Overwrite, Send

from clinigraph.agents.plan_validator import step_dependencies
from clinigraph.agents.reflection import Reflection, to_discard
from clinigraph.agents.reflection import reflect as judge
from clinigraph.agents.resolution import Resolver, Skip
from clinigraph.graphs.dependencies import Dependencies
from clinigraph.graphs.nodes_ask import question_for
from clinigraph.graphs.nodes_consult import wanted
from clinigraph.graphs.retrieving import retrieve, speaks_of
from clinigraph.graphs.state import ActInput, CaseState, JsonDict, dump, load
from clinigraph.graphs.tool_runner import run_tool
from clinigraph.graphs.views import results_of
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.models.base import PassageId, StepId
from clinigraph.models.case import Case
from clinigraph.models.findings import IndicatorResult, Met
from clinigraph.models.planning import DiagnosticPlan, PlanStep
from clinigraph.models.tooling import ImageValue, LabelMapValue, Need, ToolCall, ToolResult, ToolStatus
from clinigraph.models.triage import Triage
from clinigraph.tools.contract import Tool

_NO_MORE = 1_000
"""More tries than any step has alternatives: nothing is run again."""


async def schedule(
    state: CaseState, runtime: Runtime[Dependencies]
) -> Command[Literal["act", "schedule", "reflect", "decide"]]:
    """Send every step whose inputs are ready to its tool, side by side; skip what cannot run, with the reason.

    A survey of a record has no plan: once its tools have answered there is nothing left to send.
    """
    if "plan" not in state:
        return Command(goto="decide")
    made = load(DiagnosticPlan, state.get("plan"))
    results = results_of(state)
    waiting = step_dependencies(made)
    ready = [s for s in made.steps if s.id not in results and waiting[s.id] <= results.keys()]
    if not ready:
        return Command(goto="reflect")
    resolver = Resolver(load(Case, state.get("case")), load(Triage, state.get("triage")).image_id, results)
    prepared = [_prepare(runtime.context, resolver, made, s, state.get("tool_index", {}).get(s.id, 0)) for s in ready]
    calls = [p for p in prepared if isinstance(p, ToolCall)]
    skipped = {str(p.step_id): dump(p) for p in prepared if isinstance(p, ToolResult)}
    update: CaseState = {"results": skipped} if skipped else {}
    if not calls:
        return Command(goto="schedule", update=update)
    return Command(goto=[Send("act", ActInput(call=dump(c))) for c in calls], update=update)


def _prepare(
    context: Dependencies, resolver: Resolver, made: DiagnosticPlan, step: PlanStep, index: int
) -> ToolCall | ToolResult:
    names = (step.tool, *step.alternatives)[index:]
    reasons = {name: context.unavailable.get(name, "") for name in names}
    usable = next((name for name in names if not reasons[name]), None)
    name = usable or names[0]
    spec = context.tools.get(name).spec
    call = resolver.call(made, step, spec)
    if usable is not None and isinstance(call, ToolCall):
        return call
    reason = reasons[name] if usable is None else call.reason if isinstance(call, Skip) else ""
    return ToolResult(
        step_id=step.id, tool=name, tool_version=spec.version, status=ToolStatus.EMPTY, reason=reason or "cannot run"
    )


async def act(state: ActInput, runtime: Runtime[Dependencies]) -> CaseState:
    """Run one tool call."""
    context = runtime.context
    call = load(ToolCall, state["call"])
    tool = context.tools.get(call.tool)
    begin = time.perf_counter()
    result = await _stored_or_run(tool, call, context)
    if _unread(result, tool, context):
        return {}
    told = {"tool": call.tool, "step": str(call.step_id), "status": result.status.value, "reason": result.reason}
    runtime.stream_writer({**told, "seconds": f"{time.perf_counter() - begin:.3f}", **_outlined(call, result)})
    return {"results": {str(call.step_id): dump(result)}, "calls": {str(call.step_id): dump(call)}}


def _outlined(call: ToolCall, result: ToolResult) -> dict[str, str]:
    """Return the artifacts of what a call outlined and of the image it outlined, for who watches the run."""
    made = next((v.value for v in result.outputs.values() if isinstance(v, LabelMapValue)), None)
    images = [v.value for v in call.inputs.values() if isinstance(v, ImageValue)]
    image = next((i for i in images if made is not None and i.id == made.image_id), None)
    if made is None or image is None:
        return {}
    return {"image": str(image.artifact_id), "masks": str(made.artifact_id)}


def _unread(result: ToolResult, tool: Tool, context: Dependencies) -> bool:
    """Whether a reading failed because the model server was lost: a resumed run makes it again."""
    lost = context.watch is not None and context.watch.lost
    return lost and result.status is ToolStatus.FAILED and Need.IMAGE_READING_MODEL in tool.spec.needs


async def _stored_or_run(tool: Tool, call: ToolCall, context: Dependencies) -> ToolResult:
    store, artifacts = context.results, context.tool_context.artifacts
    if store is None:
        return await run_tool(tool, call, context.tool_context, context.settings.tool_attempts)
    known = await asyncio.to_thread(store.get, call, tool.spec, artifacts)
    if known is not None:
        return known
    result = await run_tool(tool, call, context.tool_context, context.settings.tool_attempts)
    await asyncio.to_thread(store.put, call, tool.spec, result, artifacts)
    return result


async def reflect(
    state: CaseState, runtime: Runtime[Dependencies]
) -> Command[Literal["schedule", "ask", "consult", "decide"]]:
    """Judge every indicator; run steps again with another tool, look for more guidance, or ask the user for a fact.

    Each way is bounded: a step has so many alternatives, guidance is looked for once, so many questions are asked.
    """
    made, results = load(DiagnosticPlan, state.get("plan")), results_of(state)
    index, reflects = state.get("tool_index", {}), runtime.context.switches.reflect
    outcome = judge(made, results, {s.id: index.get(s.id, 0) + 1 if reflects else _NO_MORE for s in made.steps})
    if outcome.again:
        return Command(goto="schedule", update=_again(state, made, outcome, results))
    onward: Literal["consult", "decide"] = "consult" if wanted(runtime.context) else "decide"
    judged = [dump(i) for i in outcome.indicators]
    if not runtime.context.switches.plan:
        return Command(goto=onward, update={"indicators": []})
    if not reflects:
        return Command(goto=onward, update={"indicators": judged})
    if question_for(runtime.context, {**state, "indicators": judged}) is not None:
        return Command(goto="ask", update={"indicators": judged})
    passages, notes = await _more_guidance(runtime.context, state, outcome.indicators)
    update: CaseState = {
        "indicators": judged,
        "passages": passages,
        "quoted": [*state.get("quoted", []), *passages],
        "notes": [*state.get("notes", []), *notes],
    }
    return Command(goto=onward, update=update)


def _again(state: CaseState, made: DiagnosticPlan, outcome: Reflection, results: dict[StepId, ToolResult]) -> CaseState:
    gone = to_discard(made, outcome.again)
    kept = {str(k): dump(v) for k, v in results.items() if k not in gone}
    index = dict(state.get("tool_index", {}))
    notes = list(state.get("notes", []))
    for step_id in outcome.again:
        index[step_id] = index.get(step_id, 0) + 1
        step, failed = made.step(step_id), results[step_id]
        if step is not None:
            following = (step.tool, *step.alternatives)[index[step_id]]
            notes.append(f"{failed.tool} gave no result ({failed.reason.rstrip('.')}); {following} was tried instead.")
    # LangGraph's Overwrite goes around the merging reducer: results that no longer hold must not stay.
    return cast("CaseState", {"results": Overwrite(kept), "tool_index": index, "notes": notes})


async def _more_guidance(
    context: Dependencies, state: CaseState, indicators: tuple[IndicatorResult, ...]
) -> tuple[dict[str, JsonDict], list[str]]:
    uncertain = [i.name for i in indicators if i.met is Met.UNCERTAIN]
    if not uncertain:
        return {}, []
    seen = tuple(PassageId(p) for p in state.get("passages", {}))
    outcome = load(Triage, state.get("triage"))
    text = f"{', '.join(uncertain)}: borderline value, confirmation, further test; {_findings(state, indicators)}"
    query = RetrievalQuery(text=text[:1000], top_k=2, specialty=outcome.specialty, exclude=seen)
    found, notes = await retrieve(context, query)
    made = load(DiagnosticPlan, state.get("plan"))
    return {str(p.id): dump(p) for p in found if speaks_of(made, p)}, notes


def _findings(state: CaseState, indicators: tuple[IndicatorResult, ...]) -> str:
    """What text and images show, in the words of the program: kind of image, indicators met, facts on record."""
    outcome, case = load(Triage, state.get("triage")), load(Case, state.get("case"))
    kinds = (a.modality.label for a in outcome.appraisals if a.image_id == outcome.image_id)
    met = (i.name for i in indicators if i.met is Met.YES)
    return ", ".join((*kinds, *met, *(f.name.replace("_", " ") for f in case.facts)))
