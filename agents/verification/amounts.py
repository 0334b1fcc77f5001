"""Numbers in free wording: rounded as written, converted between units, compared with the value behind the name."""

from __future__ import annotations

import re

from clinigraph.agents.claims.quantities import Quantity
from clinigraph.agents.claims.subjects import Hit, Subject, SubjectKind
from clinigraph.agents.verification.base import Outcome, contradicted, supported, unsupported, unverifiable
from clinigraph.agents.verification.counts import counted
from clinigraph.agents.verification.limits import (
    rules_with,
    threshold,
)
from clinigraph.agents.verification.pairs import paired
from clinigraph.agents.verification.patients import aged
from clinigraph.agents.verification.placing import RESPECTIVELY, in_order, shared_unit, unplaced
from clinigraph.agents.verification.prose import NEITHER, TOGETHER, ProseContext, first
from clinigraph.agents.verification.roles import ROUNDED, Number, against
from clinigraph.agents.verification.scores import reading_before, scored
from clinigraph.agents.verification.shares import shared
from clinigraph.agents.verification.sources import dated
from clinigraph.agents.verification.values import known, rule_only
from clinigraph.models.reporting import Verdict

_NOT = re.compile(r"\b(?:not|never|isn't|wasn't)\s*$", re.IGNORECASE)
_DOUBTED = re.compile(r"\b(?:unlikely|doubtful|false|wrong|incorrect|untrue|impossible|not the case)\b", re.IGNORECASE)
_SHARE_OF = re.compile(r"^\s*of\s+(?:the|its|his|her)\b", re.IGNORECASE)
_LINK = re.compile(r"^(?:\s|[:=(]|\b(?:is|was|of|at|are|equals|measures)\b)*$", re.IGNORECASE)
_VERSION = re.compile(r"\b[A-Z][A-Z-]{2,}[ -](?:19|20)\d\d\b")
"""A formula with its year: CKD-EPI 2021."""
_VERB_BETWEEN = re.compile(
    r"\s*(?:(?:both|all)\s+)?(?:is|are|was|were|lies?|stays?|remains?|exceeds?|measures?)?\s*"
    r"(?:(?:found|measured|recorded)\s+)?(?:(?:both|all)\s+)?$",
    re.IGNORECASE,
)


def amounts(context: ProseContext) -> Outcome | None:
    """Compare every number of the sentence with what its subject was measured or recorded as."""
    taken = [(i, q) for i, q in enumerate(context.quantities) if not _counts(context, q)]
    outcomes = [unplaced(context, q, _denied(context, q, _one(context, i, q))) for i, q in taken]
    if not outcomes:
        return None
    bad = [o for o in outcomes if o.spans == ()]
    wrong = next((o for o in bad if o.verdict is not Verdict.UNVERIFIABLE), next(iter(bad), None))
    if wrong is not None:
        return wrong
    spans = tuple(s for o in outcomes for s in o.spans)
    in_turn = tuple(m.span() for m in RESPECTIVELY.finditer(context.text))
    spans += (*in_turn, *((h.start, h.end) for h in context.hits if in_turn))
    return supported("number.traced", " ".join(dict.fromkeys(o.sentence for o in outcomes)), *spans)


def _counts(context: ProseContext, quantity: Quantity) -> bool:
    places = (
        *counted(context.text, context.hits),
        *dated(context.text, sourced=bool(context.source_with_year)),
        *aged(context.text),
        *paired(context.text),
        *shared(context.text),
        *(m.span() for pattern in (_VERSION, ROUNDED) for m in pattern.finditer(context.text)),
    )
    return any(a <= quantity.number_start < b for a, b in places)


def _denied(context: ProseContext, quantity: Quantity, outcome: Outcome) -> Outcome:
    """Turn round the outcome of a number that the sentence denies: denying what the evidence gives is false."""
    if not (_NOT.search(context.text[: quantity.start]) or _DOUBTED.search(context.text[: quantity.start])):
        return outcome
    if outcome.spans:
        return contradicted("number.denied", f"The sentence denies what the evidence gives. {outcome.sentence}")
    return unverifiable("number.denied", "The sentence says what a value is not.")


