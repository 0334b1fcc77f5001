"""Retrieval from within nodes: what is found is quoted, what cannot be searched is noted."""

from __future__ import annotations

import asyncio
import re

from clinigraph.errors import KnowledgeError
from clinigraph.graphs.dependencies import Dependencies
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.models.passages import Passage
from clinigraph.models.planning import DiagnosticPlan

MAX_QUOTED = 4
"""Most retrieved passages that a report quotes beside those that its plan names."""


async def retrieve(context: Dependencies, query: RetrievalQuery) -> tuple[list[Passage], list[str]]:
    """Return passages, or a note for the reader when the store cannot be searched."""
    try:
        hits = await asyncio.to_thread(context.library.retrieve, query)
    except KnowledgeError as error:
        return [], [f"No further guidance was retrieved: {error.what}."]
    return [h.passage for h in hits], []


def speaks_of(made: DiagnosticPlan, passage: Passage) -> bool:
    """Whether a passage shares a word of at least five letters with the condition or an indicator of the plan."""
    return shares_words(" ".join((made.condition, *(i.name for i in made.indicators))), passage.text)


def shares_words(one: str, other: str) -> bool:
    """Whether two texts share a word of at least five letters."""
    return bool(_long_words(one) & _long_words(other))


def _long_words(text: str) -> set[str]:
    return {w.lower() for w in re.findall(r"[A-Za-z]{5,}", text)}
