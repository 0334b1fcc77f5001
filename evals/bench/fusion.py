"""Weights and constant of fusion, chosen on the tuning half of the corpora.

Run ``python -m clinigraph.evals.bench.fusion --data ../shared/data --work /tmp/retrieval``. It takes questions of the
files that ``clinigraph eval retrieval`` does not report on, ranks the pool of each half once, and prints the mean
reciprocal rank of the right document for a grid of BM25 weights (vectors have weight 1) and constants, with BM25 and
vectors alone. With ``--half report`` it prints the same for the other half; nothing is chosen there.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from clinigraph.evals.retrieval.corpora import MAKERS, Half, Question, questions
from clinigraph.evals.retrieval.indexing import corpus_store
from clinigraph.knowledge.chroma_store import ChromaStore
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.knowledge.embedding import MiniLmEmbedder
from clinigraph.knowledge.retrieval import HybridRetriever, Tuning

WEIGHTS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
CONSTANTS = (5, 10, 20, 60)
_POOL = 100


class Pools(NamedTuple):
    """The documents of the pools of one question, a passage each, best first."""

    wanted: str
    lexical: Sequence[tuple[str, str]]
    """Passage and source."""
    dense: Sequence[tuple[str, str]]


def pools(asked: Sequence[Question], store: ChromaStore) -> list[Pools]:
    """Return both pools of each question, with the retriever's own ranking."""
    halves = [
        HybridRetriever(store, tuning=Tuning(adaptive=False, lexical=lexical, dense=1.0 - lexical))
        for lexical in (1.0, 0.0)
    ]
    found = []
    for question in asked:
        query = RetrievalQuery(text=question.query, top_k=_POOL)
        lexical, dense = ([(f.passage.id, f.passage.source.id) for f in h.retrieve(query)] for h in halves)
        found.append(Pools(question.source_id, lexical, dense))
    return found


def reciprocal_rank(pool: Pools, lexical: float, dense: float, constant: int) -> float:
    """Return the reciprocal rank of the right document after fusion by rank; 0 when it is in neither pool."""
    scores: dict[tuple[str, str], float] = {}
    for weight, ranked in ((lexical, pool.lexical), (dense, pool.dense)):
        for place, passage in enumerate(ranked, start=1):
            scores[passage] = scores.get(passage, 0.0) + weight / (constant + place)
    best = sorted((p for p in scores if scores[p] > 0), key=lambda p: (-scores[p], p))
    sources = list(dict.fromkeys(source for _, source in best))
    return 1 / (sources.index(pool.wanted) + 1) if pool.wanted in sources else 0.0


def show(kind: str, found: Sequence[Pools]) -> None:
    """Print the grid of one kind of question."""

    def mean(lexical: float, dense: float, constant: int) -> str:
        return f"{np.mean([reciprocal_rank(p, lexical, dense, constant) for p in found]):.3f}"

    print(f"{kind}: {len(found)} questions, BM25 alone {mean(1, 0, 1)}, vectors alone {mean(0, 1, 1)}")
    print("   k " + "".join(f"{w:>7}" for w in WEIGHTS) + "   weight of BM25")
    for constant in CONSTANTS:
        print(f"{constant:>4} " + "".join(f"{mean(w, 1, constant):>7}" for w in WEIGHTS), flush=True)


def main() -> None:
    """Ask, fuse, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=150, help="of each kind")
    parser.add_argument("--kinds", nargs="+", default=list(MAKERS), choices=list(MAKERS))
    parser.add_argument("--half", default="tune", choices=["tune", "report"])
    parser.add_argument("--as-it-is", action="store_true", help="take the index as far as it is; ask what it holds")
    args = parser.parse_args()
    embedder = MiniLmEmbedder()
    half: Half = args.half
    for kind in args.kinds:
        corpus, _ = MAKERS[kind]
        if args.as_it_is:
            store = ChromaStore(args.work / corpus / embedder.name, embedder)
        else:
            store = corpus_store(corpus, args.data, args.work, embedder)
        asked = questions(kind, args.data, args.work, 10_000 if args.as_it_is else args.questions, 7, half)
        asked = tuple(q for q in asked if store.has_source(q.source_id))[: args.questions]
        show(kind, pools(asked, store))


if __name__ == "__main__":
    main()
