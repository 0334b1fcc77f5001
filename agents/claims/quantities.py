"""Numbers of a sentence with their units and with the words that compare them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from clinigraph.agents.claims.numerals import numerals
from clinigraph.intake.units import to_ucum
from clinigraph.models.planning import Comparator

_UNITS = (
    "mmHg", "mm Hg", r"mm\[Hg\]", "[tT]orr", "kPa", "hPa", "Pa", "cmH2O", "psi", "m?bar", "atm", "mm2", "mm3", "cm2",
    "cm3", "mm", "cm", "µm", "μm",
    "um", "microns?", "micromet(?:er|re)s?", "millimet(?:er|re)s?", "centimet(?:er|re)s?", "met(?:er|re)s?",
    "km", "nm", "m", "mL", "ml", "dL", "L", "cc", "lit(?:er|re)s?", "millilit(?:er|re)s?", "kg/m2", "kg", "mg/dL",
    "mg/dl", "g/dL", "g/dl", "mmol/L", "mmol/l", "umol/L", "µmol/L", "μmol/L", "mg/L", "g/L", "pg/mL", "ng/mL", "ng/L",
    "mL/min/1.73 m2", "mL/min/1.73m2", "m2", "per minute", "beats per minute", "beats/minute", "/minute",
    "mg", "g", "grams?", "kilograms?", "lbs?", "pounds?", "inch(?:es)?", "feet", "ft", "furlongs?", "cubits?", "stone",
    "years?", "yrs?", "months?", "weeks?", "days?", "hours?", "minutes?", "seconds?", "bpm", "beats/min", "/min", "min",
    "ms", "s", "h", "HU", "IU/L", "IU", "U/L", "°C", "°F", "degrees?", "°", "%", "percent", "per cent", "px", "pixels?",
    "dioptres?", "diopters?", "D", "dB", "Hz", "mEq/L", "mL/min", "cm/s", "m/s", "disc diameters?", "DD",
)  # fmt: skip
_UNIT = re.compile(rf"[\s-]?({'|'.join(sorted(_UNITS, key=len, reverse=True))})(?![\w/²³])")
_NAMES = {
    "mm hg": "mm[Hg]", "percent": "%", "per cent": "%", "millimeter": "mm", "millimetre": "mm", "centimeter": "cm",
    "centimetre": "cm", "liter": "L", "litre": "L", "milliliter": "mL", "millilitre": "mL", "gram": "g",
    "kilogram": "kg", "hour": "h", "minute": "min", "second": "s", "micron": "um", "micrometer": "um",
    "micrometre": "um", "year": "a", "yr": "a", "month": "mo", "week": "wk", "day": "d", "degree": "deg", "°": "deg",
    "pixel": "[px_i]", "px": "[px_i]", "hu": "[hnsf'U]", "cc": "cm3", "ml": "mL", "cmh2o": "cm[H2O]", "iu": "[iU]",
    "torr": "mm[Hg]", "psi": "[psi]", "ml/min/1.73 m2": "mL/min/{1.73_m2}", "ml/min/1.73m2": "mL/min/{1.73_m2}",
    "beats per minute": "/min", "beats/minute": "/min", "/minute": "/min", "per minute": "/min",
}  # fmt: skip
_BEFORE = (
    (Comparator.GE, r"≥|>=|at least|no less than|not less than|not below|no lower than|minimum of|from"),
    (Comparator.LE, r"≤|<=|at most|no more than|not more than|not above|not exceeding|does not exceed|up to"),
    (Comparator.GT, r">|above|over|greater than|more than|larger than|higher than|exceeds|exceeding|beyond|wider than"),
    (
        Comparator.LT,
        (
            r"<|below|under|(?:does|do|did) not reach|fails? to reach|falls? (?:just |well )?short of|"
            r"less than|smaller than|lower than|fewer than|narrower than"
        ),
    ),
)
_OBJECT = (
    r"\s+(?:a |the |its )?(?:value|"
    r"(?:diagnostic |upper |lower )?(?:threshold|criterion|cut-?off|limit)(?: value| of normal)?)"
    r"(?: of| is| at)?"
)
_COMPARED = tuple((c, re.compile(rf"(?:{p})(?:{_OBJECT}|\s+(?:a|the))?\s*$", re.IGNORECASE)) for c, p in _BEFORE)
_AFTER = (
    (Comparator.GE, re.compile(r"^\s*(?:or (?:more|above|greater|higher|larger|over))\b", re.IGNORECASE)),
    (Comparator.LE, re.compile(r"^\s*(?:or (?:less|below|lower|smaller|under))\b", re.IGNORECASE)),
)
_ABOUT = re.compile(r"(?:about|around|approximately|approx\.?|roughly|circa|~|≈|nearly|almost)\s*$", re.IGNORECASE)
_RANGE = re.compile(r"^\s*(?:-|–|—|to|and)\s*$")
_BETWEEN = re.compile(r"\b(?:between|from)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as a sentence gives it."""

    start: int
    end: int
    """With comparing words before and the unit after."""
    number_start: int
    readings: tuple[float, ...]
    """What the number may mean; empty when it makes no number."""
    decimals: int
    unit: str | None
    """UCUM code; None when none is written."""
    comparator: Comparator | None = None
    joined: bool = False
    """Whether it is the second number of a range."""
    ranged: bool = False
    """Whether it is either number of a range."""

    @property
    def in_percent(self) -> bool:
        """Whether it is given in per cent."""
        return self.unit == "%"


