"""What a failed call means: a typed error of one line, and whether and when to try again.

Servers quote the request in some messages, and requests hold patient data: no text of a server is passed on, only what
is recognised in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from clinigraph.errors import (
    ModelAnswerInvalid,
    ModelContextOverflow,
    ModelRateLimited,
    ModelRequestRefused,
    ModelServerError,
    ModelServerFaulty,
    ModelTooSlow,
    ModelUnauthorised,
    ModelUnknown,
    ModelUnreachable,
)
from clinigraph.llm.chat import no_images

if TYPE_CHECKING:
    from collections.abc import Mapping

    import openai

START = "Start it with `clinigraph model serve` or `vllm serve MODEL`, or leave out --base-url to run without a model."
_OVERFLOW = re.compile(
    r"context_length_exceeded|maximum context length|context window|max_model_len|maximum model length"
    r"|longer than the maximum|prompt is too long|exceeds? the (?:available )?context",
    re.IGNORECASE,
)
_CONTEXT = re.compile(r"(?:maximum context length|maximum model length|max_model_len)\D{0,20}(\d+)", re.IGNORECASE)
_NO_IMAGES = re.compile(
    r"not a multimodal model|does not support (?:image|vision|multimodal)|image[_ ]?(?:url|input)s? (?:is|are) not"
    r"|only (?:supports? )?text|at most 0 image|mmproj",
    re.IGNORECASE,
)
_FILTERED = re.compile(r"content[_ ](?:filter|policy|management)", re.IGNORECASE)
_TOO_MANY_IMAGES = re.compile(r"at most (\d+) image", re.IGNORECASE)
_SCHEMA = re.compile(r"grammar|json[_ ]?schema|response_format|structured", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed call."""

    error: ModelServerError
    again: bool = False
    """Whether the same call may succeed a little later."""
    wait_s: float | None = None
    """What the server asked to wait, in seconds."""


def failure_of(error: Exception, *, server: str, model: str, has_images: bool) -> Failure:
    """Return what an exception of the client means.

    Args:
        error: As langchain-openai raised it.
        server: Its address, for the message.
        model: The model that was asked.
        has_images: Whether the request showed pictures.
    """
    import openai

    if isinstance(error, openai.APITimeoutError | TimeoutError):
        return Failure(timed_out(server))
    if isinstance(error, openai.APIConnectionError):
        return Failure(unreachable(server), again=True)
    if isinstance(error, openai.APIStatusError):
        return _status(error, server, model, has_images)
    return Failure(not_the_wire(server, type(error).__name__))


def timed_out(server: str) -> ModelTooSlow:
    """Return the error for a server that did not answer in time."""
    return ModelTooSlow(
        "The model server did not answer in time",
        given=server,
        todo="Raise CLINIGRAPH_MODEL_TIMEOUT_S, or see its log.",
    )


def unreachable(server: str) -> ModelUnreachable:
    """Return the error for a server that is not there."""
    return ModelUnreachable("The model server cannot be reached", given=server, todo=START)


def not_the_wire(server: str, seen: str) -> ModelServerFaulty:
    """Return the error for an answer that is no OpenAI wire, such as the HTML of another service."""
    return ModelServerFaulty(
        "This is not the answer of an OpenAI-compatible server",
        given=f"{server} ({seen})",
        todo="Check --base-url; it usually ends in /v1.",
    )


def unauthorised(server: str, status: int) -> ModelUnauthorised:
    """Return the error for a wrong or missing key."""
    return ModelUnauthorised(
        "The model server refused the key", given=f"{server} (HTTP {status})", todo="Set CLINIGRAPH_MODEL_API_KEY."
    )


def of_listing(server: str, status: int, headers: Mapping[str, str]) -> ModelServerError:
    """Return the error for a server that answers the question for its models with a status that is no success."""
    if status in (401, 403):
        return unauthorised(server, status)
    if status == 429:
        return _limited(server, retry_after_s(headers))
    return _failed(server, status) if status >= 500 else not_the_wire(server, f"HTTP {status}")


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that a server asks to wait, from ``Retry-After-Ms`` or ``Retry-After`` (seconds or a date).

    Source: RFC 9110, section 10.2.3; the first header is a custom of OpenAI's servers.
    """
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
        if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", text):
            return float(text) * unit
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (aware - (now or datetime.now(UTC))).total_seconds())


def _status(error: openai.APIStatusError, server: str, model: str, has_images: bool) -> Failure:
    status, said = error.status_code, error.message
    wait = retry_after_s(error.response.headers)
    if status == 429:
        return Failure(_limited(server, wait), again=True, wait_s=wait)
    final = _final(status, said, server, model, has_images)
    if final is not None:
        return Failure(final)
    if status in (408, 409) or status >= 500:
        return Failure(_failed(server, status), again=True, wait_s=wait)
    return Failure(_refused(server, status, said))


def _final(status: int, said: str, server: str, model: str, has_images: bool) -> ModelServerError | None:
    """Return the error that no repeat would change, where the answer is recognised as one."""
    if status in (401, 403):
        return unauthorised(server, status)
    if status == 404:
        return _not_found(server, model, said)
    if _OVERFLOW.search(said):
        return _overflow(model, said)
    if _FILTERED.search(said):
        return _filtered(server, status)
    return no_images(model) if has_images and _NO_IMAGES.search(said) else None


def _limited(server: str, wait: float | None) -> ModelRateLimited:
    asked = f", asks to wait {wait:.0f} s" if wait else ""
    return ModelRateLimited(
        "The model server is limiting calls",
        given=f"{server} (HTTP 429{asked})",
        todo="Wait, or lower CLINIGRAPH_MODEL_CONCURRENCY.",
    )


def _not_found(server: str, model: str, said: str) -> ModelServerError:
    if "model" in said.lower():
        return ModelUnknown("The server does not serve this model", given=model, todo=f"See {server}/models.")
    return not_the_wire(server, "HTTP 404")


def _overflow(model: str, said: str) -> ModelContextOverflow:
    size = _CONTEXT.search(said)
    return ModelContextOverflow(
        "The messages are longer than the model's context",
        given=f"{model} ({size[1]} tokens)" if size else model,
        todo="Serve it with a larger --max-model-len, or give fewer passages and pictures.",
    )


def _filtered(server: str, status: int) -> ModelAnswerInvalid:
    return ModelAnswerInvalid(
        "The model refused to answer", given=f"a filter of {server} (HTTP {status})", todo="Use a server without one."
    )


def _failed(server: str, status: int) -> ModelServerFaulty:
    return ModelServerFaulty("The model server failed", given=f"{server} (HTTP {status})", todo="See its log.")


def _refused(server: str, status: int, said: str) -> ModelRequestRefused:
    todo = "See the server's log."
    if few := _TOO_MANY_IMAGES.search(said):
        todo = f"""It takes {few[1]} picture(s) a prompt: serve it with --limit-mm-per-prompt '{{"image":4}}'."""
    elif _SCHEMA.search(said):
        todo = "Its structured output cannot express this schema: use another server or backend, and see its log."
    return ModelRequestRefused("The model server refused the request", given=f"{server} (HTTP {status})", todo=todo)
