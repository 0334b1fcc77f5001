"""Record what a real server says once, and replay it without one."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

from clinigraph.errors import UsageError
from clinigraph.llm.chat import DialogueChat
from clinigraph.llm.dialogue import Reply, Request
from clinigraph.models.base import Value

_HOW = "Record it again from a live model."


class Taken(Value):
    """One recorded reply."""

    role: str
    kind: str
    """Type that was asked for, or ``text``."""
    text: str
    prompt_tokens: int
    completion_tokens: int
    cut_off: bool
    refused: bool

    def reply(self) -> Reply:
        """Return it as a reply."""
        return Reply(self.text, self.prompt_tokens, self.completion_tokens, self.cut_off, self.refused)


class Recording(Value):
    """The content of a recording: answers by digest of their request. Requests are not kept, so no case is in it."""

    format: int = 1
    model: str
    sees_images: bool
    replies: dict[str, tuple[Taken, ...]]
    """Digest -> answers in the order in which they were given; the last one is repeated."""


def request_digest(request: Request) -> str:
    """Return the sha256 of what is asked: messages with pixels, type with schema, temperature, seed and repair."""
    digest = hashlib.sha256()
    parts = [(m.role, m.text, m.data) for m in request.messages]
    kind = request.kind.__name__ if request.kind else "text"
    head = [parts, kind, request.schema, request.temperature, request.seed, request.repair]
    digest.update(json.dumps(head, sort_keys=True).encode())
    for message in request.messages:
        for image in message.images:
            digest.update(repr((image.shape, image.dtype.str)).encode())
            digest.update(image.tobytes())
    return digest.hexdigest()


class RecordingModel(DialogueChat):
    """Asks another model and keeps its replies. Answers may repeat what a case says: record cases that may be shared.

    Args:
        inner: The model that answers, for example an ``OpenAiChat``.
    """

    def __init__(self, inner: DialogueChat) -> None:
        super().__init__()
        self._inner = inner
        self._lock = threading.Lock()
        self._replies: dict[str, list[Taken]] = {}

    @property
    def name(self) -> str:
        """The inner model's name."""
        return self._inner.name

    @property
    def sees_images(self) -> bool:
        """As the inner model says."""
        return self._inner.sees_images

    def check(self) -> None:
        """Ask the inner model.

        Raises:
            ModelServerError: It is not there.
        """
        self._inner.check()

    def save(self, path: Path) -> None:
        """Write the recording as JSON, sorted, so that recordings can be compared."""
        with self._lock:
            replies = {d: tuple(r) for d, r in sorted(self._replies.items())}
        recording = Recording(model=self.name, sees_images=self.sees_images, replies=replies)
        path.write_text(
            json.dumps(recording.model_dump(mode="json"), indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )

    def _reply(self, request: Request) -> Reply:
        return self._keep(request, self._inner._reply(request))

    async def _areply(self, request: Request) -> Reply:
        return self._keep(request, await self._inner._areply(request))

    def _keep(self, request: Request, reply: Reply) -> Reply:
        taken = Taken(
            role=request.role,
            kind=request.kind.__name__ if request.kind else "text",
            text=reply.text,
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            cut_off=reply.cut_off,
            refused=reply.refused,
        )
        with self._lock:
            self._replies.setdefault(request_digest(request), []).append(taken)
        return reply


class RecordedModel(DialogueChat):
    """Replays a recording; what was not recorded fails.

    Args:
        recording: What to replay.
    """

    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self._recording = recording
        self._lock = threading.Lock()
        self._asked: dict[str, int] = {}

    @classmethod
    def load(cls, path: Path) -> RecordedModel:
        """Read a recording.

        Raises:
            UsageError: The file is missing or no recording.
        """
        try:
            return cls(Recording.model_validate_json(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise UsageError("This is not a recording of a model", given=str(path), todo=_HOW) from error

    @property
    def name(self) -> str:
        """The recorded model's name."""
        return self._recording.model

    @property
    def sees_images(self) -> bool:
        """As the recorded model said."""
        return self._recording.sees_images

    def check(self) -> None:
        """A recording is always there."""

    def _reply(self, request: Request) -> Reply:
        digest = request_digest(request)
        taken = self._recording.replies.get(digest)
        if not taken:
            kind = request.kind.__name__ if request.kind else "text"
            raise AssertionError(f"{request.role} asks for {kind} with messages that were not recorded. {_HOW}")
        with self._lock:
            turn = self._asked.get(digest, 0)
            self._asked[digest] = turn + 1
        return taken[min(turn, len(taken) - 1)].reply()

    async def _areply(self, request: Request) -> Reply:
        return self._reply(request)
