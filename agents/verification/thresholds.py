"""Words about criteria in free wording: meets, does not meet, was not assessed; recomputed from the evidence."""

from __future__ import annotations

import re

from clinigraph.agents.claims.subjects import Subject, SubjectKind
from clinigraph.agents.judgement import criterion_met, reading_met
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported
from clinigraph.agents.verification.counts import counted
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.findings import IndicatorResult, Met

_RULE = r"(?:the |its |this )?(?:diagnostic |stated |guideline )?(?:criterion|criteria|threshold|cut-?off|requirement)"
_MEETS = r"(?:meets?|met|satisf(?:y|ies|ied)|fulfill?s?|fulfilled|reach(?:es|ed)?|exceeds?)"
_SAID = (
    (Met.NOT_ASSESSED, (r"(?:was|were|is|are)?\s*not (?:been )?(?:assessed|measured|assessable|available|judged|read)"
     r"|(?:could|can) ?not be (?:assessed|measured|judged|determined|read)")),
    (Met.UNCERTAIN, (rf"neither surely meets nor surely misses {_RULE}|(?:may or may not|might) meet {_RULE}|"
     rf"{_RULE} is uncertain")),
    (Met.NO, (rf"(?:does not|do not|doesn't|did not|fails? to|failed to) (?:meet|satisfy|fulfil|reach|exceed) {_RULE}|"
     rf"{_RULE} (?:is|was) not (?:met|reached|satisfied|fulfilled)|stays? (?:below|short of) {_RULE}|misses {_RULE}")),
    (Met.YES, rf"{_MEETS} {_RULE}|{_RULE} (?:is|was) (?:met|reached|satisfied|fulfilled)"),
)  # fmt: skip
_PATTERNS = tuple((m, re.compile(rf"(?:{p})", re.IGNORECASE)) for m, p in _SAID)
_BEYOND = re.compile(rf"\b(above|over|beyond|below|under)\s+{_RULE}", re.IGNORECASE)
_BECAUSE = re.compile(r"^\s*(?::|because|since|as|,)\s*(.+?)[\s.]*$", re.IGNORECASE | re.DOTALL)


def recomputed(subject: Subject) -> Met:
    """Return whether an indicator's criterion is met, from what lies below it."""
    rule = subject.result.criterion if subject.result else None
    if subject.measurement is not None and rule is not None:
        return criterion_met(subject.measurement.value, subject.measurement.interval, rule)
    return reading_met(subject.evaluation.score) if subject.evaluation is not None else Met.NOT_ASSESSED


def thresholds(context: ProseContext) -> Outcome | None:
    """Compare what is said of a criterion with the criterion recomputed."""
    found = next(((m, hit) for m, p in _PATTERNS if (hit := context.find(p))), None) or _beyond(context)
    if found is None or any(a <= found[1].start() < b for a, b in counted(context.text)):
        return None
    said, match = found
    subjects = context.sided(context.subjects_at(match.start()))
    subject = next((s for s in subjects if s.kind is SubjectKind.INDICATOR), None)
    if subject is None or subject.result is None:
        return unsupported("criterion.subject", "The sentence judges a criterion and names no indicator of the case.")
    should = recomputed(subject)
    if said is not should:
        return contradicted(
            "criterion.mismatch", f"{subject.name}: the sentence says {said.value}, recomputed is {should.value}."
        )
    if said is Met.NOT_ASSESSED:
        return _reason(context, subject.result, match)
    return supported("criterion.recomputed", f"{subject.name}: recomputed as {should.value}.", match.span())


def _beyond(context: ProseContext) -> tuple[Met, re.Match[str]] | None:
    """Read "above the threshold" and "below the threshold" by the direction of the criterion."""
    match = context.find(_BEYOND)
    if match is None or re.match(r"\s*(?:of|is|at|=)?\s*-?\d", context.text[match.end() :]):
        return None
    rules = [s.result.criterion for s in context.sided(context.subjects_at(match.start())) if s.result is not None]
    rule = next((r for r in rules if r is not None), None)
    if rule is None:
        return None
    over = match.group(1).lower() in ("above", "over", "beyond")
    return (Met.YES if over is rule.comparator.upward else Met.NO), match


def _reason(context: ProseContext, result: IndicatorResult, match: re.Match[str]) -> Outcome:
    tail = _BECAUSE.match(context.text[match.end() :])
    if tail is None:
        return supported("gap.same", f"{result.name} was not assessed: {result.reason}", match.span())
    if tail.group(1).lower().rstrip(".") not in result.reason.lower():
        return contradicted("gap.reason", f"The reason was: {result.reason}")
    return supported("gap.same", "It was not assessed, for the reason given.", (match.start(), len(context.text)))
