"""The model's own answer, for ablations: alone with question and picture, or with the raw output of the same tools."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clinigraph.agents.asking import Ask, ask
from clinigraph.llm.contract import ChatModel
from clinigraph.models.base import Value
from clinigraph.models.consultation import DirectAnswer
from clinigraph.models.findings import Impression, Presence

UNCHECKED = "The impression is the answer of the model alone: nothing of it was checked against evidence."


class DirectReply(Value):
    """What the model is asked for."""

    reason: str = Field(max_length=400)
    """One short sentence."""
    probability: float = Field(ge=0, le=1)
    """0 to 1 that it is present."""
    decision: Presence
    """present, absent or indeterminate."""


async def answer_directly(
    model: ChatModel, question: str, material: str, images: tuple[NDArray[np.uint8], ...] = ()
) -> DirectAnswer:
    """Ask the question itself.

    Args:
        model: Whom to ask.
        question: As the user typed it; quoted.
        material: Facts, or what tools gave; quoted.
        images: ``(H, W, 3)`` RGB, shown to a model that sees pictures.

    Raises:
        ModelServerError: No usable answer.
    """
    data = f"Question: {question}\n{material}".strip()
    shown = images if model.sees_images else ()
    reply = await ask(model, Ask("direct", data, images=shown, max_tokens=300), DirectReply)
    return DirectAnswer(decision=reply.decision, probability=reply.probability, reason=reply.reason)


def direct_impression(condition: str, answer: DirectAnswer) -> Impression:
    """Return the answer as an impression; it hangs on no criterion, so no check will call it supported."""
    return Impression(
        decision=answer.decision,
        condition=condition,
        score=answer.probability,
        rule="direct",
        rationale="The model's own answer, without plan, weights or checked criteria.",
    )
