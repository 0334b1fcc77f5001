"""A sentence that leans on a passage, a finding or a result is told as such; one word, number or denial more is not."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.paraphrase import paraphrase, told
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.base import EvidenceId
from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.evidence import EvidenceNode, FindingNode, PassageNode
from clinigraph.models.passages import Trust
from clinigraph.models.reporting import ClaimKind
from clinigraph.testing.doubles import make_passage

HILL = (
    "Round stones roll down every steep hill, and they stop at 5 m from the foot. Water is not wet. "
    "Biopsy of the stone is recommended in adults over 60."
)
DIAGNOSIS = Concept(value="D", scheme=Scheme.CLINIGRAPH, meaning="Diagnosis")


def passage(trust: Trust = Trust.EMBEDDED) -> PassageNode:
    return PassageNode(id=EvidenceId("hill#1"), value=make_passage("hill#1", HILL, trust=trust))


def finding(bench: Any, node_id: str = "finding-gout") -> FindingNode:
    value = bench.node("finding-kind-img-1").value
    text = "Diagnosis 1: acute gout of the left toe."
    return FindingNode(
        id=EvidenceId(node_id), value=value.replace(id=EvidenceId(node_id), concept=DIAGNOSIS, text=text)
    )


def code(bench: Any, text: str, *nodes: EvidenceNode, kind: ClaimKind = ClaimKind.KNOWLEDGE) -> str:
    claim = bench.claim("claim-size-value").replace(kind=kind)
    outcome = paraphrase(ProseContext(claim, text, bench.case(*nodes).index, bench.verifier._library))
    return "" if outcome is None else outcome.code


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("Down every steep hill roll round stones.", True),
        ("Round stones rolled down every steep hill.", True),
        ("They stop at 5 m from the foot of the hill, the round stones.", True),
        ("Down every hill stones roll.", False),
        ("Stones roll down hill.", False),
        ("Round stones roll down every steep valley.", False),
        ("Round stones do not roll down every steep hill.", False),
        ("Round stones roll down every steep hill and stop at 6 m.", False),
        ("Round stones roll down every steep hill and stop at 5 cm.", False),
        ("Biopsy of the stone over 60 in adults.", True),
        ("Biopsy of the stone over 70 in adults.", False),
        ("Water is wet.", False),
    ],
)
def test_a_sentence_of_the_passage_s_words_in_other_order_leans_on_it(bench: Any, text: str, leans: bool) -> None:
    assert code(bench, text, passage()) == ("citation.reworded" if leans else "")
    assert code(bench, text, passage(Trust.UNSIGNED)) == "", "nothing leans on an unsigned document"
    assert code(bench, text) == ""


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("Biopsy should be done in adults.", True), ("Biopsy of the stone should be considered.", True),
        ("Biopsy of the stone should be done over 60.", True), ("Biopsy of the stone should be done over 70.", False),
        ("Biopsy of the stone should not be done.", False), ("Biopsy of the hill should be done by surgeons.", False),
    ],
)  # fmt: skip
def test_advice_may_leave_out_more_and_use_words_of_advice(bench: Any, text: str, leans: bool) -> None:
    assert code(bench, text, passage(), kind=ClaimKind.RECOMMENDATION) == ("citation.reworded" if leans else "")


@pytest.mark.parametrize(
    ("text", "restates"),
    [
        ("The first diagnosis is acute gout of the left toe.", True),
        ("The diagnosis is acute gout.", True),
        ("The first diagnosis listed is gout.", True),
        ("The second diagnosis is acute gout.", False),
        ("The diagnosis is gout.", False),
        ("There is acute gout of the toe.", False),
        ("The diagnosis is acute gout of the right toe.", False),
        ("The diagnosis is not acute gout.", False),
    ],
)
def test_a_finding_is_restated_by_its_kind_and_its_own_words(bench: Any, text: str, restates: bool) -> None:
    assert code(bench, text, finding(bench)) == ("finding.reworded" if restates else "")
    assert code(bench, text, finding(bench, "finding-kind-9")) == ""


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("The film was too dark for it.", True), ("the film  was too dark for it", True),
        ("No more than one was taken.", True), ("Only one view", False), ("The film was too dark.", False),
    ],
)  # fmt: skip
def test_a_sentence_of_a_result_s_reason_is_told_by_it(bench: Any, text: str, same: bool) -> None:
    looks = bench.node("indicator-looks")
    reason = "The film was too dark for it. Only one view; no more than one was taken."
    case = bench.case(looks.replace(value=looks.value.replace(reason=reason)))
    outcome = told(ProseContext(bench.claim("claim-size-value"), text, case.index, bench.verifier._library))
    assert (outcome is not None) is same
    assert outcome is None or (outcome.code, outcome.spans) == ("reason.same", ((0, len(text)),))
