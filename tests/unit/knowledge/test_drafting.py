"""Draft protocols: from stated criteria only, and never without the words "draft, not reviewed"."""

from __future__ import annotations

import pytest

from clinigraph.errors import KnowledgeError
from clinigraph.knowledge.cards import card_passages, load_cards
from clinigraph.knowledge.drafting import DRAFT, draft_protocol
from clinigraph.knowledge.retrieval import HybridRetriever
from clinigraph.models.codes import Modality
from clinigraph.testing.knowledge_suite import MemoryStore


@pytest.fixture(scope="module")
def retriever() -> HybridRetriever:
    store = MemoryStore()
    store.add([p for card in load_cards() for p in card_passages(card)])
    return HybridRetriever(store)


def test_a_draft_takes_its_rules_from_card_statements(retriever: HybridRetriever) -> None:
    draft = draft_protocol("Aortic stenosis", Modality.ULTRASOUND, retriever, load_cards(), specialty="cardiology")
    rules = {i.id: (i.criterion.text, i.criterion.passage_id) for i in draft.indicators if i.criterion}
    assert rules["aortic_jet_velocity"] == (">= 4 m/s", "ase-as-2017#velocity")
    stated = {c.passage_id: c for card in load_cards() for c in card.criteria()}
    assert all(i.criterion == stated[i.criterion.passage_id] for i in draft.indicators if i.criterion)
    assert {s.answers["measurement"] for s in draft.steps} == {i.id for i in draft.indicators}


def test_a_draft_says_that_it_is_one(retriever: HybridRetriever) -> None:
    draft = draft_protocol("Aortic stenosis", Modality.ULTRASOUND, retriever, load_cards())
    assert draft.reviewed == DRAFT
    for text in (draft.title, draft.threshold_source, draft.limitations[0], draft.indicators[0].weight_source):
        assert DRAFT in text


def test_without_criteria_there_is_no_draft(retriever: HybridRetriever) -> None:
    with pytest.raises(KnowledgeError, match="criterion"):
        draft_protocol("Basket weaving", Modality.OTHER, retriever, (), specialty="cardiology")


@pytest.mark.parametrize("condition", ["Sarcoidosis", "Polycystic ovary syndrome", "Malaria in travellers"])
def test_a_condition_that_no_card_names_gets_no_draft_from_its_neighbours(
    retriever: HybridRetriever, condition: str
) -> None:
    with pytest.raises(KnowledgeError, match="criterion"):
        draft_protocol(condition, Modality.OTHER, retriever, load_cards())


def test_a_target_of_treatment_is_no_criterion_of_a_disease(retriever: HybridRetriever) -> None:
    draft = draft_protocol("Chronic kidney disease", Modality.OTHER, retriever, load_cards(), top_k=30)
    assert "egfr" in {i.id for i in draft.indicators}
    assert "systolic_blood_pressure" not in {i.id for i in draft.indicators}
