"""Every error is one line that says what, what was given, what to do."""

from __future__ import annotations

import pytest

from clinigraph import errors
from clinigraph.errors import ClinigraphError

EVERY = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, ClinigraphError)]


@pytest.mark.parametrize("kind", EVERY)
def test_an_error_is_one_line(kind: type[ClinigraphError]) -> None:
    error = kind("It\nfailed", given="a\nfile.png", todo="Try another.")
    assert str(error) == "It failed: a file.png. Try another."


def test_exit_codes_are_the_stated_ones() -> None:
    codes = {e.__name__: e.exit_code for e in EVERY}
    assert codes["UsageError"] == 2
    assert {codes[n] for n in codes if n.startswith(("Input", "CaseInvalid"))} == {3}
    assert codes["ModelServerError"] == 4
    assert codes["ClinigraphError"] == codes["ToolFailure"] == 5


def test_the_tree_is_drawn_in_full() -> None:
    for kind in EVERY:
        assert kind.__name__ in (errors.__doc__ or "")
