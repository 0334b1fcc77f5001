"""What a sentence says of where a value comes from is held against what it was derived from."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.claims.subjects import SubjectKind
from clinigraph.agents.verification.origins import origins_of


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        ("The size of the thing is 0.90 on the photograph.", "SUPPORTED", "number.traced"),
        ("The photograph shows a size of the thing of 0.90.", "SUPPORTED", "number.traced"),
        ("On the image, the size of the thing is 0.90.", "SUPPORTED", "number.traced"),
        ("The record gives the size of the thing as 0.90.", "CONTRADICTED", "origin.image"),
        ("From the chart: size of the thing 0.90.", "CONTRADICTED", "origin.image"),
        ("According to the record, the size of the thing is 0.90.", "CONTRADICTED", "origin.image"),
        ("The record gives the age as 61 years.", "SUPPORTED", "number.traced"),
        ("According to the record, the age is 61 years.", "SUPPORTED", "number.traced"),
        ("The age of 61 years was read from the image.", "CONTRADICTED", "origin.record"),
        ("The photograph shows an age of 61 years.", "CONTRADICTED", "origin.record"),
        ("On this photograph, the pressure is 25 mmHg.", "CONTRADICTED", "origin.record"),
        ("The size of the thing is 0.90 on a supine film.", "UNVERIFIABLE", "wording.unread"),
        ("The image shows thingness.", "SUPPORTED", "presence.same"),
    ],
)
def test_a_value_comes_from_where_the_sentence_says(bench: Any, text: str, verdict: str, code: str) -> None:
    assert bench.codes(bench.case(), text) == {(verdict, code)}


def test_origins_are_read_off_the_graph_and_a_decision_has_none(bench: Any) -> None:
    index = bench.case().index
    told = {s.name: origins_of(index, s) for s in index.subjects}
    assert told["Size of the thing"] == {"image"}
    assert told["age"] == {"record"}
    decision = next(s for s in index.subjects if s.kind is SubjectKind.CONDITION)
    assert origins_of(index, decision) == frozenset()
