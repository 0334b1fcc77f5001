"""The units that measurements and facts can have are units that the check of numbers reads."""

from __future__ import annotations

import pytest

from clinigraph.agents.verification.numbers import _UNIT
from clinigraph.intake.facts import fact_catalogue
from clinigraph.models.formatting import pretty_unit
from clinigraph.settings import Settings
from clinigraph.tools.registry import default_registry

FACT_UNITS = {d.unit for d in fact_catalogue().values() if d.unit}
TOOL_UNITS = {p.unit for s in default_registry(Settings()).specs() for p in s.outputs.values() if p.unit}


@pytest.mark.parametrize("unit", sorted(FACT_UNITS | TOOL_UNITS))
def test_a_unit_that_stands_after_a_number_is_read_whole(unit: str) -> None:
    written = pretty_unit(unit)
    found = _UNIT.match(f" {written}.")
    assert (found.group(1) if found else "") == written
