"""Citations are byte-exact: the passage is in the store, is quoted as it stands, and states the criterion."""

from __future__ import annotations

from clinigraph.agents.verification.base import ClaimContext, Outcome, contradicted, supported, unsupported
from clinigraph.models.passages import Trust
from clinigraph.models.reporting import ClaimKind


def citations(context: ClaimContext) -> Outcome | None:
    """Check every passage that the sentence cites, and every criterion's passage below it."""
    for node in context.passages:
        if not context.library.verify(node.value):
            return contradicted(
                "citation.bytes", f"The passage {node.id} is not in the knowledge store with these bytes."
            )
    wrong = _criteria(context)
    if wrong is not None:
        return wrong
    if context.passages and len(context.passages) == len(context.nodes) and _unsigned(context):
        return unsupported("citation.unsigned", "Only unsigned documents say so.")
    if context.claim.kind not in (ClaimKind.KNOWLEDGE, ClaimKind.RECOMMENDATION):
        return (
            supported("citation.exact", "The cited passage is in the store, byte for byte.")
            if context.passages
            else None
        )
    return _quotation(context)


def _quotation(context: ClaimContext) -> Outcome:
    if not context.passages:
        return unsupported("citation.none", "A statement of knowledge needs a passage.")
    if _unsigned(context):
        return unsupported("citation.unsigned", "Only unsigned documents say so.")
    if not any(context.claim.text == n.value.text for n in context.passages):
        return contradicted("citation.altered", "The sentence differs from the passage that it cites.")
    return supported("citation.exact", "The passage is in the store, byte for byte, and quoted as it stands.")


def _unsigned(context: ClaimContext) -> bool:
    return all(n.value.source.trust is Trust.UNSIGNED for n in context.passages)


def _criteria(context: ClaimContext) -> Outcome | None:
    for node in context.criteria():
        criterion = node.value
        stated = context.library.stated_criterion(criterion.passage_id)
        given = (criterion.indicator, criterion.comparator, criterion.source_threshold, criterion.unit)
        if stated is None:
            return contradicted("citation.criterion", f"The passage {criterion.passage_id} states no criterion.")
        if given != (stated.indicator, stated.comparator, stated.threshold, stated.unit):
            return contradicted(
                "citation.criterion",
                f"The passage {criterion.passage_id} states {stated.comparator.value} {stated.threshold:g}, "
                f"the report applies {criterion.text}.",
            )
    return None
