"""Above and below are what they say, whatever a criterion asks for; differences are worked out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.models.base import EvidenceId
from clinigraph.models.case import Fact
from clinigraph.models.evidence import FactNode
from clinigraph.models.planning import Comparator
from clinigraph.testing.world import CONCEPT

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


def pressures(bench: Any) -> Any:
    """The case with a blood pressure of 128/76 in its record."""
    named = (("systolic_blood_pressure", 128.0), ("diastolic_blood_pressure", 76.0), ("share", 40.0))
    return bench.case(
        *(
            FactNode(
                id=EvidenceId(f"fact-{n}"),
                value=Fact(name=n, value=v, unit="%" if n == "share" else "mm[Hg]", source="record"),
            )
            for n, v in named
        )
    )


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The systolic blood pressure exceeds the diastolic blood pressure by 52 mmHg.", S),
        ("The diastolic blood pressure is lower than the systolic blood pressure by 52 mmHg.", S),
        ("The systolic blood pressure exceeds the diastolic blood pressure by 50 mmHg.", C),
        ("The diastolic blood pressure exceeds the systolic blood pressure by 52 mmHg.", C),
        ("The share lies 10 percentage points above 30 %.", S),
        ("The share lies 10 % above 30 %.", V),
        ("The share lies 12 percentage points above 30 %.", C),
        ("Both the systolic and the diastolic blood pressure are above 70 mmHg.", S),
        ("The systolic and the diastolic blood pressure are above 100 mmHg.", C),
        ("Neither the systolic nor the diastolic blood pressure is above 140 mmHg.", V),
        ("The systolic and the diastolic blood pressure of the family were above 70 mmHg.", V),
        ("The systolic, the diastolic blood pressure and the share are 128 and 76 mmHg, respectively.", V),
    ],
)
def test_two_values_are_compared_with_each_other_and_each_with_a_number(bench: Any, text: str, verdict: str) -> None:
    (claim,) = bench.read(pressures(bench), text)
    assert claim.verdict.value == verdict, (claim.reason_code, claim.explanation)


@pytest.mark.parametrize(("value", "verdict"), [(0.5, S), (0.88, U), (0.95, C)])
def test_values_whose_intervals_meet_are_not_apart(bench: Any, value: float, verdict: str) -> None:
    other = bench.measured(value, node_id="measurement-girth", concept=CONCEPT.replace(value="GIRTH", meaning="Girth"))
    (claim,) = bench.read(bench.case(other), f"The size of the thing exceeds the girth by {abs(0.9 - value):.2f}.")
    assert claim.verdict.value == verdict, (claim.reason_code, claim.explanation)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [("exceeds the criterion", V), ("stays below the requirement", V), ("was 0.4 below the limit", S)],
)
def test_a_criterion_for_low_values_is_no_number_to_exceed(bench: Any, said: str, verdict: str) -> None:
    (claim,) = bench.read(downward(bench, 0.3), f"The size of the thing {said}.")
    assert claim.verdict.value == verdict, (claim.reason_code, claim.explanation)


def test_what_was_not_measured_exceeds_nothing(bench: Any) -> None:
    (claim,) = bench.read(bench.case(without=("measurement-size",)), "The size of the thing exceeds its limit.")
    assert claim.verdict.value == C