def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the numbers of a sentence in order.

    Example:
        >>> [(q.readings, q.unit) for q in quantities("IOP is 25 mmHg, above 21 mmHg")]
        [((25.0,), 'mm[Hg]'), ((21.0,), 'mm[Hg]')]
    """
    found: list[Quantity] = []
    for numeral in numerals(text):
        if found and numeral.start < found[-1].end:
            continue  # part of the unit before: mL/min/1.73 m2
        unit, end = _unit(text, numeral.end)
        start, comparator = _compared(text, numeral.start)
        for after, pattern in _AFTER:
            match = pattern.match(text[end:])
            if comparator is None and match:
                comparator, end = after, end + match.end()
        made = Quantity(start, end, numeral.start, numeral.readings, numeral.decimals, unit, comparator)
        if found and _RANGE.match(text[found[-1].end : numeral.start]) and _is_range(text, found[-1], numeral.start):
            found[-1] = _with_unit(text, found[-1], unit)
            made = Quantity(
                found[-1].end, end, numeral.start, made.readings, made.decimals, unit or found[-1].unit, None,
                joined=True, ranged=True,
            )  # fmt: skip
        found.append(made)
    return tuple(found)


def _is_range(text: str, first: Quantity, start: int) -> bool:
    return "and" not in text[first.end : start] or _BETWEEN.search(text[: first.number_start]) is not None


def _with_unit(text: str, first: Quantity, unit: str | None) -> Quantity:
    between = _BETWEEN.search(text[: first.number_start])
    return Quantity(
        between.start() if between else first.start, first.end, first.number_start, first.readings, first.decimals,
        first.unit or unit,
        None if first.comparator is Comparator.GE else first.comparator, first.joined, True,
    )  # fmt: skip


def _unit(text: str, start: int) -> tuple[str | None, int]:
    match = _UNIT.match(text, start)
    if match is None:
        return None, start
    return _code(match.group(1)), match.end()


@cache
def _code(written: str) -> str:
    low = written.lower()
    single = low[:-1] if low.endswith("s") and len(low) > 3 else low
    return _NAMES.get(low) or _NAMES.get(single) or to_ucum(written)


def _compared(text: str, start: int) -> tuple[int, Comparator | None]:
    before = text[:start]
    about = _ABOUT.search(before)
    if about:
        return about.start(), None
    for comparator, pattern in _COMPARED:
        match = pattern.search(before)
        if match and (
            match.start() == 0 or not (before[match.start()].isalpha() and before[match.start() - 1].isalpha())
        ):
            return match.start(), comparator
    return start, None
