"""What a model meant by a tool call: small slips of form are repaired, anything else is refused in a sentence.

A call names a tool and, where there is a choice, values by the labels under which they lie on the shelf. Values
themselves are never taken from a model: numbers come from the record, pixels from the case. A string is only ever
compared with labels; a path or an address in it leads nowhere.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence

from clinigraph.models.base import Value
from clinigraph.models.codes import Modality
from clinigraph.models.tooling import FactValue, FlowValue, ImageValue, Need, Port, ToolSpec, ValueKind

QUESTION = "question"
"""The one free text that a model may give, to tools that read images."""

ANY_FACT = "fact"
"""Name of an input that takes any fact, where others take the fact of their own name."""

_WRAPPERS = ("arguments", "args", "kwargs", "input", "inputs", "parameters")
_PREFIX = re.compile(r"^(?:functions?|tools?|default_api)[.:/]")
_NO_LETTERS = re.compile(r"[^a-z0-9]+")
_LONGEST = 400
_DEEPEST = 5
_KIND_WORDS = {
    ValueKind.IMAGE: "an image", ValueKind.LABEL_MAP: "masks", ValueKind.MEASUREMENT: "a measurement",
    ValueKind.EVALUATION: "a reading", ValueKind.FACT: "a fact of the record", ValueKind.BOX: "a box",
    ValueKind.POINTS: "points",
    ValueKind.DIFFERENTIAL: "a differential",
}  # fmt: skip


class CallRefused(Exception):
    """A call that is not made; its text tells the model why, and what it could do."""


class BoundCall(Value):
    """A call whose tool exists and whose inputs are on the shelf."""

    tool: str
    inputs: dict[str, FlowValue]
    question: str = ""


def bind(
    name: object,
    arguments: object,
    specs: Mapping[str, ToolSpec],
    shelf: Mapping[str, FlowValue],
    aliases: Mapping[str, str] | None = None,
) -> BoundCall:
    """Return what a call means.

    Args:
        name: As the model wrote it.
        arguments: As the model wrote them: an object, or JSON of one.
        specs: Tools by name.
        shelf: Values by label.
        aliases: Other names of tools.

    Raises:
        CallRefused: The call cannot be made as it stands.
    """
    spec = _tool(name, specs, aliases or {})
    given = _named(_object(arguments), spec)
    question = _question(given, spec)
    inputs = {n: v for n, p in spec.inputs.items() if (v := _input(n, p, given, spec, shelf)) is not None}
    return BoundCall(tool=spec.name, inputs=inputs, question=question)


def choices(port: Port, spec: ToolSpec, shelf: Mapping[str, FlowValue]) -> list[str]:
    """Return the labels of values that fit an input, in the order of the shelf."""
    return [label for label, value in shelf.items() if not _misfit(port, value, spec)]


def asks(spec: ToolSpec) -> bool:
    """Whether a tool takes a question in words."""
    return Need.IMAGE_READING_MODEL in spec.needs


def _tool(name: object, specs: Mapping[str, ToolSpec], aliases: Mapping[str, str]) -> ToolSpec:
    written = _PREFIX.sub("", str(name).strip()) if isinstance(name, str) else ""
    known = {_plain(n): n for n in specs} | {_plain(a): n for a, n in aliases.items() if n in specs}
    found = known.get(_plain(written))
    if found is not None:
        return specs[found]
    near = difflib.get_close_matches(_plain(written), known, n=3, cutoff=0.6)
    hint = f" Did you mean {' or '.join(sorted({known[n] for n in near}))}?" if near else ""
    raise CallRefused(f"There is no tool of this name.{hint}")


def _object(arguments: object) -> dict[str, object]:
    for _ in range(_DEEPEST):
        if arguments is None or arguments == "":
            return {}
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments)
            except (json.JSONDecodeError, RecursionError):
                raise CallRefused("The arguments are no JSON object.") from None
        elif isinstance(arguments, dict):
            inner = next(iter(arguments.values())) if len(arguments) == 1 else None
            if inner is None or next(iter(arguments)) not in _WRAPPERS or not isinstance(inner, dict | str):
                return {str(k): v for k, v in arguments.items()}
            arguments = inner
        else:
            break
    raise CallRefused("The arguments are no JSON object.")


def _named(given: Mapping[str, object], spec: ToolSpec) -> dict[str, object]:
    """Return arguments under the names of the spec."""
    names = {_plain(n): n for n in spec.inputs} | ({QUESTION: QUESTION} if asks(spec) else {})
    out: dict[str, object] = {}
    for written, value in given.items():
        name = names.get(_plain(written))
        if name is None:
            raise CallRefused(f"{spec.name} has no such input; it has: {', '.join(names.values()) or 'none'}.")
        if name in out:
            raise CallRefused(f"The input {name} is given twice.")
        out[name] = value
    return out


def _question(given: Mapping[str, object], spec: ToolSpec) -> str:
    if not asks(spec):
        return ""
    text = given.get(QUESTION)
    if not isinstance(text, str) or not text.strip():
        raise CallRefused(f"{spec.name} needs a question in words.")
    return " ".join(text.split())[:_LONGEST]


def _input(
    name: str, port: Port, given: Mapping[str, object], spec: ToolSpec, shelf: Mapping[str, FlowValue]
) -> FlowValue | None:
    if port.kind is ValueKind.FACT:
        return _fact(name, port, given, shelf)
    fitting = choices(port, spec, shelf)
    if given.get(name) in (None, ""):
        return _only(name, port, fitting, shelf)
    return shelf[_label(name, given[name], port, spec, shelf, fitting)]


def _only(name: str, port: Port, fitting: Sequence[str], shelf: Mapping[str, FlowValue]) -> FlowValue | None:
    if len(fitting) == 1:
        return shelf[fitting[0]]
    if not port.required:
        return None
    if not fitting:
        raise CallRefused(f"Nothing here fits the input {name}, which wants {_wanted(port)}.")
    raise CallRefused(f"Say which one is the input {name}: {', '.join(fitting)}.")


def _label(
    name: str, written: object, port: Port, spec: ToolSpec, shelf: Mapping[str, FlowValue], fitting: Sequence[str]
) -> str:
    if not isinstance(written, str):
        raise CallRefused(f"The input {name} takes a label, not a value.")
    plain = {_plain(label): label for label in shelf}
    label = plain.get(_plain(written))
    if label is None:
        known = f": {', '.join(fitting)}" if fitting else ""
        raise CallRefused(f"The input {name} is not one of the values here{known}.")
    problem = _misfit(port, shelf[label], spec)
    if problem:
        raise CallRefused(f"{label} does not fit the input {name}: {problem}.")
    return label


def _fact(name: str, port: Port, given: Mapping[str, object], shelf: Mapping[str, FlowValue]) -> FlowValue | None:
    """Return the fact of the record; a model may repeat or point to it, and may not change it."""
    known = facts_for(name, shelf)
    written = given.get(name)
    spoken = name.replace("_", " ")
    if not known:
        if port.required or written not in (None, ""):
            raise CallRefused(f"The record does not say the {spoken}; ask for it.")
        return None
    if written in (None, ""):
        if len(known) == 1:
            return next(iter(known.values()))
        raise CallRefused(f"Say which one is the input {name}: {', '.join(known)}.")
    found = [v for label, v in known.items() if _repeats(written, label, v)]
    if len(found) != 1:
        raise CallRefused(f"The {spoken} is taken from the record ({', '.join(known)}); it cannot be given here.")
    return found[0]


def facts_for(name: str, shelf: Mapping[str, FlowValue]) -> dict[str, FactValue]:
    """Return the facts of the record that an input may take, by label: those of its name, or all for ``fact``."""
    return {
        label: value
        for label, value in shelf.items()
        if isinstance(value, FactValue) and name in (value.value.name, ANY_FACT)
    }


def _repeats(written: object, label: str, known: FactValue) -> bool:
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        return written is known.value.value
    names = (label, known.value.name, str(known.value.value))
    number = isinstance(written, int | float) and written == known.value.value
    return number or _plain(str(written)) in map(_plain, names)


def _misfit(port: Port, value: FlowValue, spec: ToolSpec) -> str:
    """Return why a value does not fit an input; empty when it does."""
    if value.kind != port.kind.value:
        return f"it wants {_wanted(port)}"
    if isinstance(value, ImageValue) and spec.modalities:
        modality = value.value.modality
        if modality is not Modality.UNKNOWN and modality not in spec.modalities:
            return f"it wants {' or '.join(m.label for m in spec.modalities)}"
    if value.kind == "label_map" and port.labels:
        lacking = set(port.labels) - {s.label for s in value.value.segments}
        return f"it lacks {', '.join(sorted(lacking))}" if lacking else ""
    return ""


def _wanted(port: Port) -> str:
    of = f" of {', '.join(port.labels)}" if port.labels else ""
    return f"{_KIND_WORDS.get(port.kind, port.kind.value.replace('_', ' '))}{of}"


def _plain(text: str) -> str:
    return _NO_LETTERS.sub("_", text.lower()).strip("_")
