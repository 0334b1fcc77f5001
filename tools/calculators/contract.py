"""What a calculator is: named inputs with units and possible ranges, a formula, a source."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from clinigraph.models.case import Fact

Number = float


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that a calculator needs."""

    name: str
    unit: str
    """UCUM code; other units of the same dimension are converted."""
    low: float
    high: float
    """What lies outside is impossible or outside the range in which the formula was made."""
    molar_mass: float | None = None
    """g/mol, to accept both amount and mass concentrations."""


@dataclass(frozen=True, slots=True)
class YesNo:
    """A finding that is there or not. Missing is not the same as no."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    name: str
    options: tuple[str, ...]


Input = Quantity | YesNo | Choice


class CalculatorRefusal(ValueError):
    """An input is missing or impossible; the message names it in words."""


@dataclass(frozen=True)
class Answers:
    """The checked inputs of one calculation."""

    numbers: Mapping[str, float] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float:
        """Return a number."""
        return self.numbers[name]

    def yes(self, name: str) -> bool:
        """Return whether a finding is there."""
        return self.flags[name]

    def word(self, name: str) -> str:
        """Return the chosen word."""
        return self.words[name]

    def count(self, *names: str) -> int:
        """Return how many of the findings are there."""
        return sum(self.flags[name] for name in names)


@dataclass(frozen=True, slots=True)
class Calculator:
    """One formula or score."""

    name: str
    title: str
    unit: str
    """UCUM code of the answer; ``1`` for ratios, ``{score}`` for points."""
    inputs: tuple[Input, ...]
    compute: Callable[[Answers], float]
    source: str
    """Author and year of the formula."""
    valid: str
    """For whom it was made, in words."""

    def calculate(self, facts: Mapping[str, Fact]) -> float:
        """Return the answer in ``unit``.

        Args:
            facts: By name; those that are not inputs are not looked at.

        Raises:
            CalculatorRefusal: An input is missing, has a unit of another kind, or is outside its range.
        """
        value = float(self.compute(read(self.inputs, facts)))
        if not math.isfinite(value):
            raise CalculatorRefusal(f"{self.title} cannot be computed from these values")
        return value


def read(inputs: tuple[Input, ...], facts: Mapping[str, Fact]) -> Answers:
    """Check facts against inputs.

    Raises:
        CalculatorRefusal: Names every missing input at once, or the first impossible one.
    """
    missing = [words(i.name) for i in inputs if i.name not in facts]
    if missing:
        raise CalculatorRefusal(f"the record does not state: {', '.join(missing)}")
    numbers: dict[str, float] = {}
    flags: dict[str, bool] = {}
    chosen: dict[str, str] = {}
    for item in inputs:
        fact = facts[item.name]
        match item:
            case Quantity():
                numbers[item.name] = _number(item, fact)
            case YesNo():
                flags[item.name] = _flag(item, fact)
            case Choice():
                chosen[item.name] = _word(item, fact)
    return Answers(numbers, flags, chosen)


def words(name: str) -> str:
    """Return a name as words."""
    return name.replace("_", " ")


def _number(item: Quantity, fact: Fact) -> float:
    from clinigraph.intake.units import WrongDimensionError, convert

    if isinstance(fact.value, bool | str) or fact.unit is None:
        raise CalculatorRefusal(f"{words(item.name)} must be a number in {item.unit}")
    try:
        same = fact.unit == item.unit
        value = float(fact.value) if same else convert(fact.value, fact.unit, item.unit, molar_mass=item.molar_mass)
    except WrongDimensionError as error:
        raise CalculatorRefusal(
            f"{words(item.name)} is given in {fact.unit}, which is no kind of {item.unit}"
        ) from error
    if not math.isfinite(value) or not item.low <= value <= item.high:
        raise CalculatorRefusal(
            f"{words(item.name)} of {value:g} {item.unit} lies outside {item.low:g} to {item.high:g} {item.unit}"
        )
    return value


def _flag(item: YesNo, fact: Fact) -> bool:
    if not isinstance(fact.value, bool):
        raise CalculatorRefusal(f"{words(item.name)} must be yes or no")
    return fact.value


def _word(item: Choice, fact: Fact) -> str:
    if not isinstance(fact.value, str) or fact.value not in item.options:
        raise CalculatorRefusal(f"{words(item.name)} must be one of: {', '.join(item.options)}")
    return fact.value


def flags(*names: str) -> tuple[YesNo, ...]:
    """Return yes/no inputs."""
    return tuple(YesNo(name) for name in names)


def points(value: float, *limits: float) -> int:
    """Return how many of the ascending limits a value reaches: 0 below the first, 1 from the first on, and so on."""
    return sum(value >= limit for limit in limits)
