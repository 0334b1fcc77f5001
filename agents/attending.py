"""The attending (MMedAgent-RL): hears the specialists beside the measurements and sides with one piece of evidence."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from clinigraph.agents.asking import Ask, ask
from clinigraph.agents.evidence_table import EvidenceTable
from clinigraph.llm.contract import ChatModel
from clinigraph.models.base import EvidenceId, Value
from clinigraph.models.consultation import AttendingOpinion, Statement
from clinigraph.models.findings import Presence


class AttendingAnswer(Value):
    """What the attending is asked for."""

    reason: str = Field(max_length=400)
    """One short sentence."""
    sides_with: str = Field(max_length=120)
    """The id of the evidence."""
    decision: Presence
    """present, absent or indeterminate."""


async def attend(
    model: ChatModel, condition: str, table: EvidenceTable, statements: Sequence[Statement]
) -> AttendingOpinion:
    """Return the attending's opinion.

    Args:
        model: Whom to ask.
        condition: What is decided.
        table: The evidence; statements are quoted beside it and are none.
        statements: What the specialists said.

    Raises:
        ModelServerError: No usable answer, or evidence was named twice that does not exist.
    """
    said = "\n".join(
        f"({s.specialist}) {s.decision.value}: {s.speaks_for} Against: {s.speaks_against}" for s in statements
    )
    question = Ask("attending", f"{table.text}\n\nStatements:\n{said}", {"condition": condition}, max_tokens=300)
    answer = await ask(model, question, AttendingAnswer, lambda a: table.unknown((a.sides_with,)))
    return AttendingOpinion(decision=answer.decision, sides_with=EvidenceId(answer.sides_with), reason=answer.reason)
