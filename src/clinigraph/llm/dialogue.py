"""The conversation behind one answer, apart from how it is sent: ask, parse, repair once, or fail with a type.

A dialogue is a generator that yields requests and is sent replies, so the same lines serve threads and event loops,
servers and doubles.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, replace
from typing import TypeVar

from clinigraph.errors import ModelAnswerInvalid, ModelCutOff
from clinigraph.llm.answers import AnswerUnusable, answer_schema, parse_answer
from clinigraph.llm.contract import ChatMessage
from clinigraph.llm.prompt_files import load_prompt
from clinigraph.models.base import Value

V = TypeVar("V", bound=Value)
R = TypeVar("R")

CHARACTERS_PER_TOKEN = 4
"""For estimates before a call; English text has about four characters to a token."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One call to a model."""

    messages: tuple[ChatMessage, ...]
    role: str
    max_tokens: int
    temperature: float = 0.0
    seed: int | None = None
    kind: type[Value] | None = None
    """Type of the answer; None asks for text."""
    schema: dict[str, object] | None = None
    """JSON schema of ``kind``."""
    repair: str = ""
    """What was wrong with the answer before, added to the last turn."""

    @property
    def has_images(self) -> bool:
        """Whether a message shows pictures."""
        return any(m.images for m in self.messages)

    def estimate(self) -> int:
        """Return about how many tokens the call takes at most, pictures not counted."""
        letters = sum(len(m.text) + len(m.data) for m in self.messages) + len(self.repair)
        return -(-letters // CHARACTERS_PER_TOKEN) + self.max_tokens


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cut_off: bool = False
    """The answer ran into its token limit."""
    refused: bool = False
    """The model, or a filter of its server, refused to answer."""


def value_dialogue(request: Request, kind: type[V]) -> Generator[Request, Reply, V]:
    """Ask for a value; an answer that cannot be used is asked for once more, saying why and with twice the room.

    Raises:
        ModelCutOff: The second answer was cut off.
        ModelAnswerInvalid: The second answer did not fit.
    """
    first = replace(request, kind=kind, schema=answer_schema(kind))
    try:
        return _value((yield first), first, kind)
    except AnswerUnusable as unusable:
        problem = str(unusable)
    again = replace(first, repair=_repair(problem), max_tokens=2 * first.max_tokens)
    reply = yield again
    try:
        return _value(reply, again, kind)
    except AnswerUnusable as unusable:
        raise _failure(reply, again, str(unusable)) from unusable


def text_dialogue(request: Request) -> Generator[Request, Reply, str]:
    """Ask for text; an empty or cut-off answer is asked for once more with twice the room.

    Raises:
        ModelCutOff: The second answer was cut off.
        ModelAnswerInvalid: The second answer was empty or a refusal.
    """
    reply = yield request
    if _text_problem(reply, request):
        request = replace(request, max_tokens=2 * request.max_tokens)
        reply = yield request
    if problem := _text_problem(reply, request):
        raise _failure(reply, request, problem)
    return reply.text.strip()


def drive(dialogue: Generator[Request, Reply, R], ask: Callable[[Request], Reply]) -> R:
    """Hold a dialogue in this thread."""
    try:
        request = next(dialogue)
        while True:
            request = dialogue.send(ask(request))
    except StopIteration as done:
        answer: R = done.value
        return answer


async def adrive(dialogue: Generator[Request, Reply, R], ask: Callable[[Request], Awaitable[Reply]]) -> R:
    """Hold a dialogue in this event loop."""
    try:
        request = next(dialogue)
        while True:
            request = dialogue.send(await ask(request))
    except StopIteration as done:
        answer: R = done.value
        return answer


def _value(reply: Reply, request: Request, kind: type[V]) -> V:
    if reply.refused:
        raise AnswerUnusable("the model refused to answer.")
    if reply.cut_off:
        raise AnswerUnusable(f"it was cut off after {request.max_tokens} tokens.")
    return parse_answer(reply.text, kind)


def _text_problem(reply: Reply, request: Request) -> str:
    if reply.refused:
        return "the model refused to answer."
    if reply.cut_off:
        return f"it was cut off after {request.max_tokens} tokens."
    return "" if reply.text.strip() else "it is empty."


def _repair(problem: str) -> str:
    return load_prompt("clinigraph.llm", "repair").messages(problem=problem)[1].text


def _failure(reply: Reply, request: Request, problem: str) -> ModelAnswerInvalid | ModelCutOff:
    asked = request.kind.__name__ if request.kind else "text"
    given = f"{asked} for the {request.role}: {problem.rstrip('.')}"
    if reply.cut_off and not reply.refused:
        return ModelCutOff("The model's answer did not end", given=given, todo="Use a model that comes to an end.")
    return ModelAnswerInvalid(
        "The model gave no usable answer", given=given, todo="Use a model that follows a JSON schema."
    )
