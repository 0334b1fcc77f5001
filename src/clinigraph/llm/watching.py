"""A model whose server is watched: roles stand aside for a bad answer, but a lost server stops the run.

What a model says badly (an answer that does not fit, that does not end, or that comes too late) is the business of the
role that asked: it notes the failure and stands aside. What lies with the server, its key, its context or the budget is
in the hands of who runs it: the run stops in a state that can be resumed, instead of ending in a report in which a part
of the method silently took no part.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import TypeVar

from clinigraph.errors import (
    ModelAnswerInvalid,
    ModelCutOff,
    ModelLost,
    ModelSeesNoImages,
    ModelServerError,
    ModelTooSlow,
    ModelUnreachable,
)
from clinigraph.llm.contract import ChatMessage, ChatModel, ModelBudget
from clinigraph.models.base import Value

V = TypeVar("V", bound=Value)

OF_THE_ANSWER = (ModelCutOff, ModelAnswerInvalid, ModelSeesNoImages)
"""Failures for which the role that asked stands aside."""
_RESUME = "The same command resumes; with --fallback (CLINIGRAPH_MODEL_FALLBACK=1) it goes on by the rules."


class WatchedModel:
    """Passes every call on until one fails for a reason of the server; from then on each call fails at once with that.

    Raises what the model raises, so that roles need not know of it. Who runs the roles asks :meth:`raise_lost`.
    A call without an answer in time counts as lost only when the server does not answer a check either.

    Args:
        model: Whom to pass calls to.
    """

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._lost: ModelServerError | None = None

    @property
    def lost(self) -> bool:
        """Whether the server failed."""
        return self._lost is not None

    def raise_lost(self) -> None:
        """Do nothing while the server is there.

        Raises:
            ModelLost: It failed; says how, and how to go on.
        """
        error = self._lost
        if error is not None:
            given = f"{error.what[:1].lower()}{error.what[1:].rstrip('.')}{f', {error.given}' if error.given else ''}"
            raise ModelLost("The run stopped in mid-case", given=given, todo=_todo(error)) from error

    @property
    def name(self) -> str:
        """Name as the server knows it."""
        return self._model.name

    @property
    def sees_images(self) -> bool:
        """Whether pictures may be sent."""
        return self._model.sees_images

    def check(self) -> None:
        """Ask whether the model is there.

        Raises:
            ModelServerError: It is not.
        """
        self._model.check()

    def tokens(self) -> dict[str, int]:
        """Return tokens used so far, in total and by role."""
        return self._model.tokens()

    def for_case(self, budget: ModelBudget, kept_in: Path | None = None) -> WatchedModel:
        """Return a view with its own counters, budget and watch."""
        return WatchedModel(self._model.for_case(budget, kept_in))

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
        """Return an answer as an instance of ``kind``.

        Raises:
            ModelServerError: One of its subclasses says what went wrong.
        """
        self._refuse()
        try:
            return self._model.structured(
                messages, kind, role=role, max_tokens=max_tokens, temperature=temperature, seed=seed
            )
        except ModelServerError as error:
            self._note(error)
            raise

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
        """Return an answer as an instance of ``kind``.

        Raises:
            ModelServerError: One of its subclasses says what went wrong.
        """
        self._refuse()
        try:
            return await self._model.astructured(
                messages, kind, role=role, max_tokens=max_tokens, temperature=temperature, seed=seed
            )
        except ModelServerError as error:
            await self._anote(error)
            raise

    async def atext(
        self,
        messages: tuple[ChatMessage, ...],
        *,
        role: str,
        max_tokens: int = 512,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> str:
        """Return an answer as text.

        Raises:
            ModelServerError: One of its subclasses says what went wrong.
        """
        self._refuse()
        try:
            return await self._model.atext(
                messages, role=role, max_tokens=max_tokens, temperature=temperature, seed=seed
            )
        except ModelServerError as error:
            await self._anote(error)
            raise

    def _refuse(self) -> None:
        if self._lost is not None:
            raise self._lost

    def _note(self, error: ModelServerError) -> None:
        """Remember the first failure that lies with the server."""
        if isinstance(error, OF_THE_ANSWER):
            return
        reason = self._checked() if isinstance(error, ModelTooSlow) else error
        with self._lock:
            self._lost = self._lost or reason

    async def _anote(self, error: ModelServerError) -> None:
        """Note a failure without blocking the event loop; at once where no check is needed."""
        if isinstance(error, ModelTooSlow):
            await asyncio.to_thread(self._note, error)
        else:
            self._note(error)

    def _checked(self) -> ModelServerError | None:
        """Return why the server fails a check; None when it answers."""
        try:
            self._model.check()
        except ModelServerError as gone:
            return gone
        return None


def _todo(error: ModelServerError) -> str:
    way_out = "Start it again" if isinstance(error, ModelUnreachable) else error.todo.rstrip(".")
    return f"{way_out}. {_RESUME}" if way_out else _RESUME
