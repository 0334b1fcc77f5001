"""Every knowledge store and retriever of the house keeps the published contract."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from clinigraph.knowledge.chroma_store import ChromaStore
from clinigraph.knowledge.contract import KnowledgeStore, Retriever
from clinigraph.knowledge.embedding import DirectoryEmbedder, Embedder, MiniLmEmbedder, Vectors, minilm_folder
from clinigraph.knowledge.library import Library
from clinigraph.knowledge.retrieval import HybridRetriever, Tuning
from clinigraph.knowledge.searching import SearchableStore
from clinigraph.models.passages import Passage
from clinigraph.testing.embedder_suite import EMBEDDER_CHECKS
from clinigraph.testing.knowledge_suite import (
    RETRIEVER_CHECKS,
    STORE_CHECKS,
    HashingEmbedder,
    MemoryStore,
    check_name,
)


@pytest.mark.parametrize("check", STORE_CHECKS, ids=check_name)
def test_chroma_store_keeps_the_contract(check: Callable[..., None], tmp_path: Path) -> None:
    check(lambda: ChromaStore(tmp_path / "store", HashingEmbedder()))


@pytest.mark.parametrize("check", STORE_CHECKS, ids=check_name)
def test_memory_store_keeps_the_contract(check: Callable[..., None]) -> None:
    check(MemoryStore)


@pytest.mark.parametrize("tuning", [Tuning(), Tuning(adaptive=False), Tuning(dense=0.0)], ids=["cut", "whole", "bm25"])
@pytest.mark.parametrize("check", RETRIEVER_CHECKS, ids=check_name)
def test_hybrid_retriever_keeps_the_contract_in_memory(check: Callable[..., None], tuning: Tuning) -> None:
    def make(passages: Sequence[Passage]) -> HybridRetriever:
        store = MemoryStore()
        store.add(passages)
        return HybridRetriever(store, tuning=tuning)

    check(make)


@pytest.mark.parametrize("check", RETRIEVER_CHECKS, ids=check_name)
def test_hybrid_retriever_keeps_the_contract_on_chroma(
    check: Callable[..., None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    def make(passages: Sequence[Passage]) -> HybridRetriever:
        store = ChromaStore(tmp_path_factory.mktemp("store"), HashingEmbedder())
        store.add(passages)
        return HybridRetriever(store)

    check(make)


@pytest.mark.parametrize("check", RETRIEVER_CHECKS, ids=check_name)
def test_the_library_of_a_user_without_cards_keeps_the_contract(
    check: Callable[..., None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    def make(passages: Sequence[Passage]) -> Retriever:
        folder = tmp_path_factory.mktemp("library")
        library = Library((), folder / "cache", folder / "user", HashingEmbedder())
        library.user_store.add(passages)
        return library.retriever

    check(make)


@pytest.mark.parametrize("check", EMBEDDER_CHECKS, ids=check_name)
@pytest.mark.parametrize("make", [HashingEmbedder, MiniLmEmbedder])
def test_embedders_keep_the_contract(check: Callable[..., None], make: Callable[[], Embedder]) -> None:
    check(make)


@pytest.mark.slow
@pytest.mark.parametrize("check", EMBEDDER_CHECKS, ids=check_name)
def test_an_embedder_from_a_folder_keeps_the_contract(check: Callable[..., None]) -> None:
    check(lambda: DirectoryEmbedder(minilm_folder()))


def test_an_embedder_that_breaks_the_contract_is_caught() -> None:
    class Drifting(HashingEmbedder):
        def embed(self, texts: Sequence[str]) -> Vectors:
            vectors = super().embed(texts)
            return vectors * np.float32(1 + len(texts))

    check = next(c for c in EMBEDDER_CHECKS if check_name(c) == "vectors-are-units-in-order")
    with pytest.raises(AssertionError, match="length 1"):
        check(Drifting)


def test_the_doubles_and_the_products_have_the_published_shape(tmp_path: Path) -> None:
    store = ChromaStore(tmp_path, HashingEmbedder())
    for candidate in (store, MemoryStore()):
        assert isinstance(candidate, KnowledgeStore)
        assert isinstance(candidate, SearchableStore)
    assert isinstance(HybridRetriever(store), Retriever)


def test_a_store_that_breaks_the_contract_is_caught() -> None:
    class Forgetful(MemoryStore):
        def verify(self, passage: Passage) -> bool:
            return passage.id in {row.id for row in self.rows()}

    check = next(c for c in STORE_CHECKS if check_name(c) == "verify-sees-every-change")
    with pytest.raises(AssertionError, match="verify of a changed passage"):
        check(Forgetful)
