"""Prompts are files with a name and a version; fields are filled, data is never a field."""

from __future__ import annotations

from pathlib import Path

import pytest

import clinigraph.llm
from clinigraph.errors import UsageError
from clinigraph.llm.prompt_files import load_prompt, parse_prompt

TEXT = "planner/2\nYou plan.\nAnswer with JSON.\n---\nPlan for $disease, at most $most indicators.\n"


def test_the_static_part_is_the_system_message_and_comes_first() -> None:
    system, user = parse_prompt(TEXT).messages(disease="glaucoma", most=7, data="a line")
    assert (system.role, system.text) == ("system", "You plan.\nAnswer with JSON.")
    assert (user.role, user.text, user.data) == ("user", "Plan for glaucoma, at most 7 indicators.", "a line")


def test_the_label_changes_with_every_letter_of_the_file() -> None:
    one, other = parse_prompt(TEXT), parse_prompt(TEXT.replace("You plan.", "You plan!"))
    assert one.label.startswith("planner/2@")
    assert one.label != other.label


def test_a_field_is_one_line() -> None:
    assert parse_prompt(TEXT).messages(disease="a\n\nb", most=1)[1].text == "Plan for a b, at most 1 indicators."


@pytest.mark.parametrize("fields", [{"disease": "x"}, {"disease": "x", "most": 1, "extra": 2}, {}])
def test_missing_and_unknown_fields_are_refused(fields: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="disease, most"):
        parse_prompt(TEXT).messages(**fields)


@pytest.mark.parametrize(
    "text",
    ["", "planner\nx\n---\ny", "planner/0\nx\n---\ny", "planner/1\nx", "planner/1\n\n---\ny", "planner/1\nx\n---\n$"],
)
def test_what_is_no_prompt_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_prompt(text)


def test_a_prompt_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="nothing in clinigraph"):
        load_prompt("clinigraph.llm", "nothing")


def test_every_packaged_prompt_can_be_read() -> None:
    found = sorted((Path(clinigraph.llm.__file__).parent / "prompts").glob("*.txt"))
    assert found
    for file in found:
        assert load_prompt("clinigraph.llm", file.stem).name == file.stem
