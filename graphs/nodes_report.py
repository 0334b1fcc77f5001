"""Nodes that conclude: decide, write, verify, sign, finish."""

from __future__ import annotations

from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from clinigraph.agents.contract import WriterInput
from clinigraph.agents.decider import refuse
from clinigraph.agents.evidence_builder import EvidenceInput, build_evidence
from clinigraph.errors import RunCancelled
from clinigraph.graphs.dependencies import Dependencies
from clinigraph.graphs.nodes_act import results_of
from clinigraph.graphs.state import CaseState, JsonDict, dump, load
from clinigraph.models.base import StepId
from clinigraph.models.case import Case
from clinigraph.models.evidence import EvidenceGraph
from clinigraph.models.findings import Impression, IndicatorResult
from clinigraph.models.passages import Passage
from clinigraph.models.planning import DiagnosticPlan
from clinigraph.models.reporting import Claim, Verdict
from clinigraph.models.tooling import ToolCall
from clinigraph.models.triage import Triage


async def decide(state: CaseState, runtime: Runtime[Dependencies]) -> CaseState:
    """Weigh the indicators, or state that no protocol applies."""
    outcome = load(Triage, state.get("triage"))
    if "plan" not in state:
        return {"impression": dump(refuse(outcome.condition or "the condition asked about", outcome.refusal))}
    made = load(DiagnosticPlan, state.get("plan"))
    return {"impression": dump(runtime.context.roles.decider.decide(made, indicators_of(state)))}


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


def indicators_of(state: CaseState) -> tuple[IndicatorResult, ...]:
    """Return the indicator results."""
    return tuple(load(IndicatorResult, i) for i in state.get("indicators", []))


def claims_of(state: CaseState) -> tuple[Claim, ...]:
    """Return the claims."""
    return tuple(load(Claim, c) for c in state.get("claims", []))


def passages_of(state: CaseState) -> tuple[Passage, ...]:
    """Return the cited and quoted passages."""
    return tuple(load(Passage, p) for p in state.get("passages", {}).values())


def evidence_of(state: CaseState, claims: tuple[Claim, ...] = ()) -> EvidenceGraph:
    """Assemble the evidence graph from the state."""
    return build_evidence(
        EvidenceInput(
            case=load(Case, state.get("case")),
            appraisals=load(Triage, state.get("triage")).appraisals,
            calls={StepId(k): load(ToolCall, v) for k, v in state.get("calls", {}).items()},
            results=results_of(state),
            indicator_results=indicators_of(state),
            passages=passages_of(state),
            claims=claims,
        )
    )


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
