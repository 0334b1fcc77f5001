"""Above and below are what they say, whatever a criterion asks for; differences are worked out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.models.planning import Comparator

S, C, U, V = "SUPPORTED", "CONTRADICTED", "UNSUPPORTED", "UNVERIFIABLE"


def downward(bench: Any, value: float) -> Any:
    """A case whose size is abnormal when it is at most 0.7."""
    node = bench.node("indicator-size")
    rule = node.value.criterion.replace(comparator=Comparator.LE)
    return bench.case(bench.measured(value), node.replace(value=node.value.replace(criterion=rule)))


@pytest.mark.parametrize(
    ("said", "low", "across", "high"),
    [
        ("exceeds the threshold", C, U, S), ("is above the limit", C, U, S), ("lies beyond its cut-off", C, U, S),
        ("does not exceed the threshold", S, U, C), ("is not above the limit", S, U, C),
        ("is below the threshold", S, U, C), ("stays under its limit", S, U, C), ("falls short of the limit", S, U, C),
        ("is not below the limit", C, U, S), ("surpasses the upper limit", C, U, S),
        ("exceeds the lower limit", C, C, C),
    ],
)  # fmt: skip
def test_a_limit_is_passed_only_by_the_whole_interval(bench: Any, said: str, low: str, across: str, high: str) -> None:
    for value, verdict in ((0.3, low), (0.7, across), (0.9, high)):
        (claim,) = bench.read(bench.case(bench.measured(value)), f"The size of the thing {said}.")
        assert claim.verdict.value == verdict, (value, claim.reason_code, claim.explanation)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("exceeds the threshold", C), ("stays below the threshold", S), ("meets the criterion", S),
        ("does not exceed its limit", S), ("is 0.4 below the limit", S), ("is 0.4 above the limit", C),
        ("reaches the threshold", V), ("does not reach the threshold", V),
    ],
)  # fmt: skip
def test_a_criterion_that_asks_for_low_values_turns_no_word_round(bench: Any, said: str, verdict: str) -> None:
    (claim,) = bench.read(downward(bench, 0.3), f"The size of the thing {said}.")
    assert claim.verdict.value == verdict, (claim.reason_code, claim.explanation)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The pressure lies 4 mmHg above the limit.", S), ("The pressure lies 5 mmHg above the limit.", C),
        ("The pressure lies 4 mmHg below the limit.", C), ("The pressure is 4 mmHg above the limit of 21 mmHg.", S),
        ("The pressure is 4 mmHg above 21 mmHg.", S), ("The pressure is 4 mmHg above 22 mmHg.", C),
        ("The pressure exceeds the limit by 4 mmHg.", S), ("The pressure exceeds the limit by 3 mmHg.", C),
        ("The pressure exceeds 21 mmHg by 4 mmHg.", S), ("The pressure exceeds 20 mmHg by 4 mmHg.", C),
        ("The pressure exceeds the limit of 21 mmHg by 4 mmHg.", S),
        ("The pressure lies 4 above the limit.", U), ("The pressure lies 4 mm above the limit.", C),
        ("The pressure lies 0.53 kPa above the limit.", V), ("The pressure lies 16 % above the limit.", V),
        ("The size of the thing lies 0.20 above 0.7.", S), ("The size of the thing lies 0.01 below 0.91.", U),
        ("The age is 4 years above the limit.", V),
    ],
)  # fmt: skip
def test_how_far_a_value_lies_from_a_limit_is_worked_out(bench: Any, text: str, verdict: str) -> None:
    (claim,) = bench.read(bench.case(), text)
    assert claim.verdict.value == verdict, (claim.reason_code, claim.explanation)
    assert bool(claim.explanation)


@given(st.decimals(min_value="0.01", max_value="0.60", places=2, allow_nan=False))
def test_only_the_true_difference_passes(bench: Any, apart: object) -> None:
    (claim,) = bench.read(bench.case(), f"The size of the thing lies {apart} above the limit.")
    assert (claim.verdict.value == S) == (str(apart) == "0.20")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The size of the thing and the pressure exceed their limits.", S),
        ("Both the size of the thing and the pressure lie above their limits.", S),
        ("Both the size of the thing and the pressure lie below their limits.", C),
        ("Neither the size of the thing nor the pressure exceeds its limit.", V),
        ("The score exceeds the threshold.", S), ("The score stays below the threshold.", C),
        ("The age exceeds the limit.", V), ("Three criteria exceed the limit.", C),
    ],
)  # fmt: skip
def test_names_joined_share_what_is_said_and_the_score_has_its_own_threshold(
    bench: Any, text: str, verdict: str
) -> None:
    (claim,) = bench.read(bench.case(), text)
    assert claim.verdict.value == verdict, (claim.reason_code, claim.explanation)
