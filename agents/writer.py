"""The templated writer: evidence in, atomic claims out. It says nothing that a check cannot recompute."""

from __future__ import annotations

from collections.abc import Iterator

from clinigraph.agents.contract import WriterInput
from clinigraph.models.base import ClaimId, EvidenceId
from clinigraph.models.case import Fact
from clinigraph.models.codes import Laterality
from clinigraph.models.evidence import EvidenceGraph, EvidenceNode, FactNode, FindingNode, MeasurementNode
from clinigraph.models.findings import Impression, IndicatorResult, Measurement, Met, Presence
from clinigraph.models.formatting import (
    format_criterion,
    format_measured,
    format_percent,
    format_value,
    with_unit,
)
from clinigraph.models.passages import Passage
from clinigraph.models.reporting import Assertion, Claim, ClaimKind, Section

MET_WORDS = {
    Met.YES: "meets the criterion",
    Met.NO: "does not meet the criterion",
    Met.UNCERTAIN: "neither surely meets nor surely misses the criterion",
}
"""How a claim says that a criterion holds; the verifier reads the same words back."""

DECISION_WORDS = {
    Presence.PRESENT: "are present",
    Presence.ABSENT: "are absent",
    Presence.INDETERMINATE: "are indeterminate",
}
"""How an impression is said; the verifier reads the same words back."""

READING_WORDS = {Met.YES: "present", Met.NO: "absent", Met.UNCERTAIN: "undecided"}


