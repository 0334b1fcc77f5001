"""Draft plans: by the model planner where a model is set, else from the criteria that guideline cards state."""

from __future__ import annotations

import asyncio

from clinigraph.agents.model_planner import PlanTask
from clinigraph.agents.plan_store import protocol_of
from clinigraph.client.library import SessionLibrary
from clinigraph.client.session import Session
from clinigraph.errors import UsageError
from clinigraph.knowledge.drafting import draft_protocol
from clinigraph.models.codes import Modality
from clinigraph.models.planning import DiagnosticProtocol


async def draft(session: Session, condition: str, modality: Modality) -> DiagnosticProtocol:
    """Return a draft protocol that passed the plan validator.

    Args:
        session: Gives tools, knowledge and, where one is set, the model.
        condition: What is to be decided, in words.
        modality: Kind of image that it is for.

    Raises:
        PlanInvalid: The model's plan was refused twice.
        ModelServerError: The model gave no usable answer.
        KnowledgeError: No card states a criterion for this.
        UsageError: The condition is empty, or the session's library cannot draft.
    """
    words = " ".join(condition.split())[:120]
    if not words:
        raise UsageError("A plan needs a condition", todo="Name the condition, for example: clinigraph plan glaucoma.")
    if session.model is not None:
        plan = await session.model_roles.planner(session.model).make(PlanTask(condition=words, modality=modality))
        return protocol_of(plan)
    library = session.library
    if not isinstance(library, SessionLibrary):
        raise UsageError("Drafts need the guideline cards", todo="Use a session with the default library.")
    drafted = await asyncio.to_thread(draft_protocol, words, modality, library.library.retriever, library.library.cards)
    session.validator.check(drafted.plan())
    return drafted
