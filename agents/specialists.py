"""Specialists (MMedAgent-RL): two or three, chosen by the specialty, who judge the same case without each other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clinigraph.agents.asking import Ask, ask
from clinigraph.agents.evidence_table import EvidenceTable
from clinigraph.errors import ModelServerError
from clinigraph.llm.contract import ChatModel
from clinigraph.models.base import EvidenceId, Value
from clinigraph.models.consultation import Statement
from clinigraph.models.findings import Presence

PANELS: Mapping[str, tuple[str, ...]] = {
    "ophthalmology": ("an ophthalmologist", "a reader of fundus photographs"),
    "radiology": ("a radiologist", "a specialist in internal medicine"),
    "cardiology": ("a cardiologist", "a radiologist"),
    "dermatology": ("a dermatologist", "a dermatopathologist"),
    "neurology": ("a neurologist", "a neuroradiologist"),
    "genetics": ("a clinical geneticist", "a specialist in internal medicine"),
}
"""Specialty of triage -> who is heard."""
OTHERS = ("a specialist in internal medicine", "a radiologist")


class StatementAnswer(Value):
    """What one specialist is asked for."""

    speaks_for: str = Field(max_length=400)
    """One short sentence."""
    speaks_against: str = Field(max_length=400)
    """One short sentence."""
    evidence_ids: tuple[str, ...] = Field(min_length=1, max_length=8)
    """Ids of the evidence that it rests on."""
    decision: Presence
    """present, absent or indeterminate."""


def panel(specialty: str | None) -> tuple[str, ...]:
    """Return who is heard for a specialty; at least two."""
    return PANELS.get((specialty or "").strip().lower(), OTHERS)


async def hear(
    model: ChatModel,
    specialty: str | None,
    condition: str,
    table: EvidenceTable,
    images: tuple[NDArray[np.uint8], ...] = (),
) -> tuple[tuple[Statement, ...], tuple[ModelServerError, ...]]:
    """Hear every member of the panel side by side; nobody sees what another says.

    Args:
        model: Whom to ask.
        specialty: As triage names it.
        condition: What is decided.
        table: The evidence; every id that is named must stand in it.
        images: ``(H, W, 3)`` RGB, shown to a model that sees pictures.

    Returns:
        The statements in the panel's order, and the failures.
    """
    shown = images if model.sees_images else ()
    heard = await asyncio.gather(*(_one(model, who, condition, table, shown) for who in panel(specialty)))
    return (
        tuple(h for h in heard if isinstance(h, Statement)),
        tuple(h for h in heard if isinstance(h, ModelServerError)),
    )


async def _one(
    model: ChatModel, who: str, condition: str, table: EvidenceTable, images: tuple[NDArray[np.uint8], ...]
) -> Statement | ModelServerError:
    fields = {"specialist": who, "condition": condition}
    question = Ask("specialist", table.text, fields, images=images, max_tokens=400)
    try:
        answer = await ask(model, question, StatementAnswer, lambda a: table.unknown(a.evidence_ids))
    except ModelServerError as error:
        return error
    return Statement(
        specialist=who,
        decision=answer.decision,
        evidence_ids=tuple(EvidenceId(i) for i in dict.fromkeys(answer.evidence_ids)),
        speaks_for=answer.speaks_for,
        speaks_against=answer.speaks_against,
    )
