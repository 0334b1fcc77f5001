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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is above 21 mmHg here", [("above 21 mmHg", "mm[Hg]", Comparator.GT)]),
        ("It is 21 mmHg or more here", [("21 mmHg or more", "mm[Hg]", Comparator.GE)]),
        ("It is at least 21 mmHg or more", [("at least 21 mmHg", "mm[Hg]", Comparator.GE)]),
        ("5 mm or below, above 3", [("5 mm or below", "mm", Comparator.LE), ("above 3", None, Comparator.GT)]),
        ("above its upper limit of normal of 0.7", [("above its upper limit of normal of 0.7", None, Comparator.GT)]),
        ("about 5 mm or so", [("about 5 mm", "mm", None)]),
        ("1 mm, 2 mm", [("1 mm", "mm", None), ("2 mm", "mm", None)]),
        ("≥0.7", [("≥0.7", None, Comparator.GE)]),
        ("cover 5", [("5", None, None)]),
        ("overt 5", [("5", None, None)]),
        ("over 5", [("over 5", None, Comparator.GT)]),
        ("moreover 5", [("5", None, None)]),
        ("It is 3 s.", [("3 s", "s", None)]),
        ("It is 3 ms.", [("3 ms", "ms", None)]),
        ("It is 5 gs.", [("5", None, None)]),
        ("It is 2 lbs.", [("2 lbs", "[lb_av]", None)]),
        ("It is 5 mm/h.", [("5", None, None)]),
        ("It is 72 beats per minute.", [("72 beats per minute", "/min", None)]),
    ],
)
def test_a_number_is_found_with_its_words_and_its_unit(
    text: str, found: list[tuple[str, str | None, Comparator | None]]
) -> None:
    assert [(text[q.start : q.end], q.unit, q.comparator) for q in quantities(text)] == found


@pytest.mark.parametrize(
    ("text", "pieces", "units"),
    [
        ("It lies between 1.2 mm and 1.8 mm", ["between 1.2 mm", " and 1.8 mm"], ["mm", "mm"]),
        ("from 1.2 to 1.8 mm", ["from 1.2", " to 1.8 mm"], ["mm", "mm"]),
        ("It is 1.2 to 1.8", ["1.2", " to 1.8"], [None, None]),
        ("It is 1.2-1.8 mm", ["1.2", "-1.8 mm"], ["mm", "mm"]),
        ("It is 1.2 – 1.8 mm", ["1.2", " – 1.8 mm"], ["mm", "mm"]),
        ("It is 1.2 mm to 1.8", ["1.2 mm", " to 1.8"], ["mm", "mm"]),
        ("at least 3 to 5 mm", ["at least 3", " to 5 mm"], ["mm", "mm"]),
    ],
)
def test_both_ends_of_a_range_are_marked(text: str, pieces: list[str], units: list[str | None]) -> None:
    low, high = quantities(text)
    assert [text[q.start : q.end] for q in (low, high)] == pieces
    assert [low.unit, high.unit] == units
    assert [(q.ranged, q.joined, q.comparator) for q in (low, high)] == [(True, False, None), (True, True, None)]


def test_a_range_that_something_lies_above_keeps_the_comparing_word() -> None:
    low, high = quantities("above 3 to 5 mm")
    assert (low.comparator, high.comparator) == (Comparator.GT, None)


def test_a_number_after_a_range_is_no_part_of_it() -> None:
    first, second, third = quantities("between 2 and 3 and 4")
    assert [q.ranged for q in (first, second, third)] == [True, True, False]
    assert [q.joined for q in quantities("The first 2, then 3 to 4")] == [False, False, True]


def test_a_number_tells_its_decimals_and_where_it_stands() -> None:
    (found,) = quantities("It is above 21.50 %")
    assert (found.number_start, found.readings, found.decimals) == (12, (21.5,), 2)
    assert found.in_percent
    assert not quantities("It is 21.50 mm")[0].in_percent


@given(st.text(max_size=80))
def test_places_lie_in_the_text(text: str) -> None:
    for found in quantities(text):
        assert 0 <= found.start <= found.number_start < found.end <= len(text)
