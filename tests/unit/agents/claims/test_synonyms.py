"""Other names of what the protocols ask about."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from clinigraph.agents.claims.naming import name_pattern
from clinigraph.agents.claims.synonyms import CONDITIONS, SYNONYMS
from clinigraph.knowledge import protocols

FOLDER = Path(protocols.__file__).parent
SHIPPED = {p.stem: yaml.safe_load(p.read_text(encoding="utf-8")) for p in FOLDER.glob("*.yaml")}


@pytest.mark.parametrize("protocol", sorted(SHIPPED))
def test_each_indicator_and_condition_of_a_protocol_has_other_names(protocol: str) -> None:
    data = SHIPPED[protocol]
    assert {i["id"] for i in data["indicators"]} <= set(SYNONYMS)
    assert data["condition"] in CONDITIONS


@pytest.mark.parametrize("protocol", sorted(SHIPPED))
def test_no_name_stands_for_two_indicators_of_one_protocol(protocol: str) -> None:
    names = [(n.lower().replace("-", " "), i["id"]) for i in SHIPPED[protocol]["indicators"] for n in SYNONYMS[i["id"]]]
    owners = {n: {i for m, i in names if m == n} for n, _ in names}
    assert {n: o for n, o in owners.items() if len(o) > 1} == {}


def test_no_name_of_an_indicator_is_one_of_a_condition() -> None:
    indicators = {n.lower() for names in SYNONYMS.values() for n in names}
    assert not indicators & {n.lower() for names in CONDITIONS.values() for n in names}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("LVEF is 35 %.", "left_ventricular_ejection_fraction"),
        ("The RV-EF is 50 %.", "right_ventricular_ejection_fraction"),
        ("The intra-ocular pressure is 12 mmHg.", "intraocular_pressure"),
        ("The TDS is 5.6.", "abcd_total_score"),
        ("The nodule diameters are given.", "solid_nodule_diameter"),
        ("The depth to width ratio is 1.2.", "taller_than_wide"),
    ],
)
def test_a_name_is_found_with_hyphens_and_plurals(text: str, key: str) -> None:
    assert name_pattern(SYNONYMS[key]).search(text)
