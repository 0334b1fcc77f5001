"""The Chroma store beyond its contract: writers, versions, damage, replacement."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from clinigraph.errors import KnowledgeError, PassageMissing
from clinigraph.knowledge import chroma_store
from clinigraph.knowledge.chroma_store import ChromaStore
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.knowledge.retrieval import HybridRetriever
from clinigraph.knowledge.searching import Filter, search_text
from clinigraph.models.base import PassageId
from clinigraph.testing.knowledge_suite import HashingEmbedder, make_passage, sample_passages


def store_at(path: Path) -> ChromaStore:
    return ChromaStore(path, HashingEmbedder(), lock_timeout_s=0.1)


def test_a_second_writer_is_told_to_wait(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    store.add(sample_passages())
    with FileLock(tmp_path / "writer.lock"), pytest.raises(KnowledgeError, match="Another process is writing"):
        store.add([make_passage("new", "New words.")])
    assert store.count() == len(sample_passages())
    assert store.add([make_passage("new", "New words.")]) == 1


def test_a_store_of_another_model_or_version_is_refused_unharmed(tmp_path: Path) -> None:
    store_at(tmp_path).add(sample_passages())
    other = ChromaStore(tmp_path, HashingEmbedder(32))
    for call in (other.count, lambda: other.add([make_passage("new", "New words.")])):
        with pytest.raises(KnowledgeError, match=r"hashing-64.*hashing-32"):
            call()
    assert store_at(tmp_path).count() == len(sample_passages())
    (tmp_path / "format.json").write_text(json.dumps({"format": 99, "embedder": "hashing-64"}), encoding="utf-8")
    with pytest.raises(KnowledgeError, match="another version"):
        store_at(tmp_path).count()


@pytest.mark.parametrize("victim", ["format.json", "chroma/chroma.sqlite3"])
def test_a_damaged_store_says_so(tmp_path: Path, victim: str) -> None:
    store = store_at(tmp_path)
    store.add(sample_passages())
    store.close()
    (tmp_path / victim).write_bytes(b"not what it was" * 100)
    with pytest.raises(KnowledgeError, match="damaged"):
        store_at(tmp_path).count()


def test_a_passage_altered_on_disk_is_not_given_out(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    passage = sample_passages()[0]
    store.add([passage])
    vector = HashingEmbedder().embed([passage.text])[0]
    with store._writing() as collection:  # a stand-in for someone who edits the files
        collection.update(ids=[passage.id], documents=["Something else."], embeddings=[vector])
    with pytest.raises(PassageMissing, match="hash"):
        store.get(passage.id)


def test_replacing_a_source_keeps_what_stays_and_drops_the_rest(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    old = [make_passage(f"p{i}", f"Sentence {i}.", source_id="doc") for i in range(3)]
    other = make_passage("other", "Of another document.", source_id="else")
    store.add([*old, other])
    new = [old[0], make_passage("p1", "Sentence changed.", source_id="doc")]
    assert store.replace_sources(["doc"], new) == 1
    assert store.count() == 3
    assert store.get(PassageId("p1")).text == "Sentence changed."
    assert store.verify(other)
    with pytest.raises(PassageMissing):
        store.get(PassageId("p2"))


def test_the_lexical_index_follows_every_write_and_is_kept_on_disk(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    store.add(sample_passages())
    retriever = HybridRetriever(store)
    retriever.retrieve(RetrievalQuery(text="cup"))
    kept = list((tmp_path / "lexical").iterdir())
    assert [p.name for p in kept] == [store.revision()]
    store.add([make_passage("late", "Zygomycosis of the orbit.")])
    assert retriever.retrieve(RetrievalQuery(text="zygomycosis"))[0].passage.id == "late"
    assert [p.name for p in (tmp_path / "lexical").iterdir()] == [store.revision()]
    (tmp_path / "lexical" / store.revision() / "rows.json").write_text("{", encoding="utf-8")
    again = HybridRetriever(store_at(tmp_path)).retrieve(RetrievalQuery(text="zygomycosis"))
    assert again[0].passage.id == "late"


def test_passages_keep_their_own_vectors_when_parts_are_embedded_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chroma_store, "_PART", 2)
    store, passages = store_at(tmp_path), [make_passage(f"p{n}", f"Word{n} of its own{n}.") for n in range(5)]
    assert store.add(passages) == 5
    for passage in passages:
        vector = store.embedder.embed([search_text(passage)])[0]
        assert store.nearest(vector, 1, Filter())[0][0] == passage.id


def test_a_filter_reaches_the_nearest_search(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    store.add(sample_passages())
    vector = HashingEmbedder().embed(["heart"])[0]
    narrow = Filter(specialty="cardiology", kinds=("guideline",), year_from=2022, language="de")
    assert [i for i, _ in store.nearest(vector, 9, narrow)] == ["heart-german"]
    assert len(store.nearest(vector, 99, Filter())) == len(sample_passages())


_WRITER = """
import sys
from pathlib import Path
from clinigraph.knowledge import chroma_store
from clinigraph.knowledge.chroma_store import ChromaStore
from clinigraph.testing.knowledge_suite import HashingEmbedder, make_passage
ChromaStore(Path(sys.argv[1]), HashingEmbedder()).add([make_passage("from-afar", "Written by another process.")])
"""


def test_a_reader_sees_what_another_process_writes(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    store.add(sample_passages())
    retriever = HybridRetriever(store)
    retriever.retrieve(RetrievalQuery(text="eye"))
    subprocess.run([sys.executable, "-c", _WRITER, str(tmp_path)], check=True, timeout=120)
    found = retriever.retrieve(RetrievalQuery(text="written by another process"))
    assert found[0].passage.id == "from-afar"
    assert store.count() == len(sample_passages()) + 1
    assert store.add([make_passage("back", "And back again.")]) == 1
