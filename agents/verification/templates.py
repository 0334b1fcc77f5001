"""The sentences that the evidence itself gives, written anew: a claim that is one of them says nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from clinigraph.agents.contract import WriterInput
from clinigraph.agents.deciders import recomputed
from clinigraph.agents.writer import write_claims
from clinigraph.knowledge.terminology.tokens import sentences
from clinigraph.models.evidence import EvidenceGraph, IndicatorResultNode, PassageNode
from clinigraph.models.findings import Impression, IndicatorResult
from clinigraph.models.reporting import Claim, ClaimKind


def sentences_of(graph: EvidenceGraph, impression: Impression) -> Mapping[str, Claim]:
    """Return every sentence that a template gives for this evidence, with the claim that it is.

    Args:
        graph: The evidence.
        impression: The conclusion on it.
    """
    results = tuple(n.value for n in graph.nodes if isinstance(n, IndicatorResultNode))
    passages = tuple(n.value for n in graph.nodes if isinstance(n, PassageNode))
    material = WriterInput(plan=None, results=results, impression=impression, graph=graph, knowledge=passages)
    found = {claim.text: claim for claim in write_claims(material)}
    rationale, ground = own_rationale(impression, results), next(iter(found.values()), None)
    if rationale and ground is not None and ground.kind is ClaimKind.IMPRESSION:
        found.setdefault(rationale, ground.replace(text=rationale))
    return found


def quotes(graph: EvidenceGraph) -> frozenset[str]:
    """Return the sentences of the cited passages, as they stand."""
    texts = (n.value.text for n in graph.nodes if isinstance(n, PassageNode))
    return frozenset(t[s.start : s.end].strip() for t in texts for s in sentences(t))


def own_rationale(impression: Impression, results: tuple[IndicatorResult, ...]) -> str:
    """Return the reasons of an impression, weighed anew; empty where they are not the ones given."""
    again = recomputed(impression, results)
    return again.rationale if again is not None and again.rationale == impression.rationale else ""
