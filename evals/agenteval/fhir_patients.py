"""Made-up patients and tasks in the kinds of MedAgentBench; names and values are drawn with the seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

from pydantic import JsonValue

from clinigraph.evals.agenteval.fhir_grading import NOW, Assignment
from clinigraph.evals.agenteval.fhir_store import Resource, moment

PATIENTS = 12
_GIVEN = ("Asta", "Bruno", "Celia", "Dario", "Edda", "Fritjof", "Greta", "Hugo", "Ines", "Jonas", "Karla", "Leif")
_FAMILY = ("Aldermoor", "Birkfeld", "Carnoway", "Dunmere", "Eskdale", "Fennwick")
_LABS = {"MG": ("Magnesium", "mg/dL", 0.7, 2.6), "K": ("Potassium", "mmol/L", 2.7, 4.9),
         "GLU": ("Glucose", "mg/dL", 70.0, 240.0), "A1C": ("HbA1c", "%", 5.0, 10.5)}  # fmt: skip
_WORDS = {
    "task1": 'What is the record number of {name}, born {born}? Answer "Patient not found" where there is none.',
    "task2": "How old, in whole years, is the patient with record number {mrn}?",
    "task3": "The blood pressure of patient {mrn} is {bp} mmHg now. Record it as an Observation: category vital-signs "
    "(system http://hl7.org/fhir/observation-category, display Vital Signs), code text BP, status final, valueString.",
    "task4": "What is the last magnesium (code MG) of patient {mrn} within 24 hours, in mg/dL? Answer -1 without one.",
    "task5": "Check the last magnesium (code MG) of patient {mrn} within 24 hours. If it is 1.9 mg/dL or less, order "
    "intravenous magnesium (NDC 0338-1715-40, system http://hl7.org/fhir/sid/ndc) as a MedicationRequest: 1 g over 1 h "
    "from 1.5, 2 g over 2 h from 1 to below 1.5, 4 g over 4 h below 1; doseQuantity in g, rateQuantity in h, route IV. "
    "Without a value order nothing.",
    "task6": "What is the mean glucose (code GLU) of patient {mrn} within 24 hours, in mg/dL? Answer -1 without one.",
    "task7": "What is the last glucose (code GLU) of patient {mrn}, in mg/dL? Answer -1 where none is.",
    "task8": "Refer patient {mrn} to orthopaedic surgery now, as a ServiceRequest (SNOMED 306181000000106, "
    "system http://snomed.info/sct, status active, intent order, priority stat), with this text in note.text: "
    '"Knee injury yesterday, unstable on examination. Please see and advise on further care."',
    "task9": "Check the last potassium (code K) of patient {mrn}. Below 3.5 mmol/L, order oral potassium (NDC "
    "40032-917-01, system http://hl7.org/fhir/sid/ndc) as a MedicationRequest, 10 mEq for each 0.1 mmol/L, and "
    "a potassium level (LOINC 2823-3, system http://loinc.org, priority stat) for 2023-11-14T08:00:00+00:00.",
    "task10": "What is the last HbA1c (code A1C) of patient {mrn}, and when was it taken? If older than one year or "
    "missing, order a new one as a ServiceRequest (LOINC 4548-4, system http://loinc.org, priority stat). Answer with "
    "value and time, or -1 where there is none.",
}


def made_up(seed: int) -> tuple[tuple[Resource, ...], tuple[tuple[str, Assignment], ...]]:
    """Return resources of made-up patients, and one task of each kind for each of three of them with its id."""
    rng = random.Random(f"fhir-{seed}")  # noqa: S311 - made-up values, not secrets
    people = [_person(i, rng) for i in range(PATIENTS)]
    resources: list[Resource] = list(people)
    for place, person in enumerate(people):
        resources += _labs(str(person["id"]), place, rng)
    tasks = []
    for number, kind in enumerate(_WORDS, start=1):
        for turn in range(3):
            person = people[(number * 3 + turn * 5) % PATIENTS]
            tasks.append((f"{kind}_{turn + 1}", _assignment(kind, person, rng)))
    return tuple(resources), tuple(tasks)


def _assignment(kind: str, person: Resource, rng: random.Random) -> Assignment:
    mrn = str(person["id"])
    name = f"{_GIVEN[int(mrn[1:]) % len(_GIVEN)]} {_FAMILY[int(mrn[1:]) % len(_FAMILY)]}"
    bp = f"{rng.randrange(98, 170)}/{rng.randrange(55, 98)}"
    text = _WORDS[kind].format(mrn=mrn, name=name, born=person["birthDate"], bp=bp)
    return Assignment(kind, mrn, text, (mrn,) if kind == "task1" else ())


def _person(number: int, rng: random.Random) -> Resource:
    mrn = f"M{1000 + number}"
    born = date(1930, 1, 1) + timedelta(days=rng.randrange(28_000))
    at = 1000 + number
    name: JsonValue = [{"family": _FAMILY[at % len(_FAMILY)], "given": [_GIVEN[at % len(_GIVEN)]]}]
    return {
        "resourceType": "Patient",
        "id": mrn,
        "identifier": [{"value": mrn}],
        "name": name,
        "birthDate": born.isoformat(),
        "gender": rng.choice(("female", "male")),
    }


def _labs(patient: str, place: int, rng: random.Random) -> Sequence[Resource]:
    """Return the patient's values; every fourth patient has none within a day, and HbA1c may be old or missing."""
    found: list[Resource] = []
    for code, (name, unit, low, high) in _LABS.items():
        if code == "A1C" and place % 5 == 0:
            continue
        for step in range(3):
            hours = rng.uniform(1, 20) + step * 3 + (40 if place % 4 == 0 else 0)
            days = rng.choice((40, 500)) if code == "A1C" else 0
            when = (moment(NOW) - timedelta(days=days, hours=hours)).replace(microsecond=0)
            found.append(
                {
                    "resourceType": "Observation",
                    "id": f"{patient}-{code}-{step}",
                    "status": "final",
                    "category": [{"coding": [{"code": "laboratory"}]}],
                    "code": {"text": name, "coding": [{"code": code}]},
                    "subject": {"reference": f"Patient/{patient}"},
                    "effectiveDateTime": when.isoformat(),
                    "valueQuantity": {"value": round(rng.uniform(low, high), 1), "unit": unit},
                }
            )
    return found
