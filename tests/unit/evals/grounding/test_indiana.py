"""Findings that chest-film reports assert."""

from __future__ import annotations

import asyncio
import io
import tarfile
from pathlib import Path

import pytest

from clinigraph.evals.contract import EvalContext, Outcome
from clinigraph.evals.grounding.indiana import read_findings
from clinigraph.evals.linking.reports import ARCHIVE, FOLDER
from clinigraph.evals.registry import benchmark
from clinigraph.testing.benchmark_suite import check_benchmark

_XML = (
    "<eCitation><Abstract><AbstractText Label='FINDINGS'>{findings}</AbstractText>"
    "<AbstractText Label='IMPRESSION'>{impression}</AbstractText></Abstract><MeSH>{majors}</MeSH></eCitation>"
)
_REPORTS = (
    ("4", "The heart is mildly enlarged. No effusion.", "Cardiomegaly.", ("Cardiomegaly/mild",)),
    ("6", "No pneumothorax or pleural effusion.", "Normal chest.", ("normal",)),
    ("10", "Small left pleural effusion. No pneumothorax.", "Possible pneumonia.", ("Pleural Effusion/left",)),
    ("12", "", "", ("normal",)),
    ("14", "Clear.", "", ("No Indexing",)),
)


@pytest.fixture
def context(tmp_path: Path) -> EvalContext:
    folder = tmp_path / FOLDER
    folder.mkdir()
    with tarfile.open(folder / ARCHIVE, "w:gz") as archive:
        for number, findings, impression, majors in _REPORTS:
            heads = "".join(f"<major>{m}</major>" for m in majors)
            data = _XML.format(findings=findings, impression=impression, majors=heads).encode()
            member = tarfile.TarInfo(f"{number}.xml")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return EvalContext(data=tmp_path, work=tmp_path)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("The cardiac silhouette is enlarged.", "cardiomegaly", "present"),
        ("Heart size is normal without cardiomegaly.", "cardiomegaly", "denied"),
        ("No focal consolidation, pneumothorax or effusion.", "pneumothorax", "denied"),
        ("Possible pneumonia.", "pneumonia", "abstained"),
        ("No effusion on the right. There is a small left pleural effusion.", "pleural effusion", "present"),
        ("The heart is not enlarged.", "cardiomegaly", "denied"),
        ("Old healed rib fractures.", "fracture", "present"),
        ("Infiltrate consistent with pneumonia.", "pneumonia", "present"),
        ("The lungs are clear.", "nodule", "not named"),
    ],
)
def test_a_finding_is_present_denied_open_or_not_named(text: str, name: str, said: str) -> None:
    assert read_findings(text)[name] == said


def test_the_benchmark_keeps_the_contract_and_leaves_out_reports_without_text_or_labels(context: EvalContext) -> None:
    outcomes = check_benchmark(benchmark("indiana"), context)
    assert {o.item.id for o in outcomes} == {"report/4.xml", "report/6.xml", "report/10.xml"}


def test_each_half_is_counted_by_itself_beside_words_alone(context: EvalContext) -> None:
    bench = benchmark("indiana")
    outcomes = [Outcome(i, asyncio.run(bench.measure(i, context))) for i in bench.items(context)]
    halves, by_name, confusion = bench.tables(outcomes)
    found = {(r[0], r[1]): r for r in halves.rows}
    assert found["held-out half", "verifier"][2:6] == ("26", "1", "1", "0")
    assert found["held-out half", "verifier"][8] == "1.000"
    assert float(found["held-out half", "words alone"][8]) < 0.5
    assert found["tuned half", "verifier"][2:4] == ("13", "1")
    assert len(by_name.rows) == 13
    assert confusion.rows[0] == ("indexed", "2", "0", "0", "0", "0")


def test_a_report_that_failed_misses_what_is_indexed(context: EvalContext) -> None:
    bench = benchmark("indiana")
    failed = [Outcome(i, error="made to fail") for i in bench.items(context)]
    assert bench.tables(failed)[2].rows[0] == ("indexed", "0", "0", "0", "0", "2")
