"""Messages as langchain-openai sends them, and its answers as replies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clinigraph.llm.contract import ChatMessage
from clinigraph.llm.dialogue import Reply, Request
from clinigraph.llm.pictures import MAX_SIDE_PX, data_uri
from clinigraph.llm.quoting import spoken

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage
    from openai import LengthFinishReasonError

Part = str | dict[str, object]


def turns(request: Request, max_side_px: int = MAX_SIDE_PX) -> list[BaseMessage]:
    """Return the messages of a request; what follows a turn of the user, a repair too, is added to it: roles alternate.

    Args:
        request: What is asked.
        max_side_px: Longest side of a picture; larger ones are reduced.
    """
    from langchain_core.messages import SystemMessage

    out: list[BaseMessage] = []
    for message in request.messages:
        if message.role == "system":
            out.append(SystemMessage(spoken(message.text, message.data)))
        else:
            _add(out, _parts(message, max_side_px))
    if request.repair:
        _add(out, request.repair)
    return out


def options(request: Request, seed: int) -> dict[str, object]:
    """Return the arguments of a call.

    Args:
        request: What is asked.
        seed: Taken where the request has none.
    """
    found: dict[str, object] = {
        "temperature": request.temperature,
        "max_completion_tokens": request.max_tokens,
        "seed": seed if request.seed is None else request.seed,
    }
    if request.kind is not None:
        schema = {"name": request.kind.__name__, "schema": request.schema, "strict": True}
        found["response_format"] = {"type": "json_schema", "json_schema": schema}
    return found


def reply_of(answer: AIMessage) -> Reply:
    """Return what an answer holds."""
    usage = answer.usage_metadata
    reason = answer.response_metadata.get("finish_reason")
    return Reply(
        text=answer.content if isinstance(answer.content, str) else "",
        prompt_tokens=usage["input_tokens"] if usage else 0,
        completion_tokens=usage["output_tokens"] if usage else 0,
        cut_off=reason == "length",
        refused=reason == "content_filter" or bool(answer.additional_kwargs.get("refusal")),
    )


def cut_off_reply(error: LengthFinishReasonError) -> Reply:
    """Return the reply that langchain-openai reports as an error: one that ran into its limit."""
    usage = error.completion.usage
    prompt, completion = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
    return Reply("", prompt, completion, cut_off=True)


def _parts(message: ChatMessage, max_side_px: int) -> str | list[Part]:
    text = spoken(message.text, message.data)
    if not message.images:
        return text
    pictures: list[Part] = [
        {"type": "image_url", "image_url": {"url": data_uri(i, max_side_px)}} for i in message.images
    ]
    return [{"type": "text", "text": text}, *pictures]


def _add(out: list[BaseMessage], content: str | list[Part]) -> None:
    """Add what the user says, to a turn of the user if that is the last one."""
    from langchain_core.messages import HumanMessage

    if not out or not isinstance(out[-1], HumanMessage):
        out.append(HumanMessage(content))
        return
    before = out.pop().content
    if isinstance(before, str) and isinstance(content, str):
        out.append(HumanMessage(f"{before}\n\n{content}"))
    else:
        out.append(HumanMessage([*_as_parts(before), *_as_parts(content)]))


def _as_parts(content: str | Sequence[Part]) -> list[Part]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
