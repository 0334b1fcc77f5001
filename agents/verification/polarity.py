"""Presence in free wording: present, absent, possible; against readings, facts, findings and the impression."""

from __future__ import annotations

import re

from clinigraph.agents.claims.kinds import implied
from clinigraph.agents.claims.subjects import Hit, Subject, SubjectKind
from clinigraph.agents.claims.synonyms import OPPOSITES
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.prose import NEITHER, ProseContext
from clinigraph.agents.verification.several import several
from clinigraph.agents.verification.thresholds import left_unassessed, recomputed
from clinigraph.knowledge.terminology.contract import Assertion, Mention
from clinigraph.models.evidence import FindingNode
from clinigraph.models.findings import Met, Presence

_AS_READ = {Met.YES: Presence.PRESENT, Met.NO: Presence.ABSENT, Met.UNCERTAIN: Presence.INDETERMINATE}
_AS_SAID = {Assertion.PRESENT: Presence.PRESENT, Assertion.ABSENT: Presence.ABSENT,
            Assertion.POSSIBLE: Presence.INDETERMINATE}  # fmt: skip
_TURNED = {Presence.PRESENT: Presence.ABSENT, Presence.ABSENT: Presence.PRESENT}
"""What a word that denies by itself ("afebrile") makes of what is said of it."""
_EXPLICIT = (
    (Presence.INDETERMINATE, re.compile(
        r"\b(?:indeterminate|undecided|equivocal|inconclusive|"
        r"neither (?:present nor absent|(?:be )?(?:confirmed nor excluded|excluded nor confirmed))|"
        r"(?:can ?not|could not) be (?:excluded|ruled out|confirmed|decided|determined)|"
        r"possibl[ey]|may be present|might be present|suspected|"
        r"(?<!not )suspicious for|(?<!no )suspicion of|probabl[ey]|likely|suggest(?:s|ive of)?|"
        r"uncertain|no (?:decision|diagnosis|conclusion) (?:is|was|has been|can be|could be) "
        r"(?:made|decided|reached|drawn|given|possible))\b", re.IGNORECASE)),
    (Presence.ABSENT, re.compile(
        r"\b(?:absent|neither|nor|denied|denies|"
        r"not (?:present|seen|found|identified|detected|visible|evident)|ruled out|excluded|negative for|"
        r"free of|without|not suspicious for|no suspicion of|"
        r"no (?:evidence|signs?|features?|indication) (?:of|for)|(?:is|are|was|were) not|not|no)\b",
        re.IGNORECASE)),
    (Presence.PRESENT, re.compile(
        r"\b(?:signs? of|features? of|evidence of|"
        r"present|seen|found|identified|detected|visible|evident|noted|confirmed|positive for|consistent with|"
        r"there (?:is|are)|diagnos(?:ed|is)(?: of)?|has|have|shows?|demonstrates?)\b", re.IGNORECASE)),
)  # fmt: skip
_LEANS = re.compile(
    r"\b(?:suspicious for|suspicion of|suggest(?:s|ive of)|suspected|likely|probabl[ey])\b", re.IGNORECASE
)
"""Words that lean towards a condition without deciding."""
SURE = 0.8
"""Score of a terminology from which a mention counts; 1 is the vocabulary's own wording."""
_WEIGHED = re.compile(r"\bby the weighted indicators\b", re.IGNORECASE)
_EXPLAINS = re.compile(r"\b(?:un)?explain(?:s|ed)?\b", re.IGNORECASE)
"""What a hypothesis explains, or leaves unexplained, is not for that there or not there."""
_OPEN = re.compile(r"\b(?:withdr[ae]wn?|question of|remains? open|left open)\b", re.IGNORECASE)
_RULE_FOR = re.compile(
    r"\b(?:criteri(?:on|a)|thresholds?|limits?|cut-?offs?) (?:for|of)(?: an?| the)?\s*$", re.IGNORECASE
)
"""Before a name: a rule for it is spoken of, not whether it is there."""
_READING = re.compile(
    r"^\s*[:=,(]?\s*(?:(?:was|is)\s+)?(?:read|scored|graded|rated)?\s*(?:as|at|with)?\s*(?:an? )?"
    r"(?:score|grade|reading)?\s*(?:of\s+)?[1-5]\b",
    re.IGNORECASE,
)
"""After the name of a reading: its score."""
_BEGINS = re.compile(r"^\s*(?:the |its )?$|[;:,.]\s*$", re.IGNORECASE)
_FALLS = re.compile(r"falls?", re.IGNORECASE)
_MOVES = re.compile(r"\s+(?:short|below|under|above|within|into|outside|between|to|from|by)\b", re.IGNORECASE)
"""After "falls": no fall of a person is meant."""
_RANKS = re.compile(
    r"\b(?:hypothes[ie]s|rank(?:s|ed)?|first|second|third|fourth|fifth|differential|leading|top|"
    r"(?:un)?explain(?:s|ed)?)\b",
    re.I,
)
_DOUBLE = re.compile(
    r"\b(?:no|not|without|never|cannot|neither|nor|absent|absence|excluded|ruled out|free of|negative for|"
    r"denie[sd]|lacks?|lacking|unlikely)\b",
    re.I,
)
_NOT_DOUBTED = re.compile(
    r"(?:\b(?:no|not|never|cannot|hardly|scarcely|anything but|far from|without|longer)|n't)(?:\s+\w+){0,2}\s*$",
    re.IGNORECASE,
)
"""Just before a word of doubt: the doubt is denied, which says neither presence nor absence."""


