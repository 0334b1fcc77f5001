"""The report's own sentences about criteria, sources and the impression, when the evidence below them is another."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.verifier import RuleVerifier
from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import PassageNode
from clinigraph.models.findings import Presence
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
