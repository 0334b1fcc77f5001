"""Strict doubles of a chat model: they say what they were told, and fail on what they were not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from clinigraph.errors import ModelServerError
from clinigraph.llm.chat import DialogueChat
from clinigraph.llm.dialogue import CHARACTERS_PER_TOKEN, Reply, Request
from clinigraph.models.base import Value

Said = str | Value | dict[str, object] | Reply | ModelServerError
Answer = Callable[[Request], Said]


@dataclass(frozen=True, slots=True)
class Step:
    """One expected call.

    Args:
        says: A value, a JSON object, a text, a raw reply, an error to raise, or a function of the request.
        role: The role that must ask; any when empty.
        kind: The type that must be asked for; any when None.
        contains: A text that must stand in the messages.
    """

    says: Said | Answer
    role: str = ""
    kind: type[Value] | None = None
    contains: str = ""

    def mismatch(self, request: Request) -> str:
        """Return why the request is not the expected one; empty when it is."""
        if self.role and request.role != self.role:
            return f"expected the role {self.role}, {request.role} asked"
        if self.kind is not None and request.kind is not self.kind:
            return f"expected {self.kind.__name__}, asked for {kind_name(request)}"
        if self.contains and self.contains not in all_text(request):
            return f"the messages do not contain {self.contains!r}"
        return ""


class ScriptedModel(DialogueChat):
    """Answers calls in order; an unexpected call fails at once, a step left over fails at ``finish``.

    A call is one request to a server: a repair round is a call of its own. Used as a context manager, it finishes by
    itself. Calls of several threads are served in the order in which they come.

    Args:
        steps: What to say; a bare answer stands for a step that expects nothing special.
        sees_images: Whether pictures may be sent.
        name: Its name.

    Example:
        >>> from clinigraph.llm.contract import ChatMessage
        >>> from clinigraph.llm.contract import ModelBudget
        >>> with ScriptedModel([ModelBudget(max_calls=3)]) as model:
        ...     model.structured((ChatMessage("user", "How many?"),), ModelBudget).max_calls
        3
    """

    def __init__(
        self, steps: Sequence[Step | Said | Answer] = (), *, sees_images: bool = True, name: str = "scripted"
    ) -> None:
        super().__init__()
        self._name = name
        self._sees_images = sees_images
        self._script = _Script([s if isinstance(s, Step) else Step(s) for s in steps])

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def sees_images(self) -> bool:
        """As it was told."""
        return self._sees_images

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request so far, those of views included."""
        return tuple(self._script.requests)

    def check(self) -> None:
        """It is there."""

    def finish(self) -> None:
        """Check that nothing was left unsaid.

        Raises:
            AssertionError: A step is left over, or an unexpected call was swallowed by the code under test.
        """
        self._script.finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()

    def _reply(self, request: Request) -> Reply:
        return said(self._script.next(request), request)

    async def _areply(self, request: Request) -> Reply:
        return self._reply(request)


class _Script:
    """Steps shared by all views."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self._lock = threading.Lock()
        self._broken = ""
        self.requests: list[Request] = []

    def next(self, request: Request) -> Said:
        with self._lock:
            self.requests.append(request)
            wrong = self._steps[0].mismatch(request) if self._steps else "the script has ended"
            if wrong:
                self._broken = self._broken or f"unexpected call {len(self.requests)} ({described(request)}): {wrong}"
                raise AssertionError(self._broken)
            says = self._steps.pop(0).says
        return says(request) if callable(says) else says

    def finish(self) -> None:
        if self._broken:
            raise AssertionError(self._broken)
        if self._steps:
            raise AssertionError(f"{len(self._steps)} step(s) of the script were not asked for")


def said(says: Said, request: Request) -> Reply:
    """Return a reply that says something, its tokens estimated.

    Raises:
        ModelServerError: That is what was to be said.
    """
    if isinstance(says, ModelServerError):
        raise says
    if isinstance(says, Reply):
        return says
    text = says if isinstance(says, str) else says.model_dump_json() if isinstance(says, Value) else json.dumps(says)
    return Reply(text, prompt_tokens=request.estimate() - request.max_tokens, completion_tokens=length(text))


def length(text: str) -> int:
    """Return about how many tokens a text has."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def all_text(request: Request) -> str:
    """Return everything that a request says, instructions and data."""
    return "\n".join([*(f"{m.text}\n{m.data}" for m in request.messages), request.repair])


def kind_name(request: Request) -> str:
    """Return the name of the type that is asked for."""
    return request.kind.__name__ if request.kind else "text"


def described(request: Request) -> str:
    """Return who asks for what."""
    return f"{request.role} asks for {kind_name(request)}"
