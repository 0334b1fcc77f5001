"""MedCalc-Bench: calculation from given entities, reading them, and what is not covered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from clinigraph.errors import InputRefused
from clinigraph.evals.agenteval.medcalc import calculator_for, coverage, facts_for, state_of
from clinigraph.evals.contract import EvalContext
from clinigraph.evals.registry import benchmark
from clinigraph.testing.benchmark_suite import check_benchmark
from clinigraph.tools.calculators.tool import CALCULATORS

Context = Callable[..., EvalContext]


def row(calculator: str, entities: dict[str, Any], answer: str, kind: str = "decimal") -> dict[str, str]:
    return {
        "Calculator Name": calculator, "Patient Note": "An invented patient.", "Question": "How much?",
        "Relevant Entities": str(entities), "Ground Truth Answer": answer, "Output Type": kind,
    }  # fmt: skip


PRESSURES = {"Systolic Blood Pressure": [120, "mm hg"], "Diastolic Blood Pressure": [80, "mm hg"]}
ROWS = [
    row("Mean Arterial Pressure (MAP)", PRESSURES, "93.33"),
    row("Body Mass Index (BMI)", {"weight": [154, "lbs"], "height": [175, "cm"]}, "22.8"),
    row("QTc Bazett Calculator", {"QT interval": [400, "msec"], "Heart Rate or Pulse": [60, "bpm"]}, "400.0"),
    row("CURB-65 Score for Pneumonia Severity",
        {"age": [70, "years"], "Confusion": True, "Blood Urea Nitrogen (BUN)": [25, "mg/dL"],
         "respiratory rate": [20, "breaths per minute"], **PRESSURES}, "3", "integer"),
    row("MDRD GFR Equation", {"age": [50, "years"], "sex": "Male", "Creatinine": [1.0, "mg/dL"]}, "84"),
    row("Estimated Due Date", {}, "03/09/2021", "date"),
]  # fmt: skip


def test_without_a_model_the_calculators_give_the_references_and_the_others_are_listed(context: Context) -> None:
    made = context("qa_medcalc", ROWS)
    bench = benchmark("medcalc")
    outcomes = check_benchmark(bench, made, limit=6)
    marks = {str(o.item.data["calculator"]): o.values["calculation"] for o in outcomes}
    assert [m for n, m in marks.items() if state_of(n) == "covered"] == ["right"] * 4
    listed = next(t for t in bench.tables(outcomes) if t.title == "Not covered")
    assert ("MDRD GFR Equation", "no calculator") in listed.rows


def test_reading_and_calculating_are_scored_apart(context: Context, model: Any) -> None:
    read = {
        "Systolic Blood Pressure": {"value": 120, "unit": "mm hg"},
        "Diastolic Blood Pressure": {"value": 60, "unit": "mm hg"},
    }
    made = context("qa_medcalc", ROWS[:1], chat=model(lambda role, text: json.dumps(read)))
    bench = benchmark("medcalc")
    values = asyncio.run(bench.measure(bench.items(made)[0], made))
    assert (values["calculation"], values["entities"], values["entities_right"], values["mark"]) == (
        "right",
        2,
        1,
        "wrong",
    )


@pytest.mark.parametrize(
    ("answer", "mark"),
    [("Answer: 95 mm Hg", "right"), ("Answer: 120", "wrong"), ("It cannot be determined.", "abstained")],
)
def test_a_model_alone_is_held_to_5_percent(answer: str, mark: str, context: Context, model: Any) -> None:
    made = context("qa_medcalc", ROWS[:1], chat=model(lambda role, text: answer), config="direct")
    bench = benchmark("medcalc")
    assert asyncio.run(bench.measure(bench.items(made)[0], made))["mark"] == mark


def test_a_date_must_be_exact(context: Context, model: Any) -> None:
    made = context("qa_medcalc", ROWS[5:], chat=model(lambda role, text: "Answer: 03/09/2021"), config="direct")
    bench = benchmark("medcalc")
    assert asyncio.run(bench.measure(bench.items(made)[0], made))["mark"] == "right"


def test_each_covered_calculator_exists_and_all_its_inputs_are_named() -> None:
    names = {c.name for c in CALCULATORS}
    for theirs, entry in coverage().items():
        ours = calculator_for(theirs)
        if "calculator" in entry:
            assert entry["calculator"] in names
            assert ours is not None
            derived = set(entry.get("derived") or ())  # type: ignore[call-overload]
            given = set(dict(entry["inputs"]).values())  # type: ignore[call-overload]
            assert given | derived == {i.name for i in ours.inputs}, theirs
            assert bool(derived) == ("derive" in entry), theirs
        else:
            assert entry["why"]


WORKED = [
    # by hand: male, 70 in, ideal weight 73 kg, index 25.7, so 73 + 0.4 * (81.6 - 73) = 76.44; (140-60) * 76.44 / 72
    ("Creatinine Clearance (Cockcroft-Gault Equation)",
     {"age": [60, "years"], "sex": "Male", "creatinine": [1.0, "mg/dL"], "weight": [81.6, "kg"],
      "height": [177.8, "cm"]}, 84.93),
    ("HEART Score for Major Cardiac Events",
     {"age": [66, "years"], "Suspicion History": "Moderately suspicious", "smoking": True, "obesity": False,
      "Initial troponin": "greater than three times normal limit"}, 6),
    ("HAS-BLED Score for Major Bleeding Risk",
     {"age": [70, "years"], "Number of Alcoholic Drinks Per Week": 8, "Stroke": True}, 3),
    ("Child-Pugh Score for Cirrhosis Mortality",
     {"Bilirubin": [2.5, "mg/dL"], "Albumin": [3.0, "g/dL"], "international normalized ratio": 1.2,
      "Ascites": "Slight"}, 8),
    ("Revised Cardiac Risk Index for Pre-Operative Risk",
     {"Elevated-risk surgery": True, "Pre-operative creatinine": [200, "µmol/L"]}, 2),
    ("Centor Score (Modified/McIsaac) for Strep Pharyngitis",
     {"age": [20, "years"], "Temperature": [38.5, "degrees celsius"], "Cough Absent": True}, 2),
    ("Glasgow Coma Score (GCS)",
     {"Best eye response": "eye opening to pain", "Best verbal response": "not testable",
      "Best motor response": "withdrawal from pain"}, 10),
    ("Steroid Conversion Calculator",
     {"input steroid": ["PredniSONE PO", 10, "mg"], "target steroid": "MethylPrednisoLONE IV"}, 8),
]  # fmt: skip


@pytest.mark.parametrize(("name", "entities", "answer"), WORKED, ids=[w[0] for w in WORKED])
def test_what_the_set_states_in_another_form_gives_its_answer(
    name: str, entities: dict[str, Any], answer: float
) -> None:
    calculator = calculator_for(name)
    assert calculator is not None
    assert calculator.calculate(facts_for(name, entities)) == pytest.approx(answer, rel=0.05 if answer > 20 else 1e-9)


def test_29_of_55_calculators_are_covered_and_the_others_say_why() -> None:
    covered = [n for n in coverage() if state_of(n) == "covered"]
    assert (len(covered), len(coverage())) == (29, 55)


def test_a_finding_that_is_left_out_is_absent_and_one_of_two_is_enough() -> None:
    facts = facts_for("PERC Rule for Pulmonary Embolism", {
        "age": [40, "years"], "Previously Documented Pulmonary Embolism": True,
        "Previously documented Deep Vein Thrombosis": False,
    })  # fmt: skip
    assert facts["previous_dvt_or_pe"].value is True
    assert facts["haemoptysis"].value is False


def test_missing_columns_are_named(context: Context) -> None:
    with pytest.raises(InputRefused, match="Patient Note"):
        benchmark("medcalc").items(context("qa_medcalc", [{"Calculator Name": "x"}]))


def test_entities_that_are_code_are_refused_and_never_run(context: Context) -> None:
    rows = [{**ROWS[0], "Relevant Entities": "__import__('os').getcwd()"}]
    with pytest.raises(InputRefused, match="neither JSON"):
        benchmark("medcalc").items(context("qa_medcalc", rows))
