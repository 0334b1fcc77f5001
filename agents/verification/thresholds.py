"""Words about criteria in free wording: meets, does not meet, was not assessed; recomputed from the evidence."""

from __future__ import annotations

import re

from clinigraph.agents.claims.subjects import Subject, SubjectKind
from clinigraph.agents.judgement import criterion_met, reading_met
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.counts import counted
from clinigraph.agents.verification.prose import NEITHER, TOGETHER, ProseContext
from clinigraph.agents.verification.reasons import gap_reason, partly_named
from clinigraph.agents.verification.shares import shared
from clinigraph.models.evidence import IndicatorResultNode
from clinigraph.models.findings import Met

_RULE = (
    r"(?:the |its |this |their )?(?:diagnostic |stated |guideline )?"
    r"(?:criteri(?:on|a)|thresholds?|cut-?offs?|requirements?)"
)
_OF_NUMBER = r"(?: of [\d.]+(?: ?(?:mmHg|mm|cm|%|ms|mL|/min|bpm|years?))?(?: or (?:more|less))?)?"
"""The threshold itself, which another check compares."""
_MEETS = r"(?:meets?|met|satisf(?:y|ies|ied)|fulfill?s?|fulfilled|reach(?:es|ed)?)"
_LOOKED_AT = r"assessed|measured|judged|read(?! as (?!no\b|the\b|an?\b))|evaluated|examined|determined"
_SAID = (
    (Met.NOT_ASSESSED, (r"(?:was|were|is|are)?\s*not (?:been )?"
     rf"(?:assessable|available|given|provided|{_LOOKED_AT})"
     rf"|(?:could|can) ?not be (?:{_LOOKED_AT}|given|obtained|calculated|computed)|"
     rf"(?:(?:is|are|was|were|remains?|remained) )?(?:left )?unassessed")),
    (Met.UNCERTAIN, (rf"neither surely meets nor surely misses {_RULE}|(?:may or may not|might) meet {_RULE}|"
     rf"{_RULE}{_OF_NUMBER} (?:(?:is|was|remains?) )?(?:uncertain|undecided|neither surely met nor surely missed)|"
     rf"leaves? {_RULE} (?:undecided|uncertain|open)")),
    (Met.NO, (rf"(?:does not|do not|doesn't|did not|fails? to|failed to) (?:meet|satisfy|fulfil|reach) {_RULE}|"
     rf"{_RULE}{_OF_NUMBER} (?:(?:is|was) )?not (?:met|reached|satisfied|fulfilled)|misses {_RULE}")),
    (Met.YES, rf"{_MEETS} {_RULE}|{_RULE}{_OF_NUMBER} (?:(?:is|was) )?(?:met|reached|satisfied|fulfilled)"),
)  # fmt: skip
_PATTERNS = tuple((m, re.compile(rf"(?:{p})", re.IGNORECASE)) for m, p in _SAID)
_RULE_FOR_NAME = re.compile(
    rf"{_RULE} (?:for|of|on) (?:the |an? )?(?P<name>\x00+) (?:(?:is|was|are|were) )?(?P<no>not )?"
    r"(?:met|reached|satisfied|fulfilled)\b",
    re.IGNORECASE,
)
_MEETS_FOR_NAME = re.compile(rf"\b{_MEETS} {_RULE} (?:for|of|on) (?:the |an? )?(?P<name>\x00+)", re.IGNORECASE)
_RULE_FIRST = re.compile(rf"{_RULE}\b", re.IGNORECASE)
_LOOKED = re.compile(rf"\b(?:was|were|is|are|(?:could|can) be) (?:{_LOOKED_AT})\b", re.IGNORECASE)
UNASSESSED = _PATTERNS[0][1]
"""Words that say that something was not looked at."""
_ALL_OF_THEM = re.compile(r"\b(?:indicators|findings)\b", re.IGNORECASE)
_REACHES = re.compile(r"\breach", re.IGNORECASE)


def recomputed(subject: Subject) -> Met:
    """Return whether an indicator's criterion is met, from what lies below it."""
    rule = subject.result.criterion if subject.result else None
    if subject.measurement is not None and rule is not None:
        return criterion_met(subject.measurement.value, subject.measurement.interval, rule)
    return reading_met(subject.evaluation.score) if subject.evaluation is not None else Met.NOT_ASSESSED


def thresholds(context: ProseContext) -> Outcome | None:
    """Compare what is said of a criterion with the criterion recomputed."""
    found = next(((m, hit) for m, p in _PATTERNS if (hit := context.find(p))), None) or _none_looked_at(context)
    taken = (*counted(context.text, context.hits), *shared(context.text))
    if found is None or any(a < found[1].end() and found[1].start() < b for a, b in taken):
        return None
    said, match = found
    joined = context.joined(match.start())
    groups = [h.subjects for h in joined] or ([context.subjects_at(match.start())] if context.subjects else [])
    if not groups:
        return _unnamed(context, said, match)
    if any(s.kind is SubjectKind.SCORE for s in groups[-1]):
        return _score(context, said, match)
    spans = [(h.start, h.end) for h in joined]
    spans += [m.span() for m in TOGETHER.finditer(context.text[: match.start()]) if len(joined) > 1]
    if NEITHER.search(context.text[: match.start()]) and found[1].re is not _LOOKED:
        if said not in (Met.YES, Met.NO):
            return unverifiable("criterion.unread", "What is denied of several criteria cannot be read.")
        said = Met.NO if said is Met.YES else Met.YES
    outcomes = [_one(context, subjects, said, match) for subjects in groups]
    wrong = next((o for o in outcomes if not o.spans), None)
    if wrong is not None:
        return wrong
    return supported(outcomes[0].code, " ".join(o.sentence for o in outcomes), *outcomes[0].spans, *spans)


