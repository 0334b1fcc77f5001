"""Free text tied to the evidence of a case: each atom becomes a claim that names what it can rest on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from clinigraph.agents.claims.kinds import implied
from clinigraph.agents.claims.quantities import quantities
from clinigraph.agents.claims.splitting import LONGEST_SENTENCE, Atom, split
from clinigraph.agents.claims.subjects import EvidenceIndex, Hit, Subject
from clinigraph.agents.claims.typing import kind_of
from clinigraph.models.base import ClaimId, EvidenceId
from clinigraph.models.evidence import FactNode, ImageNode, PassageNode
from clinigraph.models.reporting import Claim, ClaimKind

_POINTS_BACK = re.compile(
    r"^\s*(?:it|its|this|that|they|these|which|"
    r"(?:so |but |yet )?the (?:value|ratio|measurement|finding|criterion|threshold|limit))\b",
    re.IGNORECASE,
)
_VERB_FIRST = re.compile(
    r"^\s*(?:is|are|was|were|has|have|does|do|did|can|cannot|could|may|meets?|exceeds?|reach(?:es)?|lies|remains?|not|"
    r"satisf(?:y|ies)|measures?|\d)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]{3,}")
NEAR = 0.7
"""Share of common words, of the longer of two sentences, from which one is taken for the other with changes."""
LEAST_NEAR = 6
"""Fewest words of a sentence that others are taken for."""
_PERSON = re.compile(r"\b(?:year[\s-]*old|aged|woman|man|female|male|boy|girl|lady|gentleman)\b", re.IGNORECASE)
_LACKS = re.compile(r"\b(?:no|without an?) (?:image|protocol)\b(?!-)", re.IGNORECASE)
"""Says what the case has not; its record is all that it has."""
_PICTURE = re.compile(r"\b(?:image|photograph|photo|film|radiograph|scan|picture)\b", re.IGNORECASE)


def claims_of(
    text: str, index: EvidenceIndex, known: Mapping[str, Claim], whole: frozenset[str] = frozenset()
) -> tuple[Claim, ...]:
    """Return the claims of a plain or Markdown text, without verdicts.

    Args:
        text: Somebody's report.
        index: What the evidence can be asked about.
        known: Sentences that the evidence gives by itself, with their claims; they are not split.
        whole: Other sentences that are not split, such as those of cited passages.

    Raises:
        InputTooLarge: The text is too long or says too much.
    """
    found: list[Claim] = []
    before: tuple[EvidenceId, ...] = ()
    sentence = -1
    for number, atom in enumerate(split(text, frozenset(known) | whole, _near(whole)), start=1):
        claim_id = ClaimId(f"text-{number}")
        given = known.get(atom.text)
        if given is not None:
            claim = given.replace(id=claim_id, prose=True)
        else:
            near = before if atom.sentence == sentence or _POINTS_BACK.match(atom.text) else ()
            claim = _claim(claim_id, atom, index, near)
        before, sentence = claim.evidence_ids, atom.sentence
        found.append(claim)
    return tuple(found)


def _near(whole: frozenset[str]) -> Callable[[str], bool]:
    """Return whether a sentence is nearly one that is not split: its clauses are not told apart from it either."""
    kept = [words for s in whole if len(words := frozenset(_WORD.findall(s.lower()))) >= LEAST_NEAR]

    def near(sentence: str) -> bool:
        mine = frozenset(_WORD.findall(sentence.lower()))
        return any(len(mine & theirs) >= NEAR * max(len(mine), len(theirs)) for theirs in kept)

    return near


def _claim(claim_id: ClaimId, atom: Atom, index: EvidenceIndex, near: tuple[EvidenceId, ...]) -> Claim:
    if len(atom.text) > LONGEST_SENTENCE:
        return Claim(id=claim_id, section=atom.section, text=atom.text, kind=ClaimKind.QUALITATIVE, prose=True)
    hits = index.find(atom.text)
    numbers = tuple(q for q in quantities(atom.text) if not any(h.start <= q.number_start < h.end for h in hits))
    kind = kind_of(_between(atom.text, hits), numbers, atom.section)
    subjects = [s for h in hits for s in h.subjects]
    ids = tuple(_grounds(subjects, kind)) or _implying(atom.text, index) or _others(atom.text, index)
    if not ids and (_VERB_FIRST.match(atom.text) or _POINTS_BACK.match(atom.text)):
        ids = near
    return Claim(
        id=claim_id, section=atom.section, text=atom.text, kind=kind, evidence_ids=tuple(dict.fromkeys(ids)), prose=True
    )


def _between(text: str, hits: Sequence[Hit]) -> str:
    """Return a sentence without the names in it: their words say nothing of what sort of statement it is."""
    chars = list(text)
    for hit in hits:
        chars[hit.start : hit.end] = " " * (hit.end - hit.start)
    return "".join(chars)


def _grounds(subjects: Sequence[Subject], kind: ClaimKind) -> Iterator[EvidenceId]:
    """Yield the evidence of what is named; the passage of a criterion only where one is judged."""
    judged = kind in (ClaimKind.COMPARATIVE, ClaimKind.KNOWLEDGE)
    for subject in subjects:
        rule = subject.result.criterion if subject.result is not None else None
        yield from (i for i in subject.ids if judged or rule is None or str(i) != rule.passage_id)


def _implying(text: str, index: EvidenceIndex) -> tuple[EvidenceId, ...]:
    """Return the signs of the record that say whether a broader or narrower sign is there."""
    found = (implied(index, m) for m in index.mentions(text))
    return tuple(i for pair in found if pair is not None for i in pair[0].ids)


def _others(text: str, index: EvidenceIndex) -> tuple[EvidenceId, ...]:
    """Return what a sentence rests on that names no indicator: a quoted passage, the person, the picture."""
    plain = " ".join(text.split()).rstrip(".").lower()
    nodes = index.graph.nodes
    quoted = [n.id for n in nodes if isinstance(n, PassageNode) and plain in " ".join(n.value.text.split()).lower()]
    if quoted and len(plain.split()) > 3:
        return tuple(quoted)
    if _LACKS.search(text):
        return tuple(n.id for n in nodes if isinstance(n, FactNode))
    if _PERSON.search(text):
        return tuple(n.id for n in nodes if isinstance(n, FactNode) and n.value.name in ("age", "sex"))
    return tuple(n.id for n in nodes if isinstance(n, ImageNode)) if _PICTURE.search(text) else ()
