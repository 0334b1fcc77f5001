"""Retrieval quality and speed on the guideline and MedQuAD corpora.

The corpora are read where they lie, indexed in a work folder, and never shipped. Queries are made with a fixed seed:

- ``ngc``: the words of a guideline's condition field and every other content word of one sentence of its major
  recommendations, so that no run of words is left to match; the guideline's own document must be among five.
- ``medquad``: a question of a page; the page itself, among all pages, must be among five.

Run ``python -m clinigraph.evals.bench.retrieval ngc --data ../shared/data --work /tmp/retrieval``.
"""

from __future__ import annotations

import argparse
import html
import json
import random
import re
import resource
import tarfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from clinigraph.knowledge.chroma_store import ChromaStore
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.knowledge.documents.ingest import Ingestor, Progress
from clinigraph.knowledge.documents.ledger import Ledger
from clinigraph.knowledge.documents.readers.structured import parse_xml
from clinigraph.knowledge.embedding import Embedder, MiniLmEmbedder
from clinigraph.knowledge.retrieval import HybridRetriever, Tuning
from clinigraph.knowledge.words import words
from clinigraph.testing.knowledge_suite import HashingEmbedder

ARCHIVES = {
    "ngc": "corpus_ngc_guidelines_half/ngc_half.tar.gz",
    "medquad": "corpus_medquad/medquad.tar.gz",
}
SYSTEMS = {
    "hybrid": Tuning(adaptive=False),
    "dense": Tuning(adaptive=False, lexical=0.0),
    "bm25": Tuning(adaptive=False, dense=0.0),
}
_DEPTH = 50
"""Passages that are looked through for documents."""
_TAG = re.compile(r"<[^>]+>")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Target:
    """A query and the document that answers it."""

    query: str
    source_id: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What one system reached."""

    system: str
    queries: int
    passages: int
    recall_at_5: float
    """Share of queries whose document is among the first five documents."""
    recall_in_5_passages: float
    """Share whose document has a passage among the first five passages."""
    mrr: float
    """Mean reciprocal rank of the document, 0 when it is not found."""
    p50_ms: float
    p95_ms: float


def build(corpus: str, data: Path, work: Path, embedder: Embedder, limit: int | None) -> ChromaStore:
    """Unpack a corpus and add it to a store; goes on where an earlier run stopped."""
    files = unpack(data / ARCHIVES[corpus], work / corpus / "files")[:limit]
    store = ChromaStore(work / corpus / f"{embedder.name}-{limit or 'all'}", embedder)
    start, told = time.perf_counter(), [0.0]

    def tell(progress: Progress) -> None:
        now = time.perf_counter() - start
        if now - told[0] > 20:
            told[0] = now
            print(f"{progress.done}/{progress.total} files, {progress.passages / now:.0f} passages/s", flush=True)

    Ingestor(store, progress=tell).add(files)
    return store


def unpack(archive: Path, folder: Path) -> list[Path]:
    """Unpack the XML files of an archive once, and return them sorted."""
    if not folder.exists():
        part = folder.with_name(f"{folder.name}.part")
        with tarfile.open(archive) as tar:
            tar.extractall(part, filter="data")
        part.replace(folder)
    return sorted(folder.rglob("*.xml"))


def ngc_query(raw: bytes, rng: random.Random) -> str:
    """Return condition words and thinned words of one recommendation, or nothing when there is none."""
    fields = {f.get("Name"): f for f in parse_xml(raw).iterfind("./Section/Field")}
    if not {"Major Recommendations", "Disease/Condition(s)"} <= fields.keys():
        return ""
    conditions, text = (
        _TAG.sub(" ", html.unescape(" ".join(v.get("Value", "") for v in fields[name].iter("FieldValue"))))
        for name in ("Disease/Condition(s)", "Major Recommendations")
    )
    sentences = [s for s in _SENTENCE.split(html.unescape(text)) if 10 <= len(words(s)) <= 60]
    if not sentences:
        return ""
    return " ".join([*words(html.unescape(conditions))[:12], *words(rng.choice(sentences))[::2]])


def medquad_query(raw: bytes, rng: random.Random) -> str:
    """Return one question of a page."""
    questions = [q.text.strip() for q in parse_xml(raw).iter("Question") if q.text and q.text.strip()]
    return rng.choice(questions) if questions else ""


MAKERS: dict[str, Callable[[bytes, random.Random], str]] = {"ngc": ngc_query, "medquad": medquad_query}


def targets(corpus: str, store: ChromaStore, count: int, seed: int) -> list[Target]:
    """Return up to ``count`` queries over the documents of a store."""
    rng = random.Random(seed)  # noqa: S311 - a sample, not a secret
    entries = list(Ledger(store.path / "documents.sqlite").entries())
    rng.shuffle(entries)
    made: list[Target] = []
    for entry in entries:
        query = MAKERS[corpus](Path(entry.path).read_bytes(), rng)
        if query:
            made.append(Target(query, entry.source_id))
        if len(made) == count:
            break
    return made


def measure(name: str, store: ChromaStore, wanted: Sequence[Target], tuning: Tuning) -> Figures:
    """Run one system over all queries."""
    retriever = HybridRetriever(store, tuning=tuning)
    retriever.warm_up()
    ranks: list[int] = []
    in_passages, seconds = 0, []
    for target in wanted:
        start = time.perf_counter()
        found = retriever.retrieve(RetrievalQuery(text=target.query, top_k=_DEPTH))
        seconds.append(time.perf_counter() - start)
        sources = [f.passage.source.id for f in found]
        in_passages += target.source_id in sources[:5]
        documents = list(dict.fromkeys(sources))
        ranks.append(documents.index(target.source_id) + 1 if target.source_id in documents else 0)
    seconds.sort()
    return Figures(
        system=name,
        queries=len(wanted),
        passages=store.count(),
        recall_at_5=round(sum(0 < r <= 5 for r in ranks) / len(ranks), 4),
        recall_in_5_passages=round(in_passages / len(ranks), 4),
        mrr=round(sum(1 / r for r in ranks if r) / len(ranks), 4),
        p50_ms=round(1000 * seconds[len(seconds) // 2], 1),
        p95_ms=round(1000 * seconds[int(len(seconds) * 0.95)], 1),
    )


def main() -> None:
    """Build, query, print one JSON line per system and the peak memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", choices=sorted(ARCHIVES))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--files", type=int, default=None, help="index only the first files")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--lexical-only", action="store_true", help="BM25 only: no weights, quick to index")
    args = parser.parse_args()
    start = time.perf_counter()
    embedder: Embedder = HashingEmbedder() if args.lexical_only else MiniLmEmbedder()
    store = build(args.corpus, args.data, args.work, embedder, args.files)
    print(f"index of {store.count()} passages after {time.perf_counter() - start:.0f} s")
    wanted = targets(args.corpus, store, args.queries, args.seed)
    for name in ["bm25"] if args.lexical_only else SYSTEMS:
        tuning = SYSTEMS[name]
        print(json.dumps(asdict(measure(name, store, wanted, tuning))), flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
