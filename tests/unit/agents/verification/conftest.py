from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from clinigraph.agents.verification.verifier import RuleVerifier
from clinigraph.models.case import Fact
from clinigraph.models.codes import Laterality
from clinigraph.models.report import Report
from clinigraph.models.reporting import Claim
from clinigraph.testing.world import World


class Bench:
    """A true report and a verifier to try false sentences on."""

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


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    facts = (
        Fact(name="pressure", value=25.0, unit="mm[Hg]", laterality=Laterality.LEFT),
        Fact(name="age", value=61.0, unit="a"),
        Fact(name="smoker", value=True),
    )
    return Bench(World(Path(tmp_path_factory.mktemp("world")), facts=facts))
