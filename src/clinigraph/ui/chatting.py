"""Answers to questions about a report: from the evidence graph, phrased by a model where what it says holds."""

from __future__ import annotations

import asyncio
import logging

from clinigraph.agents.conversing import Conversation
from clinigraph.errors import ClinigraphError
from clinigraph.llm.contract import ChatModel
from clinigraph.models.report import Report
from clinigraph.ui.answers import ChatAnswer, answer_question
from clinigraph.ui.hub import Hub

log = logging.getLogger(__name__)
LONGEST_S = 60.0
"""Longest wait for a model; then the graph's answer is given."""


async def chat(hub: Hub, report: Report, text: str) -> ChatAnswer:
    """Answer a question about a report.

    The answer is looked up in the evidence graph. A model may phrase it, and may answer what the look-up did not
    understand; its words are taken only when every sentence is supported by the evidence graph. What is assumed ("what
    if") and what is pointed at ("show me") is never phrased.

    Args:
        hub: Gives the model and the knowledge.
        report: A finished report.
        text: The question, as data.
    """
    looked_up = await asyncio.to_thread(answer_question, report, text)
    model = await asyncio.to_thread(_model, hub) if looked_up.may_be_phrased else None
    if model is None:
        return looked_up
    conversation = Conversation(model, hub.shared.library, report.evidence_graph, report.impression)
    try:
        async with asyncio.timeout(LONGEST_S):
            claims = await conversation.answer(text, looked_up.text if looked_up.evidence_ids else "")
    except TimeoutError:
        return looked_up
    if not claims:
        return looked_up
    grounds = tuple(dict.fromkeys(e for c in claims for e in c.evidence_ids))
    return looked_up.replace(
        text=" ".join(c.text for c in claims), evidence_ids=grounds or looked_up.evidence_ids, phrased_by=model.name
    )


def _model(hub: Hub) -> ChatModel | None:
    try:
        return hub.shared.model
    except ClinigraphError as error:
        log.warning("the chat answers without the model: %s", error)
        return None
