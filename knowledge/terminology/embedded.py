"""The terminology that needs nothing but the installed packages: HPO, Disease Ontology, ICD-10-CM."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from clinigraph.knowledge.terminology.contract import Candidate, ConceptEntry, Mention
from clinigraph.knowledge.terminology.lexicon import load_lexicon
from clinigraph.knowledge.terminology.linking import Linker
from clinigraph.knowledge.terminology.vocabularies import diseases, icd_titles
from clinigraph.models.codes import Concept, Scheme
from clinigraph.ontology import HpoTerm, hpo_folder, read_terms


class EmbeddedTerminology:
    """Links text to HPO, Disease Ontology and ICD-10-CM.

    Args:
        cache_dir: Where the index is kept between runs (see ``Settings.cache_dir``).
    """

    def __init__(self, cache_dir: Path) -> None:
        self._cache_dir = cache_dir
        self._linker: Linker | None = None
        self._entries: dict[Scheme, dict[str, ConceptEntry]] = {}
        self._lock = Lock()

    def warm_up(self) -> None:
        """Load the index; only the first call does work."""
        self._ready()

    def link(self, text: str) -> Sequence[Mention]:
        """See the contract."""
        return self._ready().link(text)

    def lookup(self, name: str) -> Sequence[Candidate]:
        """See the contract."""
        return self._ready().lookup(name)

    def describe(self, value: str, scheme: Scheme) -> ConceptEntry | None:
        """See the contract; the vocabulary's own file is read on the first call for it."""
        with self._lock:
            if scheme not in self._entries:
                self._entries[scheme] = _entries(scheme)
            return self._entries[scheme].get(value)

    def _ready(self) -> Linker:
        with self._lock:
            if self._linker is None:
                self._linker = Linker(load_lexicon(self._cache_dir))
            return self._linker


def _entries(scheme: Scheme) -> dict[str, ConceptEntry]:
    if scheme is Scheme.HP:
        return _hpo_entries()
    if scheme is Scheme.DOID:
        return {
            d.id: ConceptEntry(
                concept=Concept(value=d.id, scheme=scheme, meaning=d.name), cui=d.cui, xrefs=d.xrefs, parents=d.parents
            )
            for d in diseases()
        }
    if scheme is Scheme.ICD10CM:
        return {c: ConceptEntry(concept=Concept(value=c, scheme=scheme, meaning=t)) for c, t in icd_titles()}
    return {}


def _hpo_entries() -> dict[str, ConceptEntry]:
    found: dict[str, ConceptEntry] = {}
    for term in read_terms(hpo_folder() / "hp.obo"):
        entry = _hpo_entry(term)
        found[term.id] = entry
        for other in term.alternative_ids:
            found.setdefault(other, entry)
    return found


def _hpo_entry(term: HpoTerm) -> ConceptEntry:
    return ConceptEntry(
        concept=Concept(value=term.id, scheme=Scheme.HP, meaning=term.name),
        cui=term.cui,
        synonyms=tuple(s.text for s in term.synonyms),
        definition=term.definition,
        xrefs=term.xrefs,
        parents=term.parents,
    )
