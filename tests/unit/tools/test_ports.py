"""Ports that many tools declare."""

from __future__ import annotations

from clinigraph.models.codes import UNITLESS
from clinigraph.models.tooling import Port, ValueKind
from clinigraph.tools import ports


def test_an_image_is_required_and_described() -> None:
    assert ports.image("The film.") == Port(kind=ValueKind.IMAGE, description="The film.")


def test_a_number_may_be_missing_and_has_no_unit_unless_one_is_given() -> None:
    assert ports.measured() == Port(kind=ValueKind.MEASUREMENT, required=False, unit=UNITLESS)
    assert ports.measured("mm").unit == "mm"
    assert ports.measured(None).unit is None


def test_a_reading_may_be_missing() -> None:
    assert ports.judged() == Port(kind=ValueKind.EVALUATION, required=False)
