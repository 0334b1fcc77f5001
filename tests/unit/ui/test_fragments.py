"""Fragments of the page: what happened in words, and never anybody else's markup."""

from __future__ import annotations

import asyncio

import pytest

from clinigraph.client.report import Report
from clinigraph.models.reporting import Verdict
from clinigraph.testing.world import World
from clinigraph.ui.comparison import compare
from clinigraph.ui.page import fragments
from clinigraph.ui.values import CaseForm, CaseRecord, RunForm, RunRow, RunStatus, StreamEvent

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


def test_every_export_is_linked(report: Report) -> None:
    shown = fragments.links("a" * 32, 2)
    for kind in ("html", "pdf", "md", "json"):
        assert f"/api/v1/cases/{'a' * 32}/runs/2/report.{kind}" in shown
