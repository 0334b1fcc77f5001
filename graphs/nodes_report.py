"""Nodes that conclude: decide, write, verify, sign, finish."""

from __future__ import annotations

from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from clinigraph.agents.contract import WriterInput
from clinigraph.agents.decider import refuse
from clinigraph.agents.direct import direct_impression
from clinigraph.agents.examiner import next_question
from clinigraph.errors import RunCancelled
from clinigraph.graphs.dependencies import Dependencies
from clinigraph.graphs.nodes_consult import answers_directly
from clinigraph.graphs.state import CaseState, JsonDict, dump, load
from clinigraph.graphs.views import claims_of, consultation_of, evidence_of, indicators_of, passages_of
from clinigraph.models.findings import Impression
from clinigraph.models.planning import DiagnosticPlan
from clinigraph.models.reporting import Verdict
from clinigraph.models.triage import Triage


async def decide(state: CaseState, runtime: Runtime[Dependencies]) -> CaseState:
    """Weigh the indicators, take the model's own answer where only that was asked for, or say that nothing applies."""
    outcome, said = load(Triage, state.get("triage")), consultation_of(state)
    condition = outcome.condition or "the condition asked about"
    if said is not None and said.direct is not None:
        return {"impression": dump(direct_impression(condition, said.direct))}
    if "plan" not in state or (answers_directly(runtime.context.switches) and said is not None):
        return {"impression": dump(refuse(condition, outcome.refusal or "The model gave no answer."))}
    made, results = load(DiagnosticPlan, state.get("plan")), indicators_of(state)
    update: CaseState = {"impression": dump(runtime.context.roles.decider.decide(made, results, said))}
    asked = next_question(made, results)
    return update if asked is None else {**update, "next_question": dump(asked)}


async def write(state: CaseState, runtime: Runtime[Dependencies]) -> CaseState:
    """Write claims from the evidence; in a revision, rewrite those that are not supported."""
    writer, material = runtime.context.roles.writer, _material(state)
    old = claims_of(state)
    claims = await (writer.revise(material, old) if old else writer.write(material))
    return {"claims": [dump(c) for c in claims]}


async def verify(state: CaseState, runtime: Runtime[Dependencies]) -> Command[Literal["write", "sign", "finish"]]:
    """Give every claim a verdict; send back what is not supported, at most ``max_revisions`` times."""
    context = runtime.context
    graph = evidence_of(state)
    claims = await context.roles.verifier.verify(claims_of(state), graph, load(Impression, state.get("impression")))
    for claim in claims:
        verdict = claim.verdict.value if claim.verdict else ""
        runtime.stream_writer({"claim": str(claim.id), "verdict": verdict, "code": claim.reason_code})
    revision = state.get("revision", 0)
    bad = any(c.verdict is not Verdict.SUPPORTED for c in claims)
    again = bad and revision < context.settings.max_revisions
    target: Literal["write", "sign", "finish"] = "write" if again else "sign" if context.sign_off else "finish"
    return Command(goto=target, update={"claims": [dump(c) for c in claims], "revision": revision + again})


async def sign(state: CaseState, runtime: Runtime[Dependencies]) -> CaseState:
    """Pause until somebody signs. Resumes with ``{"action": "sign"}`` or ``{"action": "reject"}``."""
    del runtime
    answer: JsonDict = interrupt({"kind": "sign_off", "claims": list(state.get("claims", []))})
    if answer.get("action") == "reject":
        raise RunCancelled("The report was not signed", todo="Run again to pause at the sign-off.")
    return {}


async def finish(state: CaseState, runtime: Runtime[Dependencies]) -> CaseState:
    """Mark the run as finished."""
    del state, runtime
    return {"finished": True}


def _material(state: CaseState) -> WriterInput:
    by_id = {p.id: p for p in passages_of(state)}
    quoted = [p for i in state.get("quoted", []) for key, p in by_id.items() if key == i]
    return WriterInput(
        plan=load(DiagnosticPlan, state["plan"]) if "plan" in state else None,
        results=indicators_of(state),
        impression=load(Impression, state.get("impression")),
        graph=evidence_of(state),
        knowledge=tuple(quoted),
    )
