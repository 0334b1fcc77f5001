"""Numbers with units and comparing words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.agents.claims.quantities import quantities
from clinigraph.models.planning import Comparator


@pytest.mark.parametrize(
    ("text", "unit"),
    [("25 mmHg", "mm[Hg]"), ("25mmHg", "mm[Hg]"), ("2.5 kPa", "kPa"), ("61 years", "a"), ("52 %", "%"),
     ("52 percent", "%"),
     ("25 mm[Hg]", "mm[Hg]"), ("0.5 psi", "[psi]"), ("0.03 bar", "bar"), ("33 mbar", "mbar"), ("25 torr", "mm[Hg]"),
     ("3 millimetres", "mm"), ("3 µm", "um"), ("1.8 mm²", None), ("4 dioptres", "[diop]"), ("2 furlongs", "furlongs"),
     ("0.52", None), ("0.52 ratio", None)],
)  # fmt: skip
def test_a_unit_is_its_ucum_code(text: str, unit: str | None) -> None:
    assert quantities(text)[0].unit == unit


@pytest.mark.parametrize(
    ("text", "comparator"),
    [("above 21", Comparator.GT), ("at least 0.7", Comparator.GE), ("≤ 0.1", Comparator.LE),
     ("less than 3", Comparator.LT),
     ("does not exceed 5", Comparator.LE), ("16 years or more", Comparator.GE), ("is 5", None), ("about 5", None),
     ("below the threshold of 0.7", Comparator.LT), ("above the 5", Comparator.GT), ("overt 5", None)],
)  # fmt: skip
def test_comparing_words_are_read(text: str, comparator: Comparator | None) -> None:
    assert quantities(text)[0].comparator is comparator


def test_a_range_shares_its_unit_and_is_no_comparison() -> None:
    low, high = quantities("between 1.2 and 1.8 mm")
    assert (low.unit, high.unit, low.ranged, high.joined) == ("mm", "mm", True, True)
    assert low.comparator is high.comparator is None


def test_two_numbers_joined_by_and_are_no_range() -> None:
    assert not any(q.ranged for q in quantities("0.5 and 0.6"))


@given(st.text(max_size=80))
def test_places_lie_in_the_text(text: str) -> None:
    for found in quantities(text):
        assert 0 <= found.start <= found.number_start < found.end <= len(text)
