"""A number right behind a name is of that name; another number of the evidence elsewhere in a sentence is in doubt."""

from __future__ import annotations

from typing import Any

import pytest

S, C, U, V = "SUPPORTED", "CONTRADICTED", "UNSUPPORTED", "UNVERIFIABLE"


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        ("The size of the thing is 0.70.", C, "number.mismatch"),
        ("The pressure, as far as anybody in this place can tell, comes to 61 years.", V, "number.unplaced"),
        ("The pressure, as far as anybody in this place can tell, comes to 62 years.", C, "unit.mismatch"),
        ("It comes to 25 mmHg.", V, "number.unplaced"),
        ("It comes to 26 mmHg.", U, "number.no_value"),
        ("The size of the thing and the pressure are 0.90 and 25 mmHg, respectively.", S, "number.traced"),
        ("The pressure and the size of the thing are 25 mmHg and 0.90, respectively.", S, "number.traced"),
        ("The size of the thing and the pressure are 25 mmHg and 0.90, respectively.", U, "unit.missing"),
        ("The size of the thing and the pressure are 0.91 and 25 mmHg, respectively.", C, "number.mismatch"),
        ("The size of the thing lies between 0.70 and 0.92.", C, "number.mismatch"),
        ("The size of the thing has grown from 0.70 to 0.90.", U, "change.no_prior"),
    ],
)
def test_a_number_is_placed_or_in_doubt(bench: Any, text: str, verdict: str, code: str) -> None:
    found = bench.codes(bench.case(), text)
    assert (verdict, code) in found, found
    assert verdict == S or S not in {v for v, _ in found}
