"""AgentClinic-MedQA (Schmidgall et al. 2024): a doctor who asks, a patient who answers, tests that are looked up.

Differences from the authors' simulator, so that figures are not the same measure: tests are looked up in the case by
rule, not told by a model; the diagnosis is compared by words and concepts first (``mark``), and the model as moderator
(``moderator_mark``) is reported beside it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from pydantic import JsonValue

from clinigraph.errors import InputRefused
from clinigraph.evals.agenteval.base import Dialogue, ModelBenchmark, dialogue
from clinigraph.evals.agenteval.loading import data_file, read_rows
from clinigraph.evals.answertext import abstains, cleaned, squeezed
from clinigraph.evals.contract import EvalContext, EvalItem, EvalTable, Outcome
from clinigraph.evals.extraction import yes_no
from clinigraph.evals.scoring import Mark, Match, mark_of, marks_table, same_diagnosis
from clinigraph.evals.subgroups import KEY, described

MAX_TURNS = 20
"""Turns of the doctor, as in the authors' simulator."""
MAX_SILENT = 3
"""Turns without words (answers that did not end) after which a talk is over."""
NORMAL = "NORMAL READINGS"
"""What a test gives that the case does not hold, as in the authors' simulator."""
_READY = re.compile(r"diagnosis\s+ready\s*:?\s*(?P<name>[^\n]+)", re.IGNORECASE)
_TEST = re.compile(r"request\s+(?:test|exam(?:ination)?)\s*:?\s*(?P<name>[^\n.]+)", re.IGNORECASE)
_COMMON = frozenset(
    {"test", "tests", "of", "and", "the", "for", "a", "an", "examination", "exam", "level", "levels", "study"}
)
_NEEDED = (
    "Objective_for_Doctor",
    "Patient_Actor",
    "Physical_Examination_Findings",
    "Test_Results",
    "Correct_Diagnosis",
)


class AgentClinic(ModelBenchmark):
    """Simulated patients; turns are counted."""

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the cases in an order drawn by the seed; see the contract."""
        path = data_file(self.spec, context)
        made = []
        for number, row in enumerate(read_rows(path)):
            case = row.get("OSCE_Examination", row)
            missing = [n for n in _NEEDED if not isinstance(case, dict) or n not in case]
            if missing:
                raise InputRefused(
                    "A data file lacks columns", given=f"{path.name}, row {number}: {', '.join(missing)}"
                )
            made.append(_item(number, cast("Mapping[str, JsonValue]", case)))
        random.Random(context.seed).shuffle(made)  # noqa: S311 - an order, not a secret
        return tuple(made[:limit])

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Hold the talk and return the diagnosis, its mark, and what was asked and tested."""
        talk = dialogue(self.spec, context)
        log: list[str] = []
        tests = 0
        said, silent = "", 0
        for turn in range(MAX_TURNS):
            data = "\n".join([f"Objective: {item.input}", "", *log])
            answer = cleaned(await talk.ask("doctor", data, max_tokens=200, left=MAX_TURNS - turn))
            silent = 0 if answer else silent + 1
            if silent == MAX_SILENT:
                break
            ready = _READY.search(answer)
            if ready:
                said = ready["name"].strip(" .*\"'")
                break
            test = _TEST.search(answer)
            tests += test is not None
            told = look_up(test["name"], item) if test else await _patient(talk, item, answer)
            log += [f"Doctor: {answer}", f"{'Measurement' if test else 'Patient'}: {told}"]
        return await _judged(talk, item, said, tests)

    def more(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return the moderator's marks and how the talks went."""
        turns = sorted(int(str(o.values["calls"])) for o in outcomes if not o.error)
        tests = [int(str(o.values["tests"])) for o in outcomes if not o.error]
        ended = sum(mark_of(o) in (Mark.RIGHT, Mark.WRONG) for o in outcomes)
        middle = str(turns[len(turns) // 2]) if turns else "none"
        mean = f"{sum(tests) / len(tests):.1f}" if tests else "none"
        row = (str(len(outcomes)), str(ended), middle, mean)
        return (
            marks_table("The same by a model as moderator", outcomes, key="moderator_mark"),
            EvalTable(
                title="Talks", columns=("cases", "with a diagnosis", "turns (median)", "tests (mean)"), rows=(row,)
            ),
        )


def _item(number: int, case: Mapping[str, JsonValue]) -> EvalItem:
    patient = case["Patient_Actor"]
    demographics = str(patient.get("Demographics", "")) if isinstance(patient, dict) else ""
    return EvalItem(
        id=f"case-{number}",
        input=str(case["Objective_for_Doctor"]),
        target=str(case["Correct_Diagnosis"]),
        data={
            "patient": case["Patient_Actor"],
            "examination": case["Physical_Examination_Findings"],
            "tests": case["Test_Results"],
            KEY: described(demographics),
        },
    )


async def _patient(talk: Dialogue, item: EvalItem, question: str) -> str:
    known = "\n".join(f"{name}: {value}" for name, value in leaves(item.data["patient"]))
    return cleaned(await talk.ask("patient", f"{known}\n\nThe doctor says: {question}", max_tokens=200, counted=False))


async def _judged(talk: Dialogue, item: EvalItem, said: str, tests: int) -> Mapping[str, JsonValue]:
    if not said:
        return {"mark": Mark.UNREADABLE.value, "moderator_mark": Mark.UNREADABLE.value, "answer": "", "match": "",
                "tests": tests, **talk.cost()}  # fmt: skip
    if abstains(said):
        return {"mark": Mark.ABSTAINED.value, "moderator_mark": Mark.ABSTAINED.value, "answer": said, "match": "",
                "tests": tests, **talk.cost()}  # fmt: skip
    match = same_diagnosis(said, item.target)
    cost = talk.cost()
    verdict = yes_no(
        await talk.ask("moderator", f"First: {said}\nSecond: {item.target}", max_tokens=200, counted=False)
    )
    moderated = {"yes": Mark.RIGHT, "no": Mark.WRONG}.get(verdict.text, Mark.UNREADABLE)
    right = Mark.WRONG if match is Match.NONE else Mark.RIGHT
    return {
        "mark": right.value,
        "moderator_mark": moderated.value,
        "answer": said,
        "match": match.value,
        "tests": tests,
        **cost,
    }


def look_up(name: str, item: EvalItem) -> str:
    """Return what the case holds of a test or an examination, by shared words; ``NORMAL READINGS`` where nothing."""
    wanted = set(squeezed(name.replace("_", " ").replace("-", " ")).split()) - _COMMON
    best: dict[int, list[str]] = {}
    for path, value in (*leaves(item.data["tests"]), *leaves(item.data["examination"])):
        shared = len(wanted & set(squeezed(path.replace("_", " ").replace("-", " ")).split()))
        if shared:
            best.setdefault(shared, []).append(f"{path}: {value}")
    return "; ".join(best[max(best)][:12]) if best else NORMAL


def leaves(value: JsonValue, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the values of a nested record with their paths in words."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path} {name}".strip().replace("_", " "))
    elif isinstance(value, list):
        yield path, "; ".join(str(v) for v in value)
    else:
        yield path, str(value)
