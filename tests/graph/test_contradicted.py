"""A contradicted claim that matters withdraws the decision, or a person keeps it; what is left out is told."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from clinigraph.agents.contract import WriterInput
from clinigraph.agents.writer import TemplateWriter
from clinigraph.client.options import RunOptions
from clinigraph.client.session import Session
from clinigraph.errors import RunCancelled
from clinigraph.graphs.dependencies import Roles
from clinigraph.models.findings import Presence
from clinigraph.models.reporting import Claim, Verdict
from clinigraph.testing.world import World


class Opposite(TemplateWriter):
    """Says the opposite of the decision, and never gives in."""

    async def write(self, material: WriterInput) -> tuple[Claim, ...]:
        return tuple(self._turned(c) for c in await super().write(material))

    async def revise(self, material: WriterInput, claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
        return tuple(self._turned(c) for c in await super().revise(material, claims))

    @staticmethod
    def _turned(claim: Claim) -> Claim:
        return claim.replace(text=claim.text.replace("are present", "are absent"))


class Silent(TemplateWriter):
    """Speaks of nothing but the impression."""

    async def write(self, material: WriterInput) -> tuple[Claim, ...]:
        return tuple(c for c in await super().write(material) if c.section.value == "impression")


def with_writer(writer: TemplateWriter) -> object:
    def roles(session: Session) -> Roles:
        from dataclasses import replace

        return replace(session.roles, writer=writer)

    return roles


async def test_where_nobody_is_there_the_decision_is_withdrawn(world: World) -> None:
    world.roles = with_writer(Opposite())  # type: ignore[assignment]
    report = await world.report()
    assert report.impression.decision is Presence.INDETERMINATE
    assert "withdrawn" in report.impression.contested
    assert any("are absent" in u.claim.text for u in report.unsupported)
    assert any("are indeterminate" in c.text for c in report.claims)
    assert all(c.verdict is Verdict.SUPPORTED for c in report.claims)


async def answering(world: World, action: str) -> list[Mapping[str, object]]:
    asked: list[Mapping[str, object]] = []

    async def answer(question: Mapping[str, object]) -> dict[str, object]:
        asked.append(question)
        return {"action": action if question["kind"] == "contradicted" else "sign"}

    world.roles = with_writer(Opposite())  # type: ignore[assignment]
    report = await world.report(RunOptions(sign_off=True, on_pause=answer))
    kept = report.impression.decision
    assert kept is (Presence.PRESENT if action == "keep" else Presence.INDETERMINATE)
    return asked


async def test_a_person_may_keep_the_decision_or_not(world: World) -> None:
    asked = await answering(world, "keep")
    assert [q["kind"] for q in asked] == ["contradicted", "sign_off"]


async def test_any_other_answer_withdraws_it(world: World) -> None:
    await answering(world, "something else")


async def test_a_person_may_refuse_the_report(world: World) -> None:
    with pytest.raises(RunCancelled, match="refused"):
        await answering(world, "reject")


async def test_what_a_writer_is_silent_about_is_told_by_the_template(world: World) -> None:
    world.roles = with_writer(Silent())  # type: ignore[assignment]
    report = await world.report()
    assert {"claim-size-value", "claim-size-criterion", "claim-looks-gap"} <= {str(c.id) for c in report.claims}
    assert any("left out" in text for text in report.limitations)


async def test_each_claim_states_its_uncertainty_and_the_report_that_it_is_not_calibrated(world: World) -> None:
    report = await world.report()
    assert all(c.uncertainty is not None for c in report.claims)
    assert report.certainty.text == "not calibrated"
