"""The contract of a chat model.

Invariants: ``structured`` returns a validated value or raises, never a half-parsed one; an answer cut off by its token
limit is no answer; quoted data (findings, retrieved text, header values) travels in ``ChatMessage.data``, apart from
instructions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

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


@runtime_checkable
class ChatModel(Protocol):
    """A model that answers messages."""

    @property
    def name(self) -> str:
        """Name as the server knows it."""
        ...

    def check(self) -> None:
        """Ask the server whether it is there and serves the model.

        Raises:
            ModelServerError: It is not.
        """
        ...

    def structured(self, messages: tuple[ChatMessage, ...], kind: type[V], max_tokens: int = 512) -> V:
        """Return an answer as an instance of ``kind``.

        Raises:
            ModelServerError: Unreachable, timed out, cut off, or still invalid after one repair.
        """
        ...

    def tokens(self) -> dict[str, int]:
        """Return tokens used so far: ``prompt`` and ``completion``."""
        ...
