"""Nodes that conclude: decide, write, verify, sign, finish."""

from __future__ import annotations

from typing import Literal, cast

from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from clinigraph.agents.confidence import certainty, claim_uncertainty, within
from clinigraph.agents.contract import WriterInput
from clinigraph.agents.decider import refuse
from clinigraph.agents.direct import UNCHECKED, direct_impression
from clinigraph.agents.examiner import finding_to_ask, next_question
from clinigraph.agents.recommendations import fits
from clinigraph.agents.signing import signed
from clinigraph.agents.verification.completeness import omissions
from clinigraph.agents.verification.critical import critical_contradictions, withdrawn
from clinigraph.agents.writer import write_claims
from clinigraph.errors import RunCancelled
from clinigraph.graphs.dependencies import Dependencies
from clinigraph.graphs.nodes_consult import answers_directly
from clinigraph.graphs.state import CaseState, JsonDict, dump, load
from clinigraph.graphs.views import (
    claims_of,
    consultation_of,
    evidence_of,
    indicators_of,
    outputs_of,
    passages_of,
    with_intervention,
)
from clinigraph.models.base import ClaimId, EvidenceId
from clinigraph.models.evidence import EvidenceGraph, EvidenceNode, IndicatorResultNode
from clinigraph.models.findings import Impression, Presence
from clinigraph.models.planning import DiagnosticPlan
from clinigraph.models.reporting import Claim, ClaimKind, ClaimUncertainty, Verdict
from clinigraph.models.tooling import DifferentialValue
from clinigraph.models.triage import Triage


async def decide(state: CaseState, runtime: Runtime[Dependencies]) -> CaseState:
    """Weigh the indicators, take the model's own answer where only that was asked for, or say that nothing applies."""
    outcome, said = load(Triage, state.get("triage")), consultation_of(state)
    condition = outcome.condition or "the condition asked about"
    if said is not None and said.direct is not None:
        notes = [*state.get("notes", []), UNCHECKED]
        return {"impression": dump(direct_impression(condition, said.direct)), "notes": notes}
    if "plan" not in state or (answers_directly(runtime.context.switches) and said is not None):
        update: CaseState = {"impression": dump(refuse(condition, _undecided(state, outcome)))}
        ranked = [v.value for v in outputs_of(state) if isinstance(v, DifferentialValue)]
        open_finding = finding_to_ask(ranked[0]) if ranked else None
        return update if open_finding is None else {**update, "next_question": dump(open_finding)}
    made, results = load(DiagnosticPlan, state.get("plan")), indicators_of(state)
    update = {"impression": dump(runtime.context.roles.decider.decide(made, results, said))}
    asked = next_question(made, results)
    return update if asked is None else {**update, "next_question": dump(asked)}


def _undecided(state: CaseState, outcome: Triage) -> str:
    if outcome.refusal:
        return outcome.refusal
    if not outcome.text_only:
        return "The model gave no answer."
    ranked = any(isinstance(v, DifferentialValue) for v in outputs_of(state))
    done = "hypotheses were ranked by the findings of the record" if ranked else "no finding of the record was linked"
    return f"No protocol was run: the case holds a record and no image; {done}, and none is decided."


async def write(state: CaseState, runtime: Runtime[Dependencies]) -> CaseState:
    """Write claims from the evidence; in a revision, rewrite those that are not supported."""
    writer, material = runtime.context.roles.writer, _material(state)
    old = claims_of(state)
    claims = await (writer.revise(material, old) if old else writer.write(material))
    return {"claims": [dump(c) for c in claims]}


async def verify(state: CaseState, runtime: Runtime[Dependencies]) -> Command[Literal["write", "sign", "finish"]]:
    """Give every claim a verdict; send back what is not supported, at most ``max_revisions`` times.

    After the last revision, what the writer was silent about is told by the template, and claims that bear on the
    decision and are contradicted go to a person, or withdraw the decision.
    """
    context = runtime.context
    graph, impression = evidence_of(state), load(Impression, state.get("impression"))
    claims = await context.roles.verifier.verify(claims_of(state), graph, impression)
    _tell(runtime, claims)
    revision = state.get("revision", 0)
    if any(c.verdict is not Verdict.SUPPORTED for c in claims) and revision < context.settings.max_revisions:
        return Command(goto="write", update={"claims": [dump(c) for c in claims], "revision": revision + 1})
    added = await _left_out(state, runtime, claims)
    promise = certainty(context.settings.alpha, context.settings.calibration)
    measured = (c.replace(uncertainty=_uncertain(c, graph, impression)) for c in (*claims, *added))
    whole = tuple(within(c, promise) for c in measured)
    update: CaseState = {"claims": [dump(c) for c in whole], "revision": revision}
    if added:
        names = ", ".join(sorted(str(c.id) for c in added))
        update["notes"] = [*state.get("notes", []), f"The writer left out what the evidence holds; added: {names}."]
    pause = context.sign_off or bool(critical_contradictions(whole, graph, _plan(state)))
    return Command(goto="sign" if pause else "finish", update=update)


def _uncertain(claim: Claim, graph: EvidenceGraph, impression: Impression) -> ClaimUncertainty:
    """Return a claim's uncertainty with what a verifier has said of it already."""
    said = claim.uncertainty or ClaimUncertainty()
    return claim_uncertainty(claim, graph, impression, retrieval=said.retrieval, verifier=said.verifier)