class TemplateWriter:
    """Writes one sentence for each thing that was measured, judged, decided, cited or left open."""

    async def write(self, material: WriterInput) -> tuple[Claim, ...]:
        """Return the claims of a report, in reading order, without verdicts."""
        return tuple(write_claims(material))

    async def revise(self, material: WriterInput, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
        """Write anew what is not supported; a claim that the evidence gives no sentence for stays as it is."""
        fresh = {c.id: c for c in write_claims(material)}
        return tuple(
            c
            if c.verdict is not None and c.verdict.value == "SUPPORTED"
            else fresh.get(c.id, c).replace(revision=c.revision + 1, verdict=None)
            for c in claims
        )


def write_claims(material: WriterInput) -> Iterator[Claim]:
    """Yield every sentence that the evidence gives, as a claim without verdict, in reading order."""
    yield from _impression_claims(material)
    for node in material.graph.nodes:
        if isinstance(node, FindingNode):
            yield _finding_claim(node)
    for result in material.results:
        yield from _indicator_claims(result, material.graph)
    for node in material.graph.nodes:
        if isinstance(node, MeasurementNode) and not material.results:
            yield _loose_value_claim(node)
        if isinstance(node, FactNode):
            yield _fact_claim(node)
    recommended = set(material.plan.recommendation_passage_ids) if material.plan else set()
    for passage in material.knowledge:
        yield _quote(passage, recommended=passage.id in recommended)
    for result in material.results:
        if result.met is Met.NOT_ASSESSED and result.value is None:
            yield _gap_claim(result)


def _impression_claims(material: WriterInput) -> Iterator[Claim]:
    impression = material.impression
    grounds = tuple(r.id for r in material.results) or tuple(
        n.id for n in material.graph.nodes if isinstance(n, FindingNode)
    )
    if not grounds or impression.rule == "direct":  # nothing that could be checked stands behind a direct answer
        return
    yield Claim(
        id=ClaimId("claim-impression"),
        section=Section.IMPRESSION,
        kind=ClaimKind.IMPRESSION,
        evidence_ids=grounds,
        text=impression_sentence(impression),
        assertion=Assertion(decision=impression.decision.value),
    )
    if impression.score is not None and impression.threshold is not None:
        yield Claim(
            id=ClaimId("claim-impression-score"),
            section=Section.IMPRESSION,
            kind=ClaimKind.IMPRESSION,
            text=_score_sentence(impression),
            evidence_ids=grounds,
            assertion=Assertion(
                score=impression.score,
                low=impression.score_low,
                high=impression.score_high,
                threshold=impression.threshold,
            ),
        )


def impression_sentence(impression: Impression) -> str:
    """Return the sentence that carries the decision."""
    said = DECISION_WORDS[impression.decision]
    if impression.threshold is None:
        return f"Signs of {impression.condition} are indeterminate: no protocol was run."
    by = "the indicators that the model kept" if impression.rule == "model" else "the weighted indicators"
    return f"Signs of {impression.condition} {said} by {by}."


def _score_sentence(impression: Impression) -> str:
    beside = (impression.threshold,) if impression.threshold is not None else ()
    score, low, high = (
        format_value(x, beside=beside)
        for x in (impression.score or 0.0, impression.score_low or 0.0, impression.score_high or 0.0)
    )
    span = f", between {low} and {high} when what is uncertain counts as not met or as met" if low != high else ""
    name = "risk that the model states" if impression.rule == "model" else "weighted score"
    return (
        f"The {name} is {score}{span}; the threshold is {impression.threshold:g}, and "
        f"{format_percent(impression.assessed_share)} of the weight was assessed."
    )


def _finding_claim(node: FindingNode) -> Claim:
    return Claim(
        id=ClaimId(f"claim-{node.id}"),
        section=Section.FINDINGS,
        kind=ClaimKind.QUALITATIVE,
        text=node.value.sentence,
        evidence_ids=(node.id,),
        assertion=Assertion(laterality=_known(node.value.site.laterality)),
    )


def _indicator_claims(result: IndicatorResult, graph: EvidenceGraph) -> Iterator[Claim]:
    if result.value is None:
        return
    measured = next((n for n in _grounds(result, graph) if isinstance(n, MeasurementNode)), None)
    if measured is None:
        yield _reading_claim(result)
        return
    yield _value_claim(result, measured.value)
    if result.criterion is not None:
        yield _criterion_claim(result, measured.value)


def _grounds(result: IndicatorResult, graph: EvidenceGraph) -> list[EvidenceNode]:
    return [n for i in result.evidence_ids if (n := graph.node(i)) is not None]


def _value_claim(result: IndicatorResult, measured: Measurement) -> Claim:
    beside = (result.criterion.threshold,) if result.criterion else ()
    side = _side_phrase(measured.site.laterality)
    value = format_measured(measured.value, measured.unit, measured.interval, beside=beside)
    interval = measured.interval
    return Claim(
        id=ClaimId(f"claim-{result.indicator_id}-value"),
        section=Section.FINDINGS,
        kind=ClaimKind.QUANTITATIVE,
        text=f"{result.name}{side} is {value}.",
        evidence_ids=(measured.id,),
        assertion=Assertion(
            indicator_id=result.indicator_id,
            value=measured.value,
            unit=measured.unit,
            low=interval.low if interval else None,
            high=interval.high if interval else None,
            laterality=_known(measured.site.laterality),
        ),
    )


def _loose_value_claim(node: MeasurementNode) -> Claim:
    """Tell a measurement that no plan judges."""
    measured = node.value
    value = format_measured(measured.value, measured.unit, measured.interval)
    return Claim(
        id=ClaimId(f"claim-{node.id}"),
        section=Section.FINDINGS,
        kind=ClaimKind.QUANTITATIVE,
        text=f"{_plain(measured.concept.meaning)}{_side_phrase(measured.site.laterality)} is {value}.",
        evidence_ids=(node.id,),
        assertion=Assertion(value=measured.value, unit=measured.unit, laterality=_known(measured.site.laterality)),
    )


def _plain(name: str) -> str:
    """Return a name without the formula in brackets, which stands with the measurement."""
    return name.partition(" (")[0]


def _criterion_claim(result: IndicatorResult, measured: Measurement) -> Claim:
    criterion = result.criterion
    if criterion is None or result.value is None:
        raise ValueError("a criterion claim needs a criterion and a value")
    value = format_value(result.value, result.unit, beside=(criterion.threshold,))
    side = _side_phrase(measured.site.laterality)
    return Claim(
        id=ClaimId(f"claim-{result.indicator_id}-criterion"),
        section=Section.FINDINGS,
        kind=ClaimKind.COMPARATIVE,
        text=f"{result.name}{side} at {value} {MET_WORDS[result.met]} {format_criterion(criterion)}.",
        evidence_ids=(result.id, measured.id, EvidenceId(criterion.passage_id)),
        assertion=Assertion(
            indicator_id=result.indicator_id,
            value=result.value,
            unit=result.unit,
            met=result.met.value,
            comparator=criterion.comparator.value,
            threshold=criterion.threshold,
            passage_id=criterion.passage_id,
            laterality=_known(measured.site.laterality),
        ),
    )


def _reading_claim(result: IndicatorResult) -> Claim:
    return Claim(
        id=ClaimId(f"claim-{result.indicator_id}-reading"),
        section=Section.FINDINGS,
        kind=ClaimKind.QUALITATIVE,
        text=f"{result.name} was read as {READING_WORDS[result.met]} (score {result.value:g} of 5).",
        evidence_ids=(result.id, *result.evidence_ids),
        assertion=Assertion(indicator_id=result.indicator_id, score=result.value, met=result.met.value),
    )


def _gap_claim(result: IndicatorResult) -> Claim:
    reason = result.reason.rstrip(".")
    return Claim(
        id=ClaimId(f"claim-{result.indicator_id}-gap"),
        section=Section.LIMITATIONS,
        kind=ClaimKind.LIMITATION,
        text=f"{result.name} was not assessed: {reason}.",
        evidence_ids=(result.id,),
        assertion=Assertion(indicator_id=result.indicator_id, met=Met.NOT_ASSESSED.value),
    )


def _fact_claim(node: FactNode) -> Claim:
    fact = node.value
    return Claim(
        id=ClaimId(f"claim-{node.id}"),
        section=Section.RECORD,
        kind=ClaimKind.QUANTITATIVE if fact.unit is not None else ClaimKind.QUALITATIVE,
        text=f"The record gives {fact.name.replace('_', ' ')}{_side_phrase(fact.laterality)} as {fact_text(fact)}.",
        evidence_ids=(node.id,),
        assertion=Assertion(laterality=_known(fact.laterality)),
    )


def fact_text(fact: Fact) -> str:
    """Return a fact's value as it is written in a report."""
    if isinstance(fact.value, bool):
        return "yes" if fact.value else "no"
    if isinstance(fact.value, str):
        return fact.value
    return with_unit(f"{fact.value:.10g}", fact.unit)


def _quote(passage: Passage, *, recommended: bool) -> Claim:
    section = Section.RECOMMENDATIONS if recommended else Section.KNOWLEDGE
    return Claim(
        id=ClaimId(f"claim-{section.value}-{passage.id}"),
        section=section,
        text=passage.text,
        kind=ClaimKind.RECOMMENDATION if recommended else ClaimKind.KNOWLEDGE,
        evidence_ids=(EvidenceId(passage.id),),
        assertion=Assertion(passage_id=passage.id),
    )


def _side_phrase(laterality: Laterality) -> str:
    return f" ({laterality.value} side)" if laterality in (Laterality.LEFT, Laterality.RIGHT) else ""


def _known(laterality: Laterality) -> Laterality | None:
    return None if laterality is Laterality.UNKNOWN else laterality