def named_rules(context: ProseContext) -> Outcome | None:
    """Judge "the criterion for cardiomegaly is not met": a name stands between the rule and what is said of it."""
    masked = list(context.text)
    for hit in context.hits:
        masked[hit.start : hit.end] = "\x00" * (hit.end - hit.start)
    told = "".join(masked)
    match = _RULE_FOR_NAME.search(told) or _MEETS_FOR_NAME.search(told)
    if match is None:
        return None
    subjects = next(h.subjects for h in context.hits if h.start == match.start("name"))
    ruled = [s for s in context.index.subjects if s.result is not None and s.result.criterion is not None]
    if any(s.kind is SubjectKind.CONDITION for s in subjects):
        if len(ruled) != 1:
            return unverifiable(
                "criterion.unread", "The condition has several criteria; which is meant cannot be told."
            )
        subjects = (ruled[0],)
    return _one(context, subjects, Met.NO if match.groupdict().get("no") else Met.YES, match)


def left_unassessed(text: str) -> bool:
    """Whether a sentence says that something was not looked at: in so many words, or by "neither ... was assessed"."""
    return UNASSESSED.search(text) is not None or (
        NEITHER.search(text) is not None and _LOOKED.search(text) is not None
    )


def _none_looked_at(context: ProseContext) -> tuple[Met, re.Match[str]] | None:
    """Read "neither A nor B was assessed"."""
    match = context.find(_LOOKED)
    neither = match is not None and NEITHER.search(context.text[: match.start()]) is not None
    return (Met.NOT_ASSESSED, match) if match is not None and neither else None


def _score(context: ProseContext, said: Met, match: re.Match[str]) -> Outcome | None:
    """Judge "the score reaches the threshold" by the impression."""
    impression = context.index.impression
    if impression.score is None or impression.threshold is None or said not in (Met.YES, Met.NO):
        return None
    if (impression.score >= impression.threshold) is not (said is Met.YES):
        return contradicted(
            "comparison.mismatch", f"The score is {impression.score:.2f}, the threshold {impression.threshold:g}."
        )
    return supported("comparison.same", "Score and threshold are the impression's.", match.span())


def _one(context: ProseContext, subjects: tuple[Subject, ...], said: Met, match: re.Match[str]) -> Outcome:
    subject = next((s for s in context.sided(subjects) if s.kind is SubjectKind.INDICATOR), None)
    if subject is None or subject.result is None:
        return unsupported("criterion.subject", "The sentence judges a criterion and names no indicator of the case.")
    should = recomputed(subject)
    open_ = _open(context, subject, should, match)
    if open_ is not None and (said is not should or open_.code == "criterion.unread"):
        return open_
    if said is not should:
        return contradicted(
            "criterion.mismatch", f"{subject.name}: the sentence says {said.value}, recomputed is {should.value}."
        )
    if said is Met.NOT_ASSESSED:
        return _gap(context, subject, match)
    return supported("criterion.recomputed", f"{subject.name}: recomputed as {should.value}.", match.span())


def _gap(context: ProseContext, subject: Subject, match: re.Match[str]) -> Outcome:
    """Judge that something was not looked at: a value without a criterion was."""
    if subject.measurement is not None or subject.result is None:
        return contradicted("criterion.mismatch", f"{subject.name} was measured.")
    return gap_reason(context, subject.result, match)


def _open(context: ProseContext, subject: Subject, should: Met, match: re.Match[str]) -> Outcome | None:
    """Return why a sentence that does not say what was recomputed is not false for that, or cannot be read."""
    rule = subject.result.criterion if subject.result is not None else None
    if rule is not None and not rule.comparator.upward and _REACHES.search(match.group()):
        return unverifiable("criterion.unread", f"The criterion is {rule.text}: what does reaching it mean?")
    if ruled_elsewhere(context, subject):
        return unverifiable("criterion.other", f"The evidence has no criterion for {subject.name} itself.")
    if should is Met.UNCERTAIN and context.doubted:
        return unverifiable(
            "criterion.doubted", f"The evidence does not decide on {subject.name}; nor does the sentence."
        )
    return None


def ruled_elsewhere(context: ProseContext, subject: Subject) -> bool:
    """Whether an indicator without a criterion shares its first word with one that has: QTc, QTc less a limit."""
    if subject.result is None or subject.result.criterion is not None or subject.measurement is None:
        return False
    head = subject.name.split()[0].lower()
    others = (s for s in context.index.subjects if s.result is not None and s.result.criterion is not None)
    return any(s.name.split()[0].lower() == head for s in others)


def _unnamed(context: ProseContext, said: Met, match: re.Match[str]) -> Outcome:
    """Judge a sentence that names no indicator: by part of a name, or by the only criterion of the case."""
    results = [n.value for n in context.index.graph.nodes if isinstance(n, IndicatorResultNode)]
    if said is Met.NOT_ASSESSED:
        return partly_named(context, results, match)
    ruled = [s for s in context.index.subjects if s.result is not None and s.result.criterion is not None]
    if len(ruled) == 1 and _RULE_FIRST.match(match.group()):
        return _one(context, (ruled[0],), said, match)
    if len(ruled) == 1:
        return unverifiable("criterion.unread", "It cannot be told what is said to meet the criterion.")
    if _ALL_OF_THEM.search(context.text):
        return unverifiable("criterion.unread", "The sentence speaks of all indicators together.")
    return unsupported("criterion.subject", "The sentence judges a criterion and names no indicator of the case.")
