"""Hybrid retrieval: fusion, filters, boosts, the adaptive cut, and refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.errors import UsageError
from clinigraph.knowledge.contract import RetrievalQuery
from clinigraph.knowledge.lexical import LexicalIndex
from clinigraph.knowledge.retrieval import MAX_QUERY_CHARS, HybridRetriever, Tuning
from clinigraph.knowledge.searching import Facets, Filter, Row
from clinigraph.knowledge.words import normal_word, words
from clinigraph.models.base import PassageId
from clinigraph.models.passages import Passage
from clinigraph.testing.knowledge_suite import MemoryStore, make_passage, sample_passages


def retriever(passages: list[Passage], tuning: Tuning | None = None) -> HybridRetriever:
    store = MemoryStore()
    store.add(passages)
    return HybridRetriever(store, tuning=tuning)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("haemorrhages", "hemorrhage"),
        ("oedema", "edema"),
        ("anaemia", "anemia"),
        ("oesophageal", "esophageal"),
        ("paediatrics", "pediatrics"),
        ("biopsies", "biopsy"),
        ("discs", "disc"),
    ],
)
def test_spelling_and_number_do_not_matter(left: str, right: str) -> None:
    assert normal_word(left) == normal_word(right)


@pytest.mark.parametrize("word", ["glaucomatous", "diagnosis", "mass", "0.7", "us"])
def test_words_that_only_look_plural_stay(word: str) -> None:
    assert normal_word(word) == word


@given(st.text())
def test_any_text_gives_words(text: str) -> None:
    assert all(w and w == w.lower() for w in words(text))


@pytest.mark.parametrize("text", ["   ", "\n\t"])
def test_an_empty_query_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="empty"):
        retriever([]).retrieve(RetrievalQuery(text=text))


def test_a_query_of_100_kb_is_refused_with_its_size() -> None:
    with pytest.raises(UsageError, match="100000"):
        retriever([]).retrieve(RetrievalQuery(text="x" * 100_000))


def test_a_query_of_the_longest_length_is_answered() -> None:
    text = ("cup disc ratio " * MAX_QUERY_CHARS)[:MAX_QUERY_CHARS]
    assert retriever(list(sample_passages())).retrieve(RetrievalQuery(text=text))[0].passage.id == "eye-cup"


def test_a_query_of_unknown_words_falls_back_on_vectors() -> None:
    assert retriever(list(sample_passages()), Tuning(dense=0.0)).retrieve(RetrievalQuery(text="qqq")) == ()
    assert retriever(list(sample_passages())).retrieve(RetrievalQuery(text="qqq"))


def test_the_case_specialty_is_preferred_over_none() -> None:
    twins = [
        make_passage("a-general", "Bleeding is looked for.", source_id="s"),
        make_passage("b-eye", "Bleeding is looked for.", specialty="ophthalmology", source_id="t"),
    ]
    query = RetrievalQuery(text="bleeding", specialty="ophthalmology")
    assert [f.passage.id for f in retriever(twins).retrieve(query)] == ["b-eye", "a-general"]


@pytest.mark.parametrize(("weight", "second"), [(0.0, "two#1"), (2.0, "one#2")])
def test_a_passage_gains_by_the_rank_of_its_document(weight: float, second: str) -> None:
    passages = [
        make_passage("one#1", "Retina vessel.", source_id="one"),
        make_passage("one#2", "Retina of somebody else in this long sentence.", source_id="one"),
        make_passage("two#1", "Retina vessel of somebody else in this long sentence.", source_id="two"),
    ]
    tuning = Tuning(dense=0.0, adaptive=False, document=weight)
    found = retriever(passages, tuning).retrieve(RetrievalQuery(text="retina vessel"))
    assert [f.passage.id for f in found][:2] == ["one#1", second]


def test_the_answer_is_cut_where_relevance_drops() -> None:
    near = [make_passage(f"near-{i}", "Optic disc rim width and cup size.") for i in range(3)]
    far = [make_passage(f"far-{i}", f"Unlike matter number {i} speaks of cup cakes.") for i in range(5)]
    query = RetrievalQuery(text="optic disc rim width and cup size")
    assert {f.passage.id for f in retriever([*near, *far]).retrieve(query)} == {p.id for p in near}
    assert len(retriever([*near, *far], Tuning(adaptive=False)).retrieve(query)) == 8


def test_asking_again_gives_others_until_nothing_is_left() -> None:
    asked = retriever(list(sample_passages()), Tuning(adaptive=False))
    seen: list[PassageId] = []
    while found := asked.retrieve(RetrievalQuery(text="the eye and the heart", top_k=3, exclude=tuple(seen))):
        seen += [f.passage.id for f in found]
    assert sorted(seen) == sorted(p.id for p in sample_passages())


def test_two_stores_answer_as_one() -> None:
    first, second = MemoryStore(), MemoryStore()
    first.add(sample_passages()[:3])
    second.add(sample_passages()[2:])
    both = HybridRetriever(first, second, tuning=Tuning(adaptive=False))
    found = [f.passage.id for f in both.retrieve(RetrievalQuery(text="eye heart", top_k=20))]
    assert sorted(found) == sorted(p.id for p in sample_passages())


def test_rare_filters_still_find_all_that_pass() -> None:
    crowd = [make_passage(f"crowd-{i:03}", "Heart width over chest width.") for i in range(300)]
    rare = [make_passage(f"rare-{i}", "Something quite unlike.", year=2024, kind="study") for i in range(3)]
    query = RetrievalQuery(text="heart width", kinds=("study",), year_from=2024, top_k=10)
    found = retriever([*crowd, *rare], Tuning(adaptive=False)).retrieve(query)
    assert {f.passage.id for f in found} == {p.id for p in rare}


@given(st.lists(st.sampled_from(["cup", "disc", "heart", "lung"]), min_size=1, max_size=6))
def test_bm25_scores_only_rows_that_share_a_word(query: list[str]) -> None:
    texts = ["cup of the disc", "heart", "kidney"]
    facets = Facets("", "guideline", 2020, "en")
    index = LexicalIndex.build(Row(PassageId(str(i)), facets, text) for i, text in enumerate(texts))
    scores = index.scores(" ".join(query))
    for text, score in zip(texts, scores, strict=True):
        assert (score > 0) == bool(set(query) & set(text.split()))


def test_an_index_is_the_same_after_saving_and_loading(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = MemoryStore()
    store.add(sample_passages())
    index = LexicalIndex.build(store.rows())
    folder = tmp_path_factory.mktemp("index") / "one"
    index.save(folder)
    loaded = LexicalIndex.load(folder)
    assert loaded is not None
    assert loaded.ids == index.ids
    assert (loaded.scores("eye pressure") == index.scores("eye pressure")).all()
    narrow = Filter(specialty="ophthalmology", year_from=2015)
    assert (loaded.mask(narrow) == index.mask(narrow)).all()
    assert LexicalIndex.load(folder / "nowhere") is None
