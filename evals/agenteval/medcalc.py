"""MedCalc-Bench (Khandekar et al. 2024): calculation and extraction scored apart.

*Calculation* needs no model: the entities of the set go into the project's calculators, and the answer is held against
the set's own. *Extraction* lets the model read the entities from the note; *answer* lets it answer alone (``direct``).
Which calculators of the set are covered, and which are defined otherwise, stands in ``medcalc.yaml``; a finding that
the set leaves out is absent, as the set's authors assume.
"""

from __future__ import annotations

import ast
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import cast

import yaml
from pydantic import JsonValue

from clinigraph.errors import InputRefused
from clinigraph.evals.agenteval.base import ModelBenchmark, dialogue
from clinigraph.evals.agenteval.loading import Row, columns, data_file, read_rows, text_of
from clinigraph.evals.agenteval.medcalc_derive import DERIVED
from clinigraph.evals.agenteval.medcalc_units import fact_of
from clinigraph.evals.answertext import cleaned
from clinigraph.evals.contract import EvalContext, EvalItem, EvalTable, Outcome
from clinigraph.evals.numbers import day, number
from clinigraph.evals.scoring import COLUMNS, Mark, cells, mark, mark_number, number_fits
from clinigraph.models.case import Fact
from clinigraph.tools.calculators.contract import Calculator, CalculatorRefusal, YesNo
from clinigraph.tools.calculators.tool import CALCULATORS

_WANTED: Mapping[str, Sequence[str]] = {
    "calculator": ("Calculator Name",),
    "note": ("Patient Note",),
    "question": ("Question",),
    "entities": ("Relevant Entities",),
    "answer": ("Ground Truth Answer",),
    "type": ("Output Type",),
}


