"""The contract of a chat model.

Invariants: ``structured`` and ``astructured`` return a validated value or raise, never a half-parsed one; an answer cut
off by its token limit is no answer; quoted data (findings, retrieved text, header values) travels in
``ChatMessage.data``, apart from instructions; every call is counted under its role before it returns or raises; a view
made by ``for_case`` counts for itself alone and starts no call that its budget does not cover. Every implementation is
run through :mod:`clinigraph.testing.model_suite`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clinigraph.models.base import Value

V = TypeVar("V", bound=Value)


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message."""

    role: Literal["system", "user"]
    text: str
    data: str = ""
    """Material that is quoted to the model as data."""
    images: tuple[NDArray[np.uint8], ...] = ()
    """RGB pictures ``(H, W, 3)``."""


class ModelBudget(Value):
    """What one case may spend on a model; None means no limit."""

    max_calls: int | None = Field(default=None, ge=0)
    """Most calls, repairs included; repeats after a failed connection are not counted."""
    max_tokens: int | None = Field(default=None, ge=0)
    """Most tokens, prompt and completion together."""
    max_cost: float | None = Field(default=None, ge=0)
    """Most cost, in the currency of the prices."""
    prompt_price: float = Field(default=0.0, ge=0)
    """Price of 10^6 prompt tokens."""
    completion_price: float = Field(default=0.0, ge=0)
    """Price of 10^6 completion tokens."""


@runtime_checkable
class ChatModel(Protocol):
    """A model that answers messages."""

    @property
    def name(self) -> str:
        """Name as the server knows it."""
        ...

    @property
    def sees_images(self) -> bool:
        """Whether pictures may be sent; where False, readers state "not assessed"."""
        ...

    def check(self) -> None:
        """Ask the server whether it is there and serves the model.

        Raises:
            ModelServerError: It is not.
        """
        ...

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
        """Return an answer as an instance of ``kind``; for code that runs in a thread, such as tools.

        Args:
            messages: Static part first, so that servers can reuse its prefix.
            kind: A pydantic value; its JSON schema goes to the server.
            role: Under which name tokens are counted, for example ``planner``.
            max_tokens: Longest answer; the repair round gets twice as much.
            temperature: 0 is greedy.
            seed: Sampling seed; the model's own by default.

        Raises:
            ModelServerError: One of its subclasses says what went wrong.
        """
        ...

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
        """Return an answer as an instance of ``kind``, without blocking the event loop.

        Raises:
            ModelServerError: One of its subclasses says what went wrong.
        """
        ...

    async def atext(
        self,
        messages: tuple[ChatMessage, ...],
        *,
        role: str,
        max_tokens: int = 512,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> str:
        """Return an answer as text; empty and cut-off answers are failures.

        Raises:
            ModelServerError: One of its subclasses says what went wrong.
        """
        ...

    def tokens(self) -> dict[str, int]:
        """Return tokens used so far.

        Returns:
            ``prompt`` and ``completion`` in total, ``<role>.prompt`` and ``<role>.completion`` for each role.
        """
        ...

    def for_case(self, budget: ModelBudget, kept_in: Path | None = None) -> ChatModel:
        """Return a view with its own counters and budget that shares connections and the limit of calls at a time.

        Args:
            budget: What the case may spend.
            kept_in: File of the counters, read when first needed and written after each call: a case that stopped
                counts on when it is resumed. None keeps them in memory.
        """
        ...
