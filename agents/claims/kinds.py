"""What a sign implies: who has progressive muscle weakness has muscle weakness; who has no seizures has no focal ones.

A term of the Human Phenotype Ontology that is present makes all broader terms present, and one that is absent makes all
narrower terms absent (the true-path rule; Robinson et al. 2008, Am J Hum Genet 83:610-615).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from clinigraph.agents.claims.subjects import EvidenceIndex, Subject
from clinigraph.knowledge.terminology.contract import ConceptEntry, Mention
from clinigraph.models.codes import Scheme
from clinigraph.models.findings import Presence


@runtime_checkable
class Describes(Protocol):
    """Knows the broader terms of a code; a ``Terminology`` does."""

    def describe(self, value: str, scheme: Scheme) -> ConceptEntry | None:
        """Return what is known of a code, or None."""
        ...


def implied(index: EvidenceIndex, mention: Mention) -> tuple[Subject, Presence] | None:
    """Return the sign of the record that decides on a mention, and what it makes of it; None where none does."""
    tree, said = _tree(index), _term(mention)
    if said is None or tree is None:
        return None
    for subject in index.subjects:
        if subject.fact is None or not isinstance(subject.fact.value, bool):
            continue
        known = next((t for m in index.mentions(subject.names[0]) if (t := _term(m))), None)
        if known is None:
            continue
        if subject.fact.value and said in _broader(tree, known):
            return subject, Presence.PRESENT
        if not subject.fact.value and known in _broader(tree, said):
            return subject, Presence.ABSENT
    return None


def _tree(index: EvidenceIndex) -> Describes | None:
    linker: object = index.linker
    return linker if isinstance(linker, Describes) else None


def _term(mention: Mention) -> str | None:
    concept = mention.best.concept
    return concept.value if concept.scheme is Scheme.HP else None


def _broader(tree: Describes, code: str) -> frozenset[str]:
    return frozenset(_above(tree, code))


def _above(tree: Describes, code: str) -> Iterator[str]:
    """Yield all broader terms of a code, each once, without the code itself."""
    seen, todo = {code}, [code]
    while todo:
        entry = tree.describe(todo.pop(), Scheme.HP)
        for parent in entry.parents if entry is not None else ():
            if parent not in seen:
                seen.add(parent)
                todo.append(parent)
                yield parent
