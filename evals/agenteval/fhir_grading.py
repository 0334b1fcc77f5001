"""What each kind of FHIR task asks for: the answers, and the orders that must stand in the store at the end.

The ten kinds are those of MedAgentBench (Jiang et al., NEJM AI 2025): find a record number, an age, record a blood
pressure, last magnesium, replace magnesium, mean and last glucose, refer to orthopaedics, replace potassium, renew
HbA1c. Where a task only has a value checked on the way, an empty list of answers is right too, as there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import JsonValue

from clinigraph.evals.agenteval.fhir_store import FhirRefusal, FhirStore, Resource, moment

NOW = "2023-11-13T10:15:00+00:00"
"""The moment at which every published task takes place."""
NOWHERE = -1
"""Answer where a value is not there."""
_DAY, _YEAR = timedelta(hours=24), timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Near:
    """A number that was computed and may differ by 0.1; others must be exact."""

    value: float


Key = JsonValue | Near


@dataclass(frozen=True, slots=True)
class Order:
    """A resource that must have been created: path -> value."""

    kind: str
    fields: Mapping[str, Key]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is right."""

    answers: tuple[Key, ...] | None
    """None where no answer is asked for."""
    orders: tuple[Order, ...] = ()
    silent: bool = False
    """Whether an empty list of answers is right as well."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A task: whose record, in which words."""

    kind: str
    """``task1`` to ``task10``."""
    patient: str
    """Record number; empty where none is named."""
    instruction: str
    given: tuple[JsonValue, ...] = ()
    """Answers that the set states itself."""


def wanted(task: Assignment, store: FhirStore) -> Wanted:
    """Return what is right, read from the store as it was before the run.

    Raises:
        KeyError: The kind is not known.
    """
    return _KINDS[task.kind](task, store)


def right_answers(want: Wanted, said: str) -> bool:
    """Whether what stood in ``FINISH(…)`` is the list of answers."""
    if want.answers is None:
        return True
    try:
        found = json.loads(said)
    except (json.JSONDecodeError, RecursionError):
        return False
    if not isinstance(found, list):
        return False
    if want.silent and not found:
        return True
    return len(found) == len(want.answers) and all(_same(a, b) for a, b in zip(found, want.answers, strict=True))


