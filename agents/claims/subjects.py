"""What the evidence of a case can be asked about, by name: indicators, measurements, facts, findings, the condition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Protocol, runtime_checkable

from clinigraph.agents.claims.naming import (
    bare,
    has_head,
    head_nouns,
    key,
    name_pattern,
    names_of,
    of_chamber,
    reworded,
    spoken,
    stands_alone,
)
from clinigraph.agents.claims.synonyms import CONDITIONS, OPPOSITES, SYNONYMS
from clinigraph.knowledge.terminology.contract import Mention
from clinigraph.models.base import EvidenceId
from clinigraph.models.case import Fact
from clinigraph.models.codes import Laterality
from clinigraph.models.evidence import (
    EdgeKind,
    EvaluationNode,
    EvidenceGraph,
    FactNode,
    FindingNode,
    ImageNode,
    IndicatorResultNode,
    MeasurementNode,
)
from clinigraph.models.findings import Finding, Impression, IndicatorResult, Measurement, QualitativeEvaluation

KEPT = 2_000
"""Most texts whose mentions are kept."""
WHOLE = 0.8
"""Score from which a concept stands for a name."""
_MACHINE = re.compile(r"-[0-9a-f]{12}$")


@runtime_checkable
class TextLinker(Protocol):
    """Finds the diseases and signs that a sentence names; a ``Terminology`` is one."""

    def link(self, text: str) -> Sequence[Mention]:
        """Return the mentions of a text in order."""
        ...


class SubjectKind(StrEnum):
    """What sort of thing a sentence speaks of."""

    INDICATOR = "indicator"
    MEASUREMENT = "measurement"
    FACT = "fact"
    FINDING = "finding"
    CONDITION = "condition"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that the evidence knows."""

    kind: SubjectKind
    name: str
    names: tuple[str, ...]
    ids: tuple[EvidenceId, ...]
    """Evidence that speaks of it, the most direct first."""
    result: IndicatorResult | None = None
    measurement: Measurement | None = None
    evaluation: QualitativeEvaluation | None = None
    fact: Fact | None = None
    finding: Finding | None = None

    @property
    def laterality(self) -> Laterality:
        """Side that the evidence is of."""
        if self.measurement is not None:
            return self.measurement.site.laterality
        if self.evaluation is not None:
            return self.evaluation.site.laterality
        if self.finding is not None:
            return self.finding.site.laterality
        return self.fact.laterality if self.fact is not None else Laterality.UNKNOWN


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where a sentence names something; several subjects when one name fits several (two eyes)."""

    start: int
    end: int
    subjects: tuple[Subject, ...]


class EvidenceIndex:
    """Finds what a sentence speaks of. Made once for a graph.

    Args:
        graph: The evidence.
        impression: Gives the condition that was asked about.
        linker: Finds other names of the same diseases and signs; names and synonyms alone by default.
    """

    def __init__(self, graph: EvidenceGraph, impression: Impression, linker: TextLinker | None = None) -> None:
        self.graph = graph
        self.linker = linker
        self._linked: dict[str, tuple[Mention, ...]] = {}
        self._heads: dict[str, tuple[Subject, ...]] = {}
        self.impression = impression
        self.by_id = {n.id: n for n in graph.nodes}
        self._below: dict[EvidenceId, list[EvidenceId]] = {}
        for edge in graph.edges:
            if edge.kind is EdgeKind.DERIVED_FROM:
                self._below.setdefault(edge.source, []).append(edge.target)

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """Everything that can be spoken of."""
        return tuple(self._subjects())

    @cached_property
    def laterality(self) -> Laterality:
        """Side of the images, when they agree."""
        sides = {n.value.laterality for n in self.graph.nodes if isinstance(n, ImageNode)} - {Laterality.UNKNOWN}
        return sides.pop() if len(sides) == 1 else Laterality.UNKNOWN

    def subjects_of(self, ids: Sequence[EvidenceId]) -> tuple[Subject, ...]:
        """Return the subjects that rest on some of these pieces of evidence."""
        wanted = set(ids)
        wide = (SubjectKind.CONDITION, SubjectKind.SCORE)
        return tuple(
            s for s in self.subjects
            if (set(s.ids) <= wanted and s.ids if s.kind in wide else wanted & set(s.ids[:2]))
        )  # fmt: skip

    def carried_on(self, ids: Sequence[EvidenceId]) -> tuple[Subject, ...]:
        """Return what a clause without a name goes on to speak of: the condition and score alone where they were."""
        wide = [s for s in self.subjects_of(ids) if s.kind in (SubjectKind.CONDITION, SubjectKind.SCORE)]
        return tuple(s for s in wide if set(s.ids) == set(ids)) or self.subjects_of(ids)

    def find(self, text: str) -> tuple[Hit, ...]:
        """Return where a sentence names subjects, longest names first, without overlaps."""
        found: list[Hit] = []
        for match in self._pattern.finditer(text):
            subjects = self._named.get(key(match.group()), ())
            if subjects:
                found.append(Hit(match.start(), match.end(), subjects))
        for start, end, noun in head_nouns(text):
            subjects = self._headed(noun)
            if subjects and not any(h.start < end and start < h.end for h in found):
                found.append(Hit(start, end, subjects))
        found += self._carried_on(text, found)
        for mention in self.mentions(text):
            subjects = self._coded.get(mention.best.cui or "", ())
            place = mention.span
            if subjects and not any(h.start < place.end and place.start < h.end for h in found):
                found.append(Hit(place.start, place.end, subjects))
        return tuple(sorted(found, key=lambda h: h.start))

    def _carried_on(self, text: str, found: Sequence[Hit]) -> list[Hit]:
        """Return names that stand without their chamber, as of the chamber that was named last."""
        hits = []
        for match in self._rests.finditer(text):
            before = [h for h in found if h.end <= match.start()]
            if any(h.start < match.end() and match.start() < h.end for h in found) or not before:
                continue
            chambers = {of_chamber(s.name)[0] for s in max(before, key=lambda h: h.end).subjects} - {""}
            same = tuple(s for s in self.subjects if key(of_chamber(s.name)[1]) == key(match.group())
                         and of_chamber(s.name)[0] in chambers)  # fmt: skip
            if len(chambers) == 1 and same and stands_alone(text[: match.start()]):
                hits.append(Hit(match.start(), match.end(), same))
        return hits

    @cached_property
    def _rests(self) -> re.Pattern[str]:
        return name_pattern(r for s in self.subjects if (r := of_chamber(s.name)[1]))

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Return the diseases and signs that a terminology finds; the last texts are kept."""
        if self.linker is None:
            return ()
        if text not in self._linked:
            if len(self._linked) > KEPT:
                self._linked.clear()
            self._linked[text] = tuple(self.linker.link(text))
        return self._linked[text]

    def _headed(self, noun: str) -> tuple[Subject, ...]:
        """Return the one thing of the case with a number whose name ends in a noun; none where several have it."""
        if noun not in self._heads:
            found = [s for s in self.subjects if _numbered(s) and any(has_head(n, noun) for n in s.names)]
            keys = {key(n) for n in found[0].names} if found else set()
            one = all(keys & {key(n) for n in s.names} for s in found)
            self._heads[noun] = _preferred(found) if found and one else ()
        return self._heads[noun]

    @cached_property
    def _coded(self) -> dict[str, tuple[Subject, ...]]:
        """Subjects by UMLS concept, for those whose whole name is one concept."""
        coded: dict[str, list[Subject]] = {}
        for subject in self.subjects:
            for name in subject.names:
                for mention in self.mentions(name):
                    if mention.best.cui and mention.best.score > WHOLE and len(mention.text) >= len(name) - 1:
                        coded.setdefault(mention.best.cui, []).append(subject)
        return {k: _preferred(list(dict.fromkeys(v))) for k, v in coded.items()}

    @cached_property
    def _named(self) -> dict[str, tuple[Subject, ...]]:
        named: dict[str, list[Subject]] = {}
        for subject in self.subjects:
            for name in subject.names:
                named.setdefault(key(name), []).append(subject)
        return {k: _preferred(v) for k, v in named.items()}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return name_pattern(n for s in self.subjects for n in s.names)

    def _subjects(self) -> Iterator[Subject]:
        used: set[EvidenceId] = set()
        for node in self.graph.nodes:
            if isinstance(node, IndicatorResultNode):
                subject = self._indicator(node.value)
                used.update(subject.ids)
                yield subject
        for node in self.graph.nodes:
            if isinstance(node, MeasurementNode) and node.id not in used:
                stem = _MACHINE.sub("", node.id)
                meaning = node.value.concept.meaning
                names = names_of(meaning, SYNONYMS.get(stem, SYNONYMS.get(bare(meaning), ())))
                yield Subject(SubjectKind.MEASUREMENT, meaning, names, (node.id,), measurement=node.value)
            elif isinstance(node, FactNode):
                yield self._fact(node)
            elif isinstance(node, FindingNode) and not node.id.startswith("finding-kind-"):
                meaning = node.value.concept.meaning
                yield Subject(SubjectKind.FINDING, meaning, names_of(meaning), (node.id,), finding=node.value)
        yield from self._conclusion()

    @staticmethod
    def _fact(node: FactNode) -> Subject:
        said = spoken(node.value.name)
        denying = tuple(word for word, what in OPPOSITES.items() if what == said)
        names = names_of(
            said, (node.value.name.replace("_", " "), *denying, *reworded(said), *SYNONYMS.get(node.value.name, ()))
        )
        return Subject(SubjectKind.FACT, node.value.name.replace("_", " "), names, (node.id,), fact=node.value)

    def _indicator(self, result: IndicatorResult) -> Subject:
        grounds = [self.by_id[i] for i in self._below.get(result.id, ()) if i in self.by_id]
        measured = next((n.value for n in grounds if isinstance(n, MeasurementNode)), None)
        read = next((n.value for n in grounds if isinstance(n, EvaluationNode)), None)
        cited = [EvidenceId(result.criterion.passage_id)] if result.criterion else []
        ids = (result.id, *(n.id for n in grounds), *(c for c in cited if c in self.by_id))
        others = {key(n.value.name) for n in self.by_id.values()
                  if isinstance(n, IndicatorResultNode) and n.id != result.id}  # fmt: skip
        meanings = [
            m.concept.meaning for m in (measured, read) if m is not None and key(m.concept.meaning) not in others
        ]
        names = names_of(result.name, (*meanings, *SYNONYMS.get(result.indicator_id, ())))
        return Subject(SubjectKind.INDICATOR, result.name, names, ids, result, measured, read)

    def _conclusion(self) -> Iterator[Subject]:
        ids = tuple(n.id for n in self.graph.nodes if isinstance(n, IndicatorResultNode))
        ids = ids or tuple(n.id for n in self.graph.nodes if isinstance(n, FindingNode))
        condition = self.impression.condition
        names = names_of(condition, (*CONDITIONS.get(condition.lower(), ()), "decision"))
        yield Subject(SubjectKind.CONDITION, condition, names, ids)
        if self.impression.score is not None:
            yield Subject(SubjectKind.SCORE, "score", ("weighted score", "score", "planned weight"), ids)


def _preferred(subjects: Sequence[Subject]) -> tuple[Subject, ...]:
    """Return the subjects of one name that count: the condition asked about, an indicator before its fact."""
    condition = [s for s in subjects if s.kind is SubjectKind.CONDITION]
    if condition:
        return (*condition, *(s for s in subjects if s not in condition))
    indicators = [s for s in subjects if s.kind is SubjectKind.INDICATOR and s.measurement is not None]
    facts = [s for s in subjects if s.kind is SubjectKind.FACT]
    others = [s for s in subjects if s not in facts]
    if indicators:
        return (*indicators, *facts)
    return tuple(facts or others) if len(facts) > 1 or not others else (*others, *facts)


def _numbered(subject: Subject) -> bool:
    """Whether the evidence has a number for a subject."""
    return subject.measurement is not None or (subject.fact is not None and subject.fact.unit is not None)
