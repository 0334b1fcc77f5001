"""A source that a sentence names is one of those cited, of that year and edition, and says what is claimed."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.sources import dated
from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import PassageNode
from clinigraph.models.passages import Source, Trust
from clinigraph.testing.doubles import make_passage

NORTH = Source(
    id="north", title="Report on things", publisher="Northern Council", year=2019, edition="2nd edition",
    trust=Trust.EMBEDDED,
)  # fmt: skip
SOUTH = Source(id="south", title="Notes", publisher="Southern Board", trust=Trust.EMBEDDED)


@pytest.fixture(scope="module")
def cited(bench: Any) -> Any:
    rule = bench.node("card#size").value.replace(source=NORTH)
    other = make_passage("south#1", "Round things roll down every hill.").replace(source=SOUTH)
    rumour = make_passage("web#1", "Blue things are cured by tea.", trust=Trust.UNSIGNED)
    return bench.case(*(PassageNode(id=EvidenceId(p.id), value=p) for p in (rule, other, rumour)))


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        ("By the guideline of the Northern Council of 2019 the criterion for the size of the thing is ≥ 0.7.",
         "SUPPORTED", "criterion.threshold"),
        ("By the Northern Council guideline, second edition, the criterion for the size of the thing is ≥ 0.7.",
         "SUPPORTED", "criterion.threshold"),
        ("By the Northern Council guideline, 2nd edition, the criterion for the size of the thing is ≥ 0.7.",
         "SUPPORTED", "criterion.threshold"),
        ("By the Northern Council guideline, third edition, the criterion for the size of the thing is ≥ 0.7.",
         "CONTRADICTED", "citation.edition"),
        ("By the guideline of the Northern Council of 2019 the criterion for the size of the thing is ≥ 0.6.",
         "CONTRADICTED", "criterion.threshold"),
        ("By the guideline of the Northern Council of 2015 the criterion for the size of the thing is ≥ 0.7.",
         "CONTRADICTED", "citation.year"),
        ("By the guideline of the Southern Board the criterion for the size of the thing is ≥ 0.7.",
         "CONTRADICTED", "citation.other"),
        ("By the guideline of the Southern Board of 2001 the criterion for the size of the thing is ≥ 0.7.",
         "CONTRADICTED", "citation.year"),
        ("By the guideline of the Southern Board the size of the thing is large.", "UNSUPPORTED",
         "citation.not_said"),
        ("By the guideline of the Eastern League the criterion for the size of the thing is ≥ 0.7.", "UNSUPPORTED",
         "citation.unknown"),
        ("Round things roll down every hill.", "SUPPORTED", "citation.exact"),
        ("Round things roll up every hill.", "UNSUPPORTED", "citation.altered"),
        ("Blue things are cured by tea.", "UNSUPPORTED", "citation.unsigned"),
        ("Things should be measured often by everyone.", "UNSUPPORTED", "citation.none"),
    ],
)  # fmt: skip
def test_only_a_cited_source_that_says_so_carries_a_sentence(
    bench: Any, cited: Any, text: str, verdict: str, code: str
) -> None:
    found = bench.read(cited, text)
    if verdict == "SUPPORTED":
        assert {c.verdict.value for c in found} == {"SUPPORTED"}, [(c.text, c.explanation) for c in found]
    else:
        assert (verdict, code) in {(c.verdict.value, c.reason_code) for c in found}, [c.explanation for c in found]


def test_a_quotation_whose_passage_is_not_in_the_store_is_convicted(bench: Any) -> None:
    stranger = make_passage("east#1", "Green things float on water.")
    graph = bench.report.evidence_graph
    graph = graph.replace(nodes=(*graph.nodes, PassageNode(id=EvidenceId("east#1"), value=stranger)))
    case = bench.verifier.case(graph, bench.report.impression)
    assert bench.codes(case, stranger.text) == {("CONTRADICTED", "citation.bytes")}


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        ("round things  roll down every hill", "SUPPORTED", "citation.exact"),
        ("blue things are cured by tea", "UNSUPPORTED", "citation.unsigned"),
        ("round things roll down", "UNVERIFIABLE", "citation.reworded"),
    ],
)
def test_a_quotation_is_whole_whatever_its_case_and_spaces(
    bench: Any, cited: Any, text: str, verdict: str, code: str
) -> None:
    assert (verdict, code) in bench.codes(cited, text)


def test_years_and_editions_are_read_only_beside_a_source() -> None:
    text = "The guideline of 2019, second edition"
    assert [text[a:b] for a, b in dated(text)] == ["2019", "second edition"]
    assert dated("The size in 2019 was large") == ()
