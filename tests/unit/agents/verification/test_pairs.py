"""A blood pressure as a pair is that of the record, the systolic first."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.pairs import paired, pressure_pair
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.base import EvidenceId
from clinigraph.models.case import Fact
from clinigraph.models.evidence import FactNode


def fact(name: str, value: float) -> FactNode:
    return FactNode(id=EvidenceId(f"fact-{name}"), value=Fact(name=name, value=value, unit="mm[Hg]"))


UPPER, LOWER = fact("systolic_blood_pressure", 128), fact("diastolic_blood_pressure", 76)


def judged(bench: Any, text: str, *nodes: FactNode) -> tuple[str, str] | None:
    case = bench.case(*nodes)
    outcome = pressure_pair(ProseContext(bench.claim("claim-fact-age"), text, case.index, bench.verifier._library))
    return None if outcome is None else (outcome.code, outcome.sentence)


SAME = ("number.traced", "The blood pressure is the record's.")
OTHER = ("number.mismatch", "The record gives 128/76 mmHg.")
UNIT = ("unit.mismatch", "The record gives the blood pressure in mmHg.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BP 128/76.", SAME), ("The blood pressure was measured as 128 / 76 mmHg.", SAME), ("RR: 128/76 mm Hg", SAME),
        ("BP 128/76 torr.", SAME), ("BP = 128/76 mm[Hg].", SAME), ("BP 128/76, then BP 128/76.", SAME),
        ("BP 127/76.", OTHER), ("BP 129/76.", OTHER), ("BP 128/75.", OTHER), ("BP 128/77.", OTHER),
        ("BP 76/128.", OTHER), ("BP 128/76, then BP 120/70.", OTHER),
        ("BP 128/76 kPa.", UNIT), ("BP 128/76 cmHg.", UNIT),
        ("BP 128.", None), ("The ratio is 128/76.", None), ("BP 128/76/3.", None), ("BP 1/2.", None),
    ],
)  # fmt: skip
def test_a_pair_is_that_of_the_record(bench: Any, text: str, expected: tuple[str, str] | None) -> None:
    assert judged(bench, text, UPPER, LOWER) == expected


@pytest.mark.parametrize("known", [(), (UPPER,), (LOWER,)])
def test_half_a_pair_is_none(bench: Any, known: tuple[FactNode, ...]) -> None:
    assert judged(bench, "BP 128/76.", *known) == ("number.no_value", "The record gives no blood pressure.")
    assert judged(bench, "All is well.", *known) is None


def test_a_pair_is_found_with_its_words() -> None:
    text = "Here BP 128/76 mmHg, there blood pressure of 120/70."
    assert [text[a:b] for a, b in paired(text)] == ["BP 128/76 mmHg", "blood pressure of 120/70"]
