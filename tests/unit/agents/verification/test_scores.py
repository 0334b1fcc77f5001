"""The weighted score is not an end of what it may be, nor its threshold; a reading is a score of its own."""

from __future__ import annotations

from typing import Any

import pytest

S, C, U, V = "SUPPORTED", "CONTRADICTED", "UNSUPPORTED", "UNVERIFIABLE"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The score is 0.60.", S), ("The score is 0.50.", C), ("The score is 0.75.", C), ("The score is 0.40.", C),
        ("The score may lie between 0.50 and 0.75.", S), ("The score runs from 0.50 to 0.75.", S),
        ("The score may lie between 0.60 and 0.75.", C), ("The score is at most 0.75.", S),
        ("The score is at most 0.60.", U), ("The score of 0.60 stands against a threshold of 0.4.", V),
        ("The score is 0.60 against a threshold of 0.4.", S), ("The score is 0.60 vs 0.4.", S),
        ("The score is 0.60 against a threshold of 0.45.", C), ("The score is 0.20 above the threshold.", S),
        ("The score is 0.20 below the threshold.", C), ("The score of 0.60 lies above the threshold of 0.4.", S),
        ("The score of 0.75 lies above the threshold of 0.4.", C), ("There are five scores.", V),
        ("The score is 150 % of the threshold.", V),
    ],
)  # fmt: skip
def test_a_score_is_read_in_its_role(bench: Any, text: str, verdict: str) -> None:
    impression = bench.report.impression.replace(score=0.6, score_low=0.5, score_high=0.75, threshold=0.4)
    (claim,) = bench.read(bench.case(impression=impression), text)
    assert claim.verdict.value == verdict, (claim.reason_code, claim.explanation)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Looks odd was read as present with a score of 4 of 5.", S),
        ("Looks odd was read as present with a score of 5 of 5.", C),
        ("Looks odd was read as present, score 4 out of 5.", S),
    ],
)
def test_a_score_of_five_is_of_the_reading_before_it(bench: Any, text: str, verdict: str) -> None:
    nodes, edges = bench.looks(4)
    (claim,) = bench.read(bench.case(*nodes, edges=edges), text)
    assert claim.verdict.value == verdict, (claim.reason_code, claim.explanation)
