"""The report's own sentences about criteria, sources and the impression, when the evidence below them is another."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.base import ClaimContext
from clinigraph.agents.verification.criteria import criterion_words, results_consistent
from clinigraph.agents.verification.verifier import RuleVerifier
from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import PassageNode
from clinigraph.models.findings import Met, Presence
from clinigraph.models.passages import Trust
from clinigraph.models.reporting import Claim, ClaimKind
from clinigraph.testing.doubles import FakeLibrary


def judged(bench: Any, case: Any, claim_id: str, **changes: Any) -> tuple[str, str]:
    claim: Claim = case.verify(bench.claim(claim_id).replace(**changes))
    return claim.verdict.value, claim.reason_code


def unsigned(bench: Any, passage_id: str) -> PassageNode:
    node = bench.node(passage_id)
    source = node.value.source.replace(trust=Trust.UNSIGNED)
    return PassageNode(id=node.id, value=node.value.replace(source=source))


def test_a_result_that_its_measurement_does_not_give_is_convicted(bench: Any) -> None:
    for claim_id in ("claim-impression", "claim-impression-score"):
        assert judged(bench, bench.case(bench.measured(0.3)), claim_id) == ("CONTRADICTED", "criterion.recomputed")
        assert judged(bench, bench.case(bench.measured(0.95)), claim_id) == ("CONTRADICTED", "value.recomputed")
        assert judged(bench, bench.case(bench.measured(0.9, unit="%")), claim_id)[0] == "CONTRADICTED"


@pytest.mark.parametrize(("score", "word"), [(5, "present"), (1, "absent"), (3, "undecided")])
def test_a_reading_is_told_by_its_word(bench: Any, score: int, word: str) -> None:
    nodes, edges = bench.looks(score)
    case = bench.case(*nodes, edges=edges)
    for said in ("present", "absent", "undecided"):
        claim = judged(
            bench, case, "claim-looks-gap", text=f"Looks odd was read as {said} (score {score} of 5).",
            kind=ClaimKind.QUALITATIVE,
        )  # fmt: skip
        assert (claim[0] != "CONTRADICTED") == (said == word), claim


def test_a_criterion_is_judged_for_one_indicator_at_a_time(bench: Any) -> None:
    both = tuple(EvidenceId(i) for i in ("indicator-size", "indicator-pressure"))
    found = judged(bench, bench.case(), "claim-size-criterion", evidence_ids=both, text="It meets the criterion.")
    assert found == ("UNSUPPORTED", "criterion.subject")


def test_a_sentence_that_only_unsigned_documents_carry_is_unsupported(bench: Any) -> None:
    advice = unsigned(bench, "card#advice")
    assert judged(bench, bench.case(advice), "claim-recommendations-card#advice")[1] == "citation.unsigned"
    plain = {"kind": ClaimKind.QUALITATIVE, "text": "A large thing is looked at once more."}
    assert judged(bench, bench.case(advice), "claim-recommendations-card#advice", **plain)[1] == "citation.unsigned"
    both = (EvidenceId("card#advice"), EvidenceId("img-1"))
    found = judged(bench, bench.case(advice), "claim-recommendations-card#advice", evidence_ids=both)
    assert found == ("UNSUPPORTED", "citation.unsigned")


def test_knowledge_without_a_passage_is_unsupported(bench: Any) -> None:
    found = judged(bench, bench.case(), "claim-knowledge-card#other", evidence_ids=(EvidenceId("img-1"),))
    assert found == ("UNSUPPORTED", "citation.none")


def test_a_criterion_that_its_passage_does_not_state_is_convicted(bench: Any) -> None:
    graph = bench.report.evidence_graph
    library = FakeLibrary([n.value for n in graph.nodes if isinstance(n, PassageNode)])
    claim = RuleVerifier(library).verify_one(bench.claim("claim-size-criterion"), graph, bench.report.impression)
    assert (claim.verdict.value, claim.reason_code) == ("CONTRADICTED", "citation.criterion")


def test_an_impression_rests_on_every_indicator(bench: Any) -> None:
    some = bench.claim("claim-impression").evidence_ids[:2]
    found = judged(bench, bench.case(), "claim-impression", evidence_ids=some)
    assert found == ("UNSUPPORTED", "impression.incomplete")


@pytest.mark.parametrize(
    "change",
    [{"score": 0.9}, {"score_low": 0.5}, {"assessed_share": 1.0}, {"decision": Presence.ABSENT}, {"threshold": None}],
)
def test_an_impression_that_weighs_otherwise_is_convicted(bench: Any, change: dict[str, Any]) -> None:
    case = bench.case(impression=bench.report.impression.replace(**change))
    verdict, code = judged(bench, case, "claim-impression")
    assert (verdict, code) in {("CONTRADICTED", "impression.recomputed"), ("CONTRADICTED", "impression.decision")}


def test_a_contested_impression_may_stay_open(bench: Any) -> None:
    impression = bench.report.impression.replace(decision=Presence.INDETERMINATE, contested="two readers differ")
    text = bench.claim("claim-impression").text.replace("are present", "are indeterminate")
    assert judged(bench, bench.case(impression=impression), "claim-impression", text=text)[0] == "SUPPORTED"


def test_a_claim_of_one_side_does_not_rest_on_evidence_of_both(bench: Any) -> None:
    two = bench.node("fact-pressure-left")
    two = two.replace(value=two.value.replace(laterality="bilateral"))
    assert judged(bench, bench.case(two), "claim-fact-pressure-left")[1] == "side.mismatch"


def context(bench: Any, case: Any, text: str, *ids: str) -> ClaimContext:
    nodes = tuple(case.index.by_id[EvidenceId(i)] for i in ids)
    claim = bench.claim("claim-size-criterion").replace(text=text, evidence_ids=tuple(n.id for n in nodes))
    return ClaimContext(claim, nodes, case.index.graph, case.index.impression, bench.verifier._library)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Size of the thing meets the criterion.", "criterion.recomputed"),
        ("SIZE OF THE THING satisfies the criterion.", "criterion.recomputed"),
        ("Size of the thing meets the criterion ≥ 0.7.", "criterion.recomputed"),
        ("Size of the thing meets the criterion >= 0.7.", "criterion.recomputed"),
        ("Size of the thing meets the criterion > 0.7.", "criterion.comparator"),
        ("Size of the thing meets the criterion < 0.7.", "criterion.comparator"),
        ("Size of the thing meets the criterion ≤ 0.7.", "criterion.comparator"),
        ("Size of the thing meets the criterion <= 0.7.", "criterion.comparator"),
        ("Size of the thing does not meet the criterion.", "criterion.mismatch"),
        ("Size of the thing was not assessed.", "criterion.mismatch"),
        ("Size of the thing neither surely meets nor surely misses the criterion.", "criterion.mismatch"),
        ("Pressure meets the criterion.", "criterion.subject"),
        ("Size of the thing is 0.90.", ""),
    ],
)
def test_a_sentence_of_the_report_says_the_criterion_as_it_is(bench: Any, text: str, code: str) -> None:
    outcome = criterion_words(context(bench, bench.case(), text, "indicator-size", "measurement-size"))
    assert (outcome.code if outcome is not None else "") == code


@pytest.mark.parametrize(
    ("sign", "code"),
    [(">", "criterion.recomputed"), ("≥", "criterion.comparator"), ("<", "criterion.comparator")],
)
def test_above_is_not_at_least(bench: Any, sign: str, code: str) -> None:
    text = f"Pressure meets the criterion {sign} 21 mmHg."
    outcome = criterion_words(context(bench, bench.case(), text, "indicator-pressure"))
    assert outcome is not None
    assert outcome.code == code


@pytest.mark.parametrize("ids", [(), ("img-1",), ("indicator-size", "indicator-pressure")])
def test_a_criterion_is_of_exactly_one_indicator(bench: Any, ids: tuple[str, ...]) -> None:
    outcome = criterion_words(context(bench, bench.case(), "Size of the thing meets the criterion.", *ids))
    assert outcome is not None
    assert (outcome.code, outcome.verdict.value) == ("criterion.subject", "UNSUPPORTED")


@pytest.mark.parametrize(("value", "met"), [(0.9, Met.YES), (0.7, Met.UNCERTAIN), (0.3, Met.NO)])
@pytest.mark.parametrize("recorded", list(Met))
def test_a_result_is_what_its_measurement_gives(bench: Any, value: float, met: Met, recorded: Met) -> None:
    node = bench.node("indicator-size")
    graph = bench.report.evidence_graph
    new = {node.id: node.replace(value=node.value.replace(met=recorded, value=value)),
           "measurement-size": bench.measured(value)}  # fmt: skip
    graph = graph.replace(nodes=tuple(new.get(n.id, n) for n in graph.nodes))
    claim = bench.claim("claim-size-criterion")
    pressure = graph.node(EvidenceId("indicator-pressure"))
    for nodes in ((new[node.id],), (pressure, new[node.id])):
        found = results_consistent(ClaimContext(claim, nodes, graph, bench.report.impression, bench.verifier._library))
        assert (found is None) is (recorded is met), recorded
        if found is not None:
            assert found.sentence == f"Size of the thing: recomputed as {met.value}, recorded as {recorded.value}."


@pytest.mark.parametrize(
    ("change", "same"),
    [({}, True), ({"value": 0.89}, False), ({"value": 0.91}, False), ({"unit": "mm"}, False), ({"value": None}, False)],
)
def test_a_result_has_the_value_and_the_unit_of_its_measurement(bench: Any, change: dict[str, Any], same: bool) -> None:
    node = bench.node("indicator-size")
    graph = bench.report.evidence_graph
    changed = node.replace(value=node.value.replace(**change))
    graph = graph.replace(nodes=tuple(changed if n.id == node.id else n for n in graph.nodes))
    claim = bench.claim("claim-size-criterion")
    found = results_consistent(ClaimContext(claim, (changed,), graph, bench.report.impression, bench.verifier._library))
    assert ("" if found is None else found.code) == ("" if same else "value.recomputed")
