"""Simulated patients, questions before answers, tool calls."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clinigraph.errors import InputRefused
from clinigraph.evals.agenteval.agentclinic import NORMAL, look_up
from clinigraph.evals.agenteval.asking import UNKNOWN, reply
from clinigraph.evals.contract import EvalContext
from clinigraph.evals.registry import benchmark
from clinigraph.llm.dialogue import Reply
from clinigraph.testing.benchmark_suite import check_benchmark
from clinigraph.testing.models import ScriptedModel, Step
from clinigraph.tools.calculators.tool import CALCULATORS

Context = Callable[..., EvalContext]
DATA = Path(__file__).parents[5] / "shared" / "data"
CASES = [
    {
        "OSCE_Examination": {
            "Objective_for_Doctor": f"Find out why the invented patient {i} is tired.",
            "Patient_Actor": {
                "Demographics": "an adult",
                "Symptoms": {"Primary_Symptom": "tired", "Secondary_Symptoms": ["cold"]},
            },
            "Physical_Examination_Findings": {"Vital_Signs": {"Heart_Rate": "52 bpm"}},
            "Test_Results": {"Blood_Tests": {"TSH": "raised", "Haemoglobin": "normal"}},
            "Correct_Diagnosis": "Hypothyroidism",
        }
    }
    for i in range(4)
]  # fmt: skip


def test_a_doctor_asks_tests_and_decides(context: Context) -> None:
    made = context("qa_agentclinic_medqa", CASES)
    bench = benchmark("agentclinic")
    item = bench.items(made)[0]
    script = [
        Step("How do you feel?", role="doctor", contains="invented patient"),
        Step("Tired and cold.", role="patient", contains="Secondary Symptoms: cold"),
        Step("REQUEST TEST: TSH", role="doctor", contains="Patient: Tired and cold."),
        Step("DIAGNOSIS READY: hypothyroidism", role="doctor", contains="TSH: raised"),
        Step("Answer: yes", role="moderator"),
    ]
    with ScriptedModel(script) as chat:
        values = asyncio.run(bench.measure(item, context(chat=chat)))
    assert (values["mark"], values["moderator_mark"], values["calls"], values["tests"]) == ("right", "right", 3, 1)


def test_a_doctor_who_never_decides_is_counted_and_the_contract_is_kept(context: Context, model: Any) -> None:
    made = context("qa_agentclinic_medqa", CASES, chat=model(lambda role, text: "Tell me more."))
    outcomes = check_benchmark(benchmark("agentclinic"), made, limit=2)
    assert {o.values["mark"] for o in outcomes} == {"unreadable"}
    assert {o.values["calls"] for o in outcomes} == {20}


def test_a_doctor_whose_answers_do_not_end_is_unreadable_and_not_failed(context: Context) -> None:
    bench = benchmark("agentclinic")
    item = bench.items(context("qa_agentclinic_medqa", CASES))[0]
    endless = Reply("and then " * 20, 10, 200, cut_off=True)
    script = [step for _ in range(3) for step in (endless, endless, "I am tired.")][:-1]
    with ScriptedModel(script) as chat:
        values = asyncio.run(bench.measure(item, context(chat=chat)))
    assert (values["mark"], values["calls"], values["cut_off"]) == ("unreadable", 3, 3)


def test_tests_are_looked_up_and_the_others_are_normal(context: Context) -> None:
    item = benchmark("agentclinic").items(context("qa_agentclinic_medqa", CASES))[0]
    assert look_up("TSH level", item) == "Blood Tests TSH: raised"
    assert "52 bpm" in look_up("vital signs", item)
    assert look_up("MRI of the knee", item) == NORMAL


def test_a_case_without_its_parts_is_refused_by_name(context: Context) -> None:
    with pytest.raises(InputRefused, match="Test_Results"):
        benchmark("agentclinic").items(
            context("qa_agentclinic_medqa", [{"Objective_for_Doctor": "x", "Patient_Actor": {}}])
        )


@pytest.mark.data
@pytest.mark.skipif(not (DATA / "qa_agentclinic_medqa").is_dir(), reason="the cases are not here")
def test_the_published_cases_have_the_sum_that_the_benchmark_names(tmp_path: Path) -> None:
    items = benchmark("agentclinic").items(EvalContext(data=DATA, work=tmp_path))
    assert len(items) == 107
    assert all(i.target and i.input for i in items)


ASKED = [
    {"question": "What is it?", "options": {"A": "gout", "B": "flu", "C": "burn", "D": "cut"}, "answer_idx": "A",
     "facts": ["An adult comes in.", "The toe hurts at night.", "There is no fever."]}
]  # fmt: skip


def test_a_fact_is_given_when_it_is_asked_for_and_once(context: Context) -> None:
    bench = benchmark("asking")
    made = context("qa_asking", ASKED)
    script = [
        Step("ASK: Where does it hurt, in a toe?", role="asking"),
        Step("Answer: A", role="asking", contains="The toe hurts at night."),
    ]
    with ScriptedModel(script) as chat:
        values = asyncio.run(bench.measure(bench.items(made)[0], context(chat=chat)))
    assert (values["mark"], values["asked"], values["helpful"]) == ("right", 1, 1)
    facts = ASKED[0]["facts"]
    assert reply("Does the toe hurt?", facts, [facts[1]]) == UNKNOWN  # type: ignore[arg-type, index]


@pytest.mark.parametrize(("config", "shown"), [("direct", False), ("all", True)])
def test_configurations_give_one_fact_or_all(config: str, shown: bool, context: Context, model: Any) -> None:
    seen: list[str] = []

    def says(role: str, text: str) -> str:
        seen.append(text)
        return "ASK: anything else?"

    made = context("qa_asking", ASKED, chat=model(says), config=config)
    outcomes = check_benchmark(benchmark("asking"), made)
    assert ("no fever" in seen[0]) == shown
    assert outcomes[0].values["mark"] == "unreadable"


def solves(role: str, text: str) -> str:
    """Call the tool whose title the question names, then repeat the number that came back."""
    result = re.search(r"Result: \S+: (-?[\d.]+)", text)
    if result:
        return json.dumps({"answer": result[1]})
    title = re.search(r"What is the patient's (.+)\?", text)
    assert title is not None
    name = next(c.name for c in CALCULATORS if c.title == title[1])
    return json.dumps({"tool": name, "arguments": {}})


def test_every_calculator_is_reached_through_the_adapters(context: Context, model: Any) -> None:
    bench = benchmark("tool_use")
    made = context(chat=model(solves))
    check_benchmark(bench, made)
    values = [asyncio.run(bench.measure(i, made)) for i in bench.items(made)]
    assert len(values) == len(CALCULATORS)
    assert not [v for v in values if v["malformed"] or v["under_called"] or v["wrong_routing"]]
    assert sum(v["mark"] == "right" for v in values) >= 0.9 * len(values)


def test_faults_of_calls_are_told_apart(context: Context) -> None:
    bench = benchmark("tool_use")
    made = context()
    item = next(i for i in bench.items(made) if i.id == "body_mass_index")
    other = next(str(t) for t in item.data["tools"] if t != "body_mass_index")  # type: ignore[union-attr]
    script = ["no JSON", json.dumps({"answer": "20"})]
    del script[0]
    with ScriptedModel(
        [json.dumps({"tool": "quantum_scanner"}), json.dumps({"tool": other}), json.dumps({"answer": "1"})]
    ) as chat:
        values = asyncio.run(bench.measure(item, context(chat=chat)))
    assert (values["malformed"], values["under_called"], values["mark"]) == (1, True, "wrong")
    with ScriptedModel(["I would say it is normal."]) as chat:
        values = asyncio.run(bench.measure(item, context(chat=chat)))
    assert (values["malformed"], values["under_called"], values["mark"]) == (1, True, "unreadable")
