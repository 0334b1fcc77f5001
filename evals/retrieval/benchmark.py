"""The benchmark ``retrieval``: which document answers, by words and vectors together and by either alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from threading import Lock

from pydantic import JsonValue

from clinigraph.evals.contract import EvalContext, EvalItem, EvalSpec, EvalTable, Outcome
from clinigraph.evals.retrieval.corpora import MAKERS, questions
from clinigraph.evals.retrieval.indexing import corpus_store
from clinigraph.evals.retrieval.scoring import paired_table, quality_table, speed_table
from clinigraph.knowledge.contract import RetrievalQuery, Retriever
from clinigraph.knowledge.embedding import Embedder, MiniLmEmbedder
from clinigraph.knowledge.retrieval import HybridRetriever, Tuning

SYSTEMS: Mapping[str, Tuning] = {
    "hybrid": Tuning(adaptive=False),
    "dense": Tuning(adaptive=False, lexical=0.0),
    "bm25": Tuning(adaptive=False, dense=0.0),
}
QUESTIONS = 300
"""Of each kind; fewer when the corpus has fewer."""
_DEPTH = 50
"""Passages that are looked through for documents."""


class RetrievalBenchmark:
    """Recall, reciprocal rank and speed of the three systems over the same store.

    The stores are built with the first item that needs them: some 27,000 passages of the guideline summaries and 49,000
    of MedQuAD.

    Args:
        spec: What the YAML file states.
        embedder: Another embedder than the shipped one.
    """

    def __init__(self, spec: EvalSpec, embedder: Embedder | None = None) -> None:
        self._spec = spec
        self._embedder = embedder or MiniLmEmbedder()
        self._lock = Lock()
        self._retrievers: dict[tuple[str, str, str], Retriever] = {}

    @property
    def spec(self) -> EvalSpec:
        """What the YAML file states."""
        return self._spec

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the questions, kinds in turn; see the contract."""
        most = QUESTIONS if limit is None else min(QUESTIONS, limit)
        drawn = [questions(kind, context.data, context.work, most, context.seed) for kind in MAKERS]
        turns = [q for place in range(most) for kind in drawn for q in kind[place : place + 1]]
        return tuple(
            EvalItem(
                id=f"{q.kind}/{q.path}",
                input=q.query,
                target=q.source_id,
                data={"kind": q.kind},
            )
            for q in turns[:limit]
        )

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Return the document's rank and the time of each system; rank 0 means not found."""
        return await asyncio.to_thread(self._measure, item, context)

    def _measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        corpus, _ = MAKERS[str(item.data["kind"])]
        values: dict[str, JsonValue] = {}
        with self._lock:
            for name in SYSTEMS:
                retriever = self._retriever(name, corpus, context)
                begin = time.perf_counter()
                found = retriever.retrieve(RetrievalQuery(text=item.input, top_k=_DEPTH))
                values[f"{name}_ms"] = round(1000 * (time.perf_counter() - begin), 3)
                documents = list(dict.fromkeys(f.passage.source.id for f in found))
                values[f"{name}_rank"] = documents.index(item.target) + 1 if item.target in documents else 0
        return values

    def _retriever(self, system: str, corpus: str, context: EvalContext) -> Retriever:
        key = (system, corpus, str(context.work))
        if key not in self._retrievers:
            store = corpus_store(corpus, context.data, context.work, self._embedder)
            made = HybridRetriever(store, tuning=SYSTEMS[system])
            made.warm_up()
            self._retrievers[key] = made
        return self._retrievers[key]

    def tables(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return quality by kind of question and system, pairs, and speed; see the contract."""
        first, *others = SYSTEMS
        return (
            quality_table(outcomes, tuple(MAKERS), tuple(SYSTEMS)),
            paired_table(outcomes, tuple(MAKERS), first, others),
            speed_table(outcomes, tuple(SYSTEMS)),
        )
