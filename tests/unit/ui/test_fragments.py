"""Fragments of the page: what happened in words, and never anybody else's markup."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from clinigraph.artifacts import ArtifactStore
from clinigraph.client.report import Report
from clinigraph.models.base import EvidenceId
from clinigraph.models.reporting import Verdict
from clinigraph.testing.world import World
from clinigraph.ui.comparison import compare
from clinigraph.ui.page import fragments
from clinigraph.ui.values import CaseForm, CaseRecord, RunForm, RunRow, RunStatus, StreamEvent
from clinigraph.ui.viewer import ImageView, Viewer

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return asyncio.run(World(tmp_path_factory.mktemp("world")).report())


def event(index: int, kind: str, node: str = "", **fields: object) -> StreamEvent:
    return StreamEvent.model_validate({"index": index, "kind": kind, "at_unix": 1.0, "node": node, **fields})


def test_a_step_is_open_until_it_is_finished() -> None:
    begun = [event(0, "node_started", "triage")]
    assert 'class="cg-live"' in fragments.timeline(begun)
    ended = [*begun, event(1, "node_finished", "triage", seconds=0.25)]
    assert 'class="cg-done"' in fragments.timeline(ended)
    assert "0.25 s" in fragments.timeline(ended)


def test_plumbing_is_not_shown() -> None:
    assert "schedule" not in fragments.timeline([event(0, "node_started", "schedule")])


def test_a_step_in_which_the_run_failed_does_not_look_as_if_it_went_on() -> None:
    shown = fragments.timeline([event(0, "node_started", "intake"), event(1, "failed", message="no picture")])
    assert 'class="cg-cut"' in shown
    assert "cg-live" not in shown


def test_tools_stand_below_the_step_that_measures_with_their_last_result() -> None:
    shown = fragments.timeline(
        [
            event(0, "node_started", "act"),
            event(1, "tool_result", "t", detail={"tool": "segment", "step": "s", "status": "failed", "reason": "dark"}),
            event(2, "tool_result", "t", detail={"tool": "other", "step": "s", "status": "ok", "reason": ""}),
        ]
    )
    assert "gave its result" in shown
    assert "dark" not in shown


@pytest.mark.parametrize("status", list(RunStatus))
def test_every_status_is_told_in_words(status: RunStatus) -> None:
    row = RunRow(number=3, form=RunForm(), case=CaseForm(), status=status, started_unix=1.0)
    assert "Run 3" in fragments.status_line(row)
    assert 'role="status"' in fragments.status_line(row)


def test_texts_of_a_case_are_never_markup(report: Report) -> None:
    claim = report.claims[0].replace(text=EVIL, explanation=EVIL)
    changed = report.model_copy(update={"claims": (claim,), "limitations": (EVIL,), "question": EVIL})
    record = CaseRecord(id="a" * 32, form=CaseForm(title=EVIL), created_unix=1.0)
    pieces = (
        fragments.claims(changed),
        fragments.timeline([event(0, "failed", message=EVIL)]),
        fragments.timeline([event(0, "intervention", message=EVIL, detail={"who": EVIL, "reason": EVIL})]),
        fragments.refusal(EVIL),
        fragments.comparison(compare(report, changed)),
    )
    assert all("<img" not in piece for piece in pieces)
    assert fragments.case_label(record).startswith(EVIL)  # a choice's label is text for the component, not markup


def test_a_claim_opens_to_what_it_rests_on_down_to_the_image(report: Report) -> None:
    shown = fragments.claims(report)
    image = next(n.id for n in report.evidence_graph.nodes if n.kind == "image")
    assert 'data-evidence="' in shown
    assert image in shown
    assert shown.count("<details") == len([c for c in report.claims if c.verdict is Verdict.SUPPORTED])


def test_a_claim_shows_the_outlines_that_it_rests_on_and_no_others(report: Report, tmp_path: Path) -> None:
    views = Viewer(report.evidence_graph, ArtifactStore(tmp_path)).segments_of(0)
    image = ImageView(
        index=0, evidence_id="image", name="current photograph", width=48, height=32, slices=1, low=0, high=255,
        minimum=0, maximum=255, colour=True, segments=views,
    )  # fmt: skip
    shown = fragments.claims(report, "/run", [image])
    rests = [c for c in report.claims if any(views[0].evidence_id in _ids(report, e) for e in c.evidence_ids)]
    assert 0 < len(rests) < len(report.claims)
    assert shown.count('class="cg-ground"') == len(rests)
    assert "/run/images/0.png?side=480&amp;segments=0.thing" in shown


def _ids(report: Report, evidence: EvidenceId) -> list[str]:
    return [str(n.id) for n in report.evidence_graph.support(evidence).nodes]


def test_a_step_that_began_again_after_a_pause_is_done_when_it_ends() -> None:
    begun = [event(0, "node_started", "approve"), event(1, "question"), event(2, "node_started", "approve")]
    assert "cg-live" in fragments.timeline(begun)
    assert "cg-live" not in fragments.timeline([*begun, event(3, "node_finished", "approve")])


def test_a_tool_shows_its_time_and_what_it_outlined() -> None:
    told = {
        "tool": "segment",
        "step": "s/1",
        "status": "ok",
        "reason": "",
        "seconds": "1.5",
        "masks": "sha256:" + "a" * 64,
    }
    shown = fragments.timeline([event(0, "tool_result", "segment", detail=told)], "/run")
    assert "1.50 s" in shown
    assert 'src="/run/steps/s%2F1.png?of=aaaaaaaaaaaa"' in shown


def test_every_export_is_linked(report: Report) -> None:
    shown = fragments.links("a" * 32, 2)
    for kind in ("html", "pdf", "md", "json"):
        assert f"/api/v1/cases/{'a' * 32}/runs/2/report.{kind}" in shown
