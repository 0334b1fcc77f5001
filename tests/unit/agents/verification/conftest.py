from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from clinigraph.agents.claims.matching import claims_of
from clinigraph.agents.judgement import reading_met
from clinigraph.agents.verification.verifier import CaseVerifier, RuleVerifier
from clinigraph.models.base import EvidenceId
from clinigraph.models.case import Fact
from clinigraph.models.codes import Laterality
from clinigraph.models.evidence import (
    EdgeKind,
    EvaluationNode,
    EvidenceEdge,
    EvidenceNode,
    IndicatorResultNode,
    MeasurementNode,
    PassageNode,
)
from clinigraph.models.findings import Impression, Interval, QualitativeEvaluation
from clinigraph.models.report import Report
from clinigraph.models.reporting import Claim
from clinigraph.testing.doubles import FakeLibrary
from clinigraph.testing.world import CONCEPT, SITE, World


class Bench:
    """A true report and a verifier to try false sentences on; nothing in it changes, so all modules share one."""

    def __init__(self, world: World) -> None:
        self.report: Report = asyncio.run(world.report())
        self.verifier = RuleVerifier(world.library())

    def claim(self, claim_id: str) -> Claim:
        """Return a claim of the true report."""
        return next(c for c in self.report.claims if c.id == claim_id)

    def judge(self, claim: Claim) -> Claim:
        """Return a claim with its verdict."""
        return self.verifier.verify_one(claim, self.report.evidence_graph, self.report.impression)

    def said(self, claim_id: str, old: str, new: str) -> Claim:
        """Return the verdict on a claim with some words changed."""
        claim = self.claim(claim_id)
        assert old in claim.text, claim.text
        return self.judge(claim.replace(text=claim.text.replace(old, new)))

    def case(self, *nodes: EvidenceNode, edges: Sequence[EvidenceEdge] = (), without: Sequence[str] = (),
             impression: Impression | None = None) -> CaseVerifier:  # fmt: skip
        """Return a verifier for the case with nodes added, replaced by id, or left out; the store has every passage."""
        graph = self.report.evidence_graph
        new = {n.id: n for n in nodes}
        kept = [n for n in graph.nodes if n.id not in (*new, *without)]
        joined = [e for e in graph.edges if e.source not in without and e.target not in without]
        made = graph.replace(nodes=(*kept, *nodes), edges=(*joined, *edges))
        passages = [n.value for n in made.nodes if isinstance(n, PassageNode)]
        criteria = {p.id: c for p in passages if (c := self.verifier._library.stated_criterion(p.id)) is not None}
        verifier = RuleVerifier(FakeLibrary(passages, criteria))
        return verifier.case(made, impression or self.report.impression)

    def node(self, node_id: str) -> Any:
        """Return a node of the true report."""
        return self.report.evidence_graph.node(EvidenceId(node_id))

    def measured(
        self, value: float, half: float = 0.02, node_id: str = "measurement-size", **more: Any
    ) -> MeasurementNode:
        """Return a measurement of the true report with another value."""
        old = self.node("measurement-pressure" if "pressure" in node_id else "measurement-size").value
        interval = Interval(low=value - half, high=value + half, method="test") if half else None
        value_ = old.replace(id=EvidenceId(node_id), value=value, interval=interval, **more)
        return MeasurementNode(id=EvidenceId(node_id), value=value_)

    def looks(self, score: int) -> tuple[tuple[EvidenceNode, ...], tuple[EvidenceEdge, ...]]:
        """Return nodes and edges by which the looks were read with a score from 1 to 5."""
        made = QualitativeEvaluation(
            id=EvidenceId("evaluation-looks"), concept=CONCEPT, score=score, algorithm="read 1", site=SITE
        )
        result = self.node("indicator-looks").value
        result = result.replace(status="complete", met=reading_met(score), score=(score - 1) / 4, reason="")
        edges = (EvidenceEdge(source=result.id, target=made.id, kind=EdgeKind.DERIVED_FROM),
                 EvidenceEdge(source=made.id, target=EvidenceId("img-1"), kind=EdgeKind.DERIVED_FROM))  # fmt: skip
        return (EvaluationNode(id=made.id, value=made), IndicatorResultNode(id=result.id, value=result)), edges

    @staticmethod
    def read(case: CaseVerifier, text: str) -> list[Claim]:
        """Return the claims of a text, judged."""
        return [case.verify(c) for c in claims_of(text, case.index, case.sentences, case.whole)]

    def codes(self, case: CaseVerifier, text: str) -> set[tuple[str, str]]:
        """Return verdict and reason of each claim of a text."""
        return {(c.verdict.value, c.reason_code) for c in self.read(case, text)}


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    facts = (
        Fact(name="pressure", value=25.0, unit="mm[Hg]", laterality=Laterality.LEFT),
        Fact(name="age", value=61.0, unit="a"),
        Fact(name="smoker", value=True),
    )
    return Bench(World(Path(tmp_path_factory.mktemp("world")), facts=facts))
