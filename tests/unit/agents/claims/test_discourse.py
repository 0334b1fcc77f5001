"""Words that only join sentences are taken off; words that reason, doubt or deny stay."""

from __future__ import annotations

import pytest

from clinigraph.agents.claims.discourse import plainly
from clinigraph.agents.claims.splitting import split


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Notably, the ratio is 0.84.", "The ratio is 0.84."),
        ("In summary, signs of glaucoma are present.", "Signs of glaucoma are present."),
        ("However, it should be noted that no fever was found.", "No fever was found."),
        ("The ratio, moreover, is 0.84.", "The ratio is 0.84."),
        (
            "The ratio is 0.84; nevertheless, a pattern is no diagnosis.",
            "The ratio is 0.84; a pattern is no diagnosis.",
        ),
        ("Overall there is no fever.", "There is no fever."),
        ("It bears repeating that the ratio is high.", "The ratio is high."),
    ],
)
def test_words_that_join_are_taken_off(text: str, plain: str) -> None:
    assert plainly(text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "Therefore, glaucoma is present.", "It is unlikely that the ratio is 0.84.", "Overall size is normal.",
        "The ratio is not 0.84.", "Note the rim.", "", "Notably",
    ],
)  # fmt: skip
def test_words_that_say_something_stay(text: str) -> None:
    assert plainly(text) == text


def test_a_report_is_split_without_them() -> None:
    text = "Notably, the ratio is 0.84. No fever, no chest pain."
    assert [a.text for a in split(text)] == ["The ratio is 0.84.", "No fever", "no chest pain."]
