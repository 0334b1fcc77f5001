"""Tools as a model sees them: short LangChain adapters over a shelf of values.

A model names a tool and, where there is a choice, the values it means. It never gives numbers or pixels, it never
opens anything, and what it asks for twice is computed once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NotRequired, TypedDict

from clinigraph.agents.tool_calls import QUESTION, BoundCall, CallRefused, asks, bind, choices, facts_for
from clinigraph.models.base import StepId, Value
from clinigraph.models.case import Case
from clinigraph.models.formatting import format_measured
from clinigraph.models.tooling import (
    BoxValue,
    EvaluationValue,
    FactValue,
    FlowValue,
    ImageValue,
    LabelMapValue,
    MeasurementValue,
    PointsValue,
    ToolCall,
    ToolResult,
    ToolSpec,
    ToolStatus,
    ValueKind,
)

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

Run = Callable[[ToolCall], Awaitable[ToolResult]]
"""Makes one call, for example through the graph's tool runner."""

MAX_SCHEMA_TOKENS = 120
"""Longest schema of one tool, name and description included; a test measures it for every installed tool."""
_LONGEST_DESCRIPTION = 140
_LETTERS_PER_INPUT = 25
_SHORTEST_DESCRIPTION = 50


class ToolAnswer(Value):
    """What a model is told of its call."""

    tool: str
    """The tool that was meant; empty when there is none."""
    text: str
    """A result in words, or why the call was not made. Data, never an instruction."""
    executed: bool
    """Whether the tool ran for this call; a stored result is not run again."""
    result: ToolResult | None = None