def polarity(context: ProseContext) -> Outcome | None:
    """Compare presence, absence and doubt with what was read, recorded, found or decided."""
    spans: list[tuple[int, int]] = []
    sentences: list[str] = []
    for hit in context.hits:
        subject = next((s for s in context.sided(hit.subjects) if _holds(context, s) is not None), None)
        if subject is None or _spoken_otherwise(context, hit, subject) or _RULE_FOR.search(context.text[: hit.start]):
            continue
        outcome = _judge(context, hit, subject)
        if not outcome.spans:
            return outcome
        spans.extend(outcome.spans)
        sentences.append(outcome.sentence)
    return supported("presence.same", " ".join(dict.fromkeys(sentences)), *spans) if spans else None


def _spoken_otherwise(context: ProseContext, hit: Hit, subject: Subject) -> bool:
    """Whether the sentence gives a reading as a number, or says that there is none: presence is not at issue."""
    not_read = subject.kind is SubjectKind.INDICATOR and recomputed(subject) is Met.NOT_ASSESSED
    if not_read and left_unassessed(context.text):
        return True
    reading = subject.evaluation is not None and _READING.match(context.text[hit.end :]) is not None
    return reading and _BEGINS.search(context.text[: hit.start]) is not None


def _holds(context: ProseContext, subject: Subject) -> Presence | None:
    """Return what the evidence says of a subject that can be present or absent; None for numbers."""
    if subject.kind is SubjectKind.CONDITION:
        return context.index.impression.decision
    if subject.finding is not None:
        return subject.finding.presence
    if subject.fact is not None and isinstance(subject.fact.value, bool):
        return Presence.PRESENT if subject.fact.value else Presence.ABSENT
    if subject.result is not None and subject.result.kind == "qualitative":
        return _AS_READ.get(recomputed(subject), Presence.INDETERMINATE)
    return None


def _judge(context: ProseContext, hit: Hit, subject: Subject) -> Outcome:
    if subject.result is not None and recomputed(subject) is Met.NOT_ASSESSED:
        return contradicted("presence.not_assessed", f"{subject.name} was not assessed: {subject.result.reason}")
    said, spans = _said(context, hit)
    if said is not None and not _alone(context) and several(context, hit) is not said:
        said = None
    if context.text[hit.start : hit.end].lower() in OPPOSITES:
        said = _TURNED.get(said) if said is not None else None
    if said is None:
        return unverifiable("presence.unread", "It cannot be told whether the sentence affirms or denies.")
    held = _holds(context, subject)
    open_ = _not_told(context, hit, subject, held, bare=len(spans) < 2)
    if open_ is not None:
        return open_
    if said is not held:
        return _mismatch(subject, said, held)
    if subject.kind is SubjectKind.CONDITION and context.index.impression.score is not None:
        spans = [*spans, *(m.span() for m in _WEIGHED.finditer(context.text))]
    return supported("presence.same", f"{subject.name} is {said.value} by the evidence.", *spans)


def _not_told(
    context: ProseContext, hit: Hit, subject: Subject, held: Presence | None, *, bare: bool
) -> Outcome | None:
    """Return why a sentence decides nothing: it names the decision and no more, or leans as the evidence does not."""
    if (bare and context.text[hit.start : hit.end].lower() == "decision") or _OPEN.search(context.text):
        return unverifiable("presence.unread", "It cannot be told what the sentence says was decided.")
    if subject.kind is not SubjectKind.CONDITION or not _LEANS.search(context.text):
        return None
    if held is Presence.PRESENT:
        return unverifiable("presence.leaning", "The evidence says more than the sentence: signs are present.")
    if held is Presence.INDETERMINATE:
        return unverifiable("presence.leaning", "The evidence leans to neither side.")
    return None


def _mismatch(subject: Subject, said: Presence, held: Presence | None) -> Outcome:
    doubt = Presence.INDETERMINATE in (said, held)
    code = "impression.decision" if subject.kind is SubjectKind.CONDITION else "presence.mismatch"
    if doubt and subject.kind is not SubjectKind.CONDITION:
        code = "certainty.mismatch"
    return contradicted(code, f"{subject.name}: the sentence says {said.value}, the evidence {held and held.value}.")


