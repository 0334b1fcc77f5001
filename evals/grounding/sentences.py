"""True sentences about a case, in many wordings, from its evidence alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clinigraph.agents.judgement import criterion_met
from clinigraph.models.codes import Laterality
from clinigraph.models.evidence import EvidenceGraph, FactNode, IndicatorResultNode, MeasurementNode, PassageNode
from clinigraph.models.findings import IndicatorResult, Measurement, Met, Presence
from clinigraph.models.formatting import format_criterion, format_number, pretty_unit
from clinigraph.models.report import Report

_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")


@dataclass(frozen=True, slots=True)
class Measured:
    """An indicator with the number behind it."""

    result: IndicatorResult
    measurement: Measurement

    @property
    def name(self) -> str:
        """Name in the middle of a sentence."""
        name = self.result.name.partition(" (")[0]
        return name if name[1:2].isupper() else name[:1].lower() + name[1:]

    @property
    def number(self) -> str:
        """Value as reports write it."""
        beside = (self.result.criterion.threshold,) if self.result.criterion else ()
        return format_number(self.measurement.value, self.measurement.unit, beside=beside)

    @property
    def unit(self) -> str:
        """Unit with the blank before it."""
        return f" {pretty_unit(self.measurement.unit)}" if pretty_unit(self.measurement.unit) else ""

    @property
    def met(self) -> Met:
        """Whether the criterion is met."""
        rule = self.result.criterion
        return (
            Met.NOT_ASSESSED if rule is None else criterion_met(self.measurement.value, self.measurement.interval, rule)
        )

    @property
    def word(self) -> str:
        """Word for a value that meets the criterion."""
        rule = self.result.criterion
        return "elevated" if rule is None or rule.comparator.upward else "reduced"


def measured(graph: EvidenceGraph) -> tuple[Measured, ...]:
    """Return the indicators that have a number, with it."""
    by_id = {n.id: n.value for n in graph.nodes if isinstance(n, MeasurementNode)}
    results = (n.value for n in graph.nodes if isinstance(n, IndicatorResultNode))
    return tuple(Measured(r, by_id[i]) for r in results for i in r.evidence_ids[:1] if i in by_id)


def true_sentences(report: Report) -> tuple[str, ...]:
    """Return true sentences in free wording."""
    return tuple(dict.fromkeys(_all(report)))


def _all(report: Report) -> Iterator[str]:
    graph = report.evidence_graph
    for item in measured(graph):
        yield from _numbers(item)
        yield from _judged(item)
        yield from _sided(item)
    yield from _readings(graph)
    yield from _condition(report)
    yield from _record(graph)
    yield from _quotes(graph)
    yield from _counts(graph)


def _numbers(item: Measured) -> Iterator[str]:
    n, v, u = item.name, item.number, item.unit
    yield f"The {n} is {v}{u}."
    yield f"{n[:1].upper()}{n[1:]}: {v}{u}."
    yield f"The {n} was measured as {v}{u}."
    yield f"A {n} of {v}{u} was found."
    yield f"The {n} equals {v.replace('.', ',')}{u}."
    yield f"The {n} is {spoken(v)}{u}."
    interval = item.measurement.interval
    if interval is not None:
        low, high = (format_number(x, item.measurement.unit) for x in (interval.low, interval.high))
        yield f"The {n} is {v}{u} ({interval.level * 100:.0f} % interval {low} to {high}{u})."
        yield f"The {n} lies between {low} and {high}{u}."
        yield f"The {n} is above {interval.low - 0.05:.2f}{u}."
        yield f"The {n} is below {interval.high + 0.05:.2f}{u}."
    if item.measurement.unit == "mm[Hg]":
        yield f"The {n} is {item.measurement.value * 0.133322387415:.2f} kPa."
    if item.measurement.unit == "1":
        yield f"The {n} is {item.measurement.value * 100:.0f} %."


def _judged(item: Measured) -> Iterator[str]:
    rule = item.result.criterion
    if rule is None:
        return
    n, v, u = item.name, item.number, item.unit
    if item.met is Met.YES:
        yield f"The {n} is {item.word}."
        yield f"The {n} of {v}{u} meets the criterion."
        yield f"The {n} at {v}{u} meets the criterion {format_criterion(rule)}."
        yield f"The {n} is abnormal."
    elif item.met is Met.NO:
        yield f"The {n} is within normal limits."
        yield f"The {n} is not {item.word}."
        yield f"The {n} of {v}{u} does not meet the criterion."
        yield f"The {n} at {v}{u} fails to meet the criterion {format_criterion(rule)}."
    else:
        yield f"The {n} is borderline."
    yield f"The criterion for the {n} is {format_criterion(rule)}."


def _sided(item: Measured) -> Iterator[str]:
    side = item.measurement.site.laterality
    if side in (Laterality.LEFT, Laterality.RIGHT):
        yield f"The {item.name} on the {side.value} side is {item.number}{item.unit}."


def _readings(graph: EvidenceGraph) -> Iterator[str]:
    for node in graph.nodes:
        if not isinstance(node, IndicatorResultNode):
            continue
        result = node.value
        if result.met is Met.NOT_ASSESSED and result.value is None:
            yield f"{result.name} was not assessed."
            yield f"{result.name} could not be assessed."
        elif result.kind == "qualitative":
            word = {Met.YES: "present", Met.NO: "absent", Met.UNCERTAIN: "undecided"}[result.met]
            yield f"{result.name} was read as {word}."


def _condition(report: Report) -> Iterator[str]:
    condition = report.impression.condition
    yield from {
        Presence.PRESENT: (
            f"Signs of {condition} are present.",
            f"There is {condition}.",
            f"{condition} is confirmed.",
        ),
        Presence.ABSENT: (
            f"Signs of {condition} are absent.",
            f"There is no evidence of {condition}.",
            f"No {condition}.",
        ),
        Presence.INDETERMINATE: (f"Signs of {condition} are indeterminate.", f"{condition} cannot be excluded."),
    }[report.impression.decision]


def _record(graph: EvidenceGraph) -> Iterator[str]:
    facts = {n.value.name: n.value.value for n in graph.nodes if isinstance(n, FactNode)}
    if "age" in facts and "sex" in facts:
        word = "woman" if facts["sex"] == "female" else "man"
        yield f"The patient is a {float(facts['age']):.0f}-year-old {word}."


def _quotes(graph: EvidenceGraph) -> Iterator[str]:
    for node in graph.nodes:
        if isinstance(node, PassageNode):
            yield node.value.text.split(". ")[0].rstrip(".") + "."


def _counts(graph: EvidenceGraph) -> Iterator[str]:
    results = [n.value for n in graph.nodes if isinstance(n, IndicatorResultNode)]
    judged = [r for r in results if r.criterion is not None]
    met = sum(1 for r in judged if r.met is Met.YES)
    yield f"{_ONES[met].capitalize()} criteria were met." if met != 1 else "One criterion was met."


def spoken(number: str) -> str:
    """Return a number in words: ``0.52`` -> ``zero point five two``."""
    whole, _, tail = number.partition(".")
    value = int(whole)
    words = _ONES[value] if value < 10 else _TEENS[value - 10] if value < 20 else _TENS[value // 10]
    if value >= 20 and value % 10:
        words += f"-{_ONES[value % 10]}"
    return words + (" point " + " ".join(_ONES[int(d)] for d in tail) if tail else "")
