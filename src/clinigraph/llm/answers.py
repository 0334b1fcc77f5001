"""From a raw reply to a value: the schema that is asked for, and strict parsing of what comes back."""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import ValidationError

from clinigraph.models.base import Value

V = TypeVar("V", bound=Value)
_MOST_PROBLEMS = 5


class AnswerUnusable(Exception):
    """An answer that does not fit; its text says why, in words that the model can act on."""


def answer_schema(kind: type[Value]) -> dict[str, object]:
    """Return the JSON schema of a type as servers want it: every property required, no titles, no defaults.

    Args:
        kind: A value whose fields all have a JSON form.
    """
    schema = _plain(kind.model_json_schema(), names=False)
    if not isinstance(schema, dict):
        raise TypeError(f"{kind.__name__} has no object schema")
    return schema


def _plain(node: object, *, names: bool) -> object:
    """Return a schema node without titles and defaults; where ``names`` is set, the keys are names, not keywords."""
    if isinstance(node, list):
        return [_plain(n, names=False) for n in node]
    if not isinstance(node, dict):
        return node
    if names:
        return {k: _plain(v, names=False) for k, v in node.items()}
    out = {
        k: v if k in ("enum", "const", "examples") else _plain(v, names=k in ("properties", "$defs"))
        for k, v in node.items()
        if k not in ("title", "default")
    }
    if isinstance(out.get("properties"), dict):
        out["required"] = list(node["properties"])
    return out


def parse_answer(text: str, kind: type[V]) -> V:
    """Return the value that a text holds: one JSON object, no duplicate keys, no NaN, no coercion between types.

    Raises:
        AnswerUnusable: It holds none.
    """
    if not text.strip():
        raise AnswerUnusable("it is empty.")
    try:
        json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise AnswerUnusable(f"it is no JSON ({error.msg} at character {error.pos}).") from error
    except RecursionError as error:
        raise AnswerUnusable("it is nested too deeply.") from error
    try:
        return kind.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise AnswerUnusable(_problems(error)) from error


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise AnswerUnusable("a key occurs twice.")
    return found


def _refuse_constant(name: str) -> object:
    raise AnswerUnusable(f"{name} is no JSON number.")


def _problems(error: ValidationError) -> str:
    found = [
        f"{'.'.join(str(p)[:40] for p in e['loc']) or 'the answer'}: {e['msg'][:160].rstrip('.')}."
        for e in error.errors(include_url=False, include_input=False)
    ]
    more = len(found) - _MOST_PROBLEMS
    return " ".join(found[:_MOST_PROBLEMS]) + (f" And {more} more." if more > 0 else "")
