"""Paired tests, calibration and areas: known values, and what must hold for any input."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from clinigraph.evals.comparing import (
    area_under_curve,
    calibration_error,
    compare,
    mcnemar_exact,
    paired_bootstrap,
    risk_coverage,
    subgroups,
)

COUNTS = st.integers(0, 60)
ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


@given(COUNTS, COUNTS)
def test_mcnemar_is_the_binomial_test_of_the_discordant_pairs(b: int, c: int) -> None:
    expected = binomtest(min(b, c), b + c, 0.5).pvalue if b + c else 1.0
    assert mcnemar_exact(b, c) == pytest.approx(expected, abs=1e-12)
    assert mcnemar_exact(b, c) == mcnemar_exact(c, b)


def test_mcnemar_refuses_negative_counts() -> None:
    with pytest.raises(ValueError, match="negative"):
        mcnemar_exact(-1, 2)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_swapping_the_configurations_turns_the_difference_round(pairs: list[tuple[bool, bool]]) -> None:
    a = {str(i): x for i, (x, _) in enumerate(pairs)}
    b = {str(i): y for i, (_, y) in enumerate(pairs)}
    one, other = compare(a, b), compare(b, a)
    assert one.both + one.only_first + one.only_second + one.neither == one.items == len(pairs)
    assert one.difference.value == pytest.approx(-other.difference.value)
    assert one.p == other.p
    assert one.difference.low <= one.difference.value + 1e-12
    assert one.difference.value <= one.difference.high + 1e-12


def test_items_of_one_run_alone_are_counted_as_unpaired() -> None:
    found = compare({"a": True, "b": False, "c": True}, {"a": True, "d": True})
    assert (found.items, found.unpaired) == (1, 3)
    with pytest.raises(ValueError, match="share no item"):
        compare({"a": True}, {"b": True})


def test_a_bootstrap_of_equal_runs_has_no_width() -> None:
    found = paired_bootstrap([1.0, 0.0, 1.0], [1.0, 0.0, 1.0])
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


@given(ANSWERS)
def test_calibration_error_and_area_lie_between_0_and_1(answers: list[tuple[float, bool]]) -> None:
    confidence, right = [c for c, _ in answers], [r for _, r in answers]
    assert 0 <= calibration_error(confidence, right) <= 1
    curve = risk_coverage(confidence, right)
    assert 0 <= curve.area <= 1
    assert curve.coverage[-1] == 1.0
    assert list(curve.coverage) == sorted(curve.coverage)
    assert curve.risk[-1] == pytest.approx(1 - sum(right) / len(right))


def test_a_calibrated_set_has_no_error_and_a_boastful_one_has_its_gap() -> None:
    assert calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0.0)
    assert calibration_error([1.0] * 4, [True, False, False, False]) == pytest.approx(0.75)


def test_knowing_what_one_does_not_know_lowers_the_area() -> None:
    right = [True, True, False, False]
    knowing, blind = risk_coverage([0.9, 0.8, 0.2, 0.1], right), risk_coverage([0.1, 0.2, 0.8, 0.9], right)
    assert knowing.area == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)
    assert knowing.area < blind.area


@given(st.lists(st.floats(0, 1), min_size=1, max_size=15), st.lists(st.floats(0, 1), min_size=1, max_size=15))
def test_turning_labels_round_turns_the_area_round(above: list[float], below: list[float]) -> None:
    scores, labels = [*above, *below], [True] * len(above) + [False] * len(below)
    area = area_under_curve(scores, labels)
    assert math.isclose(area + area_under_curve(scores, [not x for x in labels]), 1.0)


def test_groups_keep_their_counts() -> None:
    found = subgroups([True, False, True], ["f", "m", "f"])
    assert {k: (v.value, v.count) for k, v in found.items()} == {"f": (1.0, 2), "m": (0.0, 1)}
