"""What supposes, or retells its source in other words, is not judged; what changes the source is convicted."""

from __future__ import annotations

from typing import Any

import pytest

S, C, U, V = "SUPPORTED", "CONTRADICTED", "UNSUPPORTED", "UNVERIFIABLE"


@pytest.mark.parametrize(
    "text",
    [
        "If the pressure were 40 mmHg, thingness would be likely.",
        "It is not true that the size of the thing is below 0.8.",
        "Not only is the size of the thing 0.95.",
        "The size of the thing does not prove thingness absent.",
        "It is unclear whether thingness is absent.",
    ],
)
def test_what_is_supposed_is_neither_convicted_nor_passed(bench: Any, text: str) -> None:
    assert {v for v, _ in bench.codes(bench.case(), text)} == {V}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The size of things varies between observers.", V),
        ("Between observers the size of things varies.", V),
        ("The size of things never varies between observers.", U),
        ("The size of things varies between observers in all patients.", U),
        ("The size of things varies between observers and clinics.", U),
    ],
)
def test_a_source_may_be_retold_and_not_changed(bench: Any, text: str, verdict: str) -> None:
    found = {v for v, _ in bench.codes(bench.case(), text)}
    assert S not in found
    assert verdict in found, found


def test_doubt_never_lets_a_sentence_pass(bench: Any) -> None:
    for text in ("If thingness is absent.", "Would thingness be absent.", "The size of the thing is 0.91 if seen."):
        assert S not in {v for v, _ in bench.codes(bench.case(), text)}
