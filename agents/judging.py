"""The question behind the model decider: which indicators are kept, and what is the risk?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pydantic import Field

from clinigraph.agents.asking import Ask, ask
from clinigraph.agents.evidence_table import EvidenceTable
from clinigraph.llm.contract import ChatModel
from clinigraph.models.base import IndicatorId, Value
from clinigraph.models.consultation import IndicatorOpinion, ModelJudgement
from clinigraph.models.findings import IndicatorResult, Met


class OpinionAnswer(Value):
    """One indicator."""

    indicator: str = Field(max_length=80)
    """Its id."""
    reason: str = Field(max_length=300)
    """One short sentence."""
    keep: bool


class JudgementAnswer(Value):
    """What the model decider is asked for."""

    indicators: tuple[OpinionAnswer, ...] = Field(max_length=12)
    risk: float = Field(ge=0, le=1)
    """0 to 1, from the indicators that are kept."""


async def judge_by_model(
    model: ChatModel, condition: str, table: EvidenceTable, results: Sequence[IndicatorResult]
) -> ModelJudgement:
    """Ask which assessed indicators count, and for a risk.

    Args:
        model: Whom to ask.
        condition: What is decided.
        table: The evidence.
        results: Indicator results; each assessed one must be named exactly once.

    Raises:
        ModelServerError: No usable answer, or indicators were forgotten or invented twice.
    """
    assessed = [str(r.indicator_id) for r in results if r.met is not Met.NOT_ASSESSED]
    data = f"{table.text}\n\nIds of the indicators: {', '.join(assessed)}"
    question = Ask("decider", data, {"condition": condition}, max_tokens=600)
    answer = await ask(model, question, JudgementAnswer, lambda a: miscounted(a, assessed))
    return ModelJudgement(
        opinions=tuple(
            IndicatorOpinion(indicator_id=IndicatorId(o.indicator), keep=o.keep, reason=o.reason)
            for o in answer.indicators
        ),
        risk=answer.risk,
    )


def miscounted(answer: JudgementAnswer, assessed: Sequence[str]) -> str:
    """Return which indicators were forgotten, invented or named twice, or an empty string."""
    named = Counter(o.indicator for o in answer.indicators)
    parts = (
        ("Forgotten", [a for a in assessed if not named[a]]),
        ("Unknown", [n[:60] for n in named if n not in assessed]),
        ("Named more than once", [n[:60] for n, count in named.items() if count > 1]),
    )
    return " ".join(f"{head}: {', '.join(ids)}." for head, ids in parts if ids)
