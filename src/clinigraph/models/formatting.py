"""How numbers and units are written: one rounding for writer, verifier, report and page.

Rules: ratios have two decimals, percentages none, lengths in millimetres one; numbers of the record (pressures,
ages, laboratory values) lose no more than what lies beyond one or two decimals. A number is never rounded across
the threshold it is judged by: 0.496 beside a threshold of 0.5 is written 0.496, not 0.50. Halves are rounded away
from zero, as a reader would do by hand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from clinigraph.models.codes import UNITLESS
from clinigraph.models.findings import Interval
from clinigraph.models.planning import Comparator, Criterion

MAX_DECIMALS = 6
"""No number is written with more decimals than this."""

NOT_A_NUMBER = "not a number"

_FIXED: dict[str, int] = {
    UNITLESS: 2, "%": 0, "mm": 1, "cm": 1, "um": 0, "mm2": 1, "cm2": 1, "mm3": 0, "cm3": 1, "mL": 1, "L": 2,
    "deg": 1, "[hnsf'U]": 0, "[px_i]": 0, "{px}": 0,
}  # fmt: skip
"""UCUM code -> decimals that are always written."""

_TRIMMED: dict[str, int] = {
    "mm[Hg]": 1, "a": 1, "mo": 1, "wk": 1, "d": 1, "h": 1, "min": 1, "s": 1, "/min": 0, "Cel": 1,
    "kg/m2": 1, "kg": 1, "[diop]": 2, "dB": 2,
}  # fmt: skip
"""UCUM code -> most decimals; trailing zeros are dropped, because the record gave the number."""

_NAMES: dict[str, str] = {
    UNITLESS: "", "": "", "%": "%", "mm[Hg]": "mmHg", "cm[H2O]": "cmH₂O", "[hnsf'U]": "HU", "[diop]": "D",
    "deg": "°", "Cel": "°C", "[degF]": "°F", "a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "h",
    "min": "min", "[px_i]": "px", "{px}": "px", "[iU]": "IU", "[IU]": "IU", "[pH]": "",
    "mL/min/{1.73_m2}": "mL/min/1.73m²", "{score}": "points",
}  # fmt: skip
"""UCUM code -> what a clinician writes."""

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_POWER_OF_TEN = re.compile(r"10[*^](-?\d+)")
_EXPONENT = re.compile(r"(?<=[A-Za-z\]])(-?\d+)")
_BRACKETED = re.compile(r"[\[\]{}]")
_MICRO = re.compile(r"(?<![A-Za-z\[])u(?=[A-Za-z])")
_ATTACHED = ("°", "")


def pretty_unit(ucum: str | None) -> str:
    """Return a UCUM code as a clinician writes it; empty for ratios.

    Example:
        >>> pretty_unit("mm[Hg]"), pretty_unit("um"), pretty_unit("kg/m2"), pretty_unit("1")
        ('mmHg', 'µm', 'kg/m²', '')
    """
    code = (ucum or "").strip()
    if code in _NAMES:
        return _NAMES[code]
    code = code.replace("[iU]", "IU").replace("[IU]", "IU").replace("mm[Hg]", "mmHg")
    powers = _POWER_OF_TEN.sub(lambda m: "10" + m[1].translate(_SUPERSCRIPTS), code)
    raised = _EXPONENT.sub(lambda m: m[1].translate(_SUPERSCRIPTS), powers)
    return _BRACKETED.sub("", _MICRO.sub("µ", raised)).replace(".", "·")


def format_value(value: float, unit: str | None = UNITLESS, *, beside: Iterable[float] = ()) -> str:
    """Return a number with its unit.

    Args:
        value: The number, in ``unit``.
        unit: UCUM code; None reads as a ratio.
        beside: Numbers that it is compared with (thresholds, in the same unit): the rounding never moves the
            value onto or over one of them.

    Returns:
        For example ``0.71``, ``1.4 mm``, ``24 mmHg``, ``62 %``; ``not a number`` for infinities and NaN.

    Example:
        >>> format_value(0.7149), format_value(23.96, "mm"), format_value(0.4960, "1", beside=(0.5,))
        ('0.71', '24.0 mm', '0.496')
    """
    return with_unit(format_number(value, unit, beside=beside), unit)


def format_number(value: float, unit: str | None = UNITLESS, *, beside: Iterable[float] = ()) -> str:
    """Return a number rounded as its unit asks, without the unit; see :func:`format_value`."""
    if not math.isfinite(value):
        return NOT_A_NUMBER
    if abs(value) >= 1e9:
        return f"{value:.3g}"
    decimals, trim = _decimals(value, unit)
    marks = (0.0, *beside)
    honest = (d for d in range(decimals, MAX_DECIMALS + 1) if _same_sides(value, _quantized(value, d), marks))
    text = f"{_quantized(value, next(honest, decimals)):f}"
    return _without_trailing_zeros(text) if trim else text


def round_value(value: float, unit: str | None = UNITLESS, *, beside: Iterable[float] = ()) -> float:
    """Return the number that :func:`format_value` writes, as a number (NaN when it is not finite)."""
    return float(format_number(value, unit, beside=beside)) if math.isfinite(value) else math.nan


def with_unit(number: str, unit: str | None) -> str:
    """Return a written number followed by its unit, a space between them except before a degree sign."""
    name = pretty_unit(unit)
    if number == NOT_A_NUMBER or not name:
        return number
    return f"{number}{name}" if name in _ATTACHED else f"{number} {name}"


def format_interval(interval: Interval, unit: str | None = UNITLESS, *, beside: Iterable[float] = ()) -> str:
    """Return an interval in words.

    Example:
        >>> format_interval(Interval(low=0.648, high=0.781, level=0.9, method="split conformal, n=50"))
        '90 % interval 0.65 to 0.78'
    """
    marks = tuple(beside)
    low = format_number(interval.low, unit, beside=marks)
    high = format_value(interval.high, unit, beside=marks)
    return f"{format_percent(interval.level)} interval {low} to {high}"


def format_measured(
    value: float,
    unit: str | None = UNITLESS,
    interval: Interval | None = None,
    *,
    beside: Iterable[float] = (),
) -> str:
    """Return a number with its unit and, where there is one, its interval in brackets.

    Example:
        >>> format_measured(0.712, "1", Interval(low=0.648, high=0.781, method="split conformal, n=50"))
        '0.71 (90 % interval 0.65 to 0.78)'
    """
    marks = tuple(beside)
    text = format_value(value, unit, beside=marks)
    return text if interval is None else f"{text} ({format_interval(interval, unit, beside=marks)})"


def format_percent(share: float) -> str:
    """Return a share of one as a percentage; what is not all or nothing is never written as 100 % or 0 %.

    Example:
        >>> format_percent(0.625), format_percent(0.9999), format_percent(1)
        ('63 %', '99.99 %', '100 %')
    """
    return format_value(round(share * 100, 9), "%", beside=(100.0,)) if math.isfinite(share) else NOT_A_NUMBER


_SYMBOLS = {Comparator.GT: ">", Comparator.GE: "≥", Comparator.LT: "<", Comparator.LE: "≤"}


def format_criterion(criterion: Criterion) -> str:
    """Return a rule as a reader writes it, threshold as the guideline gives it: ``≥ 0.7``, ``> 21 mmHg``."""
    return f"{_SYMBOLS[criterion.comparator]} {with_unit(f'{criterion.threshold:.10g}', criterion.unit)}"


def _decimals(value: float, unit: str | None) -> tuple[int, bool]:
    code = unit or UNITLESS
    if code in _FIXED:
        return _FIXED[code], False
    if code in _TRIMMED:
        return _TRIMMED[code], True
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    return min(max(2 - magnitude, 0), MAX_DECIMALS), True


def _quantized(value: float, decimals: int) -> Decimal:
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return abs(rounded) if rounded == 0 else rounded


def _same_sides(value: float, rounded: Decimal, marks: Iterable[float]) -> bool:
    exact = Decimal(repr(float(value)))
    points = [Decimal(repr(float(mark))) for mark in marks if math.isfinite(mark)]
    return all((exact > p) == (rounded > p) and (exact < p) == (rounded < p) for p in points)


def _without_trailing_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