def _tell(runtime: Runtime[Dependencies], claims: tuple[Claim, ...]) -> None:
    for claim in claims:
        verdict = claim.verdict.value if claim.verdict else ""
        runtime.stream_writer({"claim": str(claim.id), "verdict": verdict, "code": claim.reason_code})


async def _left_out(state: CaseState, runtime: Runtime[Dependencies], claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """Return the template's sentences, verified, for what the claims are silent about."""
    material = _material(state)
    silent = {o.evidence_id for o in omissions(claims, material.graph)}
    if not silent:
        return ()
    known = {c.id for c in claims}
    grounds = {i for n in material.graph.nodes if n.id in silent for i in (n.id, *_under(n))}
    fresh = (c for c in write_claims(material) if c.kind is not ClaimKind.IMPRESSION and grounds & set(c.evidence_ids))
    missing = tuple(c for c in fresh if c.id not in known)
    return await runtime.context.roles.verifier.verify(missing, material.graph, material.impression)


def _under(node: EvidenceNode) -> tuple[EvidenceId, ...]:
    return node.value.evidence_ids if isinstance(node, IndicatorResultNode) else ()


async def sign(state: CaseState, runtime: Runtime[Dependencies]) -> CaseState:
    """Pause until somebody judges what is contradicted, and until somebody signs.

    A claim that bears on the decision and is contradicted pauses with ``{"kind": "contradicted", "claims": [...]}``
    where a person answers: ``{"action": "keep"}`` lets the decision stand without the claim, ``{"action": "reject"}``
    stops the run, anything else withdraws the decision, as happens where nobody is there. The sign-off resumes with
    ``{"action": "sign"}``, with ``claims`` as :func:`clinigraph.agents.signing.signed` takes them where a person
    refused or amended some, or ``{"action": "reject"}``.
    """
    context = runtime.context
    update = await _contested(state, runtime)
    if context.sign_off:
        answer: JsonDict = interrupt(
            {"kind": "sign_off", "claims": list(update.get("claims", state.get("claims", [])))}
        )
        if answer.get("action") == "reject":
            raise RunCancelled("The report was not signed", todo="Run again to pause at the sign-off.")
        update = await _signed(cast("CaseState", {**state, **update}), update, answer, runtime)
    return update


async def _signed(state: CaseState, update: CaseState, answer: JsonDict, runtime: Runtime[Dependencies]) -> CaseState:
    """Apply what a person said of single claims; an amended text is verified again like any other."""
    result = signed(claims_of(state), answer)
    graph, impression = evidence_of(state), load(Impression, state.get("impression"))
    checked = {c.id: c for c in await runtime.context.roles.verifier.verify(result.amended, graph, impression)}
    whole = tuple(checked.get(c.id, c) for c in result.claims)
    _tell(runtime, tuple(checked.values()))
    targets = (EvidenceId(c.id) for c in whole)
    return cast(
        "CaseState",
        {**update, "claims": [dump(c) for c in whole], "interventions": with_intervention(state, answer, *targets)},
    )


async def _contested(state: CaseState, runtime: Runtime[Dependencies]) -> CaseState:
    context, claims = runtime.context, claims_of(state)
    against = critical_contradictions(claims, evidence_of(state), _plan(state))
    impression = load(Impression, state.get("impression"))
    if not against or impression.decision is Presence.INDETERMINATE:
        return {}
    if context.approve or context.sign_off or context.switches.max_questions:
        answer: JsonDict = interrupt({"kind": "contradicted", "claims": [dump(c) for c in against]})
        if answer.get("action") == "reject":
            raise RunCancelled("The contradicted report was refused", todo="Run again, or use another writer.")
        targets = (EvidenceId(c.id) for c in against)
        done: CaseState = {"interventions": with_intervention(state, answer, *targets)}
        if answer.get("action") == "keep":
            return done
        return cast("CaseState", {**done, **await _withdraw(state, runtime, claims, against)})
    return await _withdraw(state, runtime, claims, against)


async def _withdraw(
    state: CaseState, runtime: Runtime[Dependencies], claims: tuple[Claim, ...], against: tuple[Claim, ...]
) -> CaseState:
    """Make the impression indeterminate, and let the template tell it anew."""
    changed = withdrawn(load(Impression, state.get("impression")), against)
    material = _material(state).replace(impression=changed)
    told = tuple(c for c in write_claims(material) if c.kind is ClaimKind.IMPRESSION)
    checked = await runtime.context.roles.verifier.verify(told, material.graph, changed)
    refused = tuple(c.replace(id=ClaimId(f"{c.id}-refused")) for c in against if c.kind is ClaimKind.IMPRESSION)
    others = tuple(c for c in claims if c.kind is not ClaimKind.IMPRESSION)
    return {"impression": dump(changed), "claims": [dump(c) for c in (*checked, *others, *refused)]}


def _plan(state: CaseState) -> DiagnosticPlan | None:
    return load(DiagnosticPlan, state["plan"]) if "plan" in state else None


async def finish(state: CaseState, runtime: Runtime[Dependencies]) -> CaseState:
    """Mark the run as finished."""
    del state, runtime
    return {"finished": True}


def _material(state: CaseState) -> WriterInput:
    by_id = {p.id: p for p in passages_of(state)}
    made, results = _plan(state), indicators_of(state)
    quoted = [p for i in state.get("quoted", []) for key, p in by_id.items() if key == i and fits(made, p.id, results)]
    return WriterInput(
        plan=made,
        results=results,
        impression=load(Impression, state.get("impression")),
        graph=evidence_of(state),
        knowledge=tuple(quoted),
    )
