"""The embedded vocabularies, one name at a time."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from clinigraph.errors import KnowledgeError
from clinigraph.models.codes import Scheme
from clinigraph.ontology import PHENOTYPIC_ABNORMALITY, HpoTerm, hpo_folder, read_terms

DATA = Path(__file__).parent / "data"

_SCOPE_SCORE = {"EXACT": 0.97, "NARROW": 0.88, "RELATED": 0.82, "BROAD": 0.78}
"""Score of a synonym by its OBO scope. Our choice: only the order matters."""
_DISEASE_SCORE = 0.99
_ICD_SCORE = 0.9
_ICD_TAIL = (", unspecified", " unspecified", ", not elsewhere classified")
_UNLINKED_CHAPTERS = ("V", "W", "X", "Y", "Z")
"""External causes and contacts with health services: their titles are not what patients have."""
_TOO_GENERAL = frozenset({"HP:0000118", "DOID:4"})


@dataclass(frozen=True, slots=True)
class Coded:
    """A concept of one vocabulary."""

    scheme: Scheme
    code: str
    meaning: str
    cui: str | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a concept."""

    concept: Coded
    text: str
    score: float
    abbreviation: bool = False
    """Matched in capitals only."""


def findings(terms: Iterable[HpoTerm]) -> list[HpoTerm]:
    """Return the terms below "Phenotypic abnormality", the root left out."""
    kept = list(terms)
    children: dict[str, list[str]] = {}
    for term in kept:
        for parent in term.parents:
            children.setdefault(parent, []).append(term.id)
    below, todo = set[str](), [PHENOTYPIC_ABNORMALITY]
    while todo:
        for child in children.get(todo.pop(), ()):
            if child not in below:
                below.add(child)
                todo.append(child)
    return [t for t in kept if t.id in below]


def hpo_names() -> Iterator[Name]:
    """Yield the names of HPO findings."""
    for term in findings(read_terms(hpo_folder() / "hp.obo")):
        concept = Coded(Scheme.HP, term.id, term.name, term.cui)
        yield Name(concept, term.name, 1.0)
        for synonym in term.synonyms:
            if synonym.kind != "obsolete_synonym":
                short = synonym.kind == "abbreviation" or (synonym.text.isupper() and len(synonym.text) <= 6)
                yield Name(concept, synonym.text, _SCOPE_SCORE.get(synonym.scope, 0.8), short)


@dataclass(frozen=True, slots=True)
class Disease:
    """One disease of the Disease Ontology."""

    id: str
    name: str
    parents: tuple[str, ...]
    xrefs: tuple[str, ...]

    @property
    def cui(self) -> str | None:
        """The first UMLS identifier, or None."""
        return next((x.removeprefix("UMLS:") for x in self.xrefs if x.startswith("UMLS:C")), None)


def diseases() -> Iterator[Disease]:
    """Yield the diseases of the shipped table."""
    for doid, label, parents, xrefs in _table("disease_ontology.tsv.gz", 4):
        yield Disease(doid, label, tuple(filter(None, parents.split("|"))), tuple(filter(None, xrefs.split("|"))))


def disease_names() -> Iterator[Name]:
    """Yield the names of the Disease Ontology."""
    for disease in diseases():
        if disease.id not in _TOO_GENERAL:
            concept = Coded(Scheme.DOID, disease.id, disease.name, disease.cui)
            yield Name(concept, disease.name, _DISEASE_SCORE)


def icd_titles() -> Iterator[tuple[str, str]]:
    """Return code and title of every entry of ICD-10-CM."""
    return ((code, title) for code, title in _table("icd10cm.tsv.gz", 2))


def icd_names() -> Iterator[Name]:
    """Yield the titles of ICD-10-CM that may stand in a text, without "unspecified" and the like."""
    for code, title in icd_titles():
        if code.startswith(_UNLINKED_CHAPTERS):
            continue
        concept = Coded(Scheme.ICD10CM, code, title)
        plain = title
        for tail in _ICD_TAIL:
            plain = plain.removesuffix(tail)
        yield Name(concept, plain, _ICD_SCORE if plain == title else _ICD_SCORE - 0.02)


@dataclass(frozen=True, slots=True)
class Everyday:
    """One row of the table of everyday words."""

    words: str
    name: str
    prior: float
    context: frozenset[str]

    @property
    def abbreviation(self) -> bool:
        """Whether the words are matched in capitals only."""
        return self.words.isupper()


def everyday() -> Iterator[Everyday]:
    """Yield the rows of ``data/everyday.tsv``.

    Raises:
        KnowledgeError: A row is not what the head of the file says.
    """
    lines = (DATA / "everyday.tsv").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        if line.startswith("#") or not line:
            continue
        try:
            words, name, prior, context = line.split("\t")
            yield Everyday(words, name, float(prior), frozenset() if context == "*" else frozenset(context.split("|")))
        except ValueError as error:
            raise _damaged(f"everyday.tsv, line {number}") from error


def _table(name: str, columns: int) -> Iterator[list[str]]:
    try:
        lines = gzip.decompress((DATA / name).read_bytes()).decode().splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise _damaged(name) from error
    for number, line in enumerate(lines, start=1):
        parts = line.split("\t")
        if len(parts) != columns:
            raise _damaged(f"{name}, line {number}")
        yield parts


def _damaged(given: str) -> KnowledgeError:
    return KnowledgeError("A shipped vocabulary is damaged", given=given, todo="Install clinigraph again.")
