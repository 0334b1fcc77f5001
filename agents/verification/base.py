"""What a check sees and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clinigraph.agents.contract import CitedLibrary
from clinigraph.models.evidence import (
    CriterionNode,
    EdgeKind,
    EvaluationNode,
    EvidenceGraph,
    EvidenceNode,
    FactNode,
    FindingNode,
    IndicatorResultNode,
    MeasurementNode,
    PassageNode,
)
from clinigraph.models.findings import Impression, IndicatorResult
from clinigraph.models.reporting import Claim, Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """Answer of one check."""

    verdict: Verdict
    code: str
    """Machine-readable reason, ``class.detail``."""
    sentence: str
    """What was seen, for a clinician."""
    spans: tuple[tuple[int, int], ...] = ()
    """Places in the text that the check vouches for; checks of free wording give them."""


@dataclass(frozen=True, slots=True)
class ClaimContext:
    """A claim with the evidence it names."""

    claim: Claim
    nodes: tuple[EvidenceNode, ...]
    graph: EvidenceGraph
    impression: Impression
    library: CitedLibrary

    @property
    def results(self) -> tuple[IndicatorResult, ...]:
        """Indicator results that the claim names."""
        return tuple(n.value for n in self.nodes if isinstance(n, IndicatorResultNode))

    @property
    def measurements(self) -> tuple[MeasurementNode, ...]:
        """Measurements that the claim names."""
        return tuple(n for n in self.nodes if isinstance(n, MeasurementNode))

    @property
    def passages(self) -> tuple[PassageNode, ...]:
        """Passages that the claim names."""
        return tuple(n for n in self.nodes if isinstance(n, PassageNode))

    @property
    def facts(self) -> tuple[FactNode, ...]:
        """Facts that the claim names."""
        return tuple(n for n in self.nodes if isinstance(n, FactNode))

    @property
    def findings(self) -> tuple[FindingNode, ...]:
        """Findings that the claim names."""
        return tuple(n for n in self.nodes if isinstance(n, FindingNode))

    def under(self, result: IndicatorResult) -> tuple[MeasurementNode | EvaluationNode, ...]:
        """Return the measurement or reading that an indicator result was derived from."""
        grounds = (
            self.graph.node(e.target)
            for e in self.graph.edges
            if e.source == result.id and e.kind is EdgeKind.DERIVED_FROM
        )
        return tuple(n for n in grounds if isinstance(n, MeasurementNode | EvaluationNode))

    def criteria(self) -> tuple[CriterionNode, ...]:
        """Return the criteria that the named indicator results apply."""
        ids = {r.id for r in self.results}
        targets = {e.target for e in self.graph.edges if e.source in ids and e.kind is EdgeKind.APPLIES}
        return tuple(n for n in self.graph.nodes if isinstance(n, CriterionNode) and n.id in targets)


Check = Callable[[ClaimContext], Outcome | None]
"""A check answers SUPPORTED for what it could confirm, another verdict for what is wrong, None when it has no say."""


def supported(code: str, sentence: str, *spans: tuple[int, int]) -> Outcome:
    """Return a confirming outcome, with the places in the text that it vouches for."""
    return Outcome(Verdict.SUPPORTED, code, sentence, spans)


def contradicted(code: str, sentence: str) -> Outcome:
    """Return an outcome for evidence that says otherwise."""
    return Outcome(Verdict.CONTRADICTED, code, sentence)


def unsupported(code: str, sentence: str) -> Outcome:
    """Return an outcome for a claim without ground."""
    return Outcome(Verdict.UNSUPPORTED, code, sentence)


def unverifiable(code: str, sentence: str) -> Outcome:
    """Return an outcome for what this checker cannot judge."""
    return Outcome(Verdict.UNVERIFIABLE, code, sentence)
