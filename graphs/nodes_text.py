"""Nodes for cases in text: findings are linked at intake, and what the record allows is computed without a plan."""

from __future__ import annotations

import asyncio
from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Command, Send

from clinigraph.agents.model_findings import with_model_findings
from clinigraph.agents.survey import survey_calls
from clinigraph.agents.text_findings import findings, with_text_findings
from clinigraph.agents.urgency import abridged
from clinigraph.errors import InputTooLarge, KnowledgeError
from clinigraph.graphs.dependencies import Dependencies
from clinigraph.graphs.retrieving import MAX_QUOTED, retrieve, shares_words
from clinigraph.graphs.state import ActInput, CaseState, dump, load
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.models.case import Case


async def link_texts(context: Dependencies, case: Case) -> Case:
    """Return the case with the findings of its texts; a vocabulary that cannot be read is noted.

    The texts do not enter the state: facts with spans, and the sentences with urgent words, are all that stays.
    """
    terminology = context.roles.terminology
    if not case.texts:
        return case
    try:
        linked = case if terminology is None else await asyncio.to_thread(with_text_findings, case, terminology)
        if terminology is not None and context.model is not None:
            linked = await with_model_findings(linked, context.model, terminology)
    except (KnowledgeError, InputTooLarge) as error:
        linked = case.replace(notes=(*case.notes, f"Findings of the text were not linked: {error.what}."))
    return linked.replace(texts=tuple(t.replace(text=abridged(t.text)) for t in case.texts))


async def survey(state: CaseState, runtime: Runtime[Dependencies]) -> Command[Literal["act", "decide"]]:
    """Run every calculator whose inputs are on record, and rank diseases by the findings; quote what speaks of them."""
    context = runtime.context
    case = load(Case, state.get("case"))
    calls = await asyncio.to_thread(survey_calls, case, context.tools.specs(), context.unavailable)
    told = (f.concept.meaning for f in findings(case, present=True) if f.concept is not None)
    topic = " ".join((case.question, *told))[:1000]
    update: CaseState = {}
    if topic.strip():
        query = RetrievalQuery(text=topic, top_k=context.settings.retrieval_top_k)
        found, notes = await retrieve(context, query)
        quoted = [p for p in found if shares_words(topic, p.text)][:MAX_QUOTED]
        update = {
            "passages": {p.id: dump(p) for p in quoted},
            "quoted": [p.id for p in quoted],
            "notes": [*state.get("notes", []), *notes],
        }
    if not calls:
        return Command(goto="decide", update=update)
    return Command(goto=[Send("act", ActInput(call=dump(c))) for c in calls], update=update)
