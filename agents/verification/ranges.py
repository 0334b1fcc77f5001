"""Words for ranges (enlarged, borderline, within normal limits) recomputed from criterion and interval."""

from __future__ import annotations

import re
from enum import StrEnum

from clinigraph.agents.claims.subjects import Subject
from clinigraph.agents.judgement import criterion_met
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.changes import course
from clinigraph.agents.verification.limits import PATIENT
from clinigraph.agents.verification.prose import NEITHER, TOGETHER, ProseContext
from clinigraph.agents.verification.sources import dated
from clinigraph.models.findings import IndicatorResult, Met
from clinigraph.models.formatting import format_criterion, format_measured


class Word(StrEnum):
    """What a word says of a value."""

    HIGH = "high"
    LOW = "low"
    NORMAL = "normal"
    ABNORMAL = "abnormal"
    BORDERLINE = "borderline"


_WORDS = (
    (Word.NORMAL, (r"within (?:the )?normal (?:limits|range)|in the normal range|within normal|of normal size|"
     r"(?:is |are )?normal(?: in size)?|unremarkable|physiological|preserved|not (?:abnormal|pathological)")),
    (Word.ABNORMAL, r"abnormal|pathological|outside (?:the )?normal (?:limits|range)|out of range"),
    (Word.BORDERLINE, r"borderline|equivocal|indeterminate|at the limit|uncertain(?! whether)"),
    (Word.HIGH, (r"enlarged|increased|elevated|raised|high|large|widened|dilated|"
     r"above (?:the )?normal(?: range| limits?)?"
     r"|too (?:high|large|wide)|big|excessive")),
    (Word.LOW, (r"reduced|decreased|low|small|narrow(?:ed)?|thin(?:ned)?|below (?:the )?normal(?: range| limits?)?|"
     r"too (?:low|small|thin|narrow)|diminished")),
)  # fmt: skip
_PATTERNS = tuple((w, re.compile(rf"\b(?:{p})\b", re.IGNORECASE)) for w, p in _WORDS)
_NOT = re.compile(
    r"\b(?:not|isn't|neither|nor|no|never|non)[\s-]+(?:clearly |definitely |significantly )?$", re.IGNORECASE
)
_LIMIT = re.compile(r"\b(?:limits? (?:of|for)(?: the)?|upper|lower)\s+$", re.IGNORECASE)
"""Before "normal": a limit is spoken of, not a value."""
_CALLS = re.compile(r"\b(?:calls?|called|counts? as|defines?|defined as|means|regards?|regarded as|when|if)\b", re.I)
_OF_VALUES = re.compile(r"elevated|raised|high|low|too high|too low|excessive|decreased|reduced", re.IGNORECASE)
_PART = re.compile(r"\b(?:heart|silhouette|shadow|rim)$", re.IGNORECASE)
_REFERENCE = re.compile(r"^\s*(?:is|are|:)?\s*(?:below|above|under|over|up to|at most|at least|less than|[<>≤≥])\s*\d")
"""After "normal": what is normal is told, not that something is."""


def ranges(context: ProseContext) -> Outcome | None:
    """Compare a range word with the criterion, recomputed on value and interval."""
    spans, sentences = [], []
    for start, end, word, denied in _said(context):
        of = _of(context, (start, end), denied=denied)
        if of is None:
            return unverifiable("range.unread", "What is denied twice cannot be read.")
        every = [_one(context, s, word, d) for s, d in of]
        told = [o for o in every if o is not None]
        if told and len(told) < len(every):
            return unverifiable("range.unread", "No criterion says what is normal for all that the sentence names.")
        wrong = next((o for o in told if not o.code.endswith(".same")), None)
        if wrong is not None:
            return wrong
        if told:
            spans.append((start, end))
            spans += [(h.start, h.end) for h in context.joined(start)]
            spans += [m.span() for m in TOGETHER.finditer(context.text[:start]) if len(told) > 1]
            sentences += [o.sentence for o in told]
    return supported("range.same", " ".join(dict.fromkeys(sentences)), *spans) if spans else None


def _of(
    context: ProseContext, place: tuple[int, int], *, denied: bool
) -> list[tuple[tuple[Subject, ...], bool]] | None:
    """Return what a range word is said of, each with whether it is denied; None where it is denied twice."""
    beside = context.subjects_beside(*place)
    joined = context.joined(place[0])
    if len(joined) < 2 or joined[-1].subjects != beside:
        return [(beside, denied)]
    neither = NEITHER.search(context.text[: place[0]]) is not None
    return None if neither and denied else [(h.subjects, denied or neither) for h in joined]


