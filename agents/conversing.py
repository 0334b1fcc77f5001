"""The chat role: a model may phrase an answer about a report; it is shown only when every sentence is supported."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from clinigraph.agents.asking import Ask, ask
from clinigraph.agents.claims.matching import claims_of
from clinigraph.agents.contract import CitedLibrary
from clinigraph.agents.evidence_table import evidence_table
from clinigraph.agents.verification.consistency import settled
from clinigraph.agents.verification.verifier import RuleVerifier
from clinigraph.errors import ClinigraphError
from clinigraph.llm.contract import ChatModel
from clinigraph.models.base import Value
from clinigraph.models.evidence import EvidenceGraph, IndicatorResultNode
from clinigraph.models.findings import Impression
from clinigraph.models.reporting import Claim, Verdict

MAX_SENTENCES = 6


class Answer(Value):
    """What the model is asked for."""

    sentences: tuple[Annotated[str, Field(min_length=1, max_length=300)], ...] = Field(
        min_length=1, max_length=MAX_SENTENCES
    )


class Conversation:
    """Lets a model phrase answers about one report.

    Args:
        model: Whom to ask.
        library: Where citations are proved.
        graph: The report's evidence.
        impression: The report's conclusion.
    """

    def __init__(self, model: ChatModel, library: CitedLibrary, graph: EvidenceGraph, impression: Impression) -> None:
        self._model = model
        self._library = library
        self._graph = graph
        self._impression = impression

    async def answer(self, question: str, looked_up: str) -> tuple[Claim, ...]:
        """Return the model's sentences with what each rests on; none unless all of them are supported.

        Args:
            question: The reader's, as data.
            looked_up: The answer that the evidence graph gave, as data; empty where it gave none.
        """
        results = tuple(n.value for n in self._graph.nodes if isinstance(n, IndicatorResultNode))
        table = evidence_table(results, self._graph)
        data = f"Question: {question}\nAnswer: {looked_up or 'none'}\nEvidence:\n{table.text}"
        try:
            said = await ask(self._model, Ask("chat", data), Answer)
            return self._held(" ".join(s.strip() for s in said.sentences))
        except ClinigraphError:
            return ()

    def _held(self, text: str) -> tuple[Claim, ...]:
        case = RuleVerifier(self._library).case(self._graph, self._impression)
        claims = claims_of(text, case.index, case.sentences, case.whole)
        checked = settled(tuple(case.verify(c) for c in claims), case.index)
        return checked if checked and all(c.verdict is Verdict.SUPPORTED for c in checked) else ()
