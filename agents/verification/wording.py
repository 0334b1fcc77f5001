"""The verdict on a sentence in free wording: every check speaks, the worst wins, and every word must have been read."""

from __future__ import annotations

import re

from clinigraph.agents.claims.language import is_english
from clinigraph.agents.claims.naming import beside
from clinigraph.agents.claims.splitting import LONGEST_SENTENCE
from clinigraph.agents.claims.subjects import Hit
from clinigraph.agents.verification.amounts import amounts
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.bounds import bounds
from clinigraph.agents.verification.cases import cases
from clinigraph.agents.verification.changes import changes
from clinigraph.agents.verification.counts import counts
from clinigraph.agents.verification.doubts import doubtful
from clinigraph.agents.verification.illness import DISEASES
from clinigraph.agents.verification.origins import origins
from clinigraph.agents.verification.pairs import pressure_pair
from clinigraph.agents.verification.paraphrase import paraphrase, told
from clinigraph.agents.verification.patients import patients
from clinigraph.agents.verification.places import image_kind, organs, prose_sides
from clinigraph.agents.verification.planted import is_instruction
from clinigraph.agents.verification.polarity import polarity, strangers
from clinigraph.agents.verification.prose import ProseCheck, ProseContext
from clinigraph.agents.verification.ranges import ranges
from clinigraph.agents.verification.residue import equated, unread
from clinigraph.agents.verification.shares import shares
from clinigraph.agents.verification.sources import quotation, sources
from clinigraph.agents.verification.thresholds import named_rules, thresholds
from clinigraph.models.reporting import Verdict

CHECKS: tuple[ProseCheck, ...] = (
    cases,
    image_kind,
    patients,
    pressure_pair,
    origins,
    sources,
    organs,
    prose_sides,
    amounts,
    shares,
    counts,
    changes,
    thresholds,
    named_rules,
    bounds,
    ranges,
    polarity,
    strangers,
)
"""All run; the first of the worst verdicts is told."""

_PRONOUN = re.compile(
    r"\b(?:it|this|these|they|that)\s+(?:is|are|was|were|meets?|met|exceeds?|lies?|stays?|remains?|reach(?:es)?|does|do)\b",
    re.IGNORECASE,
)
_ELLIPTIC = re.compile(r"\b(?:is|are|was|were|does|do|did) not\s*[.;]?\s*$", re.IGNORECASE)
_CONVICTING = (Verdict.CONTRADICTED, Verdict.UNSUPPORTED)
"""The worst first."""


def judge_wording(context: ProseContext) -> Outcome:
    """Return the verdict on a sentence in free wording."""
    refused = _refused(context) or quotation(context) or told(context)
    if refused is not None:
        return refused
    outcomes = [o for check in CHECKS if (o := check(context)) is not None]
    bad = [o for verdict in _CONVICTING for o in outcomes if o.verdict is verdict]
    doubts = [doubtful(context, o) for o in bad]
    firm = next((o for o, doubt in zip(bad, doubts, strict=True) if doubt is None), None)
    if firm is not None:
        return paraphrase(context) or firm
    doubt = next(iter(doubts), None) or next((o for o in outcomes if o.verdict is Verdict.UNVERIFIABLE), None)
    outcome = doubt or _confirmed(context, outcomes)
    if outcome.verdict is Verdict.SUPPORTED:
        return outcome
    return paraphrase(context) or doubt or doubtful(context, outcome) or outcome


def _refused(context: ProseContext) -> Outcome | None:
    if is_instruction(context.text):
        return unsupported("instruction.planted", "The text reads like an instruction; it was not obeyed.")
    if context.claim.evidence_ids and context.hits:
        named = {s.ids for s in context.index.subjects_of(context.claim.evidence_ids)}
        if not any(s.ids in named for s in context.subjects):
            return contradicted("subject.mismatch", "The evidence is about another thing than the sentence.")
    return _unreadable(context)


