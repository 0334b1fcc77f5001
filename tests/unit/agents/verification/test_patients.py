"""A sentence about a patient is about this one."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.patients import aged
from clinigraph.models.base import EvidenceId
from clinigraph.models.case import Fact
from clinigraph.models.evidence import FactNode


@pytest.fixture(scope="module")
def woman(bench: Any) -> Any:
    return bench.case(FactNode(id=EvidenceId("fact-sex"), value=Fact(name="sex", value="female")))


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        ("This 61-year-old woman is here.", "SUPPORTED", "patient.same"),
        ("This patient, aged 61, is a smoker.", "SUPPORTED", "presence.same"),
        ("She is a smoker.", "SUPPORTED", "presence.same"),
        ("This 62-year-old woman is here.", "CONTRADICTED", "patient.mismatch"),
        ("This 61-year-old man is here.", "CONTRADICTED", "patient.mismatch"),
        ("He is a smoker.", "CONTRADICTED", "patient.mismatch"),
        ("This patient, aged 16, is a smoker.", "CONTRADICTED", "patient.mismatch"),
        ("Patient number 77123 is a smoker.", "UNSUPPORTED", "patient.named"),
    ],
)
def test_age_and_sex_are_the_record_s(bench: Any, woman: Any, text: str, verdict: str, code: str) -> None:
    assert (verdict, code) in bench.codes(woman, text)


def test_what_the_record_does_not_hold_is_not_known(bench: Any) -> None:
    without = bench.case(without=("fact-age",))
    assert bench.codes(without, "This 61-year-old patient is here.") == {("UNSUPPORTED", "patient.unknown")}
    assert ("UNSUPPORTED", "patient.unknown") in bench.codes(bench.case(), "She is a smoker.")


@pytest.mark.parametrize(
    ("text", "place"),
    [("a 61-year-old", "61-year-old"), ("61 years old", "61 years old"), ("aged 61", "aged 61"), ("61 yo", "61 yo")],
)
def test_an_age_is_found_as_people_write_it(text: str, place: str) -> None:
    ((start, end),) = aged(text)
    assert text[start:end] == place
