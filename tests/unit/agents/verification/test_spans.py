"""Ends of intervals, and what lies in them."""

from __future__ import annotations

from typing import Any

import pytest

S, C, U, V = "SUPPORTED", "CONTRADICTED", "UNSUPPORTED", "UNVERIFIABLE"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The upper end of the 90 % interval of the size of the thing is 0.92.", S),
        ("The lower end of the 90 % interval of the size of the thing is 0.88.", S),
        ("The upper end of the 90 % interval of the size of the thing is 0.88.", C),
        ("The lower limit of the interval of the size of the thing is 0.92.", C),
        ("The upper end of the interval of the size of the thing is 0.90.", C),
        ("The upper end of the 95 % interval of the size of the thing is 0.92.", C),
        ("The lower end of the interval of the size of the thing lies above 0.7.", S),
        ("The lower end of the interval of the size of the thing lies above 0.9.", C),
        ("The lower end of the interval of the size of the thing lies 0.18 above the limit.", S),
        ("The interval of the size of the thing ends at 0.92.", S),
        ("The interval of the size of the thing starts at 0.92.", C),
        ("The interval of the size of the thing includes 0.9.", S),
        ("The interval of the size of the thing includes 0.7.", C),
        ("The interval of the size of the thing contains the value of 0.90.", S),
        ("The upper end of the interval of the pressure is 25 mmHg.", V),
    ],
)
def test_the_end_spoken_of_is_compared(bench: Any, text: str, verdict: str) -> None:
    (claim,) = bench.read(bench.case(), text)
    assert claim.verdict.value == verdict, (claim.reason_code, claim.explanation)
