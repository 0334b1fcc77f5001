"""Every number in a sentence must be one that the evidence gives, with its unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clinigraph.agents.verification.base import ClaimContext, Outcome, contradicted, supported, unsupported
from clinigraph.models.evidence import EdgeKind, IndicatorResultNode
from clinigraph.models.findings import Impression, Interval
from clinigraph.models.formatting import format_number, format_percent, pretty_unit
from clinigraph.models.reporting import ClaimKind

_NUMBER = re.compile(r"(?<![\w.])[-\u2212]?\d+(?:[.,]\d+)?(?![\w])(?!\.\d)")
_UNIT = re.compile(
    r"^\s?(mL/min/1\.73m²|mL/min|mmHg|mm²|mm³|cm²|cm³|mm|cm|µm|mL/m²|g/m²|mL|ml|kg/m²|kg|years|months|weeks|days|bpm|HU|IU|°C|°F|°|%|g/dL|mg/dL|mmol/L|points|m²|"
    r"inch(?:es)?|kPa|pg/mL|µIU/mL|10³/µL|U/L|mg/L|mg(?!/)|mosm/kg|/min|ms|dB|pack_years|g|L|D|px)(?![\w])"
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """A number that the evidence gives, as it may be written."""

    text: str
    unit: str
    unit_optional: bool = False


def numbers(context: ClaimContext) -> Outcome | None:
    """Compare each number of the sentence with those that its evidence gives."""
    claim = context.claim
    if claim.kind in (ClaimKind.KNOWLEDGE, ClaimKind.RECOMMENDATION):
        return None
    text = claim.text
    for result in sorted(context.results, key=lambda r: -len(r.name)):
        text = text.replace(result.name, " ")
    found = list(_NUMBER.finditer(text))
    if not found:
        return None
    allowed = tuple(_allowed(context))
    for match in found:
        wrong = _judge(match, text, allowed)
        if wrong is not None:
            return wrong
    return supported("number.traced", "Each number was found in the evidence, with its unit.")


def _judge(match: re.Match[str], text: str, allowed: tuple[Allowed, ...]) -> Outcome | None:
    written = match.group().replace("\u2212", "-").replace(",", ".")
    same = [a for a in allowed if a.text == written]
    if not same:
        given = ", ".join(dict.fromkeys(f"{a.text} {a.unit}".strip() for a in allowed)) or "no number"
        maker = contradicted if allowed else unsupported
        return maker("number.mismatch", f"The sentence says {written}; the evidence gives {given}.")
    unit_match = _UNIT.match(text[match.end() :])
    unit = unit_match.group(1) if unit_match else ""
    if any(unit == a.unit or (not unit and a.unit_optional) for a in same):
        return None
    return contradicted(
        "unit.mismatch",
        f"The sentence gives {written} {unit or 'without a unit'}; the evidence says "
        f"{' or '.join(dict.fromkeys(a.unit or 'no unit' for a in same))}.",
    )


def _allowed(context: ClaimContext) -> Iterator[Allowed]:
    for node in context.measurements:
        marks = _marks(context, node.id)
        yield from _value(node.value.value, node.value.unit, node.value.interval, marks)
    for criterion in context.criteria():
        yield Allowed(f"{criterion.value.threshold:g}", pretty_unit(criterion.value.unit))
    for result in context.results:
        if result.value is not None and not context.measurements and len(context.results) == 1:
            yield Allowed(f"{result.value:g}", pretty_unit(result.unit))
            yield Allowed("5", "")
        yield from (Allowed(m.group(), _unit_after(m, result.reason)) for m in _NUMBER.finditer(result.reason))
    for fact in context.facts:
        if isinstance(fact.value.value, float | int) and not isinstance(fact.value.value, bool):
            yield Allowed(f"{fact.value.value:.10g}", pretty_unit(fact.value.unit))
        else:
            yield from (Allowed(m.group(), "", True) for m in _NUMBER.finditer(str(fact.value.value)))
    for finding in context.findings:
        yield from (
            Allowed(m.group(), _unit_after(m, finding.value.text)) for m in _NUMBER.finditer(finding.value.text)
        )
    if context.claim.kind is ClaimKind.IMPRESSION:
        yield from _impression(context.impression)


def _marks(context: ClaimContext, measurement_id: str) -> tuple[float, ...]:
    """Thresholds that this measurement is judged by, over the whole graph: rounding depends on them."""
    judged = {e.source for e in context.graph.edges if e.target == measurement_id and e.kind is EdgeKind.DERIVED_FROM}
    return tuple(
        n.value.criterion.threshold
        for n in context.graph.nodes
        if isinstance(n, IndicatorResultNode) and n.id in judged and n.value.criterion is not None
    )


def _value(value: float, unit: str, interval: Interval | None, marks: tuple[float, ...]) -> Iterator[Allowed]:
    name = pretty_unit(unit)
    yield Allowed(format_number(value, unit, beside=marks), name)
    if interval is not None:
        yield Allowed(format_number(interval.low, unit, beside=marks), name, unit_optional=True)
        yield Allowed(format_number(interval.high, unit, beside=marks), name)
        yield _percent(interval.level)


def _impression(impression: Impression) -> Iterator[Allowed]:
    beside = (impression.threshold,) if impression.threshold is not None else ()
    for value in (impression.score, impression.score_low, impression.score_high):
        if value is not None:
            yield Allowed(format_number(value, beside=beside), "")
    if impression.threshold is not None:
        yield Allowed(f"{impression.threshold:g}", "")
    yield _percent(impression.assessed_share)


def _percent(share: float) -> Allowed:
    return Allowed(format_percent(share).removesuffix(" %"), "%")


def _unit_after(match: re.Match[str], text: str) -> str:
    unit = _UNIT.match(text[match.end() :])
    return unit.group(1) if unit else ""
