"""Units: common spellings to UCUM, and conversion of values between UCUM units."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from clinigraph.intake.quiet import quiet

_SPELLINGS = {
    "mmhg": "mm[Hg]",
    "mm hg": "mm[Hg]",
    "torr": "mm[Hg]",
    "year": "a",
    "years": "a",
    "yr": "a",
    "yrs": "a",
    "y": "a",
    "month": "mo",
    "months": "mo",
    "week": "wk",
    "weeks": "wk",
    "w": "wk",
    "day": "d",
    "days": "d",
    "bpm": "/min",
    "beats/min": "/min",
    "breaths/min": "/min",
    "1/min": "/min",
    "min-1": "/min",
    "per minute": "/min",
    "µm": "um",
    "μm": "um",
    "micron": "um",
    "microns": "um",
    "micrometer": "um",
    "micrometre": "um",
    "µmol/l": "umol/L",
    "μmol/l": "umol/L",
    "umol/l": "umol/L",
    "mmol/l": "mmol/L",
    "mg/dl": "mg/dL",
    "g/dl": "g/dL",
    "mg/l": "mg/L",
    "g/l": "g/L",
    "pg/ml": "pg/mL",
    "ng/l": "ng/L",
    "°c": "Cel",
    "c": "Cel",
    "celsius": "Cel",
    "°f": "[degF]",
    "f": "[degF]",
    "fahrenheit": "[degF]",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "pound": "[lb_av]",
    "pounds": "[lb_av]",
    "in": "[in_i]",
    "inch": "[in_i]",
    "inches": "[in_i]",
    "ft": "[ft_i]",
    "feet": "[ft_i]",
    "kgs": "kg",
    "centimetre": "cm",
    "meter": "m",
    "metre": "m",
    "percent": "%",
    "pct": "%",
    "dpt": "[diop]",
    "diopter": "[diop]",
    "diopters": "[diop]",
    "dioptre": "[diop]",
    "dioptres": "[diop]",
    "db": "dB",
    "kg/m^2": "kg/m2",
    "kg/m²": "kg/m2",
    "pack-years": "{pack_years}",
    "pack years": "{pack_years}",
    "packyears": "{pack_years}",
    "pack_years": "{pack_years}",
    "ml/min": "mL/min",
    "ml/min/1.73m2": "mL/min/{1.73_m2}",
    "ml/min/1.73 m2": "mL/min/{1.73_m2}",
    "ml/min/1.73m²": "mL/min/{1.73_m2}",
    "10^9/l": "10*9/L",
    "10^3/ul": "10*3/uL",
    "10^3/µl": "10*3/uL",
    "kpa": "kPa",
    "hpa": "hPa",
}
"""Spellings people write, lower case -> UCUM (ucum.org). UCUM itself is tried first."""


class WrongDimensionError(ValueError):
    """The units measure different things."""


def to_ucum(text: str) -> str:
    """Return the UCUM code of a unit as people write it; an unknown word comes back unchanged.

    Example:
        >>> to_ucum("mmHg"), to_ucum("years")
        ('mm[Hg]', 'a')
    """
    text = " ".join(text.split())
    return _SPELLINGS.get(text.lower(), text)


def convert(value: float, given: str, wanted: str, *, molar_mass: float | None = None) -> float:
    """Convert a value between UCUM units.

    Args:
        value: The number as given.
        given: Its unit, UCUM or a common spelling.
        wanted: UCUM unit to convert to.
        molar_mass: g/mol, to go between amount and mass concentrations.

    Returns:
        The value in the wanted unit, rounded to 10 significant digits (conversion noise).

    Raises:
        WrongDimensionError: Unknown unit, or one of another dimension.

    Example:
        >>> convert(16, "mmHg", "mm[Hg]")
        16.0
    """
    given = to_ucum(given)
    if given == wanted:
        return float(value)
    if "{" in wanted or wanted == "1":
        raise WrongDimensionError(given)
    with quiet():
        try:
            source, target = _unit(given), _unit(wanted)
            quantity = _registry().Quantity(value, source)
            if molar_mass is not None and source.dimensionality != target.dimensionality:
                mass = _registry().Quantity(molar_mass, "g/mol")
                quantity = quantity * mass if "[substance]" in source.dimensionality else quantity / mass
            return float(f"{float(quantity.to(target).magnitude):.10g}")
        except Exception as error:  # pint and lark raise many kinds for what they do not know
            raise WrongDimensionError(given) from error


@lru_cache(maxsize=1)
def _registry() -> Any:  # noqa: ANN401 - ucumvert is untyped
    """Build the unit registry: about one second, paid by the first value that needs converting."""
    from ucumvert import PintUcumRegistry

    return PintUcumRegistry()


def _unit(code: str) -> Any:  # noqa: ANN401 - pint units are untyped here
    if len(code) > 40:
        raise WrongDimensionError(code)
    quantity = _registry().from_ucum(code)
    if quantity.magnitude != 1:
        raise WrongDimensionError(code)
    return quantity.units
