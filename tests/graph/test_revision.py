"""Nothing wrong that a writer says may reach the findings."""

from __future__ import annotations

from clinigraph.agents.contract import WriterInput
from clinigraph.agents.writer import TemplateWriter
from clinigraph.client.session import Session
from clinigraph.graphs.dependencies import Roles
from clinigraph.models.reporting import Claim, Verdict
from clinigraph.testing.world import World


class StubbornWriter:
    """Doubles every size it writes, and never gives in."""

    def __init__(self, *, yields: bool) -> None:
        self.honest = TemplateWriter()
        self.yields = yields
        self.revisions = 0

    async def write(self, material: WriterInput) -> tuple[Claim, ...]:
        claims = await self.honest.write(material)
        return tuple(self._lie(c) for c in claims)

    async def revise(self, material: WriterInput, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
        self.revisions += 1
        fresh = await self.honest.revise(material, claims)
        return fresh if self.yields else tuple(self._lie(c) for c in fresh)

    @staticmethod
    def _lie(claim: Claim) -> Claim:
        return claim.replace(text=claim.text.replace("0.90", "0.45"))


def _with(writer: StubbornWriter) -> object:
    def roles(session: Session) -> Roles:
        r = session.roles
        return Roles(r.classifier, r.triage, r.planner, r.decider, writer, r.verifier)

    return roles


async def test_a_false_number_is_revised(world: World) -> None:
    writer = StubbornWriter(yields=True)
    world.roles = _with(writer)  # type: ignore[assignment]
    report = await world.report()
    assert writer.revisions == 1
    assert not report.unsupported
    assert all(c.verdict is Verdict.SUPPORTED for c in report.claims)
    assert {c.revision for c in report.claims} == {0, 1}


async def test_after_two_revisions_a_false_number_leaves_the_findings_and_is_listed(world: World) -> None:
    writer = StubbornWriter(yields=False)
    world.roles = _with(writer)  # type: ignore[assignment]
    report = await world.report()
    assert writer.revisions == 2
    assert {u.claim.id for u in report.unsupported} == {"claim-size-value", "claim-size-criterion"}
    assert all(u.claim.verdict is Verdict.CONTRADICTED for u in report.unsupported)
    assert not any("0.45" in c.text for c in report.claims)
    assert "0.90" in report.unsupported[0].reason
