"""The patient under question."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from clinigraph.models.base import CaseId, Value
from clinigraph.models.codes import Concept, Laterality
from clinigraph.models.imaging import Image, ImageRole, Study
from clinigraph.models.passages import Span
from clinigraph.models.signals import Signal


class Fact(Value):
    """One thing the record says: a number with a UCUM unit, a choice, or a yes/no."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """Canonical name from the fact catalogue, for example ``intraocular_pressure``."""
    value: float | str | bool
    unit: str | None = None
    """UCUM code for numbers, already converted to the catalogue's unit."""
    laterality: Laterality = Laterality.UNKNOWN
    source: str = "case.yaml"
    """Where it came from: case.yaml, a DICOM tag, a text of the record, the user on the page."""
    span: Span | None = None
    """Where it stands in the text that it came from; None when it came otherwise."""
    concept: Concept | None = None
    """Code of a finding that was linked in a text; facts of the catalogue need none."""

    @model_validator(mode="after")
    def _unit_goes_with_number(self) -> Self:
        numeric = isinstance(self.value, float | int) and not isinstance(self.value, bool)
        if numeric and self.unit is None:
            raise ValueError(f"the number {self.name!r} needs a unit")
        if not numeric and self.unit is not None:
            raise ValueError(f"{self.name!r} is not a number and takes no unit")
        return self


class RecordText(Value):
    """History, examination or results as text; data, never instructions."""

    text: str = Field(min_length=1, max_length=200_000)
    source: str = Field(min_length=1, max_length=80)
    """``case.yaml`` or ``text 1``; no file name, which may hold a patient's."""


class PriorReport(Value):
    """Text of an earlier report; data, never instructions."""

    text: str
    date: str | None = None
    """ISO date as given by the user."""


class Case(Value):
    """Question, facts, studies and prior reports of one patient.

    The id is a hash of the content, so the same files and question give the same case.
    """

    id: CaseId
    question: str = ""
    facts: tuple[Fact, ...] = ()
    studies: tuple[Study, ...] = ()
    prior_reports: tuple[PriorReport, ...] = ()
    texts: tuple[RecordText, ...] = ()
    """The record in free text; its numbers and findings stand among the facts, with their spans."""
    signals: tuple[Signal, ...] = ()
    """Recordings over time, such as leads of an electrocardiogram."""
    notes: tuple[str, ...] = ()
    """What was left out while the record was read."""

    @property
    def images(self) -> tuple[Image, ...]:
        """All images in study and series order."""
        return tuple(i for study in self.studies for series in study.series for i in series.images)

    def current_images(self) -> tuple[Image, ...]:
        """Images whose role is current."""
        return tuple(i for i in self.images if i.role is ImageRole.CURRENT)

    def fact(self, name: str, laterality: Laterality = Laterality.UNKNOWN) -> Fact | None:
        """Return a fact by name.

        A one-sided question takes the fact of that side, else one without side, else None. Without a side and with
        several values, the largest number is taken (the worse eye).
        """
        found = [f for f in self.facts if f.name == name]
        if laterality in (Laterality.LEFT, Laterality.RIGHT):
            sided = [f for f in found if f.laterality is laterality]
            return next(iter(sided), next((f for f in found if f.laterality is Laterality.UNKNOWN), None))
        return max(found, key=_magnitude, default=None)


def _magnitude(fact: Fact) -> float:
    return float(fact.value) if isinstance(fact.value, float | int) else 0.0
