"""Numbers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.agents.claims.numerals import numerals

READ = [
    ("0.52", [(0.52,)]),
    ("0,52", [(0.52,)]),
    ("zero point five two", [(0.52,)]),
    ("point seven", [(0.7,)]),
    ("minus two", [(-2.0,)]),
    ("one hundred and twenty-five", [(125.0,)]),
    ("twenty-one point five", [(21.5,)]),
    ("1,024", [(1.024, 1024.0)]),
    ("1,234,567", [(1234567.0,)]),
    ("1,024.5", [(1024.5,)]),
    ("1.024,5", [(1024.5,)]),
    ("1.2.3", [()]),
    ("1,2,3", [()]),
    ("1.2,3.4", [()]),
    ("twenty thirty", [()]),
    ("five six", [()]),
    ("\u22120.5", [(-0.5,)]),
    (".7", [(0.7,)]),
    ("5%-6%", [(5.0,), (6.0,)]),
    ("20°-30°", [(20.0,), (30.0,)]),
    ("from -5 % to -6 %", [(-5.0,), (-6.0,)]),
    ("T2 and grade3", []),
    ("one of them", []),
    ("hundred hundred", [()]),
]


@pytest.mark.parametrize(("text", "readings"), READ)
def test_a_number_is_read_or_said_to_be_none(text: str, readings: list[tuple[float, ...]]) -> None:
    assert [n.readings for n in numerals(text)] == readings


@given(st.decimals(min_value=0, max_value=9999, places=3, allow_nan=False))
def test_every_decimal_reads_back_with_point_and_with_comma(value: object) -> None:
    written = str(value)
    assert numerals(written)[0].readings == (float(written),)
    assert float(written) in numerals(written.replace(".", ","))[0].readings


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader_and_places_are_inside(text: str) -> None:
    for found in numerals(text):
        assert 0 <= found.start < found.end <= len(text)


@pytest.mark.parametrize(
    ("text", "decimals"),
    [("52", 0), ("0.520", 3), ("0,52", 2), ("1,024.5", 1), ("1.024,55", 2), ("12,024.525", 3), ("1,234,567", 0),
     ("twenty-one point five two", 2), ("twenty-one", 0)],
)  # fmt: skip
def test_a_number_has_the_decimals_that_are_written(text: str, decimals: int) -> None:
    assert [n.decimals for n in numerals(text)] == [decimals]


@pytest.mark.parametrize("tens", range(2, 10))
def test_tens_are_read_in_words(tens: int) -> None:
    word = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"][tens - 2]
    assert numerals(word)[0].readings == (10.0 * tens,)
    assert numerals(f"{word.upper()}-three")[0].readings == (10.0 * tens + 3,)
