"""report.json keeps its top-level fields; the hash forgets times only."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from clinigraph.client.report import Report
from clinigraph.errors import InputUnreadable
from clinigraph.testing.world import World

FIXED = {
    "schema_version", "case_id", "question", "protocol_id", "impression", "indicators", "measurements", "findings",
    "passages", "claims", "unsupported", "limitations", "evidence_graph", "run",
}  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return asyncio.run(World(Path(tmp_path_factory.mktemp("world"))).report())


def test_all_fixed_fields_are_present(report: Report) -> None:
    data = json.loads(report.model_dump_json())
    assert data.keys() >= FIXED
    assert data["impression"].keys() >= {"decision", "score", "threshold", "rationale"}
    assert data["indicators"][0].keys() >= {
        "id", "name", "kind", "value", "unit", "interval", "criterion", "met", "weight", "status", "evidence_ids",
    }  # fmt: skip
    assert data["claims"][0].keys() >= {"id", "section", "text", "kind", "verdict", "evidence_ids", "explanation"}
    assert data["evidence_graph"].keys() == {"nodes", "edges"}


def test_the_hash_forgets_times_and_nothing_else(report: Report) -> None:
    later = report.replace(run=report.run.replace(timing={"total": 99.0}))
    other = report.replace(question="another question")
    assert later.report_hash() == report.report_hash() != other.report_hash()


def test_a_saved_report_reads_back_equal(report: Report, tmp_path: Path) -> None:
    saved = report.save(tmp_path / "out")
    again = Report.load(saved.json)
    assert again.model_dump(exclude={"overlays"}) == report.model_dump(exclude={"overlays"})
    assert {p.name for p in (tmp_path / "out").iterdir()} >= {"report.json", "report.md", "report.html", "overlays"}


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"schema_version": "9.9"}', "no json"])
def test_what_is_no_report_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(content)
    with pytest.raises(InputUnreadable, match="no report"):
        Report.load(path)
