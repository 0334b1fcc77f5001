"""What a sentence cites is in the store, byte for byte, is signed, and states the criterion that was applied."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.contract import StatedCriterion
from clinigraph.agents.verification.base import ClaimContext, Outcome
from clinigraph.agents.verification.citations import citations
from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import PassageNode
from clinigraph.models.passages import Trust
from clinigraph.models.planning import Comparator
from clinigraph.models.reporting import ClaimKind
from clinigraph.testing.doubles import FakeLibrary

ADVICE = "A large thing is looked at again."
APPLIED = StatedCriterion(indicator="size", comparator=Comparator.GE, threshold=0.7, unit="1")
GROUNDED = ("citation.exact", "The cited passage is in the store, byte for byte.")
QUOTED = ("citation.exact", "The passage is in the store, byte for byte, and quoted as it stands.")
UNSIGNED = ("citation.unsigned", "Only unsigned documents say so.")


def passage(bench: Any, trust: Trust, name: str = "card#advice") -> PassageNode:
    value = bench.node(name).value
    return PassageNode(id=EvidenceId(name), value=value.replace(source=value.source.replace(trust=trust)))


def cited(
    bench: Any, *ids: str, kind: ClaimKind = ClaimKind.RECOMMENDATION, text: str = ADVICE, nodes: tuple[Any, ...] = (),
    criteria: dict[str, StatedCriterion] | None = None,
) -> Outcome | None:  # fmt: skip
    graph = bench.case(*nodes).index.graph
    library = FakeLibrary([n.value for n in graph.nodes if isinstance(n, PassageNode)], criteria)
    named = tuple(graph.node(EvidenceId(i)) for i in ids)
    claim = bench.claim("claim-size-value").replace(text=text, kind=kind)
    return citations(ClaimContext(claim, named, graph, bench.report.impression, library))


@pytest.mark.parametrize("kind", [ClaimKind.KNOWLEDGE, ClaimKind.RECOMMENDATION])
def test_a_passage_is_quoted_as_it_stands(bench: Any, kind: ClaimKind) -> None:
    for text, code in ((ADVICE, "citation.exact"), (ADVICE.upper(), "citation.altered"), ("It", "citation.altered")):
        outcome = cited(bench, "card#advice", kind=kind, text=text)
        assert outcome is not None
        assert outcome.code == code
    both = cited(bench, "card#other", "card#advice", kind=kind)
    assert both is not None
    assert (both.code, both.sentence) == QUOTED


@pytest.mark.parametrize(
    ("trusts", "ids", "kind", "expected"),
    [
        ((Trust.UNSIGNED,), ("card#advice",), ClaimKind.QUALITATIVE, UNSIGNED),
        ((Trust.USER_SIGNED,), ("card#advice",), ClaimKind.QUALITATIVE, GROUNDED),
        ((Trust.EMBEDDED,), ("card#advice",), ClaimKind.QUALITATIVE, GROUNDED),
        ((Trust.UNSIGNED,), ("card#advice", "img-1"), ClaimKind.QUALITATIVE, GROUNDED),
        ((Trust.UNSIGNED,), ("img-1", "card#advice"), ClaimKind.RECOMMENDATION, UNSIGNED),
        ((Trust.UNSIGNED, Trust.UNSIGNED), ("card#advice", "card#other"), ClaimKind.QUALITATIVE, UNSIGNED),
        ((Trust.UNSIGNED, Trust.EMBEDDED), ("card#advice", "card#other"), ClaimKind.QUALITATIVE, GROUNDED),
        ((Trust.UNSIGNED, Trust.EMBEDDED), ("card#advice", "card#other"), ClaimKind.RECOMMENDATION, QUOTED),
        ((Trust.USER_SIGNED,), ("card#advice",), ClaimKind.RECOMMENDATION, QUOTED),
    ],
)
def test_unsigned_documents_carry_nothing_alone(
    bench: Any, trusts: tuple[Trust, ...], ids: tuple[str, ...], kind: ClaimKind, expected: tuple[str, str]
) -> None:
    nodes = tuple(passage(bench, t, i) for t, i in zip(trusts, ("card#advice", "card#other"), strict=False))
    outcome = cited(bench, *ids, kind=kind, nodes=nodes)
    assert outcome is not None
    assert (outcome.code, outcome.sentence) == expected


def test_a_passage_that_the_store_does_not_hold_is_named(bench: Any) -> None:
    claim = bench.claim("claim-size-value").replace(kind=ClaimKind.QUALITATIVE)
    other, advice = bench.node("card#other"), bench.node("card#advice")
    report = bench.report
    context = ClaimContext(claim, (other, advice), report.evidence_graph, report.impression, FakeLibrary([other.value]))
    outcome = citations(context)
    assert outcome is not None
    assert outcome.code == "citation.bytes"
    assert "card#advice" in outcome.sentence


def test_a_sentence_that_cites_nothing_is_for_other_checks(bench: Any) -> None:
    assert cited(bench, "img-1", kind=ClaimKind.QUALITATIVE) is None
    bare = cited(bench, "img-1", kind=ClaimKind.KNOWLEDGE)
    assert bare is not None
    assert bare.code == "citation.none"


@pytest.mark.parametrize(
    ("stated", "holds"),
    [
        (APPLIED, True),
        (StatedCriterion(indicator="size", comparator=Comparator.GE, threshold=0.8, unit="1"), False),
        (StatedCriterion(indicator="size", comparator=Comparator.GE, threshold=0.6, unit="1"), False),
        (StatedCriterion(indicator="size", comparator=Comparator.GT, threshold=0.7, unit="1"), False),
        (StatedCriterion(indicator="size", comparator=Comparator.GE, threshold=0.7, unit="mm"), False),
        (StatedCriterion(indicator="girth", comparator=Comparator.GE, threshold=0.7, unit="1"), False),
        (StatedCriterion(indicator="weight", comparator=Comparator.GE, threshold=0.7, unit="1"), False),
        (None, False),
    ],
)
def test_the_criterion_applied_is_the_one_that_its_passage_states(
    bench: Any, stated: StatedCriterion | None, holds: bool
) -> None:
    criteria = {} if stated is None else {"card#size": stated}
    outcome = cited(bench, "indicator-size", kind=ClaimKind.COMPARATIVE, criteria=criteria)
    if holds:
        assert outcome is None
    else:
        assert outcome is not None
        assert outcome.code == "citation.criterion"
        assert ("states no criterion" in outcome.sentence) is (stated is None)
