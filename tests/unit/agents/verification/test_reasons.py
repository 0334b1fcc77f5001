"""A reason is the result's own when it stands in it whole, with every denial and its last word."""

from __future__ import annotations

import pytest

from clinigraph.agents.verification.reasons import _in_order

GIVEN = "no image-reading model is connected"
LONG = "the photograph carries no pixel spacing, so no millimetres can be given; state spacing_mm in case.yaml"


@pytest.mark.parametrize(
    ("said", "given", "same"),
    [
        ("no image-reading model is connected", GIVEN, True), ("no image-reading model connected", GIVEN, True),
        ("no model is connected", GIVEN, True), ("no image is connected", GIVEN, False),
        ("an image-reading model is connected", GIVEN, False), ("model is connected", GIVEN, False),
        ("the photograph carries no pixel spacing", LONG, True), ("no pixel spacing", LONG, True),
        ("the photograph carries pixel spacing", LONG, False), ("the photograph carries no pixel", LONG, False),
        ("no millimetres can be given", LONG, True), ("millimetres can be given", LONG, False), ("", LONG, False),
    ],
)  # fmt: skip
def test_a_reason_stands_in_another_whole(said: str, given: str, same: bool) -> None:
    assert _in_order(said, given) is same
