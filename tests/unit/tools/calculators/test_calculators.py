"""Calculators against published worked examples, by-hand sums and refusals."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigraph.models.case import Fact
from clinigraph.tools.calculators.contract import Calculator, CalculatorRefusal, Choice, Input, Quantity, YesNo, read
from clinigraph.tools.calculators.tool import CALCULATORS

BY_NAME = {c.name: c for c in CALCULATORS}


def facts(calculator: Calculator, **values: float | bool | str) -> dict[str, Fact]:
    """Facts in the calculator's units; findings that are not named are absent."""
    found = {}
    for item in calculator.inputs:
        value = values.get(item.name, False if isinstance(item, YesNo) else None)
        if value is None:
            continue
        unit = item.unit if isinstance(item, Quantity) else None
        found[item.name] = Fact(name=item.name, value=float(value) if unit else value, unit=unit)
    return found


def result(name: str, **values: float | bool | str) -> float:
    return BY_NAME[name].calculate(facts(BY_NAME[name], **values))


@pytest.mark.parametrize(
    ("sex", "ancestry", "percent"),
    [
        ("female", "white or other", 2.1),
        ("female", "black", 3.0),
        ("male", "white or other", 5.3),
        ("male", "black", 6.1),
    ],
)
def test_ascvd_meets_the_worked_example_of_its_authors(sex: str, ancestry: str, percent: float) -> None:
    """The printed example was summed with terms of two decimals, hence the tolerance."""
    found = result(
        "ascvd_ten_year_risk", age=55, sex=sex, ancestry_for_ascvd=ancestry, total_cholesterol=213, hdl_cholesterol=50,
        systolic_blood_pressure=120,
    )  # fmt: skip
    assert found == pytest.approx(percent, abs=0.1)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("egfr_ckd_epi_2021", {"age": 50, "sex": "male", "creatinine": 0.9}, 142 * 0.9938**50),
        ("egfr_ckd_epi_2021", {"age": 60, "sex": "female", "creatinine": 1.4}, 142 * 2**-1.2 * 0.9938**60 * 1.012),
        ("creatinine_clearance", {"age": 40, "sex": "male", "weight": 72, "creatinine": 1}, 100),
        ("corrected_calcium", {"calcium": 8, "albumin": 2}, 9.6),
        ("anion_gap", {"sodium": 140, "chloride": 100, "bicarbonate": 24}, 16),
        ("serum_osmolality", {"sodium": 140, "glucose": 90, "blood_urea_nitrogen": 14}, 290),
        ("free_water_deficit", {"sex": "male", "weight": 70, "sodium": 160}, 6),
        ("fib_4", {"age": 50, "aspartate_aminotransferase": 80, "alanine_aminotransferase": 64,
                   "platelet_count": 100}, 5),
        ("ldl_friedewald", {"total_cholesterol": 200, "hdl_cholesterol": 50, "triglycerides": 150}, 120),
        ("homa_ir", {"glucose": 81, "fasting_insulin": 10}, 2),
        ("body_mass_index", {"weight": 81, "height": 180}, 25),
        ("body_surface_area", {"weight": 80, "height": 180}, 2),
        ("mean_arterial_pressure", {"systolic_blood_pressure": 120, "diastolic_blood_pressure": 90}, 100),
        ("qtc_bazett", {"qt_interval": 400, "heart_rate": 60}, 400),
        ("qtc_bazett", {"qt_interval": 300, "heart_rate": 240}, 600),
        ("qtc_fridericia", {"qt_interval": 300, "heart_rate": 480 / 8 * 5.359375}, 300 * 5.359375 ** (1 / 3)),
        ("qtc_framingham", {"qt_interval": 400, "heart_rate": 120}, 477),
        ("qtc_hodges", {"qt_interval": 400, "heart_rate": 80}, 435),
        ("steroid_conversion", {"steroid_dose": 6, "steroid_from": "dexamethasone", "steroid_to": "prednisone"}, 40),
        ("oral_morphine_equivalent", {"opioid_daily_dose": 20, "opioid": "oxycodone"}, 30),
    ],
)  # fmt: skip
def test_formulas(name: str, values: dict[str, float | str], expected: float) -> None:
    assert result(name, **values) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("cha2ds2_vasc", {"age": 76, "sex": "female", "hypertension": True, "stroke_or_embolism": True}, 6),
        ("cha2ds2_vasc", {"age": 60, "sex": "male"}, 0),
        ("has_bled", {"age": 66, "stroke": True}, 2),
        ("has_bled", {"age": 65}, 0),
        ("meld_na", {"bilirubin": 1, "inr": 1, "creatinine": 1, "sodium": 140}, 6),
        ("meld_na", {"bilirubin": 4, "inr": 2, "creatinine": 2, "sodium": 125}, 32),
        ("meld_na", {"bilirubin": 3, "inr": 1.5, "creatinine": 1.5, "sodium": 140}, 19),
        ("meld_na", {"bilirubin": 50, "inr": 8, "creatinine": 9, "sodium": 120}, 40),
        ("meld_na", {"bilirubin": 1, "inr": 1, "creatinine": 1, "sodium": 140, "dialysis_twice_last_week": True}, 20),
        ("child_pugh", {"bilirubin": 1, "albumin": 4, "inr": 1, "ascites": "none", "encephalopathy": "none"}, 5),
        ("child_pugh", {"bilirubin": 4, "albumin": 2, "inr": 3, "ascites": "moderate",
                        "encephalopathy": "grade 3-4"}, 15),
        ("wells_dvt", {"active_cancer": True, "alternative_diagnosis_as_likely": True}, -1),
        ("wells_pe", {"heart_rate": 110, "signs_of_dvt": True, "haemoptysis": True}, 5.5),
        ("perc", {"age": 49, "heart_rate": 99, "oxygen_saturation": 95}, 0),
        ("perc", {"age": 50, "heart_rate": 100, "oxygen_saturation": 94, "haemoptysis": True}, 4),
        ("heart_score", {"age": 66, "number_of_risk_factors": 1, "history_suspicion": "high", "ecg_change": "low",
                         "troponin_level": "moderate"}, 6),
        ("rcri", {"high_risk_surgery": True, "heart_failure": True}, 2),
        ("curb_65", {"age": 65, "blood_urea_nitrogen": 20, "respiratory_rate": 30, "systolic_blood_pressure": 89,
                     "diastolic_blood_pressure": 70, "new_confusion": True}, 5),
        ("curb_65", {"age": 64, "blood_urea_nitrogen": 19, "respiratory_rate": 29, "systolic_blood_pressure": 90,
                     "diastolic_blood_pressure": 61}, 0),
        ("qsofa", {"respiratory_rate": 22, "systolic_blood_pressure": 100, "glasgow_coma_scale": 14}, 3),
        ("sofa", {"pao2_fio2_ratio": 450, "platelet_count": 200, "bilirubin": 0.5, "mean_arterial_pressure": 80,
                  "vasopressors": "none", "glasgow_coma_scale": 15, "creatinine": 0.8, "urine_output_24h": 1500}, 0),
        ("sofa", {"pao2_fio2_ratio": 90, "ventilatory_support": True, "platelet_count": 10, "bilirubin": 13,
                  "mean_arterial_pressure": 50, "vasopressors": "dopamine over 15 or (nor)epinephrine over 0.1",
                  "glasgow_coma_scale": 3, "creatinine": 6, "urine_output_24h": 100}, 24),
        ("centor_mcisaac", {"age": 10, "body_temperature": 39, "tonsillar_exudate": True,
                            "tender_anterior_neck_nodes": True}, 5),
        ("glasgow_blatchford", {"sex": "male", "blood_urea_nitrogen": 15, "haemoglobin": 14,
                                "systolic_blood_pressure": 120, "heart_rate": 80}, 0),
        ("glasgow_blatchford", {"sex": "female", "blood_urea_nitrogen": 80, "haemoglobin": 8, "melaena": True,
                                "systolic_blood_pressure": 85, "heart_rate": 120, "syncope": True,
                                "liver_disease": True, "heart_failure": True}, 23),
        ("glasgow_coma_scale", {"eye_opening": "none", "verbal_response": "none", "motor_response": "none"}, 3),
        ("glasgow_coma_scale", {"eye_opening": "spontaneous", "verbal_response": "oriented",
                                "motor_response": "obeys"}, 15),
        ("apgar", {"apgar_appearance": "pink", "apgar_pulse": "100 or more", "apgar_grimace": "cry or cough",
                   "apgar_activity": "active", "apgar_respiration": "good cry"}, 10),
    ],
)  # fmt: skip
def test_scores(name: str, values: dict[str, float | bool | str], expected: float) -> None:
    assert result(name, **values) == expected


