"""The linking benchmark: items, counts, and what it prints."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from clinigraph.errors import InputUnreadable
from clinigraph.evals.contract import Benchmark, EvalContext, Outcome
from clinigraph.evals.linking.benchmark import LinkingBenchmark
from clinigraph.evals.linking.counting import Counts
from clinigraph.evals.linking.reports import ARCHIVE, FOLDER
from clinigraph.evals.linking.sentences import Target, marked_sentences, parse
from clinigraph.evals.registry import benchmark, specs
from clinigraph.knowledge.terminology.contract import Assertion, Candidate, ConceptEntry, Mention
from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.passages import Span
from clinigraph.testing.benchmark_suite import check_benchmark

SPEC = next(s for s in specs() if s.name == "linking")


class OneWord:
    """Finds cardiomegaly and nothing else."""

    def link(self, text: str) -> Sequence[Mention]:
        start = text.find("cardiomegaly")
        if start < 0:
            return ()
        concept = Concept(value="HP:0001640", scheme=Scheme.HP, meaning="Cardiomegaly")
        candidate = Candidate(concept=concept, score=1, matched="Cardiomegaly")
        said = Assertion.ABSENT if "No " in text else Assertion.PRESENT
        span = Span(start=start, end=start + 12)
        return (Mention(text="cardiomegaly", span=span, candidates=(candidate,), assertion=said),)

    def lookup(self, name: str) -> Sequence[Candidate]:
        return ()

    def describe(self, value: str, scheme: Scheme) -> ConceptEntry | None:
        return None


@pytest.fixture
def context(tmp_path: Path) -> EvalContext:
    path = tmp_path / FOLDER / ARCHIVE
    path.parent.mkdir()
    reports = {
        "2.xml": ("Mild cardiomegaly.", "Cardiomegaly/mild"),
        "4.xml": ("No cardiomegaly.", "normal"),
        "6.xml": ("There is cardiomegaly.", "Pneumonia"),
    }
    with tarfile.open(path, "w:gz") as tar:
        for name, (text, heading) in reports.items():
            raw = f"<r><AbstractText Label='FINDINGS'>{text}</AbstractText><major>{heading}</major></r>".encode()
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            tar.addfile(info, io.BytesIO(raw))
    return EvalContext(data=tmp_path, work=tmp_path / "work")


def measured(made: LinkingBenchmark, context: EvalContext) -> list[Outcome]:
    reports = [i for i in made.items(context) if i.data["kind"] == "report"]
    return [Outcome(i, dict(made._measure(i, context))) for i in reports]


def test_the_contract_of_benchmarks_is_kept(context: EvalContext) -> None:
    check_benchmark(LinkingBenchmark(SPEC, OneWord()), context)


def test_all_sentences_and_reports_are_items(context: EvalContext) -> None:
    kinds = [i.data["kind"] for i in LinkingBenchmark(SPEC, OneWord()).items(context)]
    assert kinds.count("report") == 3
    assert len(kinds) == 3 + sum(len(lines) for lines in marked_sentences().values())


def test_headings_are_counted_by_report(context: EvalContext) -> None:
    made = LinkingBenchmark(SPEC, OneWord())
    rows = {row[0]: row for row in made.tables(measured(made, context))[2].rows}
    assert rows["Cardiomegaly"][-3:] == ("1", "1", "0")
    assert rows["Pneumonia"][-3:] == ("0", "0", "1")
    assert rows["all"][-3:] == ("1", "1", "1")


def test_a_report_that_failed_misses_its_headings(context: EvalContext) -> None:
    made = LinkingBenchmark(SPEC, OneWord())
    failed = [Outcome(o.item, error="broken") for o in measured(made, context)]
    table = made.tables(failed)[2]
    assert table.rows[0][-3:] == ("0", "0", "2")
    assert "3 failed" in table.note


def test_without_reports_it_says_where_they_were_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputUnreadable, match=ARCHIVE):
        LinkingBenchmark(SPEC).items(EvalContext(data=tmp_path, work=tmp_path))


def test_marks_are_taken_out_of_a_sentence() -> None:
    assert parse("No [edema|absent|left] here.") == ("No edema here.", [Target(3, 8, "absent", "left")])


def test_counts_without_anything_have_no_shares() -> None:
    assert Counts().cells() == ("-", "-", "0.000", "0", "0", "0")


def test_the_shipped_file_makes_the_benchmark() -> None:
    assert isinstance(benchmark("linking"), Benchmark)
