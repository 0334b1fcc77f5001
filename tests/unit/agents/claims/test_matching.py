"""Claims of a text with the evidence that they name."""

from __future__ import annotations

import pytest

from clinigraph.agents.claims.matching import claims_of
from clinigraph.agents.claims.splitting import LONGEST_SENTENCE
from clinigraph.agents.claims.subjects import EvidenceIndex
from clinigraph.agents.claims.typing import kind_of
from clinigraph.models.base import EvidenceId
from clinigraph.models.case import Fact
from clinigraph.models.evidence import EvidenceGraph, FactNode, PassageNode
from clinigraph.models.findings import Impression, Presence
from clinigraph.models.reporting import ClaimKind, Section
from clinigraph.testing.doubles import make_passage

NODES = (
    FactNode(id=EvidenceId("fact-age"), value=Fact(name="age", value=61.0, unit="a")),
    PassageNode(id=EvidenceId("card#1"), value=make_passage("card#1", "Things grow larger in most people. So it is.")),
)
INDEX = EvidenceIndex(
    EvidenceGraph(nodes=NODES), Impression(decision=Presence.INDETERMINATE, condition="cataract", rationale="none")
)


def grounds(text: str) -> list[tuple[str, ...]]:
    return [tuple(c.evidence_ids) for c in claims_of(text, INDEX, {})]


def test_a_claim_rests_on_what_it_names() -> None:
    assert grounds("The age is 61 years.") == [("fact-age",)]
    assert grounds("The sky is blue.") == [()]


def test_a_quoted_sentence_rests_on_its_passage() -> None:
    assert grounds("Things grow  larger in most people.") == [("card#1",)]
    assert grounds("Things grow smaller in most people.") == [()]
    assert grounds("So it is.") == [()]


def test_what_points_back_rests_on_what_came_before() -> None:
    assert grounds("The age is 61 years. This is high. The sky is blue.") == [("fact-age",), ("fact-age",), ()]


def test_a_sentence_too_long_to_read_is_kept_whole_and_names_nothing() -> None:
    (claim,) = claims_of(f"The age is 61 {'very ' * LONGEST_SENTENCE}old.", INDEX, {})
    assert (claim.kind, claim.evidence_ids) == (ClaimKind.QUALITATIVE, ())


@pytest.mark.parametrize(
    ("text", "section", "kind"),
    [
        ("Repeat it.", Section.FINDINGS, ClaimKind.RECOMMENDATION),
        ("The guideline says so.", Section.FINDINGS, ClaimKind.KNOWLEDGE),
        ("It was not assessed.", Section.FINDINGS, ClaimKind.LIMITATION),
        ("It is unchanged.", Section.FINDINGS, ClaimKind.TEMPORAL),
        ("It is cataract.", Section.IMPRESSION, ClaimKind.IMPRESSION),
        ("It is large.", Section.FINDINGS, ClaimKind.COMPARATIVE),
        ("It is red.", Section.FINDINGS, ClaimKind.QUALITATIVE),
        ("It is on the left side.", Section.FINDINGS, ClaimKind.ANATOMICAL),
    ],
)
def test_a_statement_has_its_kind(text: str, section: Section, kind: ClaimKind) -> None:
    assert kind_of(text, (), section) is kind