class Coverage(ModelBenchmark):
    """The set's calculators; without a model the calculation alone is measured."""

    group = "calculator"

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the rows in an order drawn by the seed; see the contract."""
        path = data_file(self.spec, context)
        rows = read_rows(path)
        names = columns(rows, _WANTED, path.name)
        made = [_item(i, row, names) for i, row in enumerate(rows)]
        random.Random(context.seed).shuffle(made)  # noqa: S311 - an order, not a secret
        return tuple(made[:limit])

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Return the mark of the calculation and, with a model, of its reading or its own answer."""
        given = item.data["entities"] if isinstance(item.data["entities"], dict) else {}
        values = {**_calculated(item, given), "mark": None}
        if context.chat is None:
            return {**values, "mark": values["calculation"]}
        talk = dialogue(self.spec, context)
        if context.config == "direct":
            data = f"{item.data['note']}\n\nQuestion: {item.input}"
            answer = await talk.ask("calculation", data, max_tokens=900)
            return {**values, "mark": _marked(answer, item).value, **talk.cost()}
        names = ", ".join(json.dumps(n) for n in given)
        answer = await talk.ask("entities", str(item.data["note"]), max_tokens=900, names=names)
        read = _object(cleaned(answer))
        extraction = _compared(read, given)
        chained = _calculated(item, {k: v for k, v in read.items() if v is not None})["calculation"]
        return {**values, **extraction, "mark": chained, **talk.cost()}

    def tables(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return answers, then the calculation by calculator, what is not covered, and the entities read."""
        done = [o for o in outcomes if not o.error]
        rows = [("all", *cells(outcomes, "calculation"))]
        for name in sorted({str(o.item.data["calculator"]) for o in outcomes}):
            part = [o for o in outcomes if o.item.data["calculator"] == name]
            rows.append((f"{name} [{state_of(name)}]", *cells(part, "calculation")))
        note = "Abstained: the calculator is not covered, or refused an input; covered ones are named in medcalc.yaml."
        names = sorted({str(o.item.data["calculator"]) for o in outcomes})
        bare = [n for n in names if state_of(n) != "covered"]
        right = sum(int(str(o.values.get("entities_right", 0))) for o in done)
        wanted = sum(int(str(o.values.get("entities", 0))) for o in done)
        listing = tuple((n, state_of(n)) for n in bare) or (("none", ""),)
        return (
            *super().tables(outcomes),
            EvalTable(
                title="Calculation from the given entities",
                columns=("calculator", *COLUMNS),
                rows=tuple(rows),
                note=note,
            ),
            EvalTable(title="Not covered", columns=("calculator", "why"), rows=listing),
            EvalTable(
                title="Entities read by the model", columns=("wanted", "right"), rows=((str(wanted), str(right)),)
            ),
        )


@cache
def coverage() -> Mapping[str, Mapping[str, object]]:
    """Return what ``medcalc.yaml`` says of each calculator of the set."""
    path = Path(__file__).with_name("medcalc.yaml")
    return cast("Mapping[str, Mapping[str, object]]", yaml.safe_load(path.read_text(encoding="utf-8")))


def state_of(name: str) -> str:
    """Return ``covered``, or why a calculator of the set is not."""
    entry = coverage().get(name)
    if entry is None:
        return "not in the list of the set"
    return str(entry.get("why") or "covered")


def calculator_for(name: str) -> Calculator | None:
    """Return the project's calculator for one of the set's, where the formulas agree."""
    entry = coverage().get(name) or {}
    ours = entry.get("calculator")
    return next((c for c in CALCULATORS if c.name == ours), None)


def facts_for(name: str, entities: Mapping[str, JsonValue]) -> dict[str, Fact]:
    """Return the set's entities as facts for the project's calculator; a finding that is left out is absent.

    Raises:
        CalculatorRefusal: A value or unit cannot be read.
    """
    calculator = calculator_for(name)
    if calculator is None:
        return {}
    entry = coverage()[name]
    aliases = {k.casefold(): v for k, v in cast("Mapping[str, str]", entry.get("inputs") or {}).items()}
    words = cast("Mapping[str, Mapping[str, str]]", entry.get("words") or {})
    facts: dict[str, Fact] = {}
    for theirs, value in entities.items():
        ours = aliases.get(theirs.casefold(), "")
        target = next((i for i in calculator.inputs if i.name == ours), None)
        if target is None or value is None:
            continue
        made = fact_of(target, value, words.get(ours, {}))
        kept = facts.get(ours)
        facts[ours] = kept if kept is not None and kept.value is True else made
    derive = entry.get("derive")
    if derive:
        facts |= DERIVED[str(derive)]({k.casefold(): v for k, v in entities.items()})
    for ours, value in cast("Mapping[str, str]", entry.get("defaults") or {}).items():
        facts.setdefault(ours, Fact(name=ours, value=value))
    for target in calculator.inputs:
        if isinstance(target, YesNo):
            facts.setdefault(target.name, Fact(name=target.name, value=False))
    return facts


def _calculated(item: EvalItem, entities: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    name = str(item.data["calculator"])
    calculator = calculator_for(name)
    if calculator is None:
        return {"calculation": Mark.ABSTAINED.value, "value": None, "why": state_of(name)}
    try:
        value = calculator.calculate(facts_for(name, entities))
    except CalculatorRefusal as refusal:
        return {"calculation": Mark.ABSTAINED.value, "value": None, "why": str(refusal)}
    exact = item.data["type"] == "integer"
    fits = number_fits(value, float(item.target), exact=exact)
    return {"calculation": (Mark.RIGHT if fits else Mark.WRONG).value, "value": value, "why": ""}


def _marked(answer: str, item: EvalItem) -> Mark:
    if item.data["type"] == "date":
        return mark(day(answer), item.target)
    try:
        reference = float(item.target)
    except ValueError:
        return Mark.RIGHT if item.target.replace(" ", "") in answer.replace(" ", "") else Mark.WRONG
    return mark_number(number(answer), reference, exact=item.data["type"] == "integer")


def _compared(read: Mapping[str, JsonValue], given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Count entities: numbers within 1 % in the same unit as written, findings and words equal."""
    tally = Counter(_same(read.get(k), v) for k, v in given.items())
    return {"entities": len(given), "entities_right": tally[True]}


def _same(read: JsonValue, given: JsonValue) -> bool:
    if isinstance(given, list) and given:
        value = read.get("value") if isinstance(read, dict) else read[0] if isinstance(read, list) and read else read
        try:
            return abs(float(str(value)) - float(str(given[0]))) <= 0.01 * abs(float(str(given[0])))
        except ValueError:
            return False
    return str(read).casefold() == str(given).casefold()


def _item(number_: int, row: Row, names: Mapping[str, str]) -> EvalItem:
    kind = text_of(row, names["type"]).casefold()
    target = text_of(row, names["answer"])
    if kind == "date":
        month, day_, year = (int(x) for x in target.split("/"))
        target = date(year, month, day_).isoformat()
    return EvalItem(
        id=f"row-{number_}",
        input=text_of(row, names["question"]),
        target=target,
        data={
            "calculator": text_of(row, names["calculator"]),
            "note": text_of(row, names["note"]),
            "entities": _entities(row.get(names["entities"])),
            "type": kind,
        },
    )


def _entities(value: object) -> dict[str, JsonValue]:
    """Return entities from an object, JSON, or the Python literal that the public CSV holds; nothing is evaluated."""
    if isinstance(value, str):
        return _entities(_parsed(value))
    return {str(k): v for k, v in value.items()} if isinstance(value, dict) else {}


def _parsed(text: str) -> object:
    for read in (json.loads, ast.literal_eval):
        try:
            found: object = read(text)
        except (ValueError, SyntaxError, RecursionError):
            continue
        if not isinstance(found, str):
            return found
    raise InputRefused("Entities cannot be read", given="neither JSON nor a Python literal", todo="Repair the row.")


def _object(text: str) -> dict[str, JsonValue]:
    try:
        found = json.loads(text[text.find("{") : text.rfind("}") + 1])
    except (json.JSONDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
