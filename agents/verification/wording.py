"""The verdict on a sentence in free wording: every check speaks, the worst wins, and every word must have been read."""

from __future__ import annotations

from clinigraph.agents.claims.language import is_english
from clinigraph.agents.claims.naming import said_with
from clinigraph.agents.claims.splitting import LONGEST_SENTENCE
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
from clinigraph.agents.verification.residue import unread
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
    if context.text.rstrip(' "').endswith("?"):
        return unverifiable("wording.question", "A question states nothing.")
    if len(context.text) > LONGEST_SENTENCE:
        return unverifiable("wording.long", f"The sentence has more than {LONGEST_SENTENCE} characters.")
    if not is_english(context.text):
        return unverifiable("language.unread", "The sentence is not in English; it was not judged.")
    if context.claim.evidence_ids and context.hits:
        named = {s.ids for s in context.index.subjects_of(context.claim.evidence_ids)}
        if not any(s.ids in named for s in context.subjects):
            return contradicted("subject.mismatch", "The evidence is about another thing than the sentence.")
    return None


def _confirmed(context: ProseContext, outcomes: list[Outcome]) -> Outcome:
    if not outcomes:
        if not context.subjects:
            return unsupported("evidence.none", "Nothing in the evidence speaks of this.")
        return unverifiable("wording.unread", "No rule can judge what the sentence says of its subject.")
    spans = [s for o in outcomes for s in o.spans]
    judged = [s for o in outcomes if not o.code.startswith(_BESIDE) for s in o.spans]
    if not _every_name_judged(context, judged):
        return unverifiable(
            "wording.unread", "The sentence names several things; not all that it says of them was read."
        )
    spans += [(h.start, h.end) for h in context.hits]
    carriers = frozenset(w for s in context.subjects for w in said_with(s.name))
    words = unread(context.text, spans, carriers)
    disease = next((w for w in words if w.lower() in DISEASES), None)
    if disease is not None and not _in_a_name(context, disease.lower()):
        return unsupported("finding.unknown", f"Nothing in the evidence speaks of {disease.lower()}.")
    if words:
        return unverifiable("wording.unread", f"No rule can judge these words: {' '.join(words[:12])}.")
    sentences = " ".join(dict.fromkeys(o.sentence for o in outcomes))
    return supported(outcomes[-1].code, sentences, *spans)


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
    ends = [*(h.start for h in hits[1:]), len(context.text) + 1]
    return all(
        any(
            (a < end and hit.start < b) or (b <= hit.start and not context.text[b : hit.start].strip())
            for a, b in spans
        )
        for hit, end in zip(hits, ends, strict=True)
    )
