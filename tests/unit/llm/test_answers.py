"""The schema asks for everything; the parser accepts exactly what was asked for."""

from __future__ import annotations

import json
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from clinigraph.llm.answers import AnswerUnusable, answer_schema, parse_answer
from clinigraph.models.base import Value


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(Value):
    title: str = "none"
    colour: Colour = Colour.RED


class Outer(Value):
    count: int = Field(ge=1, le=5)
    share: float = 0.5
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()
    maybe: str | None = None


def test_every_property_is_required_and_nothing_else_is_allowed() -> None:
    schema = answer_schema(Outer)
    assert schema["required"] == ["count", "share", "inner", "many", "maybe"]
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Inner"]["required"] == ["title", "colour"]  # type: ignore[index]


def test_a_field_called_title_is_kept_and_titles_and_defaults_are_not() -> None:
    schema = answer_schema(Outer)
    assert "title" in schema["$defs"]["Inner"]["properties"]  # type: ignore[index]
    assert '"default"' not in json.dumps(schema)
    assert '"title": "' not in json.dumps(schema)


GOOD = {"count": 3, "share": 1, "inner": {"title": "a", "colour": "blue"}, "many": [], "maybe": None}


def test_json_forms_of_enums_tuples_and_whole_numbers_are_accepted() -> None:
    assert parse_answer(json.dumps(GOOD), Outer).inner.colour is Colour.BLUE


@pytest.mark.parametrize(
    ("change", "words"),
    [({"count": "3"}, "count"), ({"count": 9}, "less than or equal to 5"), ({"count": True}, "count"),
     ({"inner": {"colour": "green"}}, "inner.colour"), ({"more": 1}, "more"), ({"many": None}, "many")],
)  # fmt: skip
def test_nothing_is_coerced_and_the_reason_names_the_field(change: dict[str, object], words: str) -> None:
    with pytest.raises(AnswerUnusable, match=words):
        parse_answer(json.dumps({**GOOD, **change}), Outer)


def test_the_reason_does_not_repeat_what_the_model_said() -> None:
    with pytest.raises(AnswerUnusable) as raised:
        parse_answer(json.dumps({**GOOD, "inner": {"colour": "Jane Roe"}}), Outer)
    assert "Jane Roe" not in str(raised.value)


@given(st.text(max_size=40) | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_any_text_is_a_value_or_unusable(text: str) -> None:
    try:
        value = parse_answer(text, Inner)
    except AnswerUnusable:
        return
    assert isinstance(value, Inner)
