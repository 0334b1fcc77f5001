"""A criterion holds surely, surely not, or cannot be told within the interval."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.agents.judgement import criterion_met, reading_met
from clinigraph.models.base import IndicatorId, PassageId
from clinigraph.models.findings import Interval, Met
from clinigraph.models.planning import Comparator, Criterion


def rule(comparator: Comparator, threshold: float = 0.7) -> Criterion:
    return Criterion(
        indicator=IndicatorId("x"), comparator=comparator, threshold=threshold, unit="1", passage_id=PassageId("p")
    )


def span(low: float, high: float) -> Interval:
    return Interval(low=low, high=high, method="test")


@pytest.mark.parametrize(
    ("comparator", "value", "met"),
    [
        (Comparator.GE, 0.7, Met.YES), (Comparator.GT, 0.7, Met.NO), (Comparator.LE, 0.7, Met.YES),
        (Comparator.LT, 0.7, Met.NO), (Comparator.GE, 0.6999, Met.NO), (Comparator.LT, 0.6999, Met.YES),
    ],
)  # fmt: skip
def test_without_an_interval_the_value_decides(comparator: Comparator, value: float, met: Met) -> None:
    assert criterion_met(value, None, rule(comparator)) is met


@pytest.mark.parametrize(
    ("low", "high", "met"), [(0.71, 0.8, Met.YES), (0.5, 0.69, Met.NO), (0.65, 0.75, Met.UNCERTAIN)]
)
def test_the_interval_decides_how_surely(low: float, high: float, met: Met) -> None:
    assert criterion_met((low + high) / 2, span(low, high), rule(Comparator.GE)) is met


numbers = st.floats(-100, 100, allow_nan=False)


@given(numbers, numbers, numbers, st.sampled_from(Comparator))
def test_uncertain_exactly_when_the_ends_disagree(a: float, b: float, threshold: float, comparator: Comparator) -> None:
    low, high = sorted((a, b))
    met = criterion_met((low + high) / 2, span(low, high), rule(comparator, threshold))
    ends = {comparator.holds(low, threshold), comparator.holds(high, threshold)}
    assert (met is Met.UNCERTAIN) == (len(ends) == 2)


@given(numbers, numbers, st.sampled_from([(Comparator.GT, Comparator.LE), (Comparator.GE, Comparator.LT)]))
def test_opposite_comparators_never_agree(value: float, threshold: float, pair: tuple[Comparator, Comparator]) -> None:
    first, second = (criterion_met(value, None, rule(c, threshold)) for c in pair)
    assert {first, second} == {Met.YES, Met.NO}


@pytest.mark.parametrize(("score", "met"), [(1, Met.NO), (2, Met.NO), (3, Met.UNCERTAIN), (4, Met.YES), (5, Met.YES)])
def test_readings(score: int, met: Met) -> None:
    assert reading_met(score) is met