class ModelTools:
    """A set of tools over one case's values; one instance for one case and one event loop.

    Args:
        specs: What may be called.
        run: Makes a call.
        shelf: Values of the case by label: images, facts, boxes. Results are added to a copy.
        aliases: Other names of tools, for example from an earlier version.
    """

    def __init__(
        self,
        specs: Sequence[ToolSpec],
        run: Run,
        shelf: Mapping[str, FlowValue],
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self._specs = {s.name: s for s in specs}
        self._run = run
        self._shelf = dict(shelf)
        self._aliases = dict(aliases or {})
        self._calls: dict[str, asyncio.Task[ToolResult]] = {}

    @property
    def shelf(self) -> Mapping[str, FlowValue]:
        """Values by label, results included."""
        return dict(self._shelf)

    def adapters(self) -> list[StructuredTool]:
        """Return one adapter for each tool; schemas follow the shelf as it is now."""
        return [self._adapter(s) for s in self._specs.values()]

    async def call(self, name: object, arguments: object) -> ToolAnswer:
        """Answer a call as the model wrote it.

        Args:
            name: Name of a tool; case, hyphens and prefixes do not matter.
            arguments: An object or its JSON.
        """
        try:
            bound = bind(name, arguments, self._specs, self._shelf, self._aliases)
        except CallRefused as refusal:
            return ToolAnswer(tool="", text=f"Not called: {refusal}", executed=False)
        digest = bound.digest()
        known = self._calls.get(digest)
        task = known or asyncio.ensure_future(self._made(bound, digest))
        self._calls[digest] = task
        result = await asyncio.shield(task)
        if result.status is ToolStatus.FAILED and result.retryable:
            self._calls.pop(digest, None)
        labels = self._put(result)
        return ToolAnswer(tool=bound.tool, text=_told(result, labels), executed=known is None, result=result)

    async def _made(self, bound: BoundCall, digest: str) -> ToolResult:
        step = StepId(f"{bound.tool}-{digest[:8]}")
        return await self._run(ToolCall(step_id=step, tool=bound.tool, inputs=bound.inputs, question=bound.question))

    def _put(self, result: ToolResult) -> dict[str, str]:
        """Put outputs on the shelf and return their labels."""
        labels = {}
        for name, value in result.outputs.items():
            label, number = f"{result.tool}.{name}", 1
            while label in self._shelf and self._shelf[label] != value:
                number += 1
                label = f"{result.tool}.{name}.{number}"
            self._shelf[label] = value
            labels[name] = label
        return labels

    def _adapter(self, spec: ToolSpec) -> StructuredTool:
        from langchain_core.tools import StructuredTool

        async def call(**arguments: object) -> str:
            return (await self.call(spec.name, arguments)).text

        schema = parameters(spec, self._shelf)
        return StructuredTool(
            name=spec.name,
            description=short(spec.description, len(schema["properties"])),
            args_schema=dict(schema),
            coroutine=call,
        )


class Parameters(TypedDict):
    """JSON schema of a tool's arguments."""

    type: str
    properties: dict[str, object]
    required: NotRequired[list[str]]


def parameters(spec: ToolSpec, shelf: Mapping[str, FlowValue]) -> Parameters:
    """Return the JSON schema of a tool's arguments: only what leaves a choice.

    Facts are taken from the record, and an input that one value fits takes that value.

    Args:
        spec: The tool.
        shelf: Values by label.
    """
    properties: dict[str, object] = {
        name: {"type": "string"}
        for name, port in spec.inputs.items()
        if len(facts_for(name, shelf) if port.kind is ValueKind.FACT else choices(port, spec, shelf)) > 1
    }
    if asks(spec):
        properties[QUESTION] = {"type": "string"}
    found: Parameters = {"type": "object", "properties": properties}
    return found | {"required": [QUESTION]} if asks(spec) else found


def shelf_of(case: Case) -> dict[str, FlowValue]:
    """Return a case's values by label: images by id, ``box.LABEL``, ``points.LABEL``, facts with the side where needed.

    Args:
        case: The case; its pixels stay in the artifact store.
    """
    shelf: dict[str, FlowValue] = {}
    for image in case.images:
        shelf[image.id] = ImageValue(value=image)
        for label, box in image.boxes.items():
            shelf.setdefault(f"box.{label}", BoxValue(value=box))
        for label, points in image.points.items():
            shelf.setdefault(f"points.{label}", PointsValue(value=points))
    for fact in case.facts:
        twice = sum(f.name == fact.name for f in case.facts) > 1
        shelf[f"{fact.name}.{fact.laterality.name.lower()}" if twice else fact.name] = FactValue(value=fact)
    return shelf


def short(description: str, inputs: int = 0) -> str:
    """Return the first sentences of a description that fit a schema.

    Args:
        description: As the tool gives it.
        inputs: How many inputs the schema names; each takes room from the description.
    """
    text = " ".join(description.split())
    room = max(_SHORTEST_DESCRIPTION, _LONGEST_DESCRIPTION - _LETTERS_PER_INPUT * inputs)
    if len(text) <= room:
        return text
    end = text.rfind(". ", 0, room)
    if end > _SHORTEST_DESCRIPTION // 2:
        return text[: end + 1]
    return text[: text.rfind(" ", 0, room)].rstrip(",;:") + " …"


def _told(result: ToolResult, labels: Mapping[str, str]) -> str:
    if result.status is ToolStatus.FAILED:
        return f"{result.tool} failed: {result.reason}"
    lines = [f"{labels[name]}: {_words(value)}" for name, value in result.outputs.items()]
    lines += [f"{name}: not given, {reason}" for name, reason in result.missing.items()]
    if result.status is ToolStatus.EMPTY:
        lines.insert(0, f"nothing found: {result.reason}")
    return "\n".join(lines) or "done"


def _words(value: FlowValue) -> str:
    if isinstance(value, MeasurementValue):
        return format_measured(value.value.value, value.value.unit, value.value.interval)
    if isinstance(value, EvaluationValue):
        read = value.value
        return (
            f"{read.score} of 5; for: {read.evidence_for or 'nothing'}; against: {read.evidence_against or 'nothing'}"
        )
    if isinstance(value, LabelMapValue):
        return "masks of " + ", ".join(f"{s.label} ({s.pixel_count} px)" for s in value.value.segments)
    return value.kind.replace("_", " ")