@pytest.mark.parametrize("calculator", CALCULATORS, ids=lambda c: c.name)
def test_every_calculator_names_each_missing_input_and_its_source(calculator: Calculator) -> None:
    with pytest.raises(CalculatorRefusal) as refusal:
        calculator.calculate({})
    assert all(item.name.replace("_", " ") in str(refusal.value) for item in calculator.inputs)
    assert any(character.isdigit() for character in calculator.source) or calculator.source
    assert calculator.valid


@pytest.mark.parametrize("calculator", CALCULATORS, ids=lambda c: c.name)
def test_impossible_inputs_are_refused_by_name(calculator: Calculator) -> None:
    for item in calculator.inputs:
        wrong: Fact
        match item:
            case Quantity():
                wrong = Fact(name=item.name, value=item.high * 10 + 1, unit=item.unit)
            case Choice():
                wrong = Fact(name=item.name, value="something else")
            case YesNo():
                wrong = Fact(name=item.name, value="perhaps")
        with pytest.raises(CalculatorRefusal, match=item.name.replace("_", " ")):
            calculator.calculate(_plausible(calculator) | {item.name: wrong})


def _plausible(calculator: Calculator) -> dict[str, Fact]:
    middle: dict[str, float | bool | str] = {}
    for item in calculator.inputs:
        match item:
            case Quantity():
                middle[item.name] = (item.low + item.high) / 2
            case Choice():
                middle[item.name] = item.options[0]
            case YesNo():
                middle[item.name] = False
    return facts(calculator, **middle)


