"""Asks the model roles that a run wants to hear before it decides, side by side; what fails is noted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clinigraph.agents.asking import failed
from clinigraph.agents.attending import attend
from clinigraph.agents.decider import weigh
from clinigraph.agents.evidence_table import EvidenceTable
from clinigraph.agents.judging import judge_by_model
from clinigraph.agents.rollouts import RolloutOutcome, is_easy, rollouts
from clinigraph.agents.specialists import hear
from clinigraph.agents.uncertainty import votes_against
from clinigraph.errors import ModelServerError
from clinigraph.llm.contract import ChatModel
from clinigraph.models.consultation import AttendingOpinion, Consultation, ModelJudgement, Statement
from clinigraph.models.findings import Impression, IndicatorResult
from clinigraph.models.planning import DiagnosticPlan
from clinigraph.models.switches import DeciderKind, Switches


@dataclass(frozen=True, slots=True)
class Matter:
    """What the model roles are asked about."""

    plan: DiagnosticPlan
    results: tuple[IndicatorResult, ...]
    table: EvidenceTable
    specialty: str | None = None
    images: tuple[NDArray[np.uint8], ...] = ()
    """``(H, W, 3)`` RGB."""
    seed: int = 0
    notes: list[str] = field(default_factory=list)


async def consult(model: ChatModel, matter: Matter, switches: Switches) -> Consultation:
    """Return what the model roles say; never raises for a model that fails.

    Args:
        model: Whom to ask.
        matter: The case.
        switches: Which roles take part.
    """
    plan = matter.plan
    ruled = weigh(matter.results, plan.condition, plan.threshold, plan.min_assessed_share)
    outcome, judgement, early = await asyncio.gather(
        _rollouts(model, matter, ruled, switches),
        _judgement(model, matter, switches),
        _panel(model, matter, wanted=switches.specialists is True),
    )
    hard = not is_easy(ruled) or votes_against(outcome.votes, ruled.decision) > 0
    late = await _panel(model, matter, wanted=switches.specialists is None and hard and _combines(switches))
    statements, attending = early if early[0] else late
    return Consultation(
        votes=outcome.votes,
        votes_refused=outcome.refused,
        statements=statements,
        attending=attending,
        judgement=judgement,
        notes=tuple(dict.fromkeys(matter.notes)),
    )


def _combines(switches: Switches) -> bool:
    return switches.decider is DeciderKind.COMBINED


async def _rollouts(model: ChatModel, matter: Matter, ruled: Impression, switches: Switches) -> RolloutOutcome:
    most = switches.rollouts if _combines(switches) else 0
    outcome = await rollouts(model, matter.plan.condition, matter.table, ruled, most, matter.seed)
    if outcome.refused:
        why = f" ({outcome.problem[:1].lower()}{outcome.problem[1:].rstrip('.')})" if outcome.problem else ""
        matter.notes.append(f"{outcome.refused} model run(s) over the evidence gave no usable vote{why}.")
    return outcome


async def _judgement(model: ChatModel, matter: Matter, switches: Switches) -> ModelJudgement | None:
    if switches.decider is not DeciderKind.MODEL:
        return None
    try:
        return await judge_by_model(model, matter.plan.condition, matter.table, matter.results)
    except ModelServerError as error:
        matter.notes.append(failed("decider", error, "the weighted rule decided"))
        return None


async def _panel(
    model: ChatModel, matter: Matter, *, wanted: bool
) -> tuple[tuple[Statement, ...], AttendingOpinion | None]:
    if not wanted:
        return (), None
    condition = matter.plan.condition
    statements, errors = await hear(model, matter.specialty, condition, matter.table, matter.images)
    matter.notes.extend(failed("specialist", error, "that specialist was not heard") for error in errors)
    if not statements:
        return (), None
    try:
        return statements, await attend(model, condition, matter.table, _order(statements))
    except ModelServerError as error:
        matter.notes.append(failed("attending", error, "no attending was heard"))
        return statements, None


def _order(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    return tuple(sorted(statements, key=lambda s: s.specialist))
