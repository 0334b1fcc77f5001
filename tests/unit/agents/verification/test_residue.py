"""What nobody read keeps a sentence from passing: words, signs, and names made one."""

from __future__ import annotations

import pytest

from clinigraph.agents.verification.residue import equated, unread


@pytest.mark.parametrize(
    ("text", "spans", "left"),
    [
        ("The ratio is 0.52.", [(13, 17)], ()), ("It proves cancer", [], ("proves", "cancer")),
        ("It is ≠ 0.52", [(8, 12)], ("≠",)), ("It is 0.5/0.5", [(6, 9), (10, 13)], ("5/0",)),
        ("It is 4/5", [(6, 9)], ()), ("It is not there", [], ("not",)), ("It is a sign of it", [], ("is a sign of",)),
    ],
)  # fmt: skip
def test_words_and_signs_outside_the_read_places_are_left(
    text: str, spans: list[tuple[int, int]], left: tuple[str, ...]
) -> None:
    assert unread(text, spans) == left


def test_words_that_link_names_are_read_by_nobody() -> None:
    assert unread("It shows it", []) == ()
    assert unread("It shows it", [], linked=True) == ("shows",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("AAA shows BBB", True), ("AAA is the BBB", True), ("AAA of 12 is a BBB", True), ("AAA recorded as BBB", True),
        ("AAA is seen in the BBB", True), ("With AAA of 12, BBB is excluded", True), ("AAA is 12 and BBB is 13", False),
        ("AAA of 12, BBB of 13", False), ("AAA and BBB are present", False), ("With AAA of 12, BBB is 13", False),
    ],
)  # fmt: skip
def test_names_that_are_made_one_are_found(text: str, said: bool) -> None:
    places = [(text.index(n), text.index(n) + 3) for n in ("AAA", "BBB")]
    assert equated(text, places) is said
