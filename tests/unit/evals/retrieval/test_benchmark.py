"""The retrieval benchmark on a small corpus of its own; what it counts and what it prints."""

from __future__ import annotations

import io
import random
import tarfile
from pathlib import Path

import pytest

from clinigraph.errors import InputUnreadable
from clinigraph.evals.contract import Benchmark, EvalContext, EvalItem, Outcome
from clinigraph.evals.registry import benchmark, specs
from clinigraph.evals.retrieval.benchmark import RetrievalBenchmark
from clinigraph.evals.retrieval.corpora import ARCHIVES, Half, ngc_maker, questions
from clinigraph.evals.retrieval.scoring import paired_table, quality_table
from clinigraph.testing.benchmark_suite import check_benchmark
from clinigraph.testing.knowledge_suite import HashingEmbedder

SPEC = next(s for s in specs() if s.name == "retrieval")
ORGANS = {
    "kidney": "proteinuria",
    "liver": "jaundice",
    "heart": "hypertension",
    "thyroid": "goiter",
    "brain": "seizure",
    "nose": "epistaxis",
}
HALVES: tuple[Half, ...] = ("tune", "report")


def places(context: EvalContext) -> tuple[Path, Path]:
    return context.data, context.work


def summary(organ: str, disease: str | None = None) -> str:
    def field(name: str, value: str) -> str:
        return f'<Field Name="{name}"><FieldValue Value="{value}"/></Field>'

    advice = (
        f"&lt;p&gt;Doctors should examine the {organ} by ultrasound before any other imaging test is ordered today. "
        "Results are told to every patient in plain words within one short week afterwards.&lt;/p&gt;"
    )
    return (
        '<Version><Section Name="General">'
        + field("Guideline Title", f"Care of the {organ}")
        + field("Disease/Condition(s)", disease or ORGANS[organ])
        + '</Section><Section Name="Recommendations">'
        + field("Major Recommendations", advice)
        + "</Section></Version>"
    )


def page(organ: str) -> str:
    return (
        f"<Document source='X'><Focus>{organ}</Focus><QAPairs><QAPair><Question>What hurts a {organ}?</Question>"
        f"<Answer>Poison hurts the {organ}.</Answer></QAPair></QAPairs></Document>"
    )


@pytest.fixture
def context(tmp_path: Path) -> EvalContext:
    for corpus, make in (("ngc", summary), ("medquad", page)):
        path = tmp_path / "data" / ARCHIVES[corpus]
        path.parent.mkdir(parents=True)
        with tarfile.open(path, "w:gz") as tar:
            for organ in ORGANS:
                raw = make(organ).encode()
                info = tarfile.TarInfo(f"{organ}.xml")
                info.size = len(raw)
                tar.addfile(info, io.BytesIO(raw))
    return EvalContext(data=tmp_path / "data", work=tmp_path / "work")


def test_the_contract_of_benchmarks_is_kept(context: EvalContext) -> None:
    outcomes = check_benchmark(RetrievalBenchmark(SPEC, HashingEmbedder()), context, limit=6)
    assert {str(o.item.data["kind"]) for o in outcomes} == {"ngc", "ngc-advice", "medquad"}
    assert all(o.values["bm25_rank"] == 1 for o in outcomes if o.item.data["kind"] == "medquad")


def test_a_guideline_is_asked_for_under_another_name(context: EvalContext) -> None:
    asked = {Path(q.path).stem: q.query for half in HALVES for q in questions("ngc", *places(context), 5, 1, half)}
    assert asked.keys() == ORGANS.keys()
    for organ, disease in ORGANS.items():
        assert "care" in asked[organ]
        assert not set(disease.split()) & set(asked[organ].split())


def test_a_guideline_whose_conditions_have_no_other_name_is_not_asked_for(tmp_path: Path) -> None:
    make = ngc_maker(tmp_path)
    assert make(summary("kidney", "headless wombat").encode(), random.Random(1)) == ""  # noqa: S311
    assert make(summary("kidney", "epistaxis").encode(), random.Random(1)) != ""  # noqa: S311


def test_the_halves_of_the_files_have_no_question_in_common(context: EvalContext) -> None:
    one, other = ({q.path for q in questions("medquad", *places(context), 9, 1, half)} for half in HALVES)
    assert not one & other
    assert len(one | other) == len(ORGANS)


def test_a_question_never_repeats_a_run_of_words_of_a_guideline(context: EvalContext) -> None:
    for question in questions("ngc-advice", *places(context), 5, 1):
        words = question.query.split()
        text = summary(Path(question.path).stem).lower()
        assert all(" ".join(words[i : i + 3]) not in text for i in range(3, len(words) - 2))


def test_without_the_data_it_says_where_they_were_looked_for(tmp_path: Path) -> None:
    nowhere = EvalContext(data=tmp_path / "none", work=tmp_path / "work")
    with pytest.raises(InputUnreadable, match="ngc_half"):
        RetrievalBenchmark(SPEC, HashingEmbedder()).items(nowhere)


def test_a_question_that_failed_counts_as_not_answered() -> None:
    def item(number: int) -> EvalItem:
        return EvalItem(id=str(number), input="x", data={"kind": "ngc"})

    outcomes = [Outcome(item(0), {"hybrid_rank": 1}), Outcome(item(1), {"hybrid_rank": 6}), Outcome(item(2), error="x")]
    row = quality_table(outcomes, ("ngc", "medquad"), ("hybrid",)).rows[0]
    assert row[:3] == ("ngc", "hybrid", "3")
    assert [value[:5] for value in row[3:6]] == ["0.333", "0.333", "0.389"]
    assert row[6] == "1"


def test_pairs_count_what_one_system_alone_has_found() -> None:
    found = [(1, 1), (2, 0), (5, 9), (0, 1)]
    outcomes = [
        Outcome(EvalItem(id=str(n), input="x", data={"kind": "ngc"}), {"hybrid_rank": a, "dense_rank": b})
        for n, (a, b) in enumerate(found)
    ]
    row = paired_table(outcomes, ("ngc",), "hybrid", ("dense",)).rows[0]
    assert row[:6] == ("ngc", "hybrid against dense", "4", "2", "1", "1.000")
    assert row[6].startswith("-0.1")


def test_the_shipped_file_makes_the_benchmark() -> None:
    assert isinstance(benchmark("retrieval"), Benchmark)
