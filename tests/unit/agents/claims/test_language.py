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