def _one(context: ProseContext, subjects: tuple[Subject, ...], word: Word, denied: bool) -> Outcome | None:
    subject = next((s for s in context.sided(subjects) if s.result is not None), None)
    if subject is None or subject.result is None:
        return None
    judge = _general if context.general and _tells_a_rule(context) and not PATIENT.search(context.text) else _judge
    outcome = judge(subject, subject.result, word, denied=denied)
    if outcome.code == "range.uncertain" and context.doubted:
        return unverifiable("range.doubted", f"{outcome.sentence} Nor does the sentence.")
    return outcome


def _tells_a_rule(context: ProseContext) -> bool:
    """Whether a sentence about a source says what it calls high or low, and not what this patient has."""
    years = dated(context.text, sourced=True)
    numbers = [q for q in context.quantities if not any(a <= q.number_start < b for a, b in years)]
    return bool(numbers) or _CALLS.search(context.text) is not None


def _said(context: ProseContext) -> list[tuple[int, int, Word, bool]]:
    found: list[tuple[int, int, Word, bool]] = []
    moved = course(context)
    every = [(word, m) for word, pattern in _PATTERNS for m in pattern.finditer(context.text)]
    for word, match in sorted(every, key=lambda pair: pair[1].start() - pair[1].end()):
        start, end = match.span()
        in_name = any(h.start <= start < h.end for h in context.hits) or _of_a_shape(context, start, match.group())
        if in_name or any(a < end and start < b for a, b, _, _ in found):
            continue
        if re.match(r"\s+than\b", context.text[end:]) or _LIMIT.search(context.text[:start]):
            continue
        if word is Word.NORMAL and _REFERENCE.match(context.text[end:]):
            continue
        if moved is not None and moved[1].start() < end and start < moved[1].end():
            continue
        denial = _NOT.search(context.text[:start])
        found.append((denial.start() if denial else start, end, word, denial is not None))
    return found


def _of_a_shape(context: ProseContext, start: int, word: str) -> bool:
    """Whether a word that is said of values is said of a part of the body ("the heart is elevated")."""
    ahead = [h for h in context.hits if h.end <= start]
    named = context.text[ahead[-1].start : ahead[-1].end].lower() if ahead else ""
    return _OF_VALUES.fullmatch(word) is not None and _PART.search(named) is not None


def _judge(subject: Subject, result: IndicatorResult, word: Word, *, denied: bool) -> Outcome:
    rule = result.criterion
    if rule is None or subject.measurement is None:
        if result.met is Met.NOT_ASSESSED and subject.measurement is None:
            return contradicted("range.not_assessed", f"{subject.name} was not assessed.")
        return unsupported("range.no_criterion", f"No criterion says what is normal for {subject.name}.")
    met = criterion_met(subject.measurement.value, subject.measurement.interval, rule)
    value = format_measured(
        subject.measurement.value, subject.measurement.unit, subject.measurement.interval, beside=(rule.threshold,)
    )
    what = f"{subject.name} is {value}; the criterion is {format_criterion(rule)}"
    true = _true(word, met, upward=rule.comparator.upward)
    if true is None:
        return unsupported("range.uncertain", f"{what}: the evidence does not decide this.")
    if true is denied:
        return contradicted("range.mismatch", f"{what}, so it is {_plain(met, upward=rule.comparator.upward)}.")
    return supported("range.same", f"{what}.")


def _general(subject: Subject, result: IndicatorResult, word: Word, *, denied: bool) -> Outcome:
    """Judge what a guideline is said to call high or low, whatever this patient's value."""
    rule = result.criterion
    if rule is None or word is not (Word.HIGH if rule.comparator.upward else Word.LOW) or denied:
        return unsupported("range.general", f"No cited criterion says this of {subject.name}.")
    return supported("range.same", f"The criterion for {subject.name} is {format_criterion(rule)}.")


def _true(word: Word, met: Met, *, upward: bool) -> bool | None:
    """Whether a word is true of a value; None when the criterion does not say."""
    if word is Word.BORDERLINE:
        return met is Met.UNCERTAIN
    if met is Met.UNCERTAIN:
        return None
    if word is Word.NORMAL:
        return met is Met.NO
    if word is Word.ABNORMAL:
        return met is Met.YES
    if (word is Word.HIGH) == upward:
        return met is Met.YES
    return False if met is Met.YES else None


def _plain(met: Met, *, upward: bool) -> str:
    if met is Met.UNCERTAIN:
        return "borderline"
    return ("high" if upward else "low") if met is Met.YES else "not abnormal"