def test_units_of_the_same_kind_are_converted_and_others_refused() -> None:
    calculator = BY_NAME["egfr_ckd_epi_2021"]
    given = facts(calculator, age=50, sex="male", creatinine=1.0)
    molar = given | {"creatinine": Fact(name="creatinine", value=88.4, unit="umol/L")}
    assert calculator.calculate(molar) == pytest.approx(calculator.calculate(given), rel=1e-3)
    with pytest.raises(CalculatorRefusal, match="creatinine is given in kg"):
        calculator.calculate(given | {"creatinine": Fact(name="creatinine", value=1.0, unit="kg")})


def test_names_differ_and_fit_plans() -> None:
    names = [c.name for c in CALCULATORS]
    assert len(set(names)) == len(names)
    assert len(names) >= 35


def test_friedewald_refuses_a_negative_answer() -> None:
    with pytest.raises(CalculatorRefusal, match="too small"):
        result("ldl_friedewald", total_cholesterol=60, hdl_cholesterol=60, triglycerides=300)


RISES = [
    ("creatinine_clearance", "weight", {"age": 60, "sex": "male", "creatinine": 1.2}),
    ("anion_gap", "sodium", {"chloride": 100, "bicarbonate": 24}),
    ("serum_osmolality", "glucose", {"sodium": 140, "blood_urea_nitrogen": 14}),
    ("meld_na", "bilirubin", {"inr": 1.4, "creatinine": 1.3, "sodium": 137}),
    ("meld_na", "inr", {"bilirubin": 2, "creatinine": 1.3, "sodium": 137}),
    ("child_pugh", "bilirubin", {"albumin": 3, "inr": 1.5, "ascites": "slight", "encephalopathy": "none"}),
    ("fib_4", "age", {"aspartate_aminotransferase": 60, "alanine_aminotransferase": 50, "platelet_count": 180}),
    ("homa_ir", "fasting_insulin", {"glucose": 100}),
    ("body_mass_index", "weight", {"height": 175}),
    ("body_surface_area", "height", {"weight": 70}),
    ("mean_arterial_pressure", "diastolic_blood_pressure", {"systolic_blood_pressure": 130}),
    ("qtc_bazett", "heart_rate", {"qt_interval": 400}),
    ("qtc_fridericia", "qt_interval", {"heart_rate": 80}),
    ("qtc_framingham", "heart_rate", {"qt_interval": 400}),
    ("qtc_hodges", "heart_rate", {"qt_interval": 400}),
    ("cha2ds2_vasc", "age", {"sex": "female"}),
    ("curb_65", "respiratory_rate", {"age": 70, "blood_urea_nitrogen": 18, "systolic_blood_pressure": 120,
                                     "diastolic_blood_pressure": 80}),
    ("glasgow_blatchford", "blood_urea_nitrogen", {"sex": "male", "haemoglobin": 12, "systolic_blood_pressure": 105,
                                                   "heart_rate": 90}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "varied", "others"), RISES, ids=[f"{n}-{v}" for n, v, _ in RISES])
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_what_makes_things_worse_never_lowers_the_answer(
    name: str, varied: str, others: dict[str, float | bool | str], data: st.DataObject
) -> None:
    item = next(i for i in BY_NAME[name].inputs if i.name == varied)
    assert isinstance(item, Quantity)
    low, high = sorted(data.draw(st.tuples(*[st.floats(item.low, item.high)] * 2)))
    assert result(name, **{varied: low}, **others) <= result(name, **{varied: high}, **others) + 1e-9


