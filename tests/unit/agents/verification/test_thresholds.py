"""What is said of a criterion in free wording is recomputed."""

from __future__ import annotations

from typing import Any

import pytest

S, C, U, V = "SUPPORTED", "CONTRADICTED", "UNSUPPORTED", "UNVERIFIABLE"


@pytest.mark.parametrize(
    ("said", "low", "across", "high"),
    [
        ("meets the criterion", C, C, S), ("exceeds the threshold", C, C, S), ("is above the threshold", C, C, S),
        ("does not meet the criterion", S, C, C), ("misses the criterion", S, C, C),
        ("is below the threshold", S, C, C), ("stays below the threshold", S, C, C),
        ("may or may not meet the criterion", C, S, C), ("was not assessed", C, C, C),
    ],
)  # fmt: skip
def test_a_criterion_is_met_missed_or_open_by_the_whole_interval(
    bench: Any, said: str, low: str, across: str, high: str
) -> None:
    for value, verdict in ((0.3, low), (0.7, across), (0.9, high)):
        (claim,) = bench.read(bench.case(bench.measured(value)), f"The size of the thing {said}.")
        assert claim.verdict.value == verdict, (value, claim.reason_code, claim.explanation)


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        ("The criterion is met.", U, "criterion.subject"),
        ("The age meets the criterion.", U, "criterion.subject"),
        ("The age is above the threshold.", V, "wording.unread"),
        ("Looks odd was not assessed.", S, "gap.same"),
        ("Looks odd was not assessed because no image-reading model is set.", S, "gap.same"),
        ("Looks odd was not assessed because the image is blurred.", C, "gap.reason"),
    ],
)
def test_a_gap_has_the_record_s_reason_and_a_criterion_an_indicator(
    bench: Any, text: str, verdict: str, code: str
) -> None:
    assert bench.codes(bench.case(), text) == {(verdict, code)}
