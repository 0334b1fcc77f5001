"""What a sentence names is found by name, by other names, and by the concept behind them."""

from __future__ import annotations

import re

import pytest

from clinigraph.agents.claims.naming import name_pattern
from clinigraph.agents.claims.subjects import KEPT, EvidenceIndex, SubjectKind
from clinigraph.knowledge.terminology.contract import Candidate, Mention
from clinigraph.models.base import EvidenceId, IndicatorId, PassageId
from clinigraph.models.case import Fact
from clinigraph.models.codes import Concept, Laterality, Scheme
from clinigraph.models.evidence import (
    EdgeKind,
    EvidenceEdge,
    EvidenceGraph,
    FactNode,
    FindingNode,
    IndicatorResultNode,
    MeasurementNode,
    PassageNode,
)
from clinigraph.models.findings import (
    Finding,
    FindingSite,
    Impression,
    IndicatorResult,
    IndicatorStatus,
    Measurement,
    Met,
    Presence,
)
from clinigraph.models.passages import Span
from clinigraph.models.planning import Comparator, Criterion
from clinigraph.testing.doubles import make_passage

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


def result(name: str, *, ruled: bool = True, met: Met = Met.YES) -> IndicatorResultNode:
    rule = Criterion(indicator=IndicatorId(name), comparator=Comparator.GE, threshold=3, unit="mm",
                     passage_id=PassageId("card#1"))  # fmt: skip
    value = IndicatorResult(
        id=EvidenceId(f"indicator-{name}"), indicator_id=IndicatorId(name), name=name.capitalize(), kind="quantitative",
        status=IndicatorStatus.COMPLETE, met=met, value=4.0, unit="mm", weight=1, criterion=rule if ruled else None,
    )  # fmt: skip
    return IndicatorResultNode(id=value.id, value=value)


def derived(source: str, target: str) -> EvidenceEdge:
    return EvidenceEdge(source=EvidenceId(source), target=EvidenceId(target), kind=EdgeKind.DERIVED_FROM)


CARD = PassageNode(id=EvidenceId("card#1"), value=make_passage("card#1", "Tall is 3."))
HEIGHT = "measurement-height-unknown-0123456789ab"


def ruled(*more: FactNode | FindingNode | IndicatorResultNode, edges: tuple[EvidenceEdge, ...] = ()) -> EvidenceIndex:
    edges = edges or (derived("indicator-tallness", HEIGHT),)
    return EvidenceIndex(EvidenceGraph(nodes=(result("tallness"), height(), CARD, *more), edges=edges), IMPRESSION)


def test_an_indicator_rests_on_its_measurement_and_on_the_passage_of_its_criterion() -> None:
    first, *others = ruled().subjects
    assert (first.kind, first.ids) == (SubjectKind.INDICATOR, ("indicator-tallness", HEIGHT, "card#1"))
    assert first.measurement is not None
    assert first.names == ("Tallness", "Height (of the hill)")
    assert SubjectKind.MEASUREMENT not in {s.kind for s in others}, "what an indicator rests on is spoken of through it"


def test_an_indicator_rests_on_nothing_that_is_not_there_or_that_it_was_not_derived_from() -> None:
    other = ruled(result("width"), edges=(derived("indicator-width", HEIGHT),)).subjects[0]
    assert (other.ids, other.measurement) == (("indicator-tallness", "card#1"), None)
    without = EvidenceIndex(EvidenceGraph(nodes=(result("tallness"),)), IMPRESSION).subjects[0]
    assert without.ids == ("indicator-tallness",)


def test_a_measured_thing_that_is_another_indicator_s_name_is_not_this_one_s() -> None:
    other = result("height")
    renamed = other.replace(value=other.value.replace(name="Height (of the hill)"))
    nodes, edges = (result("tallness"), height(), renamed), (derived("indicator-tallness", HEIGHT),)
    assert EvidenceIndex(EvidenceGraph(nodes=nodes, edges=edges), IMPRESSION).subjects[0].names == ("Tallness",)
    assert "Height (of the hill)" in ruled(other).subjects[0].names


def test_the_condition_rests_on_all_indicators_or_else_on_the_findings() -> None:
    by_kind = {s.kind: s.ids for s in ruled(result("width"), spot()).subjects}
    assert by_kind[SubjectKind.CONDITION] == by_kind[SubjectKind.SCORE] == ("indicator-tallness", "indicator-width")
    assert {s.kind: s.ids for s in index(spot()).subjects}[SubjectKind.CONDITION] == ("finding-spot",)


@pytest.mark.parametrize(
    ("ids", "names"),
    [
        (("indicator-tallness",), ["Tallness"]), ((HEIGHT,), ["Tallness"]),
        (("indicator-tallness", "indicator-width"), ["Tallness", "Width", "cataract", "score"]),
        (("indicator-width",), ["Width"]), ((), []),
    ],
)  # fmt: skip
def test_evidence_speaks_of_what_rests_on_it_and_all_of_it_of_the_condition(
    ids: tuple[str, ...], names: list[str]
) -> None:
    made = ruled(result("width"))
    assert [s.name for s in made.subjects_of(tuple(EvidenceId(i) for i in ids))] == names


def test_without_any_ground_nothing_speaks_of_the_condition() -> None:
    assert index().subjects_of(()) == ()
    assert index().subjects_of((EvidenceId("x"),)) == ()


def pressure(value: float | bool = 25.0, unit: str | None = "mm[Hg]", name: str = "eye_pressure") -> FactNode:
    return FactNode(id=EvidenceId(f"fact-{name}"), value=Fact(name=name, value=value, unit=unit))


