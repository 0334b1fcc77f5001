"""Values of MedCalc-Bench as facts: its ways of writing units, in UCUM."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from clinigraph.models.case import Fact
from clinigraph.tools.calculators.contract import CalculatorRefusal, Choice, Quantity, YesNo

UNITS: Mapping[str, str] = {
    "years": "a", "year": "a", "months": "mo", "month": "mo", "weeks": "wk", "days": "d",
    "kg": "kg", "lbs": "[lb_av]", "lb": "[lb_av]", "pounds": "[lb_av]", "g": "g",
    "cm": "cm", "m": "m", "in": "[in_i]", "inches": "[in_i]", "ft": "[ft_i]",
    "mg/dl": "mg/dL", "mg/l": "mg/L", "g/dl": "g/dL", "g/l": "g/L", "mmol/l": "mmol/L", "meq/l": "mmol/L",
    "µmol/l": "umol/L", "μmol/l": "umol/L", "umol/l": "umol/L", "µiu/ml": "u[IU]/mL", "μiu/ml": "u[IU]/mL",
    "u/l": "U/L", "iu/l": "[iU]/L", "mm hg": "mm[Hg]", "mmhg": "mm[Hg]", "msec": "ms", "ms": "ms", "s": "s",
    "beats per minute": "/min", "beats/min": "/min", "beats/minute": "/min", "bpm": "/min", "per min": "/min",
    "breaths per minute": "/min", "%": "%", "degrees celsius": "Cel", "celsius": "Cel", "degrees fahrenheit": "[degF]",
    "ml": "mL", "l": "L", "mg": "mg", "cells/µl": "/uL", "/µl": "/uL", "µl": "/uL", "count/µl": "/uL",
    "× 10^9/l": "10*9/L", "10^9/l": "10*9/L", "1": "1", "": "1",
}  # fmt: skip
"""How the set writes a unit, in lower case -> UCUM."""


def fact_of(target: Quantity | YesNo | Choice, value: JsonValue, words: Mapping[str, str]) -> Fact:
    """Return a value of the set as a fact.

    Args:
        target: The calculator's input.
        value: ``[number, unit]``, ``{"value": number, "unit": unit}``, a number, true or false, or a word.
        words: The set's words -> the calculator's, for choices.

    Raises:
        CalculatorRefusal: The value or its unit is not of this form.
    """
    match target:
        case YesNo():
            return Fact(name=target.name, value=bool(value))
        case Choice():
            word = str(value)
            return Fact(name=target.name, value=words.get(word, word.casefold()))
        case Quantity():
            return _quantity(target, value)


def _quantity(target: Quantity, value: JsonValue) -> Fact:
    given, unit = value, ""
    if isinstance(value, list) and value:
        given, unit = value[0], str(value[1]) if len(value) > 1 else ""
    elif isinstance(value, dict):
        given, unit = value.get("value"), str(value.get("unit") or "")
    try:
        amount = float(str(given))
    except ValueError as error:
        raise CalculatorRefusal(f"{target.name} is no number") from error
    code = UNITS.get(unit.strip().casefold()) if unit else target.unit
    if code is None:
        raise CalculatorRefusal(f"the unit of {target.name} is not known: {unit[:20]}")
    return Fact(name=target.name, value=amount, unit=code)
