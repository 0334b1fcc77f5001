"""The store of a corpus, kept in the work folder; an indexing that was cut short goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from clinigraph.evals.retrieval.corpora import unpack
from clinigraph.knowledge.chroma_store import ChromaStore
from clinigraph.knowledge.documents.ingest import Ingestor, Progress
from clinigraph.knowledge.embedding import Embedder


def _silent(progress: Progress) -> None:
    """Tell nobody."""


def corpus_store(
    corpus: str, data: Path, work: Path, embedder: Embedder, tell: Callable[[Progress], None] = _silent
) -> ChromaStore:
    """Return the store of a corpus with every file of it.

    Args:
        corpus: Key of ``ARCHIVES``.
        data: Folder of the archives.
        work: Where files and stores are kept; a store is named after its embedder.
        embedder: What makes the vectors.
        tell: Told after each file.
    """
    files = unpack(corpus, data, work)
    store = ChromaStore(work / corpus / embedder.name, embedder)
    whole = work / corpus / f"{embedder.name}.done"
    if not whole.exists() or whole.read_text(encoding="utf-8") != store.revision():
        Ingestor(store, progress=tell).add(files)
        whole.write_text(store.revision(), encoding="utf-8")
    return store