@settings(max_examples=30, deadline=None)
@given(age=st.floats(18, 119), creatinine=st.floats(0.3, 15), sex=st.sampled_from(["female", "male"]))
def test_filtration_falls_with_age_and_creatinine(age: float, creatinine: float, sex: str) -> None:
    now = result("egfr_ckd_epi_2021", age=age, creatinine=creatinine, sex=sex)
    assert now > 0
    assert result("egfr_ckd_epi_2021", age=age + 1, creatinine=creatinine, sex=sex) < now
    assert result("egfr_ckd_epi_2021", age=age, creatinine=creatinine * 1.1, sex=sex) < now


def test_the_usual_scores_and_formulas_are_there() -> None:
    """Each score that a plan may ask for, by the name under which it is called."""
    wanted = """egfr_ckd_epi_2021 meld_na cha2ds2_vasc has_bled curb_65 qsofa sofa wells_dvt wells_pe centor_mcisaac
    child_pugh corrected_calcium anion_gap qtc_bazett qtc_fridericia qtc_framingham qtc_hodges body_surface_area
    body_mass_index fib_4 ldl_friedewald ascvd_ten_year_risk homa_ir mean_arterial_pressure creatinine_clearance
    serum_osmolality free_water_deficit perc glasgow_coma_scale apgar glasgow_blatchford heart_score rcri
    steroid_conversion oral_morphine_equivalent"""
    assert set(wanted.split()) <= BY_NAME.keys()


ALL_INPUTS = [pytest.param(c, i, id=f"{c.name}-{i.name}") for c in CALCULATORS for i in c.inputs]


@pytest.mark.parametrize(("calculator", "item"), ALL_INPUTS)
def test_a_case_can_state_every_input_of_every_calculator(calculator: Calculator, item: Input) -> None:
    from clinigraph.intake.facts import fact_catalogue, parse_fact

    definition = fact_catalogue()[item.name]
    match item:
        case Quantity():
            value = (item.low + min(item.high, 2 * item.low + 1)) / 2
            [fact] = parse_fact(item.name, {"value": value, "unit": item.unit})
            assert definition.plausible is not None
            assert read((item,), {item.name: fact})[item.name] == pytest.approx(value)
        case YesNo():
            [fact] = parse_fact(item.name, "yes")
            assert read((item,), {item.name: fact}).yes(item.name)
        case Choice():
            for option in item.options:
                [fact] = parse_fact(item.name, option)
                assert read((item,), {item.name: fact}).word(item.name) == option
