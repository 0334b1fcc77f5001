"""Subgroups are told where a set states them."""

from __future__ import annotations

import pytest

from clinigraph.evals.contract import EvalItem, Outcome
from clinigraph.evals.subgroups import KEY, age_band, described, subgroup_table, subgroups_of


@pytest.mark.parametrize(
    ("row", "groups"),
    [
        ({"Patient Age": "063Y", "Patient Gender": "M"}, {"age": "60 to 79", "sex": "male"}),
        ({"age": 17, "sex": "female", "site": "one"}, {"age": "under 18", "sex": "female", "site": "one"}),
        ({"view_position": "AP", "age": "", "sex": "nan"}, {"view": "AP"}),
        ({"age": "old", "sex": "x"}, {}),
        ({"question": "a"}, {}),
    ],
)
def test_columns_of_public_sets_are_known(row: dict[str, object], groups: dict[str, str]) -> None:
    assert subgroups_of(row) == groups


def test_a_described_patient_has_an_age_and_a_sex() -> None:
    assert described("6-week-old boy") == {"age": "under 18", "sex": "male"}
    assert described("an adult") == {}
    assert [age_band(a) for a in (17, 18, 40, 60, 80)] == [
        "under 18", "18 to 39", "40 to 59", "60 to 79", "80 and over"
    ]  # fmt: skip


def test_every_item_stands_in_one_row_of_each_kind() -> None:
    def made(name: str, mark: str, **groups: str) -> Outcome:
        return Outcome(EvalItem(id=name, input="", data={KEY: dict(groups)}), {"mark": mark})

    found = [made("a", "right", sex="male"), made("b", "wrong", sex="female"), made("c", "right")]
    table = subgroup_table(found)
    assert table is not None
    assert [row[:5] for row in table.rows] == [
        ("sex", "female", "1", "0", "1"), ("sex", "male", "1", "1", "0"), ("sex", "not stated", "1", "1", "0")
    ]  # fmt: skip
    assert subgroup_table([Outcome(EvalItem(id="x", input=""), {"mark": "right"})]) is None
