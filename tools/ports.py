"""Ports that many tools declare."""

from __future__ import annotations

from clinigraph.models.codes import UNITLESS
from clinigraph.models.tooling import Port, ValueKind


def image(description: str) -> Port:
    """Return a port for an image."""
    return Port(kind=ValueKind.IMAGE, description=description)


def measured(unit: str | None = UNITLESS) -> Port:
    """Return a port for a number that may be missing with a reason.

    Args:
        unit: UCUM code; None where it depends on the input.
    """
    return Port(kind=ValueKind.MEASUREMENT, required=False, unit=unit)


def judged() -> Port:
    """Return a port for a reading that may be missing with a reason."""
    return Port(kind=ValueKind.EVALUATION, required=False)
