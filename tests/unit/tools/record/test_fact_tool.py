"""Facts of the record pass unchanged."""

from __future__ import annotations

from pathlib import Path

from clinigraph.artifacts import ArtifactStore
from clinigraph.models.case import Fact
from clinigraph.models.codes import Laterality
from clinigraph.models.tooling import FactValue, MeasurementValue, ToolCall, ToolResult, ToolStatus
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.record.fact_tool import RecordFact


def run(tmp_path: Path, fact: Fact | None) -> ToolResult:
    inputs = {"fact": FactValue(value=fact)} if fact else {}
    call = ToolCall(step_id="r", tool="record_fact", inputs=inputs)
    return RecordFact().run(call, ToolContext(artifacts=ArtifactStore(tmp_path)))


def test_number_unit_side_and_source_are_kept(tmp_path: Path) -> None:
    fact = Fact(name="intraocular_pressure", value=24.5, unit="mm[Hg]", laterality=Laterality.LEFT, source="page")
    value = run(tmp_path, fact).outputs["measurement"]
    assert isinstance(value, MeasurementValue)
    assert (value.value.value, value.value.unit) == (24.5, "mm[Hg]")
    assert value.value.site.laterality is Laterality.LEFT
    assert value.value.concept.meaning == "Intraocular pressure"
    assert "page" in value.value.method
    assert value.value.interval is None


def test_what_is_no_number_or_missing_is_said(tmp_path: Path) -> None:
    assert "not a number" in run(tmp_path, Fact(name="diabetes", value=True)).reason
    assert "not a number" in run(tmp_path, Fact(name="sex", value="female")).reason
    missing = run(tmp_path, None)
    assert missing.status is ToolStatus.EMPTY
    assert missing.missing == {"measurement": "the record does not say"}