def _unreadable(context: ProseContext) -> Outcome | None:
    if context.text.rstrip(' "').endswith("?"):
        return unverifiable("wording.question", "A question states nothing.")
    if len(context.text) > LONGEST_SENTENCE:
        return unverifiable("wording.long", f"The sentence has more than {LONGEST_SENTENCE} characters.")
    if _ELLIPTIC.search(context.text):
        return unverifiable("wording.elliptic", "The sentence leaves out what it denies.")
    if not is_english(context.text):
        return unverifiable("language.unread", "The sentence is not in English; it was not judged.")
    return None


def _confirmed(context: ProseContext, outcomes: list[Outcome]) -> Outcome:
    if not outcomes and not context.subjects:
        return unsupported("evidence.none", "Nothing in the evidence speaks of this.")
    if not outcomes:
        return unverifiable("wording.unread", "No rule can judge what the sentence says of its subject.")
    spans = [s for o in outcomes for s in o.spans]
    judged = [s for o in outcomes if not o.code.startswith(_BESIDE) for s in o.spans]
    if not _every_name_judged(context, judged):
        return unverifiable(
            "wording.unread", "The sentence names several things; not all that it says of them was read."
        )
    return _left_over(context, spans) or supported(
        outcomes[-1].code, " ".join(dict.fromkeys(o.sentence for o in outcomes)), *spans
    )


def _left_over(context: ProseContext, spans: list[tuple[int, int]]) -> Outcome | None:
    """Return what stands against a sentence of which every name was judged: words that nobody read, names made one."""
    names = {s.name for h in context.hits for s in h.subjects[:1]}
    spans = [*spans, *(beside(context.text, h.start, h.end, s.name) for h in context.hits for s in h.subjects)]
    words = unread(context.text, spans, linked=len(names) > 1)
    disease = next((w for w in words if w.lower() in DISEASES), None)
    if disease is not None and not _in_a_name(context, disease.lower()):
        return unsupported("finding.unknown", f"Nothing in the evidence speaks of {disease.lower()}.")
    if len(names) > 1 and equated(context.text, [(h.start, h.end) for h in context.hits]):
        return unverifiable("wording.linked", "The sentence makes one thing another, or its ground.")
    if len(names) > 1 and _pointing_back(context):
        return unverifiable("subject.unclear", "Several things were named: of which does it speak?")
    if words:
        return unverifiable("wording.unread", f"No rule can judge these words: {' '.join(words[:12])}.")
    return None


def _pointing_back(context: ProseContext) -> bool:
    """Whether a pronoun is the subject of something that is said after several names."""
    match = _PRONOUN.search(context.text)
    return match is not None and len({h.subjects[0].name for h in context.hits if h.end <= match.start()}) > 1


def _in_a_name(context: ProseContext, word: str) -> bool:
    """Whether a word for illness is part of what the case measured or asks about: the lesion, the mass."""
    measured = (s.measurement.site.concept.meaning for s in context.index.subjects if s.measurement is not None)
    names = (*(s.name for s in context.index.subjects), *measured)
    return any(word in n.lower().split() for n in names)


_BESIDE = ("patient.", "side.", "modality.")
"""Outcomes that say of whom, which side and which image a sentence speaks, and nothing of what it names."""
_OF_THE_PATIENT = ("age", "sex")


def _every_name_judged(context: ProseContext, spans: list[tuple[int, int]]) -> bool:
    """Whether something was confirmed of each name: from it to the next name, or by the words just before it."""
    hits = [h for h in context.hits if not any(s.fact and s.fact.name in _OF_THE_PATIENT for s in h.subjects)]
    if len(hits) < 2:
        return bool(spans) or not hits
    return all(
        _is_judged(context, hit, following, spans) for hit, following in zip(hits, [*hits[1:], None], strict=True)
    )


def _is_judged(context: ProseContext, hit: Hit, following: Hit | None, spans: list[tuple[int, int]]) -> bool:
    """Whether something was confirmed from a name to the next, or right before it, and not right before the next."""
    end = following.start if following is not None else len(context.text) + 1
    mine = [
        (a, b) for a, b in spans
        if not (following is not None and hit.end <= a and b <= end and not context.text[b:end].strip())
    ]  # fmt: skip
    return any(
        (a < end and hit.start < b) or (b <= hit.start and not context.text[b : hit.start].strip()) for a, b in mine
    )
