"""A case in text goes from its facts to calculators and a differential, and its words stay out of the state."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

from clinigraph.artifacts import ArtifactStore
from clinigraph.client.session import Session
from clinigraph.client.sources import ReadSource
from clinigraph.graphs.dependencies import Roles
from clinigraph.intake.text_facts import facts_in_texts
from clinigraph.models.base import CaseId
from clinigraph.models.case import Case, RecordText
from clinigraph.models.findings import Presence
from clinigraph.models.reporting import Verdict
from clinigraph.testing.doubles import FakeTool
from clinigraph.testing.world import World
from clinigraph.tools.calculators.tool import calculator_tools

TEXT = "A 34-year-old woman with chest pain. Weight 70 kg, height 170 cm. The patient likes zebras." + " Well." * 30_000


def _without_terminology(session: Session) -> Roles:
    return replace(session.roles, terminology=None)


def source(world: World) -> ReadSource:
    text = RecordText(text=TEXT, source="text 1")
    case = Case(id=CaseId("text-case"), question="How heavy?", facts=facts_in_texts([text]).facts, texts=(text,))
    return ReadSource(case, ArtifactStore(world.folder / "pixels"))


async def test_a_record_without_image_is_surveyed(world: World) -> None:
    world.roles = _without_terminology
    world.settings["keep_runs"] = True
    session = world.session()
    for tool in calculator_tools():
        if tool.spec.name == "body_mass_index":
            session.tools._tools[tool.spec.name] = FakeTool(tool.spec, tool.run)  # type: ignore[attr-defined]
    report = [e async for e in session.stream(source(world))][-1].report
    assert report is not None
    assert report.impression.decision is Presence.INDETERMINATE
    assert report.urgency.value == "emergency"
    told = [c.text for c in report.claims]
    assert "Body mass index is 24.2 kg/m²." in told
    assert "The record gives weight as 70 kg." in told
    assert all(c.verdict is Verdict.SUPPORTED for c in report.claims)
    fact = next(n.value for n in report.evidence_graph.nodes if n.id == "fact-weight")
    assert TEXT[fact.span.start : fact.span.end].startswith("Weight 70 kg")  # type: ignore[union-attr]
    _holds_no_text(world.folder / "state")


def _holds_no_text(folder: Path) -> None:
    files = list(folder.glob("runs/*/checkpoints.sqlite"))
    assert files
    for path in files:
        rows = sqlite3.connect(path).execute("select checkpoint from checkpoints").fetchall()
        assert max(len(r[0]) for r in rows) < 256 * 1024
        assert not any(b"zebras" in r[0] for r in rows)
