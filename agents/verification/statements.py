"""Sentences about the record and about what the image shows must say what the evidence says."""

from __future__ import annotations

from clinigraph.agents.verification.base import ClaimContext, Outcome, contradicted, supported
from clinigraph.agents.writer import fact_text
from clinigraph.models.evidence import IndicatorResultNode
from clinigraph.models.findings import Met
from clinigraph.models.reporting import ClaimKind


def findings(context: ClaimContext) -> Outcome | None:
    """A finding is told in the words of its evidence."""
    if not context.findings or context.claim.kind is ClaimKind.IMPRESSION:
        return None
    if any(context.claim.text == n.value.sentence for n in context.findings):
        return supported("finding.same", "The sentence says what was found.")
    return contradicted("finding.altered", f"What was found is: {context.findings[0].value.sentence}")


def facts(context: ClaimContext) -> Outcome | None:
    """A fact is told by its name and with its value."""
    if not context.facts or context.measurements or context.results:
        return None
    text = context.claim.text.lower()
    for node in context.facts:
        name, value = node.value.name.replace("_", " "), fact_text(node.value).lower()
        if name not in text or not text.rstrip(".").endswith(f" {value.rstrip('.')}"):
            return contradicted("fact.altered", f"The record says: {name}, {value}.")
    return supported("fact.same", "The record says so.")


def values(context: ClaimContext) -> Outcome | None:
    """A value told for an indicator must name what was measured, and what the claim asserts must be the evidence's."""
    claim = context.claim
    if claim.kind not in (ClaimKind.QUANTITATIVE, ClaimKind.COMPARATIVE) or not context.measurements:
        return None
    measured = context.measurements[0].value
    if claim.assertion.value is not None and claim.assertion.value != measured.value:
        return contradicted("number.mismatch", "The asserted value is not the measured one.")
    if claim.assertion.unit is not None and claim.assertion.unit != measured.unit:
        return contradicted("unit.mismatch", f"Measured in {measured.unit}, asserted in {claim.assertion.unit}.")
    names = [
        n.value.name
        for n in context.graph.nodes
        if isinstance(n, IndicatorResultNode) and measured.id in n.value.evidence_ids
    ]
    if names and not any(name.lower() in claim.text.lower() for name in names):
        return contradicted(
            "subject.mismatch", f"The evidence measures {names[0]}; the sentence speaks of another thing."
        )
    return None


def gaps(context: ClaimContext) -> Outcome | None:
    """What is said not to have been assessed must not have been, for the reason given."""
    if context.claim.kind is not ClaimKind.LIMITATION or len(context.results) != 1:
        return None
    result = context.results[0]
    if result.met is not Met.NOT_ASSESSED:
        return contradicted("gap.assessed", f"{result.name} was assessed: {result.met.value}.")
    if result.reason.rstrip(".").lower() not in context.claim.text.lower():
        return contradicted("gap.reason", f"The reason was: {result.reason}")
    return supported("gap.same", "It was not assessed, for the reason given.")
