"""A server on loopback that speaks the OpenAI wire, well or badly, as it is told; for tests without a real server."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer to a chat call."""

    text: str = ""
    finish_reason: str = "stop"
    status: int = 200
    error: str = ""
    """Message of an error answer, as the server words it."""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: str | None = None
    """Body that is sent as it stands, with the content type of the headers."""
    delay_s: float = 0.0
    hang_up: bool = False
    """Close the connection without an answer."""
    prompt_tokens: int = 10
    completion_tokens: int = 5


Rule = Callable[[Json], Turn]


def says(value: Mapping[str, object] | str) -> Turn:
    """A good answer: a text, or JSON."""
    return Turn(value if isinstance(value, str) else json.dumps(value))


def cut_off(text: str = '{"a": "') -> Turn:
    """An answer that ran into its limit; by default JSON that does not end."""
    return Turn(text, "length", completion_tokens=512)


def fails(status: int, error: str = "failed", **headers: str) -> Turn:
    """An error; names of headers are written with underscores."""
    return Turn(status=status, error=error, headers={k.replace("_", "-"): v for k, v in headers.items()})


def html() -> Turn:
    """The page of some other service."""
    return Turn(raw="<html><body>Sign in</body></html>", headers={"Content-Type": "text/html"})


def no_image_support(model: str = "tiny") -> Turn:
    """What vLLM says when a picture is sent to a text model."""
    return fails(400, f"{model} is not a multimodal model")


def context_overflow(size: int = 2048) -> Turn:
    """What vLLM says when messages are too long."""
    return fails(
        400,
        f"This model's maximum context length is {size} tokens. However, you requested 512 output tokens and your "
        "prompt contains at least 1537 input tokens. Please reduce the length of the input prompt.",
    )


class WireServer:
    """Answers chat calls with turns in order, then by a rule; counts calls under way. A context manager.

    Args:
        turns: What to answer, in order.
        otherwise: What to answer when they are used up, from the request; HTTP 400 by default.
        models: Names of the models that it lists.
        listing: The answer to ``GET /models``; the list of models by default.
        key: The key that callers must send, if any.

    Example:
        >>> with WireServer([says("yes")]) as server:
        ...     server.base_url.endswith("/v1")
        True
    """

    def __init__(
        self,
        turns: Sequence[Turn] = (),
        *,
        otherwise: Rule | None = None,
        models: Sequence[str] = ("tiny",),
        listing: Turn | None = None,
        key: str = "",
    ) -> None:
        self.turns = list(turns)
        self.requests: list[Json] = []
        self.most_at_once = 0
        self._otherwise = otherwise or (lambda _: fails(400, "nothing left to say"))
        self._listing = listing or Turn(raw=json.dumps({"object": "list", "data": [{"id": m} for m in models]}))
        self._key = key
        self._lock = threading.Lock()
        self._at_once = 0
        self._http = _Quiet(("127.0.0.1", 0), _handler(self))
        self.base_url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def listing(self, authorization: str) -> Turn:
        """Return the answer to a question for the models."""
        return self._listing if self._may(authorization) else fails(401, "Unauthorized")

    def chat(self, body: Json, authorization: str) -> Turn:
        """Return the answer to a chat call, after its delay."""
        if not self._may(authorization):
            return fails(401, "Unauthorized")
        with self._lock:
            self.requests.append(body)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            turn = self.turns.pop(0) if self.turns else None
        turn = turn or self._otherwise(body)
        time.sleep(turn.delay_s)
        with self._lock:
            self._at_once -= 1
        return turn

    def _may(self, authorization: str) -> bool:
        return not self._key or authorization == f"Bearer {self._key}"


class _Quiet(ThreadingHTTPServer):
    """Says nothing of callers that hang up."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


def _body(turn: Turn) -> str:
    if turn.raw is not None:
        return turn.raw
    if turn.status != 200:
        return json.dumps({"error": {"message": turn.error, "type": "Error", "code": turn.status}})
    usage = {"prompt_tokens": turn.prompt_tokens, "completion_tokens": turn.completion_tokens}
    total = {"total_tokens": turn.prompt_tokens + turn.completion_tokens}
    message = {"role": "assistant", "content": turn.text}
    choice = {"index": 0, "finish_reason": turn.finish_reason, "message": message}
    head = {"id": "x", "object": "chat.completion", "created": 0, "model": "tiny"}
    return json.dumps({**head, "usage": {**usage, **total}, "choices": [choice]})


def _handler(server: WireServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(server.listing(self.headers.get("Authorization", "")))

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if not self.path.endswith("/v1/chat/completions"):
                self._send(Turn(status=404, raw='{"detail": "Not Found"}'))
                return
            self._send(server.chat(json.loads(raw), self.headers.get("Authorization", "")))

        def _send(self, turn: Turn) -> None:
            if turn.hang_up:
                self.close_connection = True
                return
            raw = _body(turn).encode()
            self.send_response(turn.status)
            for name, value in {"Content-Type": "application/json", **turn.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    return Handler
