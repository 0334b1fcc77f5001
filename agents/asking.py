"""How a role asks a model: a versioned prompt first, the case as quoted data, an answer that is checked twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from clinigraph.errors import ModelAnswerInvalid, ModelServerError, ModelTooSlow
from clinigraph.llm.contract import ChatMessage, ChatModel
from clinigraph.llm.prompt_files import load_prompt
from clinigraph.models.base import Value

V = TypeVar("V", bound=Value)
PACKAGE = "clinigraph.agents"
_AGAIN = "Your last answer breaks the rules that are quoted here. Answer again."


def nothing_wrong(_: Value) -> str:
    """Accept any answer that fits its schema."""
    return ""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question of a role."""

    role: str
    """Name of the prompt file, and what tokens are counted under."""
    data: str
    """What is quoted."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Words of the program for the fields of the prompt; nothing that comes from files."""
    images: tuple[NDArray[np.uint8], ...] = ()
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int | None = None

    def messages(self, problem: str = "") -> tuple[ChatMessage, ...]:
        """Return the messages: static text, case, and in a second round what was wrong with the first answer."""
        prompt = load_prompt(PACKAGE, self.role)
        first = prompt.messages(data=self.data, images=self.images, **self.fields)
        return (*first, ChatMessage("user", _AGAIN, data=problem)) if problem else first


LIMIT_S = 270.0
"""Longest time of one question with its repairs and its second round; less than half of a node's time."""


async def ask(model: ChatModel, question: Ask, kind: type[V], wrong: Callable[[V], str] = nothing_wrong) -> V:
    """Return an answer that fits schema and rules; one that breaks a rule goes back once.

    Args:
        model: Whom to ask.
        question: What.
        kind: Type of the answer.
        wrong: Names every rule that an answer breaks, or gives an empty string.

    Raises:
        ModelServerError: No usable answer in time, or the second one breaks a rule as well.
    """
    try:
        async with asyncio.timeout(LIMIT_S):
            return await _answer(model, question, kind, wrong)
    except TimeoutError as error:
        given = f"role {question.role}, {LIMIT_S:g} s"
        todo = "Use a faster server, or fewer roles."
        raise ModelTooSlow("The model took too long", given=given, todo=todo) from error


async def _answer(model: ChatModel, question: Ask, kind: type[V], wrong: Callable[[V], str]) -> V:
    answer = await _once(model, question, kind, "")
    problem = wrong(answer)
    if not problem:
        return answer
    answer = await _once(model, question, kind, problem)
    problem = wrong(answer)
    if problem:
        raise ModelAnswerInvalid(
            "The answer broke a rule twice", given=f"role {question.role}", todo="Use a stronger model."
        )
    return answer


async def _once(model: ChatModel, question: Ask, kind: type[V], problem: str) -> V:
    return await model.astructured(
        question.messages(problem),
        kind,
        role=question.role,
        max_tokens=question.max_tokens,
        temperature=question.temperature,
        seed=question.seed,
    )


def failed(role: str, error: ModelServerError, instead: str) -> str:
    """Return the note for the reader of a report when a model role failed.

    It names what happened, never what the model wrote.
    """
    return f"No answer of the model as {role} ({error.what[:1].lower()}{error.what[1:].rstrip('.')}); {instead}."
