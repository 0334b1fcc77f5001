"""What a number is of its subject is told by the words around it."""

from __future__ import annotations

from typing import Any

import pytest

S, C, U, V = "SUPPORTED", "CONTRADICTED", "UNSUPPORTED", "UNVERIFIABLE"


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        ("The size of the thing is 0.90.", S, "number.traced"),
        ("Rounded to one decimal, the size of the thing is 0.9.", S, "number.traced"),
        ("Rounded to two decimals, the size of the thing is 0.9.", V, "wording.unread"),
        ("Rounded to two decimals, the size of the thing is 0.90.", S, "number.traced"),
        ("The size of the thing is 1.29 times the limit.", V, "number.ratio"),
        ("The whole 90 % interval of the size of the thing, 0.88 to 0.92, lies above 0.7.", S, "number.traced"),
        ("The size of the thing lies entirely above 0.7.", S, "number.traced"),
        ("The pressure lies entirely above 21 mmHg.", V, "wording.unread"),
        ("The mean size of the thing is 0.91.", V, "number.other"),
        ("The pressure of 25 mmHg lies above 21.", S, "number.traced"),
        ("The pressure of 25 mmHg lies above 26.", C, "comparison.mismatch"),
        ("The pressure lies above 21.", U, "unit.missing"),
        ("It is uncertain whether the size of the thing is above 0.89.", V, "comparison.doubted"),
        ("Both the size of the thing and the pressure lie above 0.5.", U, "unit.missing"),
        ("According to Clinigraph, a pressure above 21 is high.", S, "citation.exact"),
        ("According to the Northern Council, a pressure above 21 is high.", U, "citation.unknown"),
    ],
)
def test_the_words_around_a_number_tell_its_role(bench: Any, text: str, verdict: str, code: str) -> None:
    found = bench.codes(bench.case(), text)
    assert (verdict, code) in found, found
