"""Speed and memory of ingestion and retrieval; quality is measured by ``clinigraph eval retrieval``.

Run ``python -m clinigraph.evals.bench.retrieval --data ../shared/data --work /tmp/retrieval``. It indexes MedQuAD with
the shipped embedder (or opens the index that is there), tops the store up to the wanted number with made-up passages
whose vectors are random, and times the questions of the benchmark in a process of its own. Goals: 150 passages/s on
two cores; p95 of 30 ms with 100,000 passages; 1.5 GB of memory. Each step goes on where it was cut short, so that the
whole can be run in pieces.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from clinigraph.evals.retrieval.benchmark import SYSTEMS
from clinigraph.evals.retrieval.corpora import questions
from clinigraph.evals.retrieval.indexing import corpus_store
from clinigraph.knowledge.chroma_store import ChromaStore
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.knowledge.documents.ingest import Progress
from clinigraph.knowledge.embedding import Embedder, MiniLmEmbedder, Vectors
from clinigraph.knowledge.retrieval import HybridRetriever
from clinigraph.models.base import PassageId
from clinigraph.models.passages import Passage, Source, Span, text_sha256

_TELL_S = 20.0
_STEP = 4096
"""Made-up passages that are added at once; what a run that is cut short loses at most."""


class _RandomVectors:
    """Stands in for an embedder while a store is topped up: speed and memory do not depend on what vectors mean."""

    def __init__(self, like: Embedder, seed: int = 20260101) -> None:
        self.name, self.dimension = like.name, like.dimension
        self._random = np.random.default_rng(seed)

    def warm_up(self) -> None:
        """Do nothing."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return (n, dimension) random unit vectors."""
        vectors = self._random.standard_normal((len(texts), self.dimension)).astype(np.float32)
        units: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return units


class _Teller:
    """Prints how an ingestion goes on, and keeps its rate."""

    def __init__(self) -> None:
        self.start = self._told = time.perf_counter()

    def __call__(self, progress: Progress) -> None:
        """Print now and then."""
        now = time.perf_counter()
        if now - self._told > _TELL_S:
            self._told = now
            rate = progress.passages / (now - self.start)
            print(f"{progress.done}/{progress.total} files, {rate:.0f} passages/s", flush=True)


def ingest(data: Path, work: Path) -> ChromaStore:
    """Index MedQuAD and print the rate of what was new."""
    embedder = MiniLmEmbedder()
    before = ChromaStore(work / "medquad" / embedder.name, embedder).count()
    wall, cpu = time.perf_counter(), time.process_time()
    store = corpus_store("medquad", data, work, embedder, _Teller())
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    new = store.count() - before
    if new:
        print(json.dumps({"new passages": new, "per s": round(new / wall, 1), "per cpu-s": round(new / cpu, 1)}))
    return store


def top_up(store: ChromaStore, wanted: int, work: Path) -> Path:
    """Copy the store and add made-up passages to the wanted number; a run that was cut short goes on where it was."""
    folder = work / f"medquad-{wanted}"
    if not folder.exists():
        store.close()
        part, copied = folder.with_name(f"{folder.name}.part"), folder.with_name(f"{folder.name}.copied")
        if not copied.exists():
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(store.path, part)
            copied.touch()
        larger = ChromaStore(part, _RandomVectors(store.embedder))
        held = larger.count()
        for begin in range(held, wanted, _STEP):
            larger.add(_made_up(n) for n in range(begin, min(begin + _STEP, wanted)))
            print(f"{larger.count()} of {wanted} passages", flush=True)
        larger.close()
        part.replace(folder)
        copied.unlink()
    return folder


def _made_up(number: int) -> Passage:
    random = np.random.default_rng(number)
    text = " ".join(f"word{int(n)}" for n in random.zipf(1.3, 100).clip(max=50_000))
    source = Source(id=f"made-{number // 10}", title=f"Made up {number // 10}", publisher="nobody", kind="document")
    return Passage(
        id=PassageId(f"made-{number:06}"),
        source=source,
        section="Words",
        span=Span(start=0, end=len(text)),
        text=text,
        sha256=text_sha256(text),
    )


def query(folder: Path, data: Path, work: Path, count: int) -> None:
    """Time the questions and print one line for each system, with the peak memory so far."""
    store = ChromaStore(folder, MiniLmEmbedder())
    asked = questions("medquad", data, work, count, 20260101)
    for name, tuning in SYSTEMS.items():
        retriever = HybridRetriever(store, tuning=tuning)
        begin = time.perf_counter()
        retriever.warm_up()
        opened, seconds, cpu = time.perf_counter() - begin, [], time.process_time()
        for question in asked:
            begin = time.perf_counter()
            retriever.retrieve(RetrievalQuery(text=question.query, top_k=8))
            seconds.append(time.perf_counter() - begin)
        p50, p95 = (round(1000 * float(q), 1) for q in np.quantile(seconds, [0.5, 0.95]))
        peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        figures = {"system": name, "passages": store.count(), "queries": len(asked), "open s": round(opened, 2)}
        cpu_ms = round(1000 * (time.process_time() - cpu) / len(asked), 1)
        print(json.dumps({**figures, "p50 ms": p50, "p95 ms": p95, "cpu ms": cpu_ms, "peak MiB": peak}), flush=True)


def main() -> None:
    """Index, top up, query in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--as-it-is", action="store_true", help="top up what is indexed so far; index nothing")
    parser.add_argument("--only-query", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.only_query:
        query(args.only_query, args.data, args.work, args.queries)
        return
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    embedder = MiniLmEmbedder()
    indexed = ChromaStore(args.work / "medquad" / embedder.name, embedder)
    folder = top_up(indexed if args.as_it_is else ingest(args.data, args.work), args.passages, args.work)
    print(f"peak while indexing: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    subprocess.run([sys.executable, *sys.argv, "--only-query", str(folder)], check=True)  # noqa: S603 - ourselves
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
