"""A source that a sentence names is one of those cited, of that year and edition, and says what is claimed."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.base import Outcome
from clinigraph.agents.verification.prose import ProseCheck, ProseContext
from clinigraph.agents.verification.sources import dated, quotation, sources
from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import PassageNode
from clinigraph.models.passages import Source, Trust
from clinigraph.models.reporting import ClaimKind
from clinigraph.testing.doubles import FakeLibrary, make_passage

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


def asked(
    bench: Any, case: Any, text: str, kind: ClaimKind = ClaimKind.KNOWLEDGE, check: ProseCheck = sources
) -> Outcome | None:
    claim = bench.claim("claim-size-value").replace(text=text, kind=kind)
    library = FakeLibrary([n.value for n in case.index.graph.nodes if isinstance(n, PassageNode)])
    return check(ProseContext(claim, text, case.index, library))


SIX = ("Apples fall down.", "Birds fly up.", "Cats sleep long.", "Dogs bark loud!", "Eels swim far.", "Fish are wet.")


@pytest.mark.parametrize(
    ("first", "last", "whole"),
    [(0, 1, True), (5, 6, True), (1, 3, True), (1, 5, True), (2, 6, True), (1, 6, False), (0, 5, False), (0, 6, True)],
)
def test_a_quotation_is_up_to_four_sentences_in_a_row_or_the_whole_passage(
    bench: Any, first: int, last: int, whole: bool
) -> None:
    passage = make_passage("six#1", " ".join(SIX))
    case = bench.case(PassageNode(id=EvidenceId("six#1"), value=passage))
    text = " ".join(SIX[first:last])
    outcome = asked(bench, case, text, check=quotation)
    assert (outcome is not None) is whole
    assert outcome is None or (outcome.code, outcome.spans) == ("citation.exact", ((0, len(text)),))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Round things roll up every hill.", "citation.altered"),
        ("Round things roll down every hill and more.", "citation.altered"),
        ("Round things roll down every hill, say all those people who never look at hills.", "citation.altered"),
        ("Round things roll.", "citation.none"),
        ("Round things roll down.", "citation.altered"),
        ("Round things may sleep under some hill.", "citation.none"),
        ("Square boxes stay where people put them.", "citation.none"),
        ("Thingness makes people look twice.", ""),
    ],
)
def test_a_sentence_near_one_of_a_passage_leans_on_it(bench: Any, cited: Any, text: str, code: str) -> None:
    outcome = asked(bench, cited, text)
    assert ("" if outcome is None else outcome.code) == code


@pytest.mark.parametrize("kind", list(ClaimKind))
def test_only_general_sentences_need_a_source(bench: Any, cited: Any, kind: ClaimKind) -> None:
    needs = kind in (ClaimKind.KNOWLEDGE, ClaimKind.RECOMMENDATION)
    outcome = asked(bench, cited, "Square boxes stay where people put them.", kind)
    assert (outcome is not None) is needs


RULE = "the criterion for the size of the thing is ≥ 0.7"


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        (f"By the NC guideline {RULE}.", "citation.exact", "Report on things"),
        (f"By the SB guideline {RULE}.", "citation.other", "Another source"),
        (f"By the Northern Council guideline of 2019 {RULE}.", "citation.exact", "Report on things"),
        (f"By the Northern Council guideline of 2018 {RULE}.", "citation.year", "is of 2019, not of 2018"),
        (f"By the Northern Council guideline of 2020 {RULE}.", "citation.year", "is of 2019, not of 2020"),
        (f"By the Southern Board guideline of 2019 {RULE}.", "citation.year", "is of no stated year, not of 2019"),
        (f"By the Northern Council guideline, 2nd edition, {RULE}.", "citation.exact", "Report on things"),
        (f"By the Northern Council guideline, first edition, {RULE}.", "citation.edition", "another edition"),
        ("By the Northern Council guideline the mark is 0.7.", "citation.unread", "what it is said to say"),
        ("By the Northern Council guideline of 2019 the mark is 0.7.", "citation.unread", "what it is said to say"),
        ("By the Northern Council guideline the mark is 0.6.", "citation.not_said", "No criterion"),
        ("By the Northern Council guideline the marks are 0.7 and 0.6.", "citation.not_said", "No criterion"),
        ("By the Southern Board guideline the mark is 0.7.", "citation.not_said", "No criterion"),
        ("By the Northern Council guideline all is well.", "citation.not_said", "No criterion"),
        (f"By the Eastern League guideline {RULE}.", "citation.unknown", "not among the passages"),
    ],
)
def test_a_named_source_has_its_year_its_edition_and_its_criterion(
    bench: Any, cited: Any, text: str, code: str, told: str
) -> None:
    outcome = asked(bench, cited, text)
    assert outcome is not None
    assert outcome.code == code
    assert told in outcome.sentence


def test_the_words_that_name_a_source_are_vouched_for(bench: Any, cited: Any) -> None:
    text = f"By the guideline of the Northern Council of 2019, second edition, {RULE}."
    outcome = asked(bench, cited, text)
    assert outcome is not None
    words = [text[a:b] for a, b in outcome.spans]
    assert {"guideline", "Northern", "Council", "2019", "second edition"} <= set(words)
    assert not {"size", "criterion", "By"} & set(words)
