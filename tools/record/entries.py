"""How an entry of the record is named and placed in what becomes of it."""

from __future__ import annotations

from clinigraph.models.case import Fact
from clinigraph.models.codes import Concept
from clinigraph.models.findings import FindingSite
from clinigraph.tools.measurement.concepts import PATIENT, private

NOT_SAID = "the record does not say"


def words(fact: Fact) -> str:
    """Return the name of an entry as it is read."""
    return fact.name.replace("_", " ")


def concept(fact: Fact) -> Concept:
    """Return the code of an entry, from its name."""
    return private(fact.name.upper().replace("_", "-"), words(fact).capitalize())


def site(fact: Fact) -> FindingSite:
    """Return the patient, on the side of the entry."""
    return FindingSite(concept=PATIENT, laterality=fact.laterality)
