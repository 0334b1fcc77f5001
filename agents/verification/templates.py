"""The sentences that the evidence itself gives, written anew: a claim that is one of them says nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from clinigraph.agents.contract import WriterInput
from clinigraph.agents.writer import write_claims
from clinigraph.models.evidence import EvidenceGraph, IndicatorResultNode, PassageNode
from clinigraph.models.findings import Impression
from clinigraph.models.reporting import Claim


def sentences_of(graph: EvidenceGraph, impression: Impression) -> Mapping[str, Claim]:
    """Return every sentence that a template gives for this evidence, with the claim that it is.

    Args:
        graph: The evidence.
        impression: The conclusion on it.
    """
    results = tuple(n.value for n in graph.nodes if isinstance(n, IndicatorResultNode))
    passages = tuple(n.value for n in graph.nodes if isinstance(n, PassageNode))
    material = WriterInput(plan=None, results=results, impression=impression, graph=graph, knowledge=passages)
    return {claim.text: claim for claim in write_claims(material)}