def _one(context: ProseContext, place: int, quantity: Quantity) -> Outcome:
    if not quantity.readings:
        return unverifiable("number.unread", "A number of the sentence cannot be read.")
    if RESPECTIVELY.search(context.text) and not in_order(context, quantity):
        return unverifiable("number.unplaced", "Names and numbers are not as many: which belong together?")
    names = _together(context, quantity)
    if names:
        return _each(context, place, names)
    return _of_one(context, place, context.sided(in_order(context, quantity) or _spoken_of(context, quantity)))


def _of_one(context: ProseContext, place: int, subjects: tuple[Subject, ...]) -> Outcome:
    quantity = context.quantities[place]
    after = context.text[quantity.end :]
    subjects = _inside(context, subjects)
    reading = reading_before(context, quantity)
    subjects = (reading,) if reading is not None else subjects
    named = first(subjects)
    options = [(s, k) for s in subjects if (k := known(s)) is not None]
    if quantity.in_percent and _SHARE_OF.match(after) and not any(k.unit in ("%", "1") for _, k in options):
        return unverifiable("number.share", "The sentence gives a share; only values can be traced.")
    if named is not None and named.kind in (SubjectKind.SCORE, SubjectKind.CONDITION):
        general = context.general and named.kind is SubjectKind.CONDITION
        return unverifiable("number.general", "A source is spoken of.") if general else scored(context, place, named)
    if not options:
        return _unmeasured(context, quantity, subjects)
    outcomes = [against(Number(context, place, shared_unit(context, quantity, k), s, k)) for s, k in options]
    return next((o for o in outcomes if o.spans), outcomes[0])


def _inside(context: ProseContext, subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
    """Return what is measured by the name of a condition ("reduced ejection fraction"), or the subjects themselves."""
    condition = next((s.name.lower() for s in subjects if s.kind is SubjectKind.CONDITION), "")
    measured = [s for s in context.index.subjects if s.measurement is not None]
    found = [(len(n), s) for s in measured for n in s.names if condition.endswith(f" {n.lower()}")]
    return (max(found, key=lambda pair: pair[0])[1],) if found else subjects


def _spoken_of(context: ProseContext, quantity: Quantity) -> tuple[Subject, ...]:
    """Return what a number is of: the name right behind it ("180 cm tall") unless one stands right before it."""
    ahead = [h for h in context.hits if h.end <= quantity.start]
    if ahead and _LINK.match(context.text[ahead[-1].end : quantity.start]):
        return ahead[-1].subjects
    behind = next((h for h in context.hits if h.start >= quantity.end), None)
    if ahead and behind is not None and not context.text[quantity.end : behind.start].strip():
        return behind.subjects
    return context.subjects_at(quantity.number_start)


def _unmeasured(context: ProseContext, quantity: Quantity, subjects: tuple[Subject, ...]) -> Outcome:
    """Judge a number of something without a value: a threshold of the case, or a number without ground."""
    ruled = next((s for s in subjects if s.result is not None and s.result.criterion is not None), None)
    if ruled is not None and context.general:
        return threshold(quantity, ruled, rule_only(ruled), (quantity.start, quantity.end))
    if not subjects and rules_with(context, quantity):
        return unverifiable("number.rule_unnamed", "The number is a threshold; the sentence does not say of what.")
    name = subjects[0].name if subjects else "that"
    return unsupported("number.no_value", f"The sentence gives a number for {name}; the evidence has none.")


def _together(context: ProseContext, quantity: Quantity) -> list[Hit]:
    """Return the names that a comparison is said of together: "both the systolic and the diastolic pressure"."""
    joined = context.joined(quantity.start) if quantity.comparator is not None else []
    return joined if len(joined) > 1 else []


def _each(context: ProseContext, place: int, names: list[Hit]) -> Outcome:
    """Judge a comparison of each of several names; the worst is told."""
    if NEITHER.search(context.text[: names[-1].start]):
        return unverifiable("number.denied", "What is denied of several values cannot be read.")
    if not _VERB_BETWEEN.match(context.text[names[-1].end : context.quantities[place].start]):
        return unverifiable("number.unplaced", "Several things are named before a comparison: is it said of all?")
    outcomes = [_of_one(context, place, context.sided(h.subjects)) for h in names]
    wrong = next((o for o in outcomes if not o.spans), None)
    if wrong is not None:
        return wrong
    spans = [s for o in outcomes for s in o.spans] + [(h.start, h.end) for h in names]
    spans += [m.span() for m in TOGETHER.finditer(context.text[: names[-1].start])]
    return supported(outcomes[0].code, " ".join(o.sentence for o in outcomes), *spans)
