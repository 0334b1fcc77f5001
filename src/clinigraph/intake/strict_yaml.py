"""YAML from users: plain data only. No aliases, no tags, no duplicate keys, no dates or octals guessed from text."""

from __future__ import annotations

import re
from typing import Any

import yaml

MAX_BYTES = 1_000_000
"""A case file is a page of text; its longest part is prior reports."""
MAX_NESTING = 12

_INT = re.compile(r"[-+]?[0-9]{1,15}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,15}|[0-9]{1,15}\.[0-9]{0,15})(?:[eE][-+]?[0-9]{1,2})?")
_BRACKETED_UNIT = re.compile(
    r"((?:[:,]\s+|[\[{]\s*))((?:[-+]?[0-9.]{1,12}\s?)?[A-Za-z0-9./*%]{0,12}\[[A-Za-z][\w']{0,9}\][\w./]{0,9})(?=\s*[,}\]\n])"
)
"""A UCUM unit with brackets, such as ``mm[Hg]``, where YAML's inline braces would need quotes that few people write."""
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


class YamlRefused(Exception):
    """The text is not plain YAML; the message says why, without the text itself."""


def load_plain(data: bytes) -> Any:  # noqa: ANN401 - the caller validates
    r"""Return the one document of a YAML text as dicts with text keys, lists, text, numbers, booleans and None.

    A text that is malformed as it stands is tried once more with quotes around units such as ``mm[Hg]``.

    Numbers are decimal only (``010`` is ten, ``12:30`` is text) and dates stay text, unlike in YAML 1.1.

    Args:
        data: UTF-8 bytes.

    Raises:
        YamlRefused: Anything else than one small plain document.

    Example:
        >>> load_plain(b"age: 060 years\nseen: 2020-01-02\nsmoker: no")
        {'age': '060 years', 'seen': '2020-01-02', 'smoker': False}
    """
    if len(data) > MAX_BYTES:
        raise YamlRefused(f"it is larger than {MAX_BYTES // 1000} kB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise YamlRefused("it is not UTF-8 text") from error
    try:
        return _document(text)
    except YamlRefused:
        quoted = _BRACKETED_UNIT.sub(r'\1"\2"', text)
        if quoted == text:
            raise
        return _document(quoted)


def _document(text: str) -> Any:  # noqa: ANN401
    try:
        return _Builder(text).document()
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise YamlRefused(f"{line}the YAML is malformed") from error
    except (yaml.YAMLError, ValueError) as error:
        raise YamlRefused("the YAML is malformed") from error


class _Builder:
    """Turns parser events into plain values; nesting is bounded, so recursion is too."""

    def __init__(self, text: str) -> None:
        self._events = yaml.parse(text, Loader=yaml.SafeLoader)

    def document(self) -> Any:  # noqa: ANN401
        found = [self._node(event, 0) for event in self._events if isinstance(event, yaml.NodeEvent)]
        if len(found) > 1:
            raise YamlRefused("it holds more than one document")
        return found[0] if found else None

    def _node(self, event: yaml.Event, depth: int) -> Any:  # noqa: ANN401
        line = _line(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise YamlRefused(f"line {line}: anchors and aliases are not allowed")
        if getattr(event, "tag", None) is not None:
            raise YamlRefused(f"line {line}: tags are not allowed")
        if depth > MAX_NESTING:
            raise YamlRefused(f"line {line}: nested more than {MAX_NESTING} levels")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(depth)
        if isinstance(event, yaml.ScalarEvent):
            return event.value if event.style is not None else scalar(event.value)
        raise YamlRefused(f"line {line}: the YAML is malformed")

    def _sequence(self, depth: int) -> list[Any]:
        items = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return items

    def _mapping(self, depth: int) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise YamlRefused(f"line {_line(event)}: a key must be a word")
            if event.value in items:
                raise YamlRefused(f"line {_line(event)}: a key stands twice")
            self._node(event, depth + 1)
            items[event.value] = self._node(next(self._events), depth + 1)
        return items


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 0


def scalar(text: str) -> bool | int | float | str | None:
    """Return an unquoted YAML word as null, boolean, decimal number or text."""
    low = text.lower()
    if low in ("", "~", "null"):
        return None
    if low in _TRUTH:
        return _TRUTH[low]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
