"""What every chat model shares: dialogues, budgets and counters; a subclass only sends requests."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self, TypeVar

from clinigraph.errors import ModelSeesNoImages
from clinigraph.llm.budget import Ledger
from clinigraph.llm.contract import ChatMessage, ModelBudget
from clinigraph.llm.dialogue import Reply, Request, adrive, drive, text_dialogue, value_dialogue
from clinigraph.models.base import Value

V = TypeVar("V", bound=Value)


class DialogueChat(ABC):
    """A chat model that is told how to send one request."""

    def __init__(self) -> None:
        self._ledger = Ledger()

    @property
    @abstractmethod
    def name(self) -> str:
        """Name as the server knows it."""

    @property
    def sees_images(self) -> bool:
        """Whether pictures may be sent."""
        return True

    @abstractmethod
    def check(self) -> None:
        """Ask whether the model is there.

        Raises:
            ModelServerError: It is not.
        """

    @abstractmethod
    def _reply(self, request: Request) -> Reply:
        """Send a request from a thread.

        Raises:
            ModelServerError: No reply.
        """

    @abstractmethod
    async def _areply(self, request: Request) -> Reply:
        """Send a request from an event loop.

        Raises:
            ModelServerError: No reply.
        """

    def structured(
        self,
        messages: tuple[ChatMessage, ...],
        kind: type[V],
        *,
        role: str = "reader",
        max_tokens: int = 512,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> V:
        """Return an answer as an instance of ``kind``; one repair round says what was wrong.

        Raises:
            ModelServerError: One of its subclasses says what went wrong.
        """
        request = Request(messages, role, max_tokens, temperature, seed)
        return drive(value_dialogue(request, kind), self._ask)

    async def astructured(
        self,
        messages: tuple[ChatMessage, ...],
        kind: type[V],
        *,
        role: str,
        max_tokens: int = 512,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> V:
        """Return an answer as an instance of ``kind``; one repair round says what was wrong.

        Raises:
            ModelServerError: One of its subclasses says what went wrong.
        """
        request = Request(messages, role, max_tokens, temperature, seed)
        return await adrive(value_dialogue(request, kind), self._aask)

    async def atext(
        self,
        messages: tuple[ChatMessage, ...],
        *,
        role: str,
        max_tokens: int = 512,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> str:
        """Return an answer as text, without white space around it.

        Raises:
            ModelServerError: One of its subclasses says what went wrong.
        """
        request = Request(messages, role, max_tokens, temperature, seed)
        return await adrive(text_dialogue(request), self._aask)

    def tokens(self) -> dict[str, int]:
        """Return tokens used so far, in total and by role."""
        return self._ledger.tokens()

    def for_case(self, budget: ModelBudget, kept_in: Path | None = None) -> Self:
        """Return a view with its own counters and budget, kept in a file where one is named; the rest is shared."""
        view = copy.copy(self)
        view._ledger = Ledger(budget, kept_in)
        return view

    def _ask(self, request: Request) -> Reply:
        self._refuse_images(request)
        with self._ledger.call(request.role, request.estimate(), request.max_tokens) as spending:
            reply = self._reply(request)
            spending.spend(reply.prompt_tokens, reply.completion_tokens)
            return reply

    async def _aask(self, request: Request) -> Reply:
        self._refuse_images(request)
        with self._ledger.call(request.role, request.estimate(), request.max_tokens) as spending:
            reply = await self._areply(request)
            spending.spend(reply.prompt_tokens, reply.completion_tokens)
            return reply

    def _refuse_images(self, request: Request) -> None:
        if request.has_images and not self.sees_images:
            raise no_images(self.name)


def no_images(model: str) -> ModelSeesNoImages:
    """Return the error for pictures sent to a model that takes text only."""
    return ModelSeesNoImages(
        "The model takes no pictures", given=model, todo="Serve a model with vision, or run without --model."
    )
