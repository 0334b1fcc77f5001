"""Facts of the record: names, units and ranges from the catalogue; what does not fit is refused, never guessed."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Self

from pydantic import Field, model_validator

from clinigraph.errors import CaseInvalid
from clinigraph.intake.strict_yaml import load_plain, scalar
from clinigraph.intake.units import WrongDimensionError, convert
from clinigraph.models.base import Value
from clinigraph.models.case import Fact
from clinigraph.models.codes import Concept, Laterality, Scheme

_NUMBER_AND_UNIT = re.compile(r"\s*([-+]?(?:\d{1,9}(?:[.,]\d{1,9})?|\.\d{1,9}))\s*(.{0,40}?)\s*")
_PRESSURE_PAIR = re.compile(r"\s*(\d{1,3})\s*/\s*(\d{1,3})\s*(.{1,20}?)\s*")
_SIDES = {
    "left": Laterality.LEFT,
    "l": Laterality.LEFT,
    "os": Laterality.LEFT,
    "right": Laterality.RIGHT,
    "r": Laterality.RIGHT,
    "od": Laterality.RIGHT,
    "both": Laterality.BILATERAL,
    "bilateral": Laterality.BILATERAL,
    "ou": Laterality.BILATERAL,
    "unknown": Laterality.UNKNOWN,
}
_BLOOD_PRESSURE = ("blood_pressure", "bp", "rr")
_FIELDS = ("value", "unit", "side")


class FactDefinition(Value):
    """One entry of the catalogue: a number with a unit, a choice, or a yes/no."""

    name: str
    meaning: str
    concept: Concept | None = None
    """LOINC or SNOMED CT code, where certain."""
    unit: str | None = None
    """UCUM unit in which numbers are kept."""
    plausible: tuple[float, float] | None = None
    """Range in ``unit`` outside which a value is refused as a slip."""
    bare: bool = False
    """Whether a number without unit is taken to be in ``unit``."""
    sided: bool = False
    """Whether it belongs to one eye or side."""
    molar_mass: float | None = None
    """g/mol."""
    choices: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Allowed words, each with its other spellings."""
    truth: dict[str, str] = Field(default_factory=dict)
    """The choices that yes and no stand for."""
    boolean: bool = False
    aliases: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.unit is not None) + bool(self.choices) + self.boolean != 1:
            raise ValueError(f"{self.name}: exactly one of unit, choices and boolean")
        if (self.unit is None) != (self.plausible is None):
            raise ValueError(f"{self.name}: a number needs its plausible range")
        return self


@lru_cache(maxsize=1)
def fact_catalogue() -> Mapping[str, FactDefinition]:
    """Return all fact definitions by canonical name."""
    entries = load_plain(resources.files("clinigraph.intake").joinpath("facts.yaml").read_bytes())
    return {name: _definition(name, entry) for name, entry in entries.items()}


def _definition(name: str, entry: dict[str, object]) -> FactDefinition:
    fields = dict(entry)
    code = fields.pop("code", None)
    concept = None
    if code is not None:
        scheme, value = str(code).split()
        concept = Concept(value=value, scheme=Scheme(scheme), meaning=str(fields["meaning"]))
    return FactDefinition.model_validate({"name": name, "concept": concept, **fields})


@lru_cache(maxsize=1)
def _names() -> Mapping[str, str]:
    names = {name: name for name in fact_catalogue()}
    return names | {alias: d.name for d in fact_catalogue().values() for alias in d.aliases}


def find_definition(name: str, *, given: str = "") -> FactDefinition:
    """Return the definition of a fact by its name or an alias; case, blanks and hyphens do not count.

    Raises:
        CaseInvalid: There is no such fact; the closest names are told.
    """
    key = re.sub(r"[\s-]+", "_", name.strip().lower())
    names = _names()
    if key in names:
        return fact_catalogue()[names[key]]
    close = list(dict.fromkeys(names[c] for c in difflib.get_close_matches(key, names, n=3, cutoff=0.6)))
    todo = f"Did you mean {', '.join(close)}?" if close else "The known facts are in clinigraph/intake/facts.yaml."
    raise CaseInvalid(f"Unknown fact {_short(name)!r}", given=given, todo=todo)


def parse_facts(entries: Mapping[str, object], *, source: str = "case.yaml", given: str = "") -> tuple[Fact, ...]:
    """Return the facts of a mapping name -> value(s), in its order.

    A value is a number, text with a unit (``16 mmHg``), yes/no, a word, ``{value, unit, side}``,
    ``{left: ..., right: ...}`` or a list of these; blood pressure may be given as ``120/80 mmHg``.

    Args:
        entries: What the user wrote.
        source: Where it came from, kept with each fact.
        given: The path for messages.

    Raises:
        CaseInvalid: Unknown name, wrong unit, implausible number, wrong kind of value, or the same fact twice.
    """
    facts = [f for name, value in entries.items() for f in parse_fact(name, value, source=source, given=given)]
    seen: set[tuple[str, Laterality]] = set()
    for fact in facts:
        if (fact.name, fact.laterality) in seen:
            raise CaseInvalid(
                f"{fact.name} is given twice for the same side", given=given, todo="Keep the value that holds now."
            )
        seen.add((fact.name, fact.laterality))
    return tuple(facts)


def parse_fact(name: str, value: object, *, source: str = "user", given: str = "") -> tuple[Fact, ...]:
    """Return the facts of one entry: usually one, one per side where sides are given.

    Raises:
        CaseInvalid: As for ``parse_facts``.

    Example:
        >>> parse_fact("iop", "16 mmHg")[0].unit
        'mm[Hg]'
    """
    if re.sub(r"[\s-]+", "_", name.strip().lower()) in _BLOOD_PRESSURE:
        return _blood_pressure(value, source, given)
    definition = find_definition(name, given=given)
    parts = value if isinstance(value, list) else [value]
    return tuple(_one(definition, part, side, source, given) for item in parts for side, part in _by_side(item))


