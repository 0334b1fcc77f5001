"""Facts: the catalogue's names and units, and refusals that name the way out."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.errors import CaseInvalid
from clinigraph.intake.facts import check_facts, fact_catalogue, find_definition, parse_fact, parse_facts
from clinigraph.intake.units import WrongDimensionError, convert
from clinigraph.models.case import Fact
from clinigraph.models.codes import Laterality


@pytest.mark.parametrize(
    ("name", "given", "value", "unit"),
    [
        ("intraocular_pressure", "16 mmHg", 16, "mm[Hg]"),
        ("IOP", "16mm[Hg]", 16, "mm[Hg]"),
        ("intraocular_pressure", "2 kPa", 15.0012337, "mm[Hg]"),
        ("age", 60, 60, "a"),
        ("age", "60", 60, "a"),
        ("age", "60 years", 60, "a"),
        ("age", "6 mo", 0.5, "a"),
        ("height", "1.75 m", 175, "cm"),
        ("height", "70 in", 177.8, "cm"),
        ("weight", "80,5 kg", 80.5, "kg"),
        ("body_temperature", "100.4 °F", 38, "Cel"),
        ("creatinine", "88.4 umol/L", 0.99998, "mg/dL"),
        ("glucose", "5.5 mmol/L", 99.0858, "mg/dL"),
        ("central corneal thickness", "0.54 mm", 540, "um"),
        ("wbc", "7.5 10*9/L", 7.5, "10*3/uL"),
        ("egfr", "55 mL/min/1.73m2", 55, "mL/min/{1.73_m2}"),
        ("spherical_equivalent", "-3.5 dpt", -3.5, "[diop]"),
    ],
)
def test_numbers_are_kept_in_the_catalogues_unit(name: str, given: object, value: Any, unit: str | None) -> None:
    [fact] = parse_fact(name, given)
    assert fact.value == pytest.approx(value, rel=1e-4)
    assert fact.unit == unit


def test_sides_may_be_written_in_three_ways() -> None:
    long = parse_fact(
        "intraocular_pressure", [{"value": 16, "unit": "mm[Hg]", "side": "left"}, {"value": "21 mmHg", "side": "OD"}]
    )
    short = parse_fact("intraocular_pressure", {"left": "16 mmHg", "right": "21 mmHg"})
    assert [(f.value, f.laterality) for f in long] == [(16, Laterality.LEFT), (21, Laterality.RIGHT)]
    assert long == short


def test_blood_pressure_is_two_facts() -> None:
    assert [(f.name, f.value) for f in parse_fact("blood pressure", "120/80 mmHg")] == [
        ("systolic_blood_pressure", 120),
        ("diastolic_blood_pressure", 80),
    ]


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("sex", "F", "female"),
        ("smoking", True, "current"),
        ("smoking", "no", "never"),
        ("smoking", "ex-smoker", "former"),
        ("family_history_glaucoma", True, True),
        ("diabetes", "no", False),
    ],
)
def test_words_and_yes_no(name: str, given: object, value: Any) -> None:
    [fact] = parse_fact(name, given)
    assert fact.value == value
    assert fact.unit is None


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        (
            "intraocular_pressure",
            "16 mmol/L",
            r"intraocular_pressure: 16 mmol/L is not in a unit.*accepted unit is mm\[Hg\]",
        ),
        ("intraocular_pressure", 16, r"has no unit.*16 mm\[Hg\]"),
        ("intraocular_pressure", "160 mmHg", r"160 mm\[Hg\] is not plausible.*1 to 90"),
        ("intraocular_pressure", "sixteen", "is not a number"),
        (
            "intraocular_pressure",
            {"value": 16, "unit": "mmHg", "sida": "left"},
            "unknown field 'sida'.*Did you mean side",
        ),
        ("intraocular_pressure", {"value": 16, "unit": "mmHg", "side": "up"}, "unknown side"),
        ("intraocular_pressure", {"value": "16 mmHg", "unit": "mmHg"}, "two units"),
        ("intraoccular_presure", "16 mmHg", "Unknown fact.*Did you mean intraocular_pressure"),
        ("age", "600", "not plausible"),
        ("age", {"value": 60, "side": "left"}, "has no side"),
        ("age", True, "is not a number"),
        ("age", "60 garbage", "accepted unit is a"),
        ("sex", "qux", "Write one of female, male"),
        ("sex", {"value": "f", "unit": "a"}, "takes no unit"),
        ("diabetes", "12", "Write yes or no"),
        ("creatinine", "1 mmHg", "accepted unit is mg/dL"),
        ("blood_pressure", "120", "120/80 mmHg"),
    ],
)
def test_refusals_name_the_way_out(name: str, given: object, message: str) -> None:
    with pytest.raises(CaseInvalid, match=message):
        parse_fact(name, given)


def test_the_same_fact_twice_is_refused() -> None:
    with pytest.raises(CaseInvalid, match="given twice"):
        parse_facts({"age": 60, "age_years": 61})


def test_facts_made_elsewhere_are_checked_too() -> None:
    [fact] = check_facts([Fact(name="height", value=1.8, unit="m", source="page")])
    assert (fact.value, fact.unit, fact.source) == (180, "cm", "page")
    with pytest.raises(CaseInvalid):
        check_facts([Fact(name="shoe_size", value=42.0, unit="1")])


def test_every_unit_of_the_catalogue_is_ucum_and_every_alias_leads_to_one_fact() -> None:
    from ucumvert import PintUcumRegistry

    registry = PintUcumRegistry()
    aliases = [a for d in fact_catalogue().values() for a in d.aliases]
    assert len(set(aliases)) == len(aliases)
    assert not set(aliases) & set(fact_catalogue())
    for definition in fact_catalogue().values():
        assert find_definition(definition.name) is definition
        if definition.unit is not None:
            registry.from_ucum(definition.unit)


@given(
    st.floats(0.01, 1e4),
    st.sampled_from([("mm[Hg]", "kPa"), ("um", "mm"), ("kg", "[lb_av]"), ("a", "mo"), ("Cel", "[degF]")]),
)
def test_conversion_goes_there_and_back(value: Any, pair: tuple[str, str]) -> None:
    there, back = pair
    assert convert(convert(value, there, back), back, there) == pytest.approx(value, rel=1e-6, abs=1e-6)


@given(st.text(max_size=30))
def test_any_unit_is_converted_or_refused(unit: str) -> None:
    with contextlib.suppress(WrongDimensionError):
        assert isinstance(convert(1.0, unit, "mm[Hg]"), float)


@given(
    st.text(max_size=20),
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9), st.lists),
)
def test_any_fact_is_read_or_refused(name: str, value: Any) -> None:
    for known in (name, "age", "sex", "iop", "bp"):
        with contextlib.suppress(CaseInvalid):
            parse_fact(known, value)


def test_the_unit_registry_is_loaded_only_for_a_conversion() -> None:
    code = (
        "import sys; from clinigraph.intake.facts import parse_fact; parse_fact('iop', '16 mmHg');"
        "heavy = {'pint', 'ucumvert', 'pydicom', 'nibabel', 'tifffile', 'PIL', 'scipy'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
