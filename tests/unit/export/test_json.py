"""report.json is the Report value, and its schema changes only on purpose."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import jsonschema

from clinigraph.export import to_json
from clinigraph.models.report import Report

TOP_LEVEL = {
    "schema_version", "case_id", "question", "protocol_id", "impression", "indicators", "measurements", "findings",
    "passages", "claims", "unsupported", "limitations", "evidence_graph", "run",
}  # fmt: skip


def test_the_json_reads_back_as_the_same_report(report: Report) -> None:
    assert Report.model_validate_json(to_json(report)) == report


def test_every_promised_field_is_present(report: Report) -> None:
    assert set(json.loads(to_json(report))) >= TOP_LEVEL


def test_numbers_that_json_cannot_hold_are_written_as_text(report: Report) -> None:
    row = report.indicators[0].replace(value=math.inf)
    assert json.loads(to_json(report.replace(indicators=(row,))))["indicators"][0]["value"] == "Infinity"


def test_the_schema_is_the_golden_one(golden: Callable[[str, str], None]) -> None:
    schema = Report.model_json_schema(mode="serialization")
    golden("report.schema.json", json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def test_the_sample_is_the_golden_one_and_fits_the_schema(
    pinned_report: Report, golden: Callable[[str, str], None]
) -> None:
    text = to_json(pinned_report)
    golden("sample_report.json", text)
    jsonschema.validate(json.loads(text), Report.model_json_schema(mode="serialization"))