def _blood_pressure(value: object, source: str, given: str) -> tuple[Fact, ...]:
    match = _PRESSURE_PAIR.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise CaseInvalid("blood_pressure is not readable", given=given, todo="Write it as 120/80 mmHg.")
    names = ("systolic_blood_pressure", "diastolic_blood_pressure")
    return tuple(
        _one(fact_catalogue()[n], f"{match[i]} {match[3]}", Laterality.UNKNOWN, source, given)
        for i, n in enumerate(names, start=1)
    )


def _by_side(item: object) -> list[tuple[Laterality, object]]:
    if isinstance(item, dict) and item and all(str(k).lower() in _SIDES for k in item):
        return [(_SIDES[str(k).lower()], part) for k, part in item.items()]
    return [(Laterality.UNKNOWN, item)]


def _one(definition: FactDefinition, item: object, side: Laterality, source: str, given: str) -> Fact:
    unit = None
    if isinstance(item, dict):
        item, unit, side = _fields(definition, item, side, given)
    if side is not Laterality.UNKNOWN and not definition.sided:
        raise CaseInvalid(f"{definition.name} has no side", given=given, todo="Leave the side out.")
    if definition.unit is None:
        if unit is not None:
            raise CaseInvalid(f"{definition.name} takes no unit", given=given, todo="Leave the unit out.")
        return Fact(name=definition.name, value=_word(definition, item, given), laterality=side, source=source)
    value = _number(definition, item, unit, given)
    return Fact(name=definition.name, value=value, unit=definition.unit, laterality=side, source=source)


def _fields(
    definition: FactDefinition, item: dict[object, object], side: Laterality, given: str
) -> tuple[object, str | None, Laterality]:
    for key in item:
        if key not in _FIELDS:
            close = difflib.get_close_matches(str(key), _FIELDS, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"A fact has the fields {', '.join(_FIELDS)}."
            raise CaseInvalid(f"{definition.name}: unknown field {_short(str(key))!r}", given=given, todo=hint)
    if "side" in item:
        text = str(item["side"]).lower()
        if text not in _SIDES:
            raise CaseInvalid(f"{definition.name}: unknown side", given=given, todo="Write left, right or both.")
        side = _SIDES[text]
    unit = item.get("unit")
    return item.get("value"), None if unit is None else str(unit), side


def _number(definition: FactDefinition, item: object, unit: str | None, given: str) -> float:
    wanted = str(definition.unit)
    if isinstance(item, str) and (match := _NUMBER_AND_UNIT.fullmatch(item)):
        if unit is not None and match[2]:
            raise CaseInvalid(f"{definition.name} has two units", given=given, todo="Write the unit once.")
        item, unit = float(match[1].replace(",", ".")), match[2] or unit
    if isinstance(item, bool) or not isinstance(item, int | float):
        raise CaseInvalid(
            f"{definition.name} is not a number", given=given, todo=f"Write a number and its unit, in {wanted}."
        )
    if unit is None:
        if not definition.bare:
            raise CaseInvalid(
                f"{definition.name} has no unit", given=given, todo=f"Write the unit, for example {item:g} {wanted}."
            )
        unit = wanted
    try:
        value = convert(float(item), unit, wanted, molar_mass=definition.molar_mass)
    except WrongDimensionError as error:
        raise CaseInvalid(
            f"{definition.name}: {item:g} {_short(unit)} is not in a unit of this fact",
            given=given,
            todo=f"The accepted unit is {wanted}.",
        ) from error
    return _plausible(definition, value, given)


def _plausible(definition: FactDefinition, value: float, given: str) -> float:
    low, high = definition.plausible or (-math.inf, math.inf)
    if not (math.isfinite(value) and low <= value <= high):
        raise CaseInvalid(
            f"{definition.name}: {value:g} {definition.unit} is not plausible",
            given=given,
            todo=f"Values from {low:g} to {high:g} {definition.unit} are accepted; check number and unit.",
        )
    return value


def _word(definition: FactDefinition, item: object, given: str) -> str | bool:
    if isinstance(item, str):
        item = scalar(item.strip())
    if definition.boolean:
        if isinstance(item, bool):
            return item
        raise CaseInvalid(f"{definition.name} is a yes/no fact", given=given, todo="Write yes or no.")
    if isinstance(item, bool):
        item = definition.truth.get("yes" if item else "no")
    key = _folded(str(item))
    for choice, others in definition.choices.items():
        if key in (_folded(choice), *others):
            return choice
    raise CaseInvalid(
        f"{definition.name}: unknown value", given=given, todo=f"Write one of {', '.join(definition.choices)}."
    )


def _folded(word: str) -> str:
    return word.strip().lower().replace(" ", "_").replace("-", "_")


def check_facts(facts: Sequence[Fact], *, given: str = "") -> tuple[Fact, ...]:
    """Return facts made elsewhere in the catalogue's units, after the same checks.

    Raises:
        CaseInvalid: As for ``parse_facts``.
    """
    checked = []
    for fact in facts:
        definition = find_definition(fact.name, given=given)
        item: object = fact.value if fact.unit is None else {"value": fact.value, "unit": fact.unit}
        again = _one(definition, item, Laterality.UNKNOWN, fact.source, given)
        checked.append(again.replace(laterality=fact.laterality))
    return tuple(checked)


def _short(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:40]
