"""A FHIR server in the process, for benchmarks: search, read and create over a list of resources; nothing leaves it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import cast
from urllib.parse import parse_qsl, urlsplit

from pydantic import JsonValue

Resource = Mapping[str, JsonValue]
BASE = "http://fhir.invalid/fhir"
"""Address that is shown to a model; ``.invalid`` names resolve nowhere (RFC 2606)."""
KINDS = ("Patient", "Observation", "Condition", "MedicationRequest", "Procedure", "ServiceRequest")
"""Resource types that the store knows."""
MAX_CREATED = 20
_DATES = {
    "Observation": "effectiveDateTime", "Condition": "recordedDate", "MedicationRequest": "authoredOn",
    "ServiceRequest": "authoredOn", "Procedure": "performedDateTime",
}  # fmt: skip
_PREFIXED = re.compile(r"^(eq|ge|gt|le|lt)?(.+)$")
_COMPARE: Mapping[str, Callable[[datetime, datetime], bool]] = {
    "eq": lambda a, b: a == b, "ge": lambda a, b: a >= b, "gt": lambda a, b: a > b,
    "le": lambda a, b: a <= b, "lt": lambda a, b: a < b,
}  # fmt: skip


class FhirRefusal(Exception):
    """A request that a FHIR server would refuse; the message is its OperationOutcome."""


class FhirStore:
    """Resources by type; what was created since stands in ``created``.

    Args:
        resources: As FHIR R4 writes them.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._kept: list[Resource] = [deepcopy(dict(r)) for r in resources]
        self.created: list[Resource] = []

    def get(self, url: str) -> dict[str, JsonValue]:
        """Return a resource (``Patient/ID``) or a Bundle of search results.

        Raises:
            FhirRefusal: The type or a parameter is not known.
        """
        kind, rest, query = _parts(url)
        if rest:
            found = [r for r in self._of(kind) if r.get("id") == rest]
            if not found:
                raise FhirRefusal(f"{kind}/{rest} is not known")
            return dict(found[0])
        return self._bundle(kind, query)

    def post(self, url: str, body: str) -> dict[str, JsonValue]:
        """Create a resource.

        Raises:
            FhirRefusal: The body is no resource of the type, or names a patient who is not there.
        """
        kind, rest, _ = _parts(url)
        try:
            made = json.loads(body)
        except (json.JSONDecodeError, RecursionError) as error:
            raise FhirRefusal("the body is no JSON") from error
        if rest or not isinstance(made, dict) or made.get("resourceType") != kind:
            raise FhirRefusal(f"the body is no resource of type {kind}")
        if len(self.created) >= MAX_CREATED:
            raise FhirRefusal("too many resources were created")
        if kind != "Patient" and self._patient_of(made) is None:
            raise FhirRefusal("subject names no patient of this server")
        stored = {**made, "id": f"new-{len(self.created) + 1}"}
        self._kept.append(stored)
        self.created.append(stored)
        return stored

    def observations(self, patient: str, code: str) -> Sequence[Resource]:
        """Return a patient's observations of a code, oldest first."""
        found = [r for r in self._of("Observation") if self._is_of(r, patient) and code in _codes(r)]
        return sorted(found, key=lambda r: moment(str(r.get("effectiveDateTime"))))

    def patient(self, identifier: str) -> Resource | None:
        """Return the patient with a record number."""
        return next((p for p in self._of("Patient") if identifier in _identifiers(p)), None)

    def _of(self, kind: str) -> list[Resource]:
        return [r for r in self._kept if r.get("resourceType") == kind]

    def _bundle(self, kind: str, query: Sequence[tuple[str, str]]) -> dict[str, JsonValue]:
        found = self._of(kind)
        count, sort = 50, ""
        for name, value in query:
            if name == "_count":
                count = int(value) if value.isdigit() else count
            elif name == "_sort":
                sort = value
            elif name != "_format":
                found = [r for r in found if self._fits(r, name, value)]
        if sort.lstrip("-") == "date":
            found.sort(key=lambda r: str(r.get(_DATES.get(kind, ""), "")), reverse=sort.startswith("-"))
        entries: list[JsonValue] = [{"resource": cast("JsonValue", dict(r))} for r in found[:count]]
        return {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": entries}

    def _fits(self, resource: Resource, name: str, value: str) -> bool:
        kind = str(resource["resourceType"])
        if name in ("patient", "subject") and kind != "Patient":
            return self._is_of(resource, value.removeprefix("Patient/"))
        if name in ("code", "category"):
            wanted = value.rsplit("|", 1)[-1].casefold()
            return wanted in {c.casefold() for c in (_codes(resource) if name == "code" else _categories(resource))}
        if name == "date" and kind in _DATES:
            return _in_time(str(resource.get(_DATES[kind], "")), value)
        if kind == "Patient" and name in ("identifier", "_id", "name", "family", "given", "birthdate", "gender"):
            return _is_person(resource, name, value)
        raise FhirRefusal(f"the search parameter {name[:30]} of {kind} is not known")

    def _is_of(self, resource: Resource, patient: str) -> bool:
        found = self._patient_of(resource)
        return found is not None and (patient == found.get("id") or patient in _identifiers(found))

    def _patient_of(self, resource: Resource) -> Resource | None:
        subject = resource.get("subject")
        reference = str(subject.get("reference", "")) if isinstance(subject, dict) else ""
        name = reference.rsplit("Patient/", 1)[-1]
        return next((p for p in self._of("Patient") if name and (name == p.get("id") or name in _identifiers(p))), None)


def moment(text: str) -> datetime:
    """Return a FHIR date or time; UTC where none is stated.

    Raises:
        FhirRefusal: It is neither.
    """
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise FhirRefusal(f"no date: {text[:30]}") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _parts(url: str) -> tuple[str, str, list[tuple[str, str]]]:
    split = urlsplit(url.strip())
    path = split.path.rsplit("/fhir/", 1)[-1].strip("/")
    kind, _, rest = path.partition("/")
    if kind not in KINDS:
        raise FhirRefusal(
            f"the resource type {kind[:30] or 'of the address'} is not known; known are {', '.join(KINDS)}"
        )
    return kind, rest, parse_qsl(split.query)


def _in_time(stamp: str, wanted: str) -> bool:
    match = _PREFIXED.match(wanted)
    if match is None or not stamp:
        return False
    have, limit = moment(stamp), moment(match[2])
    if len(match[2]) == len("2023-11-13") and match[1] in (None, "eq"):
        return have.date() == date.fromisoformat(match[2])
    return _COMPARE[match[1] or "eq"](have, limit)


def _is_person(person: Resource, name: str, value: str) -> bool:
    if name == "birthdate":
        return person.get("birthDate") == value.removeprefix("eq")
    if name == "gender":
        return person.get("gender") == value
    if name in ("identifier", "_id"):
        plain = value.rsplit("|", 1)[-1]
        return plain in _identifiers(person) or person.get("id") == plain
    names = [n for n in _list(person.get("name")) if isinstance(n, dict)]
    family = [str(n.get("family", "")) for n in names]
    given = [str(g) for n in names for g in _list(n.get("given"))]
    among = {"family": family, "given": given, "name": [*family, *given]}[name]
    return all(any(a.casefold().startswith(part.casefold()) for a in among) for part in value.split())


def _identifiers(person: Resource) -> set[str]:
    return {str(i.get("value")) for i in _list(person.get("identifier")) if isinstance(i, dict)}


def _codes(resource: Resource) -> set[str]:
    found = resource.get("code") or resource.get("medicationCodeableConcept")
    return _concept(found)


def _categories(resource: Resource) -> set[str]:
    return {code for c in _list(resource.get("category")) for code in _concept(c)}


def _concept(value: JsonValue) -> set[str]:
    if not isinstance(value, dict):
        return set()
    coded = {str(c.get("code")) for c in _list(value.get("coding")) if isinstance(c, dict)}
    return coded | ({str(value["text"])} if value.get("text") else set())


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
