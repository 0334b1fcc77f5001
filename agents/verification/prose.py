"""What a check of free wording sees: the sentence, read, and what of the evidence it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from clinigraph.agents.claims.quantities import Quantity, quantities
from clinigraph.agents.claims.subjects import EvidenceIndex, Hit, Subject, SubjectKind
from clinigraph.agents.contract import CitedLibrary
from clinigraph.agents.verification.base import Outcome
from clinigraph.agents.verification.side_words import SIDES
from clinigraph.knowledge.terminology.assertion import Cue, Judgement, default_rules
from clinigraph.knowledge.terminology.contract import Mention
from clinigraph.knowledge.terminology.tokens import Sentence
from clinigraph.models.evidence import PassageNode
from clinigraph.models.reporting import Claim, ClaimKind

_NAME_AND_YEAR = re.compile(r"\b([A-Z][\w-]*[A-Za-z])(?:\s+(?:and|&)\s+[A-Z][\w-]+)?[\s,]+\(?(?:1[89]|20)\d\d\b")

_JOINED = re.compile(r"^\s*(?:,|and|or|nor|as well as|&)(?:\s*(?:and|or|the|its|an?))*\s*$", re.IGNORECASE)
_DOUBT = re.compile(
    r"\b(?:whether|uncertain|undecided|unclear|indeterminate|equivocal|inconclusive|may or may not|"
    r"can ?not be (?:decided|determined|told|said))\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"(?:\b(?:with|without|despite|in spite of|besides?|alongside|given|unlike|like|plus|under|after|before|at|for|by|"
    r"notwithstanding|regardless of|irrespective of)|[(\u2013\u2014])\s+(?:\w+\s+){0,4}$",
    re.IGNORECASE,
)
"""Just before a name: it stands beside what the sentence is about ("the size, with high pressure, is ...")."""
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|measure[sd]?|reads?|lies?|lay|stay(?:s|ed)?|remain(?:s|ed)?|meets?|met|exceed(?:s|ed)?|"
    r"reach(?:es|ed)?|looks?|seem(?:s|ed)?|appear(?:s|ed)?|does|do|did|falls?|fell|counts?)\b",
    re.IGNORECASE,
)
SHARE_OF = re.compile(r"\d\s+of\s+(?:the\s+)?$", re.IGNORECASE)
"""Before a name: what a ratio is of ("0.21 of the disc diameter")."""
_OF = re.compile(r"\s*[(,]?\s*(?:(?:of|at|is|was|being)\s+)?", re.IGNORECASE)
LONGEST_VERB = 12
"""Characters in which a verb is looked for from its place on."""
NEITHER = re.compile(r"\bneither\b", re.IGNORECASE)
TOGETHER = re.compile(r"\b(?:both|neither|nor)\b", re.IGNORECASE)
"""Words that make several names share what is said."""


@dataclass(frozen=True)
class ProseContext:
    """A sentence in free wording with the evidence that it speaks of."""

    claim: Claim
    text: str
    index: EvidenceIndex
    library: CitedLibrary
    inherited: tuple[Subject, ...] = ()
    """What the clause before spoke of; taken when this one names nothing."""

    @cached_property
    def hits(self) -> tuple[Hit, ...]:
        """Where the sentence names something that the evidence knows."""
        found = self.index.find(self.text)
        return tuple(h for i, h in enumerate(found) if not (i and SHARE_OF.search(self.text[: h.start])))

    @cached_property
    def subjects(self) -> tuple[Subject, ...]:
        """What the sentence speaks of."""
        named = tuple(dict.fromkeys(s for h in self.hits for s in h.subjects))
        return named or self.inherited

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Numbers outside the names."""
        found = quantities(self.text)
        return tuple(q for q in found if not any(h.start <= q.number_start < h.end for h in self.hits))

    @cached_property
    def source_with_year(self) -> str:
        """Name of a cited source that the sentence gives with a year ("ISGEO 2002"); empty where it gives none."""
        cited = {
            n.value.source.id.partition("-")[0].lower() for n in self.index.graph.nodes if isinstance(n, PassageNode)
        }
        names = (m.group(1) for m in _NAME_AND_YEAR.finditer(self.text))
        return next((n for n in names if n.lower() in cited), "")

    @cached_property
    def general(self) -> bool:
        """Whether the sentence tells what a source says, not what this patient has."""
        return self.claim.kind is ClaimKind.KNOWLEDGE or bool(self.source_with_year)

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """Diseases and signs that a terminology finds outside the names."""
        return tuple(
            m
            for m in self.index.mentions(self.text)
            if not any(h.start < m.span.end and m.span.start < h.end for h in self.hits)
        )

    @cached_property
    def cues(self) -> tuple[Cue, ...]:
        """Words that deny or doubt, with their reach."""
        return tuple(default_rules().cues(self.text, Sentence(0, len(self.text))))

    def judged(self, start: int, end: int) -> Judgement:
        """Return what the sentence says of the words at a place: present, absent, possible."""
        return default_rules().judge(start, end, self.cues)

    def subjects_at(self, place: int) -> tuple[Subject, ...]:
        """Return what a word at a place speaks of: the name before it, else the first after, else what came before."""
        before = [h for h in self.hits if h.start <= place]
        while len(before) > 1 and self._aside(before[-2], before[-1], place):
            before.pop()
        if before:
            return before[-1].subjects
        return self.hits[0].subjects if self.hits else self.inherited

    def _aside(self, head: Hit, hit: Hit, place: int) -> bool:
        """Whether a name only stands beside the one before it, and the words at a place come after the verb of both."""
        between, after = self.text[head.end : hit.start], self.text[hit.end : place + LONGEST_VERB]
        return bool(_ASIDE.search(between) and not _VERB.search(between) and _VERB.search(f"{after} "))

    def subjects_beside(self, start: int, end: int) -> tuple[Subject, ...]:
        """Return what a word speaks of: the name that follows it at once ("raised pressure"), else as at its place."""
        after = next((h for h in self.hits if h.start >= end and not self.text[end : h.start].strip()), None)
        return after.subjects if after is not None else self.subjects_at(start)

    def joined(self, place: int) -> list[Hit]:
        """Return the names that words at a place judge: the one before them, with those joined to it by "and"."""
        ahead = [h for h in self.hits if h.end <= place]
        while len(ahead) > 1 and self._aside(ahead[-2], ahead[-1], place):
            ahead.pop()
        first_ = max(0, len(ahead) - 1)
        while first_ and _JOINED.match(self._between(ahead[first_ - 1].end, ahead[first_].start)):
            first_ -= 1
        return ahead[first_:]

    def _between(self, start: int, end: int) -> str:
        """Return the text between two names without the number of the first: "of 17 mmHg"."""
        for quantity in self.quantities:
            if start <= quantity.start and quantity.end <= end and _OF.fullmatch(self.text[start : quantity.start]):
                return self.text[quantity.end : end]
        return self.text[start:end]

    @cached_property
    def doubted(self) -> bool:
        """Whether the sentence says that something is not decided."""
        return _DOUBT.search(self.text) is not None

    def sided(self, subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
        """Return the subjects of the side that the sentence names, when it names one and they differ by side."""
        said = {side for side, pattern in SIDES if pattern.search(self.text)}
        fitting = tuple(s for s in subjects if s.laterality in said)
        return fitting if fitting and len(subjects) > 1 else subjects

    def find(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Return the first place outside the names where a pattern matches."""
        for match in pattern.finditer(self.text):
            if not any(h.start <= match.start() < h.end for h in self.hits):
                return match
        return None


ProseCheck = Callable[[ProseContext], Outcome | None]
"""Answers SUPPORTED with the places it vouches for, another verdict for what is wrong, None when it has no say."""

QUALITATIVE = (SubjectKind.CONDITION, SubjectKind.FINDING)


def first(subjects: Sequence[Subject]) -> Subject | None:
    """Return the first subject, if there is one."""
    return subjects[0] if subjects else None
