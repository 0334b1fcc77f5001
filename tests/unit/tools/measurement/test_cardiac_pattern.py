"""The rules that name a pattern, at and on both sides of each limit."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigraph.tools.measurement.cardiac_pattern import (
    EjectionClass,
    HeartFeatures,
    Pattern,
    classify,
    ejection_class,
)

NORMAL = {
    "lv_ejection": 60.0,
    "rv_ejection": 55.0,
    "right_over_left": 1.15,
    "muscle_over_cavity": 0.75,
    "motion_spread": 0.07,
}


def call(**changed: float | None) -> Pattern | None:
    found = classify(HeartFeatures(**{**NORMAL, **changed}))  # type: ignore[arg-type]
    return found.pattern if found else None


@pytest.mark.parametrize(
    ("changed", "pattern"),
    [
        ({}, Pattern.NORMAL),
        ({"lv_ejection": 45.0}, Pattern.NORMAL),
        ({"lv_ejection": 44.9}, Pattern.DILATED),
        ({"lv_ejection": 20.0, "motion_spread": 0.0719}, Pattern.DILATED),
        ({"lv_ejection": 20.0, "motion_spread": 0.072}, Pattern.INFARCTION_LIKE),
        ({"right_over_left": 1.39}, Pattern.NORMAL),
        ({"right_over_left": 1.40}, Pattern.RIGHT_VENTRICULAR),
        ({"rv_ejection": 40.0}, Pattern.NORMAL),
        ({"rv_ejection": 39.9}, Pattern.RIGHT_VENTRICULAR),
        ({"muscle_over_cavity": 0.95}, Pattern.HYPERTROPHIC),
        ({"muscle_over_cavity": 1.3, "right_over_left": 1.5}, Pattern.RIGHT_VENTRICULAR),
    ],
)
def test_each_rule_holds_at_its_limit(changed: dict[str, float], pattern: Pattern) -> None:
    assert call(**changed) is pattern


def test_a_missing_number_that_decides_gives_no_pattern() -> None:
    assert call(rv_ejection=None, right_over_left=None) is None
    assert call(lv_ejection=20.0, motion_spread=None) is None
    assert call(lv_ejection=20.0, rv_ejection=None, right_over_left=None) is Pattern.DILATED


@settings(deadline=None)
@given(st.floats(-50, 100), st.floats(-50, 100), st.floats(0, 5), st.floats(0, 3), st.floats(0, 1))
def test_complete_numbers_always_give_a_pattern_with_its_rule(
    left: float, right: float, ratio: float, muscle: float, spread: float
) -> None:
    found = classify(HeartFeatures(left, right, ratio, muscle, spread))
    assert found is not None
    assert found.rule


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (40.0, EjectionClass.REDUCED),
        (40.1, EjectionClass.MILDLY_REDUCED),
        (49.9, EjectionClass.MILDLY_REDUCED),
        (50.0, EjectionClass.PRESERVED),
    ],
)
def test_the_class_of_an_ejection_fraction(value: float, expected: EjectionClass) -> None:
    assert ejection_class(value) is expected


def test_numbers_that_no_heart_has_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        HeartFeatures(math.nan, 50, 1, 1, 0)
    with pytest.raises(ValueError, match="finite"):
        HeartFeatures(50, 50, 1, -1, 0)
    with pytest.raises(ValueError, match="finite"):
        ejection_class(math.inf)
