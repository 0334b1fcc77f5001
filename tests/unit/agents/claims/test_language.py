"""English or not."""

from __future__ import annotations

import pytest

from clinigraph.agents.claims.language import is_english


@pytest.mark.parametrize("text", ["The disc is normal.", "IOP 25 mmHg", "", "µm", "No café-au-lait spot is seen."])
def test_english_and_bare_terms_are_read(text: str) -> None:
    assert is_english(text)


@pytest.mark.parametrize(
    "text",
    ["Der Sehnerv ist nicht vergrößert.", "El nervio óptico es normal.", "Le nerf optique est normal.",
     "Il nervo ottico è nella norma.", "视神经正常。", "Зрительный нерв в норме."],
)  # fmt: skip
def test_other_languages_are_not(text: str) -> None:
    assert not is_english(text)


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("Café is", True), ("Café is seen über", True), ("Café der is", False), ("Café über is", False),
        ("Small round bright lesion beside one café", True), ("Small round lesion beside café", False),
        ("Le normal", True), ("Le les normal", False), ("is", True), ("der", False), ("μm 25", True), ("12.5", True),
        ("Zone is déjà vu", True), ("Normal disc, cup und rim", True), ("Disc und rim", False),
    ],
)  # fmt: skip
def test_small_words_decide_and_foreign_letters_count_where_they_are_many(text: str, english: bool) -> None:
    assert is_english(text) is english
