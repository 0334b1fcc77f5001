"""How entries of the record are named and placed."""

from __future__ import annotations

from clinigraph.models.case import Fact
from clinigraph.models.codes import Laterality, Scheme
from clinigraph.tools.record import entries

FACT = Fact(name="intraocular_pressure", value=24.5, unit="mm[Hg]", laterality=Laterality.LEFT)


def test_an_entry_is_read_by_its_name() -> None:
    assert entries.words(FACT) == "intraocular pressure"


def test_its_code_is_its_name_in_our_own_scheme() -> None:
    concept = entries.concept(FACT)
    assert (concept.value, concept.scheme) == ("INTRAOCULAR-PRESSURE", Scheme.CLINIGRAPH)
    assert concept.meaning == "Intraocular pressure"


def test_it_belongs_to_the_patient_on_its_side() -> None:
    site = entries.site(FACT)
    assert site.concept.meaning == "Patient"
    assert site.laterality is Laterality.LEFT
