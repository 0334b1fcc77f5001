"""What an answer counts as, and that nothing drops out of a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.evals.answertext import ABSTAINED, NONE, answered, unreadable
from clinigraph.evals.contract import EvalItem, Outcome
from clinigraph.evals.scoring import (
    Mark,
    Match,
    cells,
    counts,
    mark,
    mark_number,
    marks_table,
    number_fits,
    same_diagnosis,
)


def test_abstention_and_unreadable_text_are_not_wrong() -> None:
    assert [mark(x, "B") for x in (answered("B"), answered("C"), ABSTAINED, unreadable("two"), NONE)] == [
        Mark.RIGHT, Mark.WRONG, Mark.ABSTAINED, Mark.UNREADABLE, Mark.WRONG,
    ]  # fmt: skip
    assert mark(NONE, "none") is Mark.RIGHT


@given(st.floats(0.01, 1e4), st.floats(-0.2, 0.2))
def test_a_decimal_may_differ_by_5_percent_and_no_more(reference: float, share: float) -> None:
    if abs(abs(share) - 0.05) > 1e-6:
        assert number_fits(reference * (1 + share), reference, exact=False) == (abs(share) < 0.05)


def test_a_score_must_be_exact() -> None:
    assert mark_number(answered("4"), 4.0, exact=True) is Mark.RIGHT
    assert mark_number(answered("4.1"), 4.0, exact=True) is Mark.WRONG
    assert mark_number(ABSTAINED, 4.0, exact=True) is Mark.ABSTAINED


@pytest.mark.parametrize(
    ("said", "key", "how"),
    [
        ("Hirschsprung's disease", "Hirschsprung disease", Match.STRINGS),
        ("Final diagnosis: PML", "Progressive multifocal encephalopathy (PML)", Match.STRINGS),
        ("The most likely diagnosis is: Gout", "gout", Match.STRINGS),
        ("Heart attack", "Myocardial infarction", Match.CODES),
        ("Bacterial meningitis", "Viral meningitis", Match.NONE),
        ("", "Gout", Match.NONE),
    ],
)
def test_diagnoses_match_by_words_or_by_concept_and_by_nothing_else(said: str, key: str, how: Match) -> None:
    assert same_diagnosis(said, key) is how


MARKS = st.lists(st.sampled_from([*Mark, None]), min_size=1, max_size=30)


@given(MARKS)
def test_no_item_drops_out_of_the_counts(marks: list[Mark | None]) -> None:
    made = [
        Outcome(EvalItem(id=str(i), input="", data={"kind": "x"}), {"mark": m.value} if m else {}, "" if m else "broke")
        for i, m in enumerate(marks)
    ]
    assert sum(counts(made).values()) == len(made)
    row = cells(made)
    assert sum(int(c) for c in row[1:6]) == int(row[0]) == len(made)
    assert marks_table("t", made, group="kind").rows[1][1:] == row
