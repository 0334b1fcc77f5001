"""Values behind names, and whether a written number is one of them: rounding, units, the side of a limit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from clinigraph.agents.claims.quantities import Quantity
from clinigraph.agents.claims.subjects import Subject
from clinigraph.agents.verification.base import Outcome, contradicted, unsupported, unverifiable
from clinigraph.intake.facts import fact_catalogue
from clinigraph.intake.units import WrongDimensionError, convert
from clinigraph.models.findings import Interval
from clinigraph.models.formatting import format_measured, format_value
from clinigraph.models.planning import Criterion

COARSEST = 0.1
"""Largest error of rounding, as a share of the value: 0.52 may be written 0.5, 0.56 may not be written 0.6."""
MAX_DECIMALS = 15
"""A number written with more decimals than a float holds must be the value itself."""
BARE_UNITS = ("kg/m2", "mL/min/{1.73_m2}")
"""Units that reports leave out by custom."""


@dataclass(frozen=True, slots=True)
class Known:
    """A number that the evidence gives for a subject."""

    value: float
    unit: str
    interval: Interval | None = None
    criterion: Criterion | None = None
    molar_mass: float | None = None
    """g/mol of what was measured, to go between amount and mass; None where it is not known."""


def known(subject: Subject) -> Known | None:
    """Return the number behind a subject, or None."""
    criterion = subject.result.criterion if subject.result else None
    if subject.measurement is not None:
        return Known(subject.measurement.value, subject.measurement.unit, subject.measurement.interval, criterion)
    if subject.fact is not None and isinstance(subject.fact.value, float | int) and subject.fact.unit is not None:
        return Known(float(subject.fact.value), subject.fact.unit, molar_mass=_molar_mass(subject.fact.name))
    if subject.evaluation is not None:
        return Known(float(subject.evaluation.score), "1")
    return None


def rule_only(subject: Subject) -> Known:
    """Return what is known of an indicator that was not measured: its criterion."""
    criterion = subject.result.criterion if subject.result else None
    return Known(math.nan, criterion.unit if criterion else "1", None, criterion)


def differs(
    quantity: Quantity, value: float, given: Known, *, exact: bool = False, interval: bool = False
) -> Outcome | None:
    """Return what is wrong with a number that should be a value; None where it is right.

    Args:
        quantity: The number with its unit.
        value: What it should be.
        given: The unit of the value, and the criterion on whose side a rounding must stay.
        exact: Whether the number must be the value itself.
        interval: Whether it is an end of an interval, whose unit may stand at the other end.
    """
    unit = quantity.unit
    if unit is None and given.unit not in ("1", ""):
        if not (interval and quantity.ranged) and given.unit not in BARE_UNITS:
            return unsupported(
                "unit.missing", f"The number has no unit; the evidence says {format_value(value, given.unit)}."
            )
        unit = given.unit
    target = unit or "1"
    there = converted(value, given.unit, target, given.molar_mass)
    if there is None:
        return contradicted("unit.mismatch", f"The evidence gives {format_value(value, given.unit)}, in another unit.")
    marks = () if given.criterion is None else (converted(given.criterion.threshold, given.criterion.unit, target),)
    rounded = [r for r in quantity.readings if rounds(there, r, quantity.decimals, exact=exact)]
    if any(same_side(there, r, marks) for r in rounded):
        return None
    if any(r in marks for r in rounded):
        told = f"The evidence gives {format_value(value, given.unit)}; rounded as written it falls on a limit."
        return unverifiable("number.on_limit", told)
    code = "number.mismatch" if target == given.unit else "unit.converted"
    return contradicted(code, f"The evidence gives {format_value(value, given.unit)}; the sentence says otherwise.")


def rounds(value: float, written: float, decimals: int, *, exact: bool) -> bool:
    """Whether a written number is a value rounded to the decimals written, halves away from zero."""
    if decimals > MAX_DECIMALS:
        return abs(written - value) <= 1e-9
    step = Decimal(1).scaleb(-decimals)
    rounded = Decimal(f"{value:.10g}").quantize(step, rounding=ROUND_HALF_UP)
    if float(rounded) != written:
        return False
    as_usual = decimals >= 2
    return abs(written - value) <= 1e-9 if exact else as_usual or abs(written - value) <= COARSEST * abs(value)


def same_side(value: float, written: float, marks: tuple[float | None, ...]) -> bool:
    """Whether a written number lies on the same side of each mark as the value."""
    return all((value > m) == (written > m) and (value < m) == (written < m) for m in marks if m is not None)


@lru_cache(maxsize=4096)
def converted(value: float, given: str, wanted: str, molar_mass: float | None = None) -> float | None:
    """Return a value in another unit, or None when the units measure different things."""
    if given == wanted:
        return value
    if "1" in (given, wanted) and "%" not in (given, wanted):
        return None
    if {given, wanted} == {"1", "%"}:
        return float(f"{value * 100 if wanted == '%' else value / 100:.10g}")
    try:
        return convert(value, given, wanted, molar_mass=molar_mass)
    except WrongDimensionError:
        return None


def value_text(given: Known) -> str:
    """Return a value as reports write it."""
    beside = (given.criterion.threshold,) if given.criterion else ()
    return format_measured(given.value, given.unit, given.interval, beside=beside)


@lru_cache(maxsize=512)
def _molar_mass(fact: str) -> float | None:
    definition = fact_catalogue().get(fact)
    return definition.molar_mass if definition is not None else None
