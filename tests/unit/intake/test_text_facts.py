"""Numbers of a free text become facts with spans; what is ambiguous is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import InputUnreadable
from clinigraph.intake import read_case
from clinigraph.intake.text_facts import facts_in_texts
from clinigraph.models.case import Fact, RecordText
from clinigraph.settings import Settings


def facts(text: str) -> dict[str, Fact]:
    found = facts_in_texts([RecordText(text=text, source="text 1")]).facts
    return {f"{f.name}{'' if f.laterality.value == 'unknown' else f' {f.laterality.value}'}": f for f in found}


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("A 61-year-old woman", "age", 61.0),
        ("a 61 year old woman came", "sex", "female"),
        ("Creatinine was 1.4 mg/dL.", "creatinine", 1.4),
        ("Serum creatinine: 124 µmol/L", "creatinine", 1.402),
        ("BP 142/88 on arrival", "systolic_blood_pressure", 142.0),
        ("Pulse 92/min", "heart_rate", 92.0),
        ("SpO2 94%", "oxygen_saturation", 94.0),
        ("temperature 38,2 °C", "body_temperature", 38.2),
        ("IOP right 24 mmHg", "intraocular_pressure right", 24.0),
        ("IOP of the left eye", "", None),
        ("Her mother had a creatinine of 3 mg/dL", "", None),
        ("creatinine 1.4", "", None),
        ("WBC 10,500 /uL", "", None),
        ("creatinine 900 mg/dL", "", None),
    ],
)
def test_a_number_is_read_with_its_unit_or_not_at_all(text: str, name: str, value: object) -> None:
    found = facts(text)
    if value is None:
        assert found == {}
    elif isinstance(value, float):
        assert found[name].value == pytest.approx(value, rel=1e-3)
    else:
        assert found[name].value == value


def test_every_fact_says_where_it_stands() -> None:
    text = "On admission creatinine was 1.4 mg/dL and weight 70 kg."
    for fact in facts(text).values():
        assert fact.span is not None
        assert fact.name in text[fact.span.start : fact.span.end].lower()


def test_different_values_of_one_fact_are_left_out_and_said() -> None:
    told = facts_in_texts([RecordText(text="glucose 100 mg/dL, later glucose 120 mg/dL", source="text 1")])
    assert told.facts == ()
    assert "several values of glucose" in told.notes[0]
    assert "100" not in told.notes[0]


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    if text:
        for fact in facts_in_texts([RecordText(text=text, source="t")]).facts:
            assert fact.span is not None
            assert 0 <= fact.span.start < fact.span.end <= len(text)


def read(tmp_path: Path, *paths: Path, facts_given: tuple[Fact, ...] = ()) -> object:
    return read_case(
        list(paths), question="?", artifacts=ArtifactStore(tmp_path / "a"), settings=Settings(), facts=facts_given
    )


def test_a_text_file_is_a_case_of_its_own_and_stated_facts_go_before_it(tmp_path: Path) -> None:
    path = tmp_path / "Smith_John.txt"
    path.write_text("A 50-year-old man, weight 70 kg.", encoding="utf-8")
    case = read(tmp_path, path, facts_given=(Fact(name="weight", value=72.0, unit="kg"),))
    values = {f.name: (f.value, f.source) for f in case.facts}  # type: ignore[attr-defined]
    assert values["age"] == (50.0, "text 1")
    assert values["weight"][0] == 72.0
    assert case.images == ()  # type: ignore[attr-defined]
    assert "Smith" not in case.model_dump_json()  # type: ignore[attr-defined]


def test_a_case_folder_may_hold_a_text_and_no_image(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "case.yaml").write_text(
        "question: Why?\ntext: Weight 70 kg, height 170 cm.\n", encoding="utf-8"
    )
    case = read(tmp_path, tmp_path / "case")
    assert {f.name for f in case.facts} == {"weight", "height"}  # type: ignore[attr-defined]


@pytest.mark.parametrize("content", [b"", b"  \n", b"\xff\xfe\x00\x41", b"a\0b"])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    with pytest.raises(InputUnreadable):
        read(tmp_path, path)