@pytest.mark.parametrize(
    ("nodes", "found"),
    [
        ((pressure(),), ["eye pressure"]),
        ((pressure(), pressure(name="blood_pressure")), []),
        ((pressure(True, None),), []),
        ((), []),
    ],
)
def test_a_head_noun_stands_for_the_one_thing_of_the_case_that_has_a_number(
    nodes: tuple[FactNode, ...], found: list[str]
) -> None:
    made = index(*nodes)
    for _ in range(2):
        assert [s.name for h in made.find("The pressure is high") for s in h.subjects] == found


def test_names_do_not_overlap_and_come_in_order() -> None:
    made = index(pressure(), spot(), height())
    text = "A haemorrhage beside the eye pressure and the height"
    hits = made.find(text)
    assert [text[h.start : h.end] for h in hits] == ["haemorrhage", "eye pressure", "height"]


def test_a_measurement_hides_the_fact_that_it_was_taken_from_and_facts_stay_together() -> None:
    tall = FactNode(id=EvidenceId("fact-tall"), value=Fact(name="tallness", value=4.0, unit="mm"))
    (hit,) = ruled(tall).find("Tallness is 4")
    assert [s.kind for s in hit.subjects] == [SubjectKind.INDICATOR, SubjectKind.FACT]
    loose = EvidenceIndex(EvidenceGraph(nodes=(result("tallness"), tall)), IMPRESSION)
    (hit,) = loose.find("Tallness is 4")
    assert [s.kind for s in hit.subjects] == [SubjectKind.INDICATOR, SubjectKind.FACT]
    two = [tall, FactNode(id=EvidenceId("fact-tall-2"), value=tall.value.replace(laterality=Laterality.LEFT))]
    both = EvidenceIndex(EvidenceGraph(nodes=(result("tallness"), *two)), IMPRESSION)
    (hit,) = both.find("Tallness is 4")
    assert [s.kind for s in hit.subjects] == [SubjectKind.FACT, SubjectKind.FACT]


def test_a_kind_of_image_is_no_finding_to_speak_of() -> None:
    kind = spot().replace(id=EvidenceId("finding-kind-1"))
    assert SubjectKind.FINDING not in {s.kind for s in index(kind).subjects}


def test_a_word_that_denies_a_fact_names_it() -> None:
    fever = FactNode(id=EvidenceId("fact-fever"), value=Fact(name="fever", value=True))
    assert [s.name for h in index(fever).find("She is afebrile") for s in h.subjects] == ["fever"]
    assert index(pressure()).find("She is afebrile") == ()


def test_the_passage_of_a_criterion_alone_speaks_of_no_measured_indicator() -> None:
    assert ruled().subjects_of((EvidenceId("card#1"),)) == ()


@pytest.mark.parametrize(
    "text", ["The pressure is beside the haemorrhage", "The haemorrhage is beside the pressure", "The pressure alone"]
)
def test_a_head_noun_is_found_before_and_after_other_names(text: str) -> None:
    hits = index(pressure(), spot()).find(text)
    assert [text[h.start : h.end] for h in hits] == [w for w in text.split() if w in ("pressure", "haemorrhage")]


def test_as_many_texts_as_are_kept_are_linked_once() -> None:
    linker = Linker("bleed")
    made = index(linker=linker)
    for n in range(KEPT + 1):
        made.mentions(f"text {n}")
    made.mentions("text 0")
    assert linker.asked == KEPT + 1


@pytest.mark.parametrize(("words", "whole"), [("haemorrhage", True), ("haemorrhag", True), ("haemorrha", False)])
def test_a_concept_stands_for_a_name_that_it_fills_but_for_one_letter(words: str, whole: bool) -> None:
    found = index(spot(), linker=Linker(f"{words}|bleed")).find("A bleed")
    assert bool(found) is whole


def test_the_condition_that_was_asked_about_comes_before_other_things_of_its_name() -> None:
    fact = FactNode(id=EvidenceId("fact-cataract"), value=Fact(name="cataract", value=True))
    (hit,) = index(fact).find("There is cataract")
    assert [s.kind for s in hit.subjects] == [SubjectKind.CONDITION, SubjectKind.FACT]
    (other,) = index(fact.replace(value=fact.value.replace(name="gout"))).find("There is gout")
    assert [s.kind for s in other.subjects] == [SubjectKind.FACT]


def volume(name: str, number: float) -> MeasurementNode:
    node_id = EvidenceId(f"measurement-{name.lower().replace(' ', '-')}-0123456789ab")
    value = Measurement(
        id=node_id, concept=concept(name), value=number, unit="mL", method="test", algorithm="t 1", site=site()
    )
    return MeasurementNode(id=node_id, value=value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("The left ventricular filling volume is 147 mL and the rest volume 130 mL.", ["Left", "Left"]),
        ("Right ventricular filling volume 150 mL, rest volume 139 mL", ["Right", "Right"]),
        ("The rest volume is 130 mL.", []),
        ("The left ventricular filling volume is 147 mL and the RV rest volume 139 mL.", ["Left"]),
        ("The left ventricular filling volume is 147 mL and the right rest volume 139 mL.", ["Left"]),
        ("The left ventricular filling volume is 147 mL, the right ventricular rest volume 139 mL.", ["Left", "Right"]),
    ],
)
def test_a_name_without_its_chamber_is_of_the_one_named_last(text: str, named: list[str]) -> None:
    names = [f"{side} ventricular {what} volume" for side in ("Left", "Right") for what in ("filling", "rest")]
    index = EvidenceIndex(EvidenceGraph(nodes=tuple(volume(n, 130.0) for n in names)), IMPRESSION)
    assert [s.name.split()[0] for h in index.find(text) for s in h.subjects] == named
