"""Findings to diseases on an ontology small enough to check by hand."""

from __future__ import annotations

import math

import pytest

from clinigraph.ontology import Annotation, HpoTerm, Synonym, frequency
from clinigraph.tools.phenotype.knowledge import PhenotypeKnowledge, build
from clinigraph.tools.phenotype.ranking import EXPLAINED, Ranker


def term(number: int, name: str, *parents: int) -> HpoTerm:
    return HpoTerm(
        id=f"HP:{number:07d}",
        name=name,
        definition="",
        synonyms=(Synonym(f"{name} sign", "EXACT", ""),),
        xrefs=(),
        parents=tuple(f"HP:{p:07d}" for p in parents),
        alternative_ids=(f"HP:9{number:06d}",),
    )


ROOT, EYE, LENS, HEART, VALVE, LIMB = 118, 1, 2, 3, 4, 5
TERMS = [
    term(LENS, "Lens", EYE),
    term(ROOT, "Phenotypic abnormality"),
    term(EYE, "Eye", ROOT),
    term(HEART, "Heart", ROOT),
    term(VALVE, "Valve", HEART),
    term(LIMB, "Limb", ROOT),
    term(77, "Onset"),
]


def note(disease: str, number: int, share: float) -> Annotation:
    return Annotation(disease, f"Disease {disease}", f"HP:{number:07d}", share, stated=True)


NOTES = [
    note("A", LENS, 0.9), note("A", VALVE, 0.9),
    note("B", LENS, 0.9), note("B", LIMB, 0.9),
    note("C", HEART, 0.5), note("C", LENS, 0.0),
    note("D", LIMB, 1.0), note("D", 77, 1.0),
]  # fmt: skip


@pytest.fixture(scope="module")
def knowledge() -> PhenotypeKnowledge:
    return build(TERMS, NOTES)


def order(knowledge: PhenotypeKnowledge, present: list[int], absent: list[int] | None = None) -> list[str]:
    places = [knowledge.positions[f"HP:{n:07d}"] for n in present]
    without = [knowledge.positions[f"HP:{n:07d}"] for n in absent or []]
    scores = Ranker(knowledge).rank(places, without).score
    return [knowledge.diseases[n][0] for n in sorted(range(len(scores)), key=lambda n: -scores[n])]


def test_only_findings_are_kept_and_parents_come_first(knowledge: PhenotypeKnowledge) -> None:
    assert "HP:0000077" not in knowledge.positions
    assert all(p < n for n, parents in enumerate(knowledge.parents) for p in parents)


def test_information_content_is_minus_the_logarithm_of_the_share(knowledge: PhenotypeKnowledge) -> None:
    content = {t.name: knowledge.content[n] for n, t in enumerate(knowledge.terms)}
    assert content["Phenotypic abnormality"] == pytest.approx(0.0)
    assert content["Lens"] == pytest.approx(-math.log(2 / 4))
    assert content["Valve"] == pytest.approx(-math.log(1 / 4))
    assert content["Heart"] == pytest.approx(-math.log(2 / 4))


def test_similarity_follows_lin_and_the_true_path(knowledge: PhenotypeKnowledge) -> None:
    at = {t.name: n for n, t in enumerate(knowledge.terms)}
    of_valve = Ranker(knowledge).similarity(at["Valve"])
    assert of_valve[at["Valve"]] == 1.0
    heart, valve = -math.log(2 / 4), -math.log(1 / 4)
    assert of_valve[at["Heart"]] == pytest.approx(2 * heart / (heart + valve))
    assert of_valve[at["Limb"]] == pytest.approx(0.0)
    assert Ranker(knowledge).similarity(at["Heart"])[at["Valve"]] == 1.0


def test_findings_are_found_by_identifier_name_synonym_and_merged_identifier(knowledge: PhenotypeKnowledge) -> None:
    place = knowledge.positions["HP:0000002"]
    assert {knowledge.find(t) for t in ("HP:0000002", "hp:0000002", " lens ", "LENS sign", "HP:9000002")} == {place}
    assert knowledge.find("nothing") is None


def test_the_disease_with_both_findings_comes_first(knowledge: PhenotypeKnowledge) -> None:
    assert order(knowledge, [LENS, VALVE])[0] == "A"
    assert order(knowledge, [LENS, LIMB])[0] == "B"


def test_an_absent_finding_turns_the_order(knowledge: PhenotypeKnowledge) -> None:
    assert order(knowledge, [LENS], [VALVE])[0] == "B"
    assert order(knowledge, [LENS], [LIMB])[0] == "A"


def test_a_finding_that_the_disease_excludes_counts_against_it(knowledge: PhenotypeKnowledge) -> None:
    assert order(knowledge, [LENS, HEART])[-1] != "A"
    scores = Ranker(knowledge).rank([knowledge.positions["HP:0000002"]], []).score
    assert scores[[d for d, _ in knowledge.diseases].index("C")] == 0.0


def test_a_frequent_finding_explains_more_than_a_rare_one() -> None:
    small = build(TERMS, [note("often", LENS, 0.95), note("rarely", LENS, 0.05), note("other", LIMB, 1.0)])
    assert order(small, [LENS])[:2] == ["often", "rarely"]


def test_scores_stay_between_nothing_and_one(knowledge: PhenotypeKnowledge) -> None:
    places = list(range(1, len(knowledge.terms)))
    scores = Ranker(knowledge).rank(places, places[:2]).score
    assert scores.min() >= 0.0
    assert scores.max() <= 1.0
    assert EXPLAINED < 1


@pytest.mark.parametrize(
    ("text", "share"),
    [("1/1", 2 / 3), ("0/10", 1 / 12), ("50%", 0.5), ("HP:0040280", 1.0), ("", 0.5), ("x/y", 0.5), ("3/0", 0.5)],
)
def test_frequencies_of_every_form_are_read(text: str, share: float) -> None:
    assert frequency(text) == pytest.approx(share)
