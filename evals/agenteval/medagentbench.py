"""FHIR tasks in the kinds of MedAgentBench (Jiang et al., NEJM AI 2025), marked by answers and by the final record.

Without data the patients are made up here. A folder with ``tasks.json`` (the authors' file: ``id, instruction, context,
sol, eval_MRN``) and ``fhir/`` (bundles, resources or NDJSON of the record) gives the published tasks; the authors'
record lies in their own server and is not part of their file. Each item has a record of its own, so nothing that one
run writes is seen by another.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from clinigraph.errors import InputRefused, InputUnreadable
from clinigraph.evals.agenteval.base import ModelBenchmark, dialogue
from clinigraph.evals.agenteval.fhir_grading import KINDS, NOW, Assignment, Wanted, right_answers, right_state, wanted
from clinigraph.evals.agenteval.fhir_patients import made_up
from clinigraph.evals.agenteval.fhir_store import BASE, FhirRefusal, FhirStore, Resource
from clinigraph.evals.agenteval.loading import columns, read_rows, text_of
from clinigraph.evals.answertext import cleaned
from clinigraph.evals.contract import EvalContext, EvalItem, EvalSpec, EvalTable, Outcome
from clinigraph.evals.scoring import Mark
from clinigraph.statistics import wilson

MAX_TURNS = 8
"""Turns of the model, as in the authors' run."""
_LONGEST = 6000
"""Characters of one answer of the server that a model is shown."""
_FINISH = re.compile(r"FINISH\s*\((?P<answers>.*)\)\s*$", re.DOTALL)
_GET = re.compile(r"^\s*GET\s+(?P<url>\S+)")
_POST = re.compile(r"^\s*POST\s+(?P<url>\S+)\s*\n(?P<body>.*)$", re.DOTALL)
_WANTED: Mapping[str, Sequence[str]] = {
    "id": ("id",), "instruction": ("instruction",), "context": ("context",), "sol": ("sol",), "patient": ("eval_MRN",),
}  # fmt: skip


class MedAgentBench(ModelBenchmark):
    """One task an item.

    Args:
        spec: What the YAML file states.
    """

    group = "kind"

    def __init__(self, spec: EvalSpec) -> None:
        super().__init__(spec)
        self._records: dict[str, tuple[Resource, ...]] = {}

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the tasks in an order drawn by the seed; see the contract."""
        folder = next((f for n in self.spec.folders if (f := context.data / n / "tasks.json").is_file()), None)
        place = context.data if context.data.is_file() else folder or context.data / "tasks.json"
        tasks = list(_published(place)) if place.is_file() else [_item(n, t) for n, t in made_up(context.seed)[1]]
        random.Random(context.seed).shuffle(tasks)  # noqa: S311 - an order, not a secret
        return tuple(tasks[:limit])

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Let the model work in a record of its own; return whether answers and record are right."""
        talk = dialogue(self.spec, context)
        store = FhirStore(self._record(str(item.data["record"]), context.seed))
        want = wanted(_assignment(item), store)
        log = [f"Task: {item.input}", f"Known: {item.data['context']}", f"Server: {BASE}", ""]
        malformed, said = 0, None
        for turn in range(MAX_TURNS):
            action = cleaned(await talk.ask("fhir", "\n".join(log), max_tokens=700, left=MAX_TURNS - turn))
            finish = _FINISH.search(action)
            if finish:
                said = finish["answers"].strip() or "[]"
                break
            answer, bad = _acted(store, action)
            malformed += bad
            log += [f"You: {action[:_LONGEST]}", f"Server: {answer[:_LONGEST]}"]
        return {**_scored(want, said, store), "malformed": malformed, **talk.cost()}

    def more(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return which half was right, and how many tasks had a malformed or refused call."""
        rows = []
        for name, words in _HALVES.items():
            count = sum(bool(o.values.get(name)) for o in outcomes if not o.error)
            rows.append((words, str(count), str(wilson(count, len(outcomes))) if outcomes else "no items"))
        return (EvalTable(title="Halves of the mark", columns=("what", "tasks", "share (95 %)"), rows=tuple(rows)),)

    def _record(self, place: str, seed: int) -> tuple[Resource, ...]:
        key = place or f"made-{seed}"
        if key not in self._records:
            self._records[key] = tuple(_resources(Path(place))) if place else made_up(seed)[0]
        return self._records[key]


_HALVES = {
    "answers_right": "answers right",
    "state_right": "record right at the end",
    "malformed": "at least one call malformed or refused",
}


def _acted(store: FhirStore, action: str) -> tuple[str, bool]:
    """Run one action; return the server's answer and whether the action was malformed or refused."""
    post, get = _POST.match(action), _GET.match(action)
    try:
        if post:
            made = store.post(post["url"], post["body"])
            return f"Created {made['resourceType']}/{made['id']}", False
        if get:
            return json.dumps(store.get(get["url"]), ensure_ascii=False), False
    except FhirRefusal as refusal:
        return f"OperationOutcome: {refusal}", True
    return "OperationOutcome: neither GET, POST nor FINISH", True


def _scored(want: Wanted, said: str | None, store: FhirStore) -> dict[str, JsonValue]:
    state = right_state(want, store.created)
    answers = said is not None and right_answers(want, said)
    mark = Mark.UNREADABLE if said is None else Mark.RIGHT if state and answers else Mark.WRONG
    return {
        "mark": mark.value,
        "answer": said or "",
        "answers_right": answers,
        "state_right": state,
        "created": len(store.created),
    }


def _item(name: str, task: Assignment, context: str = "", record: str = "") -> EvalItem:
    return EvalItem(
        id=name,
        input=task.instruction,
        target="the right answers and the right record",
        data={
            "kind": task.kind,
            "patient": task.patient,
            "given": list(task.given),
            "context": context or f"It is {NOW} now.",
            "record": record,
        },
    )


def _assignment(item: EvalItem) -> Assignment:
    given = item.data["given"]
    return Assignment(
        str(item.data["kind"]), str(item.data["patient"]), item.input, tuple(given) if isinstance(given, list) else ()
    )


def _published(path: Path) -> Iterator[EvalItem]:
    rows = read_rows(path)
    names = columns(rows, _WANTED, path.name, ("context", "sol"))
    record = path.parent / "fhir"
    if not record.is_dir():
        raise InputUnreadable(
            "The record of the FHIR tasks is not there", given=f"fhir/ beside {path.name}",
            todo="Export the authors' server as bundles or NDJSON into it; see docs/evals.md.",
        )  # fmt: skip
    for row in rows:
        name = text_of(row, names["id"])
        kind = name.partition("_")[0]
        if kind not in KINDS:
            raise InputRefused("A kind of FHIR task is not known", given=f"{path.name}: {name[:20]}")
        sol = row.get(names.get("sol", ""))
        given = tuple(str(s) for s in sol) if isinstance(sol, list) else ()
        task = Assignment(kind, text_of(row, names["patient"]), text_of(row, names["instruction"]), given)
        yield _item(name, task, text_of(row, names.get("context", "")), str(record))


def _resources(folder: Path) -> Iterator[Resource]:
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".json", ".ndjson")):
        try:
            text = path.read_text(encoding="utf-8")
            found = (
                [json.loads(x) for x in text.splitlines() if x.strip()]
                if path.suffix == ".ndjson"
                else [json.loads(text)]
            )
        except (OSError, ValueError) as error:
            raise InputUnreadable("A file of the record cannot be read", given=path.name) from error
        for value in found:
            entries = value.get("entry") if isinstance(value, dict) else None
            yield from (e["resource"] for e in entries) if isinstance(entries, list) else [value]
