"""A sentence of the report that names a side names that of its evidence: all of it, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.base import ClaimContext, Outcome
from clinigraph.agents.verification.sides import sides
from clinigraph.models.base import EvidenceId
from clinigraph.models.codes import Laterality
from clinigraph.models.evidence import EvidenceNode, FactNode, FindingNode, ImageNode, MeasurementNode
from clinigraph.models.reporting import ClaimKind

LEFT, RIGHT, BOTH, NONE = Laterality.LEFT, Laterality.RIGHT, Laterality.BILATERAL, Laterality.UNKNOWN


def measured(bench: Any, side: Laterality) -> MeasurementNode:
    found: MeasurementNode = bench.measured(
        0.9, site=bench.node("measurement-size").value.site.replace(laterality=side)
    )
    return found


def seen(bench: Any, side: Laterality) -> FindingNode:
    found = bench.node("finding-kind-img-1").value
    return FindingNode(id=found.id, value=found.replace(site=found.site.replace(laterality=side)))


def recorded(bench: Any, side: Laterality) -> FactNode:
    return FactNode(id=EvidenceId("fact-1"), value=bench.node("fact-age").value.replace(laterality=side))


def pictured(bench: Any, side: Laterality) -> ImageNode:
    return ImageNode(id=EvidenceId("img-1"), value=bench.node("img-1").value.replace(laterality=side))


def said(
    bench: Any, text: str, *nodes: EvidenceNode, kind: ClaimKind = ClaimKind.QUALITATIVE, claim: str = "size-value"
) -> Outcome | None:
    claim_ = bench.claim(f"claim-{claim}").replace(text=text, kind=kind)
    report = bench.report
    return sides(ClaimContext(claim_, nodes, report.evidence_graph, report.impression, bench.verifier._library))


@pytest.mark.parametrize("kind", [measured, seen, recorded, pictured])
def test_a_side_may_come_from_any_kind_of_evidence(bench: Any, kind: Any) -> None:
    same = said(bench, "It is 0.90 on the left.", kind(bench, LEFT))
    assert same is not None
    assert (same.code, same.sentence) == ("side.same", "The side is the evidence's: left.")
    other = said(bench, "It is 0.90 on the right.", kind(bench, LEFT))
    assert other is not None
    assert (other.code, other.sentence) == ("side.mismatch", "The sentence says right, the evidence left.")


@pytest.mark.parametrize(
    ("text", "held", "code"),
    [
        ("It is larger on the left.", (LEFT,), "side.same"),
        ("It is larger on the left.", (RIGHT,), "side.mismatch"),
        ("It is larger on the left.", (BOTH,), "side.mismatch"),
        ("It is larger on the left.", (LEFT, RIGHT), "side.mismatch"),
        ("It is larger on the left.", (LEFT, NONE), "side.same"),
        ("It is larger on the left.", (NONE,), "side.unknown"),
        ("It is larger on the left.", (), "side.unknown"),
        ("It is large on the left and on the right.", (BOTH,), "side.same"),
        ("It is large on the left and on the right.", (LEFT, RIGHT), "side.same"),
        ("It is large on the left and on the right.", (LEFT,), "side.mismatch"),
        ("It is large on the left and on the right.", (RIGHT,), "side.mismatch"),
        ("It is large OS.", (LEFT,), "side.same"),
        ("It is large OD.", (LEFT,), "side.mismatch"),
    ],
)
def test_the_sides_said_are_exactly_those_of_the_evidence(
    bench: Any, text: str, held: tuple[Laterality, ...], code: str
) -> None:
    nodes = [(measured, pictured)[i](bench, side) for i, side in enumerate(held)]
    outcome = said(bench, text, *nodes)
    assert outcome is not None
    assert outcome.code == code


def test_a_sentence_that_names_no_side_has_none(bench: Any) -> None:
    assert said(bench, "It is 0.90.", measured(bench, LEFT)) is None


def test_a_side_in_the_name_of_what_was_measured_is_not_said_of_it(bench: Any) -> None:
    node = bench.node("indicator-size")
    named = node.replace(value=node.value.replace(name="Size of the left thing"))
    assert said(bench, "Size of the left thing is 0.90.", named, measured(bench, RIGHT)) is None
    twice = said(bench, "Size of the left thing is 0.90 on the left.", named, measured(bench, RIGHT))
    assert twice is not None
    assert twice.code == "side.mismatch"


@pytest.mark.parametrize("kind", [ClaimKind.KNOWLEDGE, ClaimKind.RECOMMENDATION, ClaimKind.LIMITATION])
def test_what_is_quoted_or_missing_speaks_of_no_side_of_this_patient(bench: Any, kind: ClaimKind) -> None:
    assert said(bench, "The left one is looked at first.", measured(bench, RIGHT), kind=kind) is None
