"""The state of a case: ids and small values as plain JSON, so that a checkpoint needs no custom type.

Pixels and masks live in the artifact store. Each key is read and written through :func:`load` and ``dump``; values come
back validated.
"""

from __future__ import annotations

from typing import Annotated, TypedDict, TypeVar

from clinigraph.models.base import Value

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]
JsonDict = dict[str, JsonValue]
V = TypeVar("V", bound=Value)


def merge(old: dict[str, JsonDict] | None, new: dict[str, JsonDict] | None) -> dict[str, JsonDict]:
    """Reducer for results of parallel branches: later keys win."""
    return {**(old or {}), **(new or {})}


class CaseState(TypedDict, total=False):
    """What a checkpoint holds. Every value is JSON."""

    case: JsonDict
    triage: JsonDict
    plan: JsonDict
    passages: Annotated[dict[str, JsonDict], merge]
    """Passage id -> passage, for everything cited or quoted."""
    quoted: list[str]
    """Passage ids worth quoting, best first."""
    calls: Annotated[dict[str, JsonDict], merge]
    """Step id -> last tool call."""
    results: Annotated[dict[str, JsonDict], merge]
    """Step id -> last tool result."""
    tool_index: dict[str, int]
    """Step id -> which of its tools is next: 0 the first choice, then the alternatives."""
    notes: list[str]
    """What a reader must know of the way (a tool that was replaced, a re-retrieval)."""
    indicators: list[JsonDict]
    consultation: JsonDict
    """What model roles said; not there where none was asked."""
    impression: JsonDict
    next_question: JsonDict
    """The missing fact that would change the decision most; not there where none would."""
    asked: list[str]
    """Indicators whose facts the user was asked for."""
    claims: list[JsonDict]
    interventions: list[JsonDict]
    """What people did, in order."""
    revision: int
    finished: bool


class ActInput(TypedDict):
    """What one parallel branch gets: a resolved call."""

    call: JsonDict


def dump(value: Value) -> JsonDict:
    """Return a value as JSON types."""
    data: JsonDict = value.model_dump(mode="json")
    return data


def load(kind: type[V], data: JsonDict | None) -> V:
    """Return a value from JSON types.

    Raises:
        KeyError: The node that gives it has not run.
    """
    if data is None:
        raise KeyError(kind.__name__)
    return kind.model_validate(data)
