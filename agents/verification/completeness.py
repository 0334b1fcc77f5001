"""What a text must not be silent about: a criterion that is met, and what could not be assessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import EvidenceGraph, IndicatorResultNode
from clinigraph.models.findings import IndicatorResult, Met
from clinigraph.models.reporting import Claim, Omission, Section, Verdict


def omissions(claims: Iterable[Claim], graph: EvidenceGraph) -> tuple[Omission, ...]:
    """Return what a report leaves out although the evidence holds it.

    Only claims that are supported count, and an impression that rests on everything tells nothing in particular.

    Args:
        claims: The text, with verdicts.
        graph: The evidence.
    """
    told = {i for c in claims if c.verdict is Verdict.SUPPORTED and c.section is not Section.IMPRESSION
            for i in c.evidence_ids}  # fmt: skip
    return tuple(_missing(told, graph))


def _missing(told: set[EvidenceId], graph: EvidenceGraph) -> Iterator[Omission]:
    for node in graph.nodes:
        if not isinstance(node, IndicatorResultNode) or {node.id, *node.value.evidence_ids} & told:
            continue
        result = node.value
        code, sentence = _silence(result)
        if code:
            yield Omission(evidence_id=node.id, code=code, sentence=sentence)


def _silence(result: IndicatorResult) -> tuple[str, str]:
    if result.met is Met.YES:
        return "omission.met", f"{result.name} meets its criterion; the text does not say so."
    if result.met is Met.UNCERTAIN:
        return "omission.uncertain", f"{result.name} is uncertain; the text does not say so."
    if result.met is Met.NOT_ASSESSED and result.value is None:
        reason = f": {result.reason.rstrip('.')}" if result.reason else ""
        return "omission.gap", f"{result.name} was not assessed{reason}; the text does not say so."
    return "", ""
