"""Names as sentences write them."""

from __future__ import annotations

import pytest

from clinigraph.agents.claims.naming import (
    bare,
    carrier,
    has_head,
    head_nouns,
    key,
    name_pattern,
    names_of,
    reworded,
    spoken,
)


@pytest.mark.parametrize(
    ("text", "nouns"),
    [
        ("The pressure is high, the blood pressure is not", [(4, 12, "pressure")]),
        ("pressure is 5", [(0, 8, "pressure")]), ("(Nodule) here", [(1, 7, "nodule")]),
        ("high-pressure", [(5, 13, "pressure")]), ("the nodule-like", []), ("nodules", []), ("wall thickness", []),
        ("a single nodule, thickness 5", [(9, 15, "nodule"), (17, 26, "thickness")]),
        ("of pressure, clearance; diameter", [(3, 11, "pressure"), (13, 22, "clearance"), (24, 32, "diameter")]),
    ],
)  # fmt: skip
def test_a_head_noun_stands_alone_where_no_other_word_narrows_it(text: str, nouns: list[tuple[int, int, str]]) -> None:
    assert list(head_nouns(text)) == nouns


@pytest.mark.parametrize(
    ("name", "has"),
    [("Intraocular pressure", True), ("Pressure (left)", True), ("Pressure drop", False), ("pressures", False),
     ("", False)],
)  # fmt: skip
def test_a_name_has_its_last_word_outside_brackets_as_head(name: str, has: bool) -> None:
    assert has_head(name, "pressure") is has


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Irregular shape of the mass", "mass"), ("Shape of a mass", "mass"), ("Shape of an old nodule", "old nodule"),
        ("Shape of the mass (left)", "mass"), ("Shape of mass", ""), ("Shape of the big old mass", ""),
        ("Shape of the mass in it", ""),
    ],
)  # fmt: skip
def test_what_an_indicator_is_of_stands_at_the_end_of_its_name(name: str, what: str) -> None:
    assert carrier(name) == what


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("finding_chest_pain", "chest pain"), ("family_history_glaucoma", "family history of glaucoma"),
        ("family_history", "family history"), ("finding_family_history_gout", "family history of gout"),
        ("chest_finding_pain", "chest finding pain"), ("age", "age"),
    ],
)  # fmt: skip
def test_a_fact_is_spoken_of_in_words(name: str, said: str) -> None:
    assert spoken(name) == said


def test_other_names_come_after_the_name_each_once_and_none_is_empty() -> None:
    assert names_of("A (b)", ("c", "A", " ", "", "c")) == ("A (b)", "A", "c")
    assert names_of("A") == ("A",)
    assert names_of("(b)") == ("(b)",)
    assert bare("Age (of the Patient) Now") == "age now"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Optic Disks", "optic-disc", True), ("Haemorrhage", "hemorrhages", True), ("x\u2010y \u2015z", "xyz", True),
        ("C/D", "CD", False), ("disc", "discus", False),
    ],
)  # fmt: skip
def test_spellings_of_one_name_have_one_key(one: str, other: str, same: bool) -> None:
    assert (key(one) == key(other)) is same


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("optic disc", "optic-disk", "optic-disk"), ("optic disc", "an OpticDiscs", "OpticDiscs"),
        ("disc", "discus", ""), ("disc", "pre-disc", ""), ("disc", "_disc", ""), ("disc", "the disc-like", "disc"),
        ("t1a", "t1as", "t1as"),
        ("a1", "a1s", ""), ("a1", "a1", "a1"), ("haemorrhage", "hemorrhages", "hemorrhages"), ("age", "aged", ""),
        ("C/D", "the c/d", "c/d"), ("x.y", "xzy", ""), ("optic disc", "optic", ""),
    ],
)  # fmt: skip
def test_a_name_is_found_as_a_word_of_its_own_in_any_spelling(name: str, text: str, found: str) -> None:
    match = name_pattern((name,)).search(text)
    assert (match.group() if match else "") == found


def test_the_longest_of_several_names_is_found() -> None:
    for names in (("disc", "disc size", "x"), ("disc size", "x", "disc")):
        match = name_pattern(names).search("the disc size")
        assert match is not None
        assert match.group() == "disc size"


def test_a_family_history_is_said_in_other_orders() -> None:
    assert reworded("family history of gout") == ("family history is positive for gout", "gout in the family")
    assert reworded("family history") == reworded("age") == reworded("gout") == ()


@pytest.mark.parametrize("known", ["Disc haemorrhage", "Disc hemorrhage"])
@pytest.mark.parametrize("said", ["a disc haemorrhage", "disc hemorrhages"])
def test_british_and_american_spellings_name_the_same(known: str, said: str) -> None:
    assert name_pattern([known]).search(said) is not None
    assert name_pattern(["Hemianopia"]).search("haemianopia") is None


def test_a_family_history_says_of_what_once() -> None:
    assert spoken("family_history_of_glaucoma") == spoken("family_history_glaucoma") == "family history of glaucoma"
