"""One rounding for everybody: what the writer writes, the verifier compares and the report shows."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.models.base import IndicatorId, PassageId
from clinigraph.models.findings import Interval
from clinigraph.models.formatting import (
    format_criterion,
    format_interval,
    format_measured,
    format_number,
    format_percent,
    format_value,
    pretty_unit,
    round_value,
)
from clinigraph.models.planning import Comparator, Criterion

NUMBERS = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)
UNITS = st.sampled_from(["1", "%", "mm", "um", "mm[Hg]", "a", "mg/dL", "mL"])


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.714, "1", "0.71"),
        (0.705, "1", "0.71"),
        (0.5, None, "0.50"),
        (61.6, "%", "62 %"),
        (23.96, "mm", "24.0 mm"),
        (24.0, "mm[Hg]", "24 mmHg"),
        (21.5, "mm[Hg]", "21.5 mmHg"),
        (1523.4, "um", "1523 µm"),
        (67.0, "a", "67 years"),
        (-0.001, "%", "-0.001 %"),
        (-0.0, "1", "0.00"),
        (31.2, "deg", "31.2°"),
        (5.44, "mmol/L", "5.44 mmol/L"),
        (1234.5, "mg/dL", "1235 mg/dL"),
        (math.nan, "mm", "not a number"),
        (math.inf, "1", "not a number"),
    ],
)
def test_a_number_is_written_as_its_unit_asks(value: float, unit: str | None, text: str) -> None:
    assert format_value(value, unit) == text


@pytest.mark.parametrize(
    ("ucum", "name"),
    [
        ("1", ""),
        (None, ""),
        ("mm[Hg]", "mmHg"),
        ("um", "µm"),
        ("ug/L", "µg/L"),
        ("mm2", "mm²"),
        ("kg/m2", "kg/m²"),
        ("10*9/L", "10⁹/L"),
        ("[hnsf'U]", "HU"),
        ("Cel", "°C"),
        ("{score}", "points"),
        ("/min", "/min"),
        ("umol/L", "µmol/L"),
        ("mU/L", "mU/L"),
        ("m[IU]/L", "mIU/L"),
    ],
)
def test_a_ucum_code_becomes_what_a_clinician_writes(ucum: str | None, name: str) -> None:
    assert pretty_unit(ucum) == name


def test_an_interval_says_its_level_and_its_ends() -> None:
    interval = Interval(low=0.648, high=0.781, level=0.9, method="split conformal, n=50")
    assert format_interval(interval) == "90 % interval 0.65 to 0.78"
    assert format_measured(0.712, "1", interval) == "0.71 (90 % interval 0.65 to 0.78)"
    assert format_measured(1.42, "mm", interval) == "1.4 mm (90 % interval 0.6 to 0.8 mm)"
    assert format_measured(0.712) == "0.71"


def test_a_criterion_reads_like_the_guideline() -> None:
    rule = Criterion(
        indicator=IndicatorId("iop"),
        comparator=Comparator.GE,
        threshold=21,
        unit="mm[Hg]",
        passage_id=PassageId("p"),
    )
    assert format_criterion(rule) == "≥ 21 mmHg"


def test_a_value_just_under_its_threshold_does_not_look_as_if_it_reached_it() -> None:
    assert format_value(0.4960, "1", beside=(0.5,)) == "0.496"
    assert format_value(0.5, "1", beside=(0.5,)) == "0.50"
    assert format_percent(0.9996) == "99.96 %"
    assert format_percent(0.0) == "0 %"


@given(value=NUMBERS, unit=UNITS)
def test_rounding_twice_changes_nothing(value: float, unit: str) -> None:
    once = round_value(value, unit)
    assert format_number(once, unit) == format_number(value, unit)


@given(value=NUMBERS, unit=UNITS)
def test_rounding_stays_near(value: float, unit: str) -> None:
    assert abs(round_value(value, unit) - value) <= 0.5 * max(1.0, abs(value) * 1e-2)


@given(value=st.floats(-100, 100), threshold=st.floats(-100, 100).map(lambda x: round(x, 2)))
def test_rounding_never_crosses_a_threshold(value: float, threshold: float) -> None:
    written = round_value(value, "1", beside=(threshold,))
    if abs(value - threshold) > 1e-6 and abs(value) > 1e-6:
        assert (written >= threshold) == (value >= threshold)
        assert (written > threshold) == (value > threshold)


@given(value=NUMBERS, unit=UNITS)
def test_a_negative_zero_is_never_written(value: float, unit: str) -> None:
    text = format_number(value, unit)
    assert not (text.startswith("-") and float(text) == 0)


@given(st.floats())
def test_any_float_can_be_written(value: float) -> None:
    assert format_value(value, "mm")
    assert len(format_percent(value)) < 40
