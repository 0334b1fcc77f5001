"""The library: cards without any index, an index that heals itself, and user documents beside it."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from clinigraph.errors import PassageMissing
from clinigraph.knowledge.cards import load_cards
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.knowledge.library import Library, open_library
from clinigraph.models.base import PassageId
from clinigraph.settings import Settings
from clinigraph.testing.knowledge_suite import HashingEmbedder, make_passage

IOP = PassageId("egs-2020#iop")
QUERY = RetrievalQuery(text="cardiothoracic ratio on an erect film", specialty="cardiology")


def library_at(path: Path) -> Library:
    return Library(load_cards(), path / "cache", path / "user", HashingEmbedder())


def test_looking_a_card_up_touches_no_file(tmp_path: Path) -> None:
    library = open_library(Settings(cache_dir=tmp_path / "cache", state_dir=tmp_path / "state"))
    passage = library.get(IOP)
    assert library.verify(passage)
    assert not library.verify(passage.replace(section="Elsewhere"))
    assert not library.verify(make_passage("unknown", "Unknown words."))
    with pytest.raises(PassageMissing, match="egs-2020#nothing"):
        library.get(PassageId("egs-2020#nothing"))
    assert list(tmp_path.iterdir()) == []


_LIGHT = """
import sys
from pathlib import Path
from clinigraph.knowledge.library import open_library
from clinigraph.settings import Settings
library = open_library(Settings(cache_dir=Path("nowhere"), state_dir=Path("nowhere")))
assert library.verify(library.get("egs-2020#iop"))
names = "torch chromadb sentence_transformers transformers bm25s scipy tokenizers"
heavy = set(names.split()) & sys.modules.keys()
sys.exit(f"loaded {heavy}" if heavy else 0)
"""


def test_looking_a_card_up_loads_nothing_heavy() -> None:
    subprocess.run([sys.executable, "-c", _LIGHT], check=True, timeout=60)


def test_the_index_is_built_once_and_found_again(tmp_path: Path) -> None:
    first = library_at(tmp_path).retriever.retrieve(QUERY)
    folder = next((tmp_path / "cache" / "knowledge").glob("cards-????????????????"))
    made = (folder / "revision").read_text(encoding="utf-8")
    assert library_at(tmp_path).retriever.retrieve(QUERY) == first
    assert (folder / "revision").read_text(encoding="utf-8") == made


@pytest.mark.parametrize("victim", ["format.json", "revision", "chroma/chroma.sqlite3"])
def test_a_damaged_index_is_built_anew(tmp_path: Path, victim: str) -> None:
    library = library_at(tmp_path)
    first = library.retriever.retrieve(QUERY)
    library.close()
    folder = next((tmp_path / "cache" / "knowledge").glob("cards-????????????????"))
    (folder / victim).write_bytes(b"\x00damaged" * 64)
    assert library_at(tmp_path).retriever.retrieve(QUERY) == first


def test_a_half_written_index_is_built_anew(tmp_path: Path) -> None:
    library = library_at(tmp_path)
    first = library.retriever.retrieve(QUERY)
    folder = next((tmp_path / "cache" / "knowledge").glob("cards-????????????????"))
    store = library.hybrid_stores()[0]
    with store._writing() as collection:  # a stand-in for a write that was cut off
        collection.delete(ids=[str(IOP)])
    library.close()
    assert library_at(tmp_path).retriever.retrieve(QUERY) == first
    assert folder.exists()


def test_user_documents_are_taken_in_when_they_appear(tmp_path: Path) -> None:
    library = library_at(tmp_path)
    query = RetrievalQuery(text="zygomycosis of the orbit")
    mine = make_passage("doc-1#0000", "Zygomycosis of the orbit is an emergency.")
    assert mine.id not in {f.passage.id for f in library.retriever.retrieve(query)}
    library.user_store.add([mine])
    assert library.retriever.retrieve(query)[0].passage == mine
    assert library.get(mine.id) == mine
    assert library.verify(mine)
    assert library.count() == sum(len(c.statements) for c in load_cards()) + 1


def test_a_user_passage_cannot_pose_as_a_card(tmp_path: Path) -> None:
    library = library_at(tmp_path)
    forged = make_passage(str(IOP), "Pressure does not matter.")
    library.user_store.add([forged])
    assert library.get(IOP) != forged
    assert not library.verify(forged)
    found = library.retriever.retrieve(RetrievalQuery(text="pressure does not matter", top_k=20))
    assert forged not in [f.passage for f in found]


def test_old_cards_are_named(tmp_path: Path) -> None:
    library = library_at(tmp_path)
    today = date(2026, 6, 1)
    assert library.may_be_outdated(library.get(PassageId("danzer-1919#ctr-half")), today)
    assert library.may_be_outdated(library.get(PassageId("gina-2024#reversibility")), today)
    assert not library.may_be_outdated(library.get(PassageId("ada-diagnosis-2026#hba1c")), today)
    assert library.may_be_outdated(make_passage("mine", "Old words.", year=2001), today)
    assert not library.may_be_outdated(make_passage("mine", "Undated words.", year=None), today)


_BUILDER = """
import sys
from pathlib import Path
from clinigraph.knowledge.cards import load_cards
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.knowledge.library import Library
from clinigraph.testing.knowledge_suite import HashingEmbedder
path = Path(sys.argv[1])
library = Library(load_cards(), path / "cache", path / "user", HashingEmbedder())
print([f.passage.id for f in library.retriever.retrieve(RetrievalQuery(text="optic disc"))])
"""


def test_two_processes_may_build_the_index_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _BUILDER, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [p.communicate(timeout=120)[0] for p in both]
    assert [p.returncode for p in both] == [0, 0]
    assert answers[0] == answers[1]
    assert "egs-2020" in answers[0]
    folders = [p for p in (tmp_path / "cache" / "knowledge").iterdir() if p.is_dir()]
    assert len(folders) == 1