def _said(context: ProseContext, hit: Hit) -> tuple[Presence | None, list[tuple[int, int]]]:
    """Return what a sentence says of a name: by the context rules, checked against explicit words."""
    if _EXPLAINS.search(context.text):
        return None, []
    judgement = context.judged(hit.start, hit.end)
    by_rules = _AS_SAID.get(judgement.assertion)
    words = [(p, m) for p, pattern in _EXPLICIT for m in pattern.finditer(context.text)]
    words = [(p, m) for p, m in words if not any(h.start <= m.start() < h.end for h in context.hits)]
    strongest = next((p for p, _ in words), None)
    denials = [m for m in _DOUBLE.finditer(context.text) if not any(h.start <= m.start() < h.end for h in context.hits)]
    doubted = strongest is Presence.INDETERMINATE
    if doubted and any(_NOT_DOUBTED.search(context.text[: m.start()]) for p, m in words if p is strongest):
        return None, []
    pairs = sum(1 for m in denials if m.group().lower() == "neither") if strongest is Presence.ABSENT else 0
    denials = [m for m in denials if not (pairs and m.group().lower() == "nor")]
    if len(denials) > 1 and not doubted:
        return None, []
    if by_rules is Presence.PRESENT and strongest is Presence.ABSENT and _another_is_denied(context, hit):
        return by_rules, [(hit.start, hit.end)]
    if by_rules is None or (strongest is not None and not _agree(by_rules, strongest)):
        return (strongest, _spans(words)) if by_rules is Presence.PRESENT and strongest else (None, [])
    hedged = by_rules is Presence.INDETERMINATE and strongest is Presence.PRESENT
    return (strongest if doubted or hedged else by_rules), [(hit.start, hit.end), *_spans(words)]


def _alone(context: ProseContext) -> bool:
    """Whether one thing alone is said to be there or not, or "neither" denies all."""
    named = {s.name for h in context.hits for s in h.subjects[:1] if _holds(context, s) is not None}
    return len(named) < 2 or NEITHER.search(context.text) is not None or not _DOUBLE.search(context.text)


def _another_is_denied(context: ProseContext, hit: Hit) -> bool:
    """Whether the words that deny are of another name: "ptosis, but without fever"."""
    others = (h for h in context.hits if h is not hit)
    return any(context.judged(h.start, h.end).assertion is Assertion.ABSENT for h in others)


def _agree(by_rules: Presence, explicit: Presence) -> bool:
    """Whether the two readings of a sentence agree; words of doubt may say more than the rules see."""
    if explicit is Presence.INDETERMINATE:
        return True
    return by_rules is explicit or (by_rules is Presence.INDETERMINATE and explicit is Presence.PRESENT)


def _spans(words: list[tuple[Presence, re.Match[str]]]) -> list[tuple[int, int]]:
    return [m.span() for _, m in words]


def _part_of_a_name(context: ProseContext, said: str) -> bool:
    """Whether the words are part of the name of a sign or an indicator: weakness, of progressive weakness."""
    named = (s for s in context.index.subjects if s.fact is not None or s.result is not None)
    names = (n.lower() for s in named for n in s.names[:1])
    return any(f" {said.lower()} " in f" {name} " for name in names)


def _is_hypothesis(context: ProseContext, said: str) -> bool:
    """Whether a sentence places a disease among the hypotheses, and the evidence lists it there."""
    if not _RANKS.search(context.text):
        return False
    told = (n.value.sentence.lower() for n in context.index.graph.nodes if isinstance(n, FindingNode))
    return any("hypothesis" in t and said.lower() in t for t in told)


def strangers(context: ProseContext) -> Outcome | None:
    """A disease or sign that the evidence does not speak of has no ground, whether affirmed or denied."""
    spans: list[tuple[int, int]] = []
    sentences: list[str] = []
    for mention in context.mentions:
        if mention.best.score < SURE:
            continue
        if context.text[mention.span.end :].startswith("-EPI"):
            continue  # a formula, not the disease of its name
        if _MOVES.match(context.text[mention.span.end :]) and _FALLS.fullmatch(mention.text):
            continue
        outcome = _implied(context, mention) or _strange(context, mention)
        if not outcome.spans:
            return outcome
        spans.extend(outcome.spans)
        sentences.append(outcome.sentence)
    return supported("finding.implied", " ".join(dict.fromkeys(sentences)), *spans) if spans else None


def _implied(context: ProseContext, mention: Mention) -> Outcome | None:
    """Judge a broader or narrower sign than the record's; None where the record's signs imply nothing of it."""
    found = implied(context.index, mention)
    if found is None:
        return None
    subject, held = found
    said, spans = _said(context, Hit(mention.span.start, mention.span.end, ()))
    if said is None:
        return unverifiable("presence.unread", "It cannot be told whether the sentence affirms or denies.")
    what = f"{mention.text.capitalize()} is {held.value}, as {subject.name.removeprefix('finding ')} is."
    return supported("finding.implied", what, *spans) if said is held else contradicted("presence.mismatch", what)


def _strange(context: ProseContext, mention: Mention) -> Outcome:
    said = mention.text.lower()
    if _is_hypothesis(context, mention.text):
        return unverifiable("finding.hypothesis", f"{mention.text.capitalize()} is a hypothesis, not a finding.")
    if _part_of_a_name(context, mention.text):
        return unverifiable("finding.part", f"The evidence speaks of more than {said}.")
    return unsupported("finding.unknown", f"Nothing in the evidence speaks of {said}.")
