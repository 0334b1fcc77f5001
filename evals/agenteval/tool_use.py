"""Tool use, scored as in MedCTA: malformed calls, tools not called, and calls of the wrong tool, beside the answer.

Items are made here: each asks for one value that one of the project's calculators gives, over facts drawn with the
seed, among other calculators and other facts. The model calls tools through ``clinigraph.agents.model_tools``, the same
adapters that the graph's roles use; the key is what the calculator gives.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from clinigraph.agents.model_tools import ModelTools, parameters, short
from clinigraph.artifacts import ArtifactStore
from clinigraph.evals.agenteval.base import ModelBenchmark, dialogue
from clinigraph.evals.answertext import abstains, cleaned
from clinigraph.evals.contract import EvalContext, EvalItem, EvalTable, Outcome
from clinigraph.evals.numbers import number
from clinigraph.evals.scoring import Mark, mark_number
from clinigraph.models.case import Fact
from clinigraph.models.tooling import FactValue, FlowValue, ToolCall, ToolResult
from clinigraph.statistics import wilson
from clinigraph.tools.calculators.contract import Calculator, CalculatorRefusal, Choice, Quantity, YesNo
from clinigraph.tools.calculators.tool import CALCULATORS, CalculatorTool
from clinigraph.tools.contract import ToolContext

MAX_CALLS = 5
OTHERS = 5
"""Other tools on the shelf."""
_TRIES = 50


class ToolUse(ModelBenchmark):
    """One item for each calculator, with distractors."""

    def items(self, context: EvalContext, limit: int | None = None) -> Sequence[EvalItem]:
        """Return the questions; the same seed draws the same facts. See the contract."""
        made = [_item(c, random.Random(f"{context.seed}-{c.name}")) for c in CALCULATORS]  # noqa: S311 - a draw
        return tuple(made[:limit])

    async def measure(self, item: EvalItem, context: EvalContext) -> Mapping[str, JsonValue]:
        """Let the model call tools and return what went wrong with the calls, and the mark of its answer."""
        talk = dialogue(self.spec, context)
        shelf = _shelf(item)
        names = [str(n) for n in _list(item.data["tools"])]
        tools = {c.name: CalculatorTool(c) for c in CALCULATORS if c.name in names}
        folder = context.work / "tool_use"

        async def run(call: ToolCall) -> ToolResult:
            return await asyncio.to_thread(tools[call.tool].run, call, ToolContext(artifacts=ArtifactStore(folder)))

        specs = [tools[n].spec for n in names]
        bound = ModelTools(specs, run, shelf)
        head = [item.input, "", "Tools:"]
        head += [f"- {s.name}: {short(s.description)} {json.dumps(parameters(s, shelf))}" for s in specs]
        log = [*head, "", f"Values: {', '.join(shelf)}", ""]
        malformed, called, final = 0, list[str](), ""
        for turn in range(MAX_CALLS + 1):
            said = cleaned(await talk.ask("tools", "\n".join(log), max_tokens=300, left=MAX_CALLS - turn))
            step = _object(said)
            if step is None or "answer" in step or turn == MAX_CALLS:
                malformed += step is None and turn < MAX_CALLS
                final = str(step["answer"]) if step and "answer" in step else said
                break
            answer = await bound.call(step.get("tool"), step.get("arguments"))
            malformed += not answer.tool
            called += [answer.tool] if answer.tool else []
            log += [f"You: {json.dumps(step)}", f"Result: {answer.text}"]
        return {**_scored(item, called, malformed, final), **talk.cost()}

    def more(self, outcomes: Sequence[Outcome]) -> Sequence[EvalTable]:
        """Return the faults of the calls; items that failed have every fault."""
        rows = []
        for name, words in _FAULTS.items():
            count = sum(bool(o.error) or bool(o.values.get(name)) for o in outcomes)
            rows.append((words, str(count), str(wilson(count, len(outcomes))) if outcomes else "no items"))
        columns = ("fault", "items", "share (95 %)")
        return (EvalTable(title="Faults of tool calls", columns=columns, rows=tuple(rows), note="Failed items count."),)


_FAULTS = {
    "malformed": "at least one malformed call (no JSON, no such tool, no such input)",
    "under_called": "the tool that answers was never called",
    "wrong_routing": "the first call went to another tool",
}


def _scored(item: EvalItem, called: Sequence[str], malformed: int, final: str) -> dict[str, JsonValue]:
    wanted = str(item.data["tool"])
    found = number(final)
    exact = str(item.data["unit"]) == "{score}"
    verdict = Mark.ABSTAINED if abstains(final) else mark_number(found, float(item.target), exact=exact)
    return {
        "mark": verdict.value,
        "answer": found.text or found.kind.value,
        "called": list(called),
        "malformed": malformed,
        "under_called": wanted not in called,
        "wrong_routing": bool(called) and called[0] != wanted,
    }


def _object(text: str) -> dict[str, object] | None:
    start, end = text.find("{"), text.rfind("}")
    try:
        found = json.loads(text[start : end + 1])
    except (json.JSONDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _item(calculator: Calculator, rng: random.Random) -> EvalItem:
    for _ in range(_TRIES):
        facts = {i.name: _drawn(i, rng) for i in calculator.inputs}
        try:
            key = calculator.calculate(facts)
        except CalculatorRefusal:
            continue
        break
    else:
        raise AssertionError(f"no possible facts were drawn for {calculator.name}")
    others = rng.sample([c for c in CALCULATORS if c.name != calculator.name], OTHERS)
    tools = sorted([calculator.name, *(c.name for c in others)])
    for other in others[:2]:
        facts = {**{i.name: _drawn(i, rng) for i in other.inputs}, **facts}
    listed: list[JsonValue] = [f.model_dump(mode="json") for f in facts.values()]
    return EvalItem(
        id=calculator.name,
        input=f"What is the patient's {calculator.title}?",
        target=f"{key:.10g}",
        data={"tool": calculator.name, "tools": list(tools), "facts": listed, "unit": calculator.unit},
    )


def _drawn(item: Quantity | YesNo | Choice, rng: random.Random) -> Fact:
    match item:
        case Quantity():
            middle = item.low + (item.high - item.low) * rng.uniform(0.1, 0.5)
            return Fact(name=item.name, value=float(f"{middle:.3g}"), unit=item.unit)
        case YesNo():
            return Fact(name=item.name, value=rng.random() < 0.5)
        case Choice():
            return Fact(name=item.name, value=rng.choice(item.options))


def _shelf(item: EvalItem) -> dict[str, FlowValue]:
    facts = [Fact.model_validate(f) for f in _list(item.data["facts"])]
    return {f.name: FactValue(value=f) for f in facts}


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