def right_state(want: Wanted, created: Sequence[Resource]) -> bool:
    """Whether the created resources are the orders, in any order, and no others."""
    left = list(created)
    for order in want.orders:
        match = next((r for r in left if _is(order, r)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def at(resource: JsonValue, path: str) -> JsonValue:
    """Return the value at a dotted path; numbers step into lists. None where there is none."""
    value = resource
    for step in path.split("."):
        if isinstance(value, list):
            value = value[int(step)] if step.isdigit() and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _is(order: Order, resource: Resource) -> bool:
    if resource.get("resourceType") != order.kind:
        return False
    return all(_same(at(dict(resource), path), value) for path, value in order.fields.items())


def _same(found: JsonValue, want: Key) -> bool:
    if isinstance(want, Near):
        number = isinstance(found, int | float) and not isinstance(found, bool)
        return number and abs(float(str(found)) - want.value) <= 0.1 + 1e-9
    if isinstance(found, bool) or isinstance(want, bool):
        return found is want
    if isinstance(found, int | float) and isinstance(want, int | float):
        return abs(found - want) < 1e-9
    if isinstance(found, str) and isinstance(want, str):
        return found.strip().casefold() == want.strip().casefold() or _same_moment(found, want)
    return found == want


def _same_moment(found: str, want: str) -> bool:
    if not re.match(r"\d{4}-\d\d-\d\dT", want) or not re.match(r"\d{4}-\d\d-\d\dT", found):
        return False
    try:
        return moment(found) == moment(want)
    except FhirRefusal:
        return False


def _record_number(task: Assignment, store: FhirStore) -> Wanted:
    del store
    return Wanted(task.given or (task.patient or "Patient not found",))


def _age(task: Assignment, store: FhirStore) -> Wanted:
    person = store.patient(task.patient) or {}
    born, today = moment(str(person.get("birthDate"))), moment(NOW)
    return Wanted((today.year - born.year - ((today.month, today.day) < (born.month, born.day)),))


def _pressure(task: Assignment, store: FhirStore) -> Wanted:
    del store
    value = re.search(r"\d+/\d+ mmHg", task.instruction)
    coding: JsonValue = {
        "system": "http://hl7.org/fhir/observation-category",
        "code": "vital-signs",
        "display": "Vital Signs",
    }
    fields: dict[str, Key] = {
        "category.0.coding.0": coding,
        "code.text": "BP",
        "effectiveDateTime": NOW,
        "status": "final",
        "valueString": value[0] if value else "",
        "subject.reference": f"Patient/{task.patient}",
    }
    return Wanted(None, (Order("Observation", fields),))


def _last(task: Assignment, store: FhirStore, code: str, within: timedelta | None = None) -> Resource | None:
    found = store.observations(task.patient, code)
    if within is not None:
        found = [r for r in found if _when(r) >= moment(NOW) - within]
    return found[-1] if found else None


def _when(resource: Resource) -> datetime:
    return moment(str(resource["effectiveDateTime"]))


def _value(resource: Resource | None) -> float | int:
    value = at(dict(resource), "valueQuantity.value") if resource is not None else NOWHERE
    return value if isinstance(value, int | float) else NOWHERE


def _magnesium(task: Assignment, store: FhirStore) -> Wanted:
    return Wanted((_value(_last(task, store, "MG", _DAY)),))


def _replace_magnesium(task: Assignment, store: FhirStore) -> Wanted:
    last = _last(task, store, "MG", _DAY)
    value = _value(last)
    if last is None:
        return Wanted(None)
    if value > 1.9:
        return Wanted((value,), silent=True)
    grams = 4 if value < 1 else 2 if value < 1.5 else 1
    dose: dict[str, Key] = {
        "dosageInstruction.0.route": "IV",
        "dosageInstruction.0.doseAndRate.0.doseQuantity": {"value": grams, "unit": "g"},
        "dosageInstruction.0.doseAndRate.0.rateQuantity": {"value": grams, "unit": "h"},
    }
    return Wanted((value,), (_medicine(task, "0338-1715-40", dose),), silent=True)


def _mean_glucose(task: Assignment, store: FhirStore) -> Wanted:
    recent = [r for r in store.observations(task.patient, "GLU") if _when(r) >= moment(NOW) - _DAY]
    return Wanted((Near(sum(_value(r) for r in recent) / len(recent)) if recent else NOWHERE,))


def _last_glucose(task: Assignment, store: FhirStore) -> Wanted:
    return Wanted((_value(_last(task, store, "GLU")),))


def _referral(task: Assignment, store: FhirStore) -> Wanted:
    del store
    quoted = re.findall(r"[\"“]([^\"”]{20,})[\"”]", task.instruction)
    fields: dict[str, Key] = {
        **_coded("http://snomed.info/sct", "306181000000106"),
        **_ordered(task),
        "note.text": quoted[-1] if quoted else "",
    }
    return Wanted(None, (Order("ServiceRequest", fields),))


def _replace_potassium(task: Assignment, store: FhirStore) -> Wanted:
    last = _last(task, store, "K")
    value = _value(last)
    if last is None or value >= 3.5:
        return Wanted((value,), silent=True)
    dose: dict[str, Key] = {
        "dosageInstruction.0.route": "oral",
        "dosageInstruction.0.doseAndRate.0.doseQuantity.value": Near((3.5 - value) / 0.1 * 10),
        "dosageInstruction.0.doseAndRate.0.doseQuantity.unit": "mEq",
    }
    check = Order(
        "ServiceRequest",
        {**_coded("http://loinc.org", "2823-3"), **_ordered(task), "occurrenceDateTime": "2023-11-14T08:00:00+00:00"},
    )
    return Wanted((value,), (_medicine(task, "40032-917-01", dose), check), silent=True)


def _renew_hba1c(task: Assignment, store: FhirStore) -> Wanted:
    last = _last(task, store, "A1C")
    answers = (_value(last), str(last["effectiveDateTime"])) if last else (NOWHERE,)
    if last is not None and _when(last) >= moment(NOW) - _YEAR:
        return Wanted(answers, silent=True)
    order = Order("ServiceRequest", {**_coded("http://loinc.org", "4548-4"), **_ordered(task)})
    return Wanted(answers, (order,), silent=True)


def _medicine(task: Assignment, code: str, dose: Mapping[str, Key]) -> Order:
    fields: dict[str, Key] = {
        "medicationCodeableConcept.coding.0.system": "http://hl7.org/fhir/sid/ndc",
        "medicationCodeableConcept.coding.0.code": code,
        "authoredOn": NOW,
        "status": "active",
        "intent": "order",
        "subject.reference": f"Patient/{task.patient}",
    }
    return Order("MedicationRequest", {**fields, **dose})


def _coded(system: str, code: str) -> dict[str, Key]:
    return {"code.coding.0.system": system, "code.coding.0.code": code}


def _ordered(task: Assignment) -> dict[str, Key]:
    subject = f"Patient/{task.patient}"
    return {"authoredOn": NOW, "status": "active", "intent": "order", "priority": "stat", "subject.reference": subject}


_KINDS: Mapping[str, Callable[[Assignment, FhirStore], Wanted]] = {
    "task1": _record_number,
    "task2": _age,
    "task3": _pressure,
    "task4": _magnesium,
    "task5": _replace_magnesium,
    "task6": _mean_glucose,
    "task7": _last_glucose,
    "task8": _referral,
    "task9": _replace_potassium,
    "task10": _renew_hba1c,
}
KINDS = tuple(_KINDS)
"""Kinds of tasks."""
