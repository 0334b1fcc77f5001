"""Of what is a number? Sure where it stands right behind a name; else it may be another number of the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from clinigraph.agents.claims.quantities import Quantity, quantities
from clinigraph.agents.claims.subjects import Hit, Subject
from clinigraph.agents.verification.base import Outcome, unverifiable
from clinigraph.agents.verification.courses import MOVED
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.agents.verification.values import Known, differs, known
from clinigraph.models.evidence import EvidenceNode, FindingNode, MeasurementNode, PassageNode

_LINK = re.compile(r"^(?:\s|[:=(,]|\b(?:is|was|of|at|are|were|equals|measures|measured)\b)*$", re.IGNORECASE)
_CODES = ("number.mismatch", "number.no_value", "unit.missing", "unit.mismatch")
"""Reasons that depend on what a number is of."""
_DATED = re.compile(rf"\b(?:{MOVED}|now|prior|previous(?:ly)?|earlier|baseline|formerly)\b", re.IGNORECASE)
"""Words of a course: its numbers are placed by them."""
NEAR = 4
"""Most words between the only name and the only number of a sentence by which they belong together."""
RESPECTIVELY = re.compile(r",?\s*\brespectively\b", re.IGNORECASE)


def linked(context: ProseContext, quantity: Quantity) -> bool:
    """Whether a number stands right behind a name, with "is", "of" or nothing between."""
    ahead = [h for h in context.hits if h.end <= quantity.start]
    return bool(ahead) and _LINK.match(context.text[ahead[-1].end : quantity.start]) is not None


def bound(context: ProseContext, quantity: Quantity) -> bool:
    """Whether a number stands right behind the only name before it, or right before a name, with nothing between."""
    if RESPECTIVELY.search(context.text):
        return False
    compared = quantity.comparator is not None and any(h.end <= quantity.start for h in context.hits)
    read = quantity.decimals == 0 and any(s.evaluation for h in context.hits for s in h.subjects)
    if compared or read:
        return True
    if linked(context, quantity):
        return not _listed(context, [h for h in context.hits if h.end <= quantity.start])
    behind = next((h for h in context.hits if h.start >= quantity.end), None)
    if behind is not None and not context.text[quantity.end : behind.start].strip():
        return True
    one = len(context.hits) == 1 and len(context.quantities) == 1 and context.hits[0].end <= quantity.start
    return one and len(context.text[context.hits[0].end : quantity.start].split()) <= NEAR


def _listed(context: ProseContext, ahead: list[Hit]) -> bool:
    """Whether the name before a number ends a list of names without numbers: "the QT and QRS durations are"."""
    if len(ahead) < 2:
        return False
    between = context.text[ahead[-2].end : ahead[-1].start]
    return re.fullmatch(r"\s*(?:,|and|or|&)(?:\s*(?:and|or|the))*\s*", between, re.IGNORECASE) is not None


def shared_unit(context: ProseContext, quantity: Quantity, given: Known) -> Quantity:
    """Return a bare number of "534 and 132 ms, respectively" with the unit of the last one, if it is in that unit."""
    last = context.quantities[-1].unit if context.quantities else None
    lacks = quantity.unit is None and last == given.unit and RESPECTIVELY.search(context.text) is not None
    return replace(quantity, unit=last) if lacks else quantity


def in_order(context: ProseContext, quantity: Quantity) -> tuple[Subject, ...]:
    """Return what a number is of in "A and B are 1 and 2, respectively"; nothing where names and numbers differ."""
    if not RESPECTIVELY.search(context.text) or quantity not in context.quantities:
        return ()
    names = [h for h in context.hits if h.end <= context.quantities[0].start]
    if len(names) != len(context.quantities) or len(names) != len(context.hits):
        return ()
    return names[context.quantities.index(quantity)].subjects


def unplaced(context: ProseContext, quantity: Quantity, outcome: Outcome) -> Outcome:
    """Turn a conviction into doubt where a number is not bound to a name and is one of the evidence's own."""
    ranged = quantity.ranged and any(h.end <= quantity.start for h in context.hits)
    if outcome.code not in _CODES or ranged or _DATED.search(context.text):
        return outcome
    placed = linked(context, quantity) if outcome.code == "number.no_value" else bound(context, quantity)
    if placed:
        return outcome
    if not _there(context, quantity):
        return outcome
    return unverifiable(
        "number.unplaced", "The evidence has this number; of what the sentence says it, cannot be told."
    )


def _there(context: ProseContext, quantity: Quantity) -> bool:
    plain = replace(quantity, comparator=None)
    if plain.unit is None:
        unit = next((q.unit for q in context.quantities if q.unit is not None), None)
        plain = replace(plain, unit=unit)
    return any(differs(plain, given.value, given, interval=True) is None for given in _numbers(context))


def _sentence(node: EvidenceNode) -> str:
    return node.value.sentence if isinstance(node, FindingNode) else ""


def _numbers(context: ProseContext) -> Iterator[Known]:
    """Yield every number of the evidence: values, ends of intervals, thresholds, the score and its threshold."""
    index = context.index
    values = [k for s in index.subjects if (k := known(s)) is not None]
    values += [Known(n.value.value, n.value.unit, n.value.interval) for n in index.graph.nodes
               if isinstance(n, MeasurementNode)]  # fmt: skip
    for given in values:
        yield replace(given, criterion=None, interval=None)
        if given.interval is not None:
            yield from (Known(end, given.unit) for end in (given.interval.low, given.interval.high))
            yield Known(100 * given.interval.level, "%")
    for subject in index.subjects:
        if subject.result is not None and subject.result.criterion is not None:
            yield Known(subject.result.criterion.threshold, subject.result.criterion.unit)
    for node in index.graph.nodes:
        told = node.value.text if isinstance(node, PassageNode) else _sentence(node)
        yield from (Known(q.readings[0], q.unit or "1") for q in quantities(told) if q.readings)
    impression = index.impression
    ends = (impression.score, impression.score_low, impression.score_high, impression.threshold)
    yield from (Known(n, "1") for n in ends if n is not None)
