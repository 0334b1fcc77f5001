"""What a sentence names is found by name, by other names, and by the concept behind them."""

from __future__ import annotations

import re

import pytest

from clinigraph.agents.claims.naming import name_pattern
from clinigraph.agents.claims.subjects import KEPT, EvidenceIndex, SubjectKind
from clinigraph.knowledge.terminology.contract import Candidate, Mention
from clinigraph.models.base import EvidenceId
from clinigraph.models.case import Fact
from clinigraph.models.codes import Concept, Laterality, Scheme
from clinigraph.models.evidence import EvidenceGraph, FactNode, FindingNode, MeasurementNode
from clinigraph.models.findings import Finding, FindingSite, Impression, Measurement, Presence
from clinigraph.models.passages import Span

IMPRESSION = Impression(decision=Presence.INDETERMINATE, condition="cataract", rationale="none", score=0.5)


def concept(meaning: str) -> Concept:
    return Concept(value="X", scheme=Scheme.CLINIGRAPH, meaning=meaning)


def site(side: Laterality = Laterality.UNKNOWN) -> FindingSite:
    return FindingSite(concept=concept("eye"), laterality=side)


def height(number: float = 4.0, side: Laterality = Laterality.UNKNOWN) -> MeasurementNode:
    node_id = EvidenceId(f"measurement-height-{side.value}-0123456789ab")
    value = Measurement(
        id=node_id, concept=concept("Height (of the hill)"), value=number, unit="mm", method="test", algorithm="t 1",
        site=site(side),
    )  # fmt: skip
    return MeasurementNode(id=node_id, value=value)


def spot(side: Laterality = Laterality.UNKNOWN) -> FindingNode:
    node_id = EvidenceId("finding-spot")
    found = Finding(
        id=node_id, concept=concept("Haemorrhage"), presence=Presence.PRESENT, site=site(side), text="Seen."
    )
    return FindingNode(id=node_id, value=found)


class Linker:
    """Knows that two words are one concept, and counts how often it is asked."""

    def __init__(self, words: str, score: float = 1.0) -> None:
        self.words, self.score, self.asked = words, score, 0

    def link(self, text: str) -> list[Mention]:
        """Return the mentions of a text."""
        self.asked += 1
        meant = (Candidate(concept=concept("it"), cui="C0000001", score=self.score, matched="it"),)
        found = re.finditer(self.words, text, re.IGNORECASE)
        return [Mention(text=m.group(), span=Span(start=m.start(), end=m.end()), candidates=meant) for m in found]


def index(*nodes: FactNode | FindingNode | MeasurementNode, linker: Linker | None = None) -> EvidenceIndex:
    return EvidenceIndex(EvidenceGraph(nodes=nodes), IMPRESSION, linker)


def test_measurements_facts_findings_condition_and_score_can_be_spoken_of() -> None:
    fact = FactNode(id=EvidenceId("fact-age"), value=Fact(name="family_history", value=True))
    kinds = {s.name: s.kind for s in index(height(), spot(), fact).subjects}
    assert kinds == {
        "Height (of the hill)": SubjectKind.MEASUREMENT, "Haemorrhage": SubjectKind.FINDING,
        "family history": SubjectKind.FACT, "cataract": SubjectKind.CONDITION, "score": SubjectKind.SCORE,
    }  # fmt: skip


def test_without_a_score_there_is_none_to_speak_of() -> None:
    found = EvidenceIndex(EvidenceGraph(), IMPRESSION.replace(score=None)).subjects
    assert [s.kind for s in found] == [SubjectKind.CONDITION]


@pytest.mark.parametrize("text", ["The height is 4", "the heights are 4", "HEIGHT 4", "Height (of the hill): 4"])
def test_a_name_is_found_without_its_brackets_in_any_case_and_number(text: str) -> None:
    assert [s.kind for h in index(height()).find(text) for s in h.subjects] == [SubjectKind.MEASUREMENT]


@pytest.mark.parametrize("text", ["a hemorrhage", "a haemorrhage", "haemorrhages"])
def test_a_name_is_found_in_both_spellings(text: str) -> None:
    (hit,) = index(spot()).find(text)
    assert text[hit.start : hit.end].rstrip("s").endswith("morrhage")


def test_no_name_is_found_inside_a_word() -> None:
    assert index(height()).find("The heightened hill, and pre-height") == ()


def test_the_side_is_that_of_the_evidence() -> None:
    fact = FactNode(id=EvidenceId("f"), value=Fact(name="drops", value=True, laterality=Laterality.LEFT))
    made = index(height(side=Laterality.RIGHT), spot(Laterality.BILATERAL), fact)
    sides = {s.kind: s.laterality for s in made.subjects}
    assert sides == {
        SubjectKind.MEASUREMENT: Laterality.RIGHT, SubjectKind.FINDING: Laterality.BILATERAL,
        SubjectKind.FACT: Laterality.LEFT, SubjectKind.CONDITION: Laterality.UNKNOWN,
        SubjectKind.SCORE: Laterality.UNKNOWN,
    }  # fmt: skip


def test_another_word_for_the_same_concept_is_found_through_a_terminology() -> None:
    made = index(spot(), linker=Linker("haemorrhage|bleed"))
    (hit,) = made.find("A bleed is seen")
    assert (hit.start, hit.end, hit.subjects[0].kind) == (2, 7, SubjectKind.FINDING)
    assert index(spot()).find("A bleed is seen") == ()


def test_a_concept_that_is_not_sure_or_only_part_of_the_name_stands_for_nothing() -> None:
    assert index(spot(), linker=Linker("haemorrhage|bleed", score=0.8)).find("A bleed") == ()
    assert index(spot(), linker=Linker("haemor|bleed")).find("A bleed") == ()


def test_a_name_and_its_concept_at_one_place_are_one_hit() -> None:
    assert len(index(spot(), linker=Linker("haemorrhage")).find("A haemorrhage")) == 1


def test_a_text_is_linked_once_and_old_texts_are_forgotten() -> None:
    linker = Linker("bleed")
    made = index(linker=linker)
    for _ in range(3):
        made.mentions("A bleed")
    assert linker.asked == 1
    for n in range(KEPT + 1):
        made.mentions(f"text {n}")
    made.mentions("A bleed")
    assert linker.asked == KEPT + 3


def test_subjects_of_evidence_rest_on_it() -> None:
    made = index(height(), spot())
    assert [s.name for s in made.subjects_of((EvidenceId("finding-spot"),))] == ["Haemorrhage", "cataract", "score"]
    assert made.subjects_of((EvidenceId("nothing"),)) == ()


def test_a_pattern_of_no_names_finds_nothing() -> None:
    assert name_pattern(()).search("anything") is None
    assert name_pattern(("optic disc",)).search("the optic-disk")
