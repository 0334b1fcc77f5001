"""Rollouts (MedMMV): short diverse runs over the same evidence; how far they agree is a term of uncertainty."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import Field

from clinigraph.agents.asking import Ask, ask
from clinigraph.agents.evidence_table import EvidenceTable
from clinigraph.errors import ModelServerError
from clinigraph.llm.contract import ChatModel
from clinigraph.models.base import EvidenceId, Value
from clinigraph.models.consultation import Vote
from clinigraph.models.findings import Impression, Presence

EASY_MARGIN = 0.2
"""Distance of the score's range from the threshold from which a case counts as easy. Our choice."""
TEMPERATURE = 0.7
"""Of every run after the first; the first one is greedy."""


class VoteAnswer(Value):
    """What one run is asked for."""

    reason: str = Field(max_length=400)
    """One short sentence."""
    evidence_id: str = Field(max_length=120)
    """The id of the evidence that decides."""
    decision: Presence
    """present, absent or indeterminate."""


class RolloutOutcome(Value):
    """Votes that count, and how many did not."""

    votes: tuple[Vote, ...] = ()
    refused: int = 0
    problem: str = ""
    """What the first failed run failed of."""


async def rollouts(
    model: ChatModel, condition: str, table: EvidenceTable, ruled: Impression, most: int, seed: int
) -> RolloutOutcome:
    """Ask once; ask up to ``most`` times where the case is hard or the first answer differs from the rule.

    Where too little was assessed for a score, one run is enough: nothing that is said can decide the case.

    A vote that names evidence which does not exist does not count. Nothing is repaired: a run that fails is a run that
    says nothing.

    Args:
        model: Whom to ask.
        condition: What is decided.
        table: The evidence.
        ruled: What the rule decided; not shown to the model.
        most: Most runs.
        seed: Of the first run; the others count up.
    """
    if most < 1 or not table.lines:
        return RolloutOutcome()
    first = await _run(model, condition, table, 0.0, seed)
    easy = is_easy(ruled) and isinstance(first, Vote) and first.decision is ruled.decision
    if most == 1 or easy or ruled.score is None:
        return _outcome([first])
    rest = [_run(model, condition, table, TEMPERATURE, seed + n) for n in range(1, most)]
    return _outcome([first, *await asyncio.gather(*rest)])


def is_easy(ruled: Impression) -> bool:
    """Whether the whole range of the score lies clear of the threshold."""
    if ruled.threshold is None or ruled.score_low is None or ruled.score_high is None:
        return False
    return max(ruled.score_low - ruled.threshold, ruled.threshold - ruled.score_high) >= EASY_MARGIN - 1e-9


async def _run(
    model: ChatModel, condition: str, table: EvidenceTable, temperature: float, seed: int
) -> Vote | ModelServerError | None:
    question = Ask("rollout", table.text, {"condition": condition}, max_tokens=200, temperature=temperature, seed=seed)
    try:
        answer = await ask(model, question, VoteAnswer)
    except ModelServerError as error:
        return error
    if not table.has(answer.evidence_id):
        return None
    return Vote(decision=answer.decision, evidence_id=EvidenceId(answer.evidence_id), reason=answer.reason)


def _outcome(runs: Sequence[Vote | ModelServerError | None]) -> RolloutOutcome:
    votes = tuple(r for r in runs if isinstance(r, Vote))
    errors = [r for r in runs if isinstance(r, ModelServerError)]
    return RolloutOutcome(votes=votes, refused=len(runs) - len(votes), problem=errors[0].what if errors else "")
