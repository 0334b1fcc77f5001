"""FHIR tasks: the store answers as a server would, marks follow from answers and from the record at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from clinigraph.errors import InputRefused, InputUnreadable
from clinigraph.evals.agenteval.fhir_grading import KINDS, Assignment, Near, right_answers, right_state, wanted
from clinigraph.evals.agenteval.fhir_patients import made_up
from clinigraph.evals.agenteval.fhir_store import BASE, FhirRefusal, FhirStore
from clinigraph.evals.contract import EvalContext, EvalItem
from clinigraph.evals.registry import benchmark
from clinigraph.testing.benchmark_suite import check_benchmark
from clinigraph.testing.models_adversarial import AdversarialModel

Make = Callable[..., AdversarialModel]


def store() -> FhirStore:
    return FhirStore(made_up(7)[0])


def test_the_store_searches_reads_and_sorts() -> None:
    fhir = store()
    person = fhir.get(f"{BASE}/Patient/M1003")
    family = person["name"][0]["family"]  # type: ignore[index,call-overload]
    found = fhir.get(f"Patient?family={family}&birthdate={person['birthDate']}")
    assert [e["resource"]["id"] for e in found["entry"]] == ["M1003"]  # type: ignore[union-attr,index,call-overload]
    labs = fhir.get(f"{BASE}/Observation?patient=M1003&code=MG&_sort=-date&_count=2")
    times = [e["resource"]["effectiveDateTime"] for e in labs["entry"]]  # type: ignore[union-attr,index,call-overload]
    assert labs["total"] == 3
    assert times == sorted(times, reverse=True)
    assert len(times) == 2
    late = fhir.get("Observation?patient=M1003&code=MG&date=ge2030-01-01")
    assert late["total"] == 0


@pytest.mark.parametrize(
    "url", ["Robot?x=1", "Patient/none", "Observation?colour=red", "Observation?patient=M1003&date=gesoon"]
)
def test_what_a_server_would_refuse_is_refused(url: str) -> None:
    with pytest.raises(FhirRefusal):
        store().get(url)


@pytest.mark.parametrize("body", ["{", "[]", '{"resourceType": "Observation"}', '{"resourceType": "Patient"}'])
def test_only_resources_of_known_patients_are_created(body: str) -> None:
    fhir = store()
    with pytest.raises(FhirRefusal):
        fhir.post("Observation", body)
    assert fhir.created == []


def solution(item: EvalItem) -> tuple[Sequence[object], list[dict[str, object]]]:
    """Return answers and resources that are right, read from the same key that marks them."""
    given = item.data["given"]
    task = Assignment(str(item.data["kind"]), str(item.data["patient"]), item.input, tuple(given))  # type: ignore[arg-type]
    want = wanted(task, FhirStore(made_up(20260101)[0]))
    answers = [a.value if isinstance(a, Near) else a for a in want.answers or ()]
    return answers, [_resource(o.kind, dict(o.fields)) for o in want.orders]


def _resource(kind: str, fields: dict[str, object]) -> dict[str, object]:
    made: dict[str, object] = {"resourceType": kind}
    for path, value in fields.items():
        _put(made, path.split("."), value.value if isinstance(value, Near) else value)
    return made


def _put(into: dict[str, object], steps: list[str], value: object) -> None:
    if len(steps) == 1:
        into[steps[0]] = value
    elif steps[1] == "0":
        inner = into.setdefault(steps[0], [{}])
        if len(steps) == 2:
            into[steps[0]] = [value]
        else:
            _put(inner[0], steps[2:], value)  # type: ignore[index]
    else:
        _put(into.setdefault(steps[0], {}), steps[1:], value)  # type: ignore[arg-type]


def clerk(items: Sequence[EvalItem], *, spoil: str = "") -> Callable[[str, str], str]:
    """A model that does what each task asks for, or spoils one half of it."""

    def says(role: str, text: str) -> str:
        assert role == "fhir"
        item = next(i for i in items if i.input in text)
        answers, orders = solution(item)
        done = text.count("Created ")
        if done < len(orders):
            order = {**orders[done], "status": "draft"} if spoil == "record" else orders[done]
            return f"POST {BASE}/{order['resourceType']}\n{json.dumps(order)}"
        return f"FINISH({json.dumps(['wrong'] if spoil == 'answer' else answers)})"

    return says


@pytest.mark.parametrize(("spoil", "right"), [("", 30), ("answer", 6), ("record", None)])
async def test_marks_follow_from_answers_and_record(
    spoil: str, right: int | None, context: Callable[..., EvalContext], model: Make
) -> None:
    bench = benchmark("medagentbench")
    items = bench.items(context())
    given = context(chat=model(clerk(items, spoil=spoil)))
    marks = {i.id: (await bench.measure(i, given))["mark"] for i in items}
    with_orders = sum(bool(solution(i)[1]) for i in items)
    silent = sum(not solution(i)[0] for i in items)
    assert {str(i.data["kind"]) for i in items} == set(KINDS)
    assert with_orders >= 8
    expected = {"": 30, "answer": silent, "record": 30 - with_orders}[spoil]
    assert list(marks.values()).count("right") == expected
    assert right is None or abs(expected - right) <= 4


async def test_an_agent_that_never_finishes_is_unreadable_and_its_faults_are_counted(
    context: Callable[..., EvalContext], model: Make
) -> None:
    bench = benchmark("medagentbench")
    given = context(chat=model(lambda role, text: "I would look at the chart."))
    values = await bench.measure(bench.items(given, 1)[0], given)
    assert (values["mark"], values["malformed"], values["calls"]) == ("unreadable", 8, 8)


def test_the_benchmark_keeps_its_contract(context: Callable[..., EvalContext], model: Make) -> None:
    bench = benchmark("medagentbench")
    given = context(chat=model(clerk(bench.items(context()))))
    outcomes = check_benchmark(bench, given)
    assert {o.values["mark"] for o in outcomes} == {"right"}


def test_the_published_file_is_read_with_an_exported_record(
    context: Callable[..., EvalContext], tmp_path: Path, model: Make
) -> None:
    folder = tmp_path / "data" / "fhir_medagentbench"
    (folder / "fhir").mkdir(parents=True)
    tasks = [
        {"id": "task1_1", "instruction": "Who is A B?", "context": "", "sol": ["S1"], "eval_MRN": "S1"},
        {"id": "task2_1", "instruction": "How old is S1?", "context": "It is now.", "eval_MRN": "S1"},
    ]
    (folder / "tasks.json").write_text(json.dumps(tasks), encoding="utf-8")
    person = {"resourceType": "Patient", "id": "x", "identifier": [{"value": "S1"}], "birthDate": "1970-11-14"}
    (folder / "fhir" / "patients.ndjson").write_text(json.dumps(person), encoding="utf-8")
    bundle = {"resourceType": "Bundle", "entry": []}
    (folder / "fhir" / "more.json").write_text(json.dumps(bundle), encoding="utf-8")
    bench = benchmark("medagentbench")
    said = {"Who is A B?": 'FINISH(["S1"])', "How old is S1?": "FINISH([52])"}
    given = context(chat=model(lambda role, text: next(v for k, v in said.items() if k in text)))
    outcomes = check_benchmark(bench, given)
    assert [o.values["mark"] for o in outcomes] == ["right", "right"]
    tasks[0]["id"] = "task99_1"
    (folder / "tasks.json").write_text(json.dumps(tasks), encoding="utf-8")
    with pytest.raises(InputRefused, match="task99_1"):
        bench.items(given)


def test_a_published_file_without_its_record_says_so(context: Callable[..., EvalContext]) -> None:
    rows = [{"id": "task1_1", "instruction": "Who?", "eval_MRN": "S1"}]
    given = context("fhir_medagentbench", rows, name="tasks.jsonl")
    with pytest.raises(InputUnreadable, match="fhir/"):
        benchmark("medagentbench").items(
            EvalContext(data=given.data / "fhir_medagentbench" / "tasks.jsonl", work=given.work)
        )


def test_one_order_too_many_is_wrong() -> None:
    fhir = store()
    want = wanted(Assignment("task2", "M1003", "How old?"), fhir)
    assert right_state(want, ())
    fhir.post("Observation", json.dumps({"resourceType": "Observation", "subject": {"reference": "Patient/M1003"}}))
    assert not right_state(want, fhir.created)
    assert not right_answers(want, "no list")
