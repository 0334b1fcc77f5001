"""A sign that is there makes the broader ones there; one that is not there, the narrower ones not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from clinigraph.agents.claims.kinds import implied
from clinigraph.agents.claims.matching import claims_of
from clinigraph.agents.claims.subjects import EvidenceIndex
from clinigraph.agents.verification.verifier import RuleVerifier
from clinigraph.knowledge.terminology.contract import Candidate, ConceptEntry, Mention
from clinigraph.models.base import EvidenceId
from clinigraph.models.case import Fact
from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.evidence import EvidenceGraph, FactNode
from clinigraph.models.findings import Impression, Presence
from clinigraph.models.passages import Span
from clinigraph.testing.doubles import FakeLibrary

TREE = {
    "HP:1": ("abnormality", ()), "HP:2": ("weakness", ("HP:1",)), "HP:3": ("arm weakness", ("HP:2",)),
    "HP:4": ("left arm weakness", ("HP:3",)), "HP:5": ("seizure", ("HP:1",)), "HP:6": ("staring spell", ("HP:5",)),
    "HP:7": ("odd gait", ("HP:7", "HP:1")),
}  # fmt: skip


class Tree:
    """Knows seven signs by name."""

    def link(self, text: str) -> Sequence[Mention]:
        """Return the longest names."""
        found: list[Mention] = []
        for code, (name, _) in sorted(TREE.items(), key=lambda item: -len(item[1][0])):
            at = text.lower().find(name)
            if at < 0 or any(m.span.start < at + len(name) and at < m.span.end for m in found):
                continue
            best = Candidate(concept=Concept(value=code, scheme=Scheme.HP, meaning=name), score=1.0, matched=name)
            span = Span(start=at, end=at + len(name))
            found.append(Mention(text=text[at : at + len(name)], span=span, candidates=(best,)))
        return sorted(found, key=lambda m: m.span.start)

    def describe(self, value: str, scheme: Scheme) -> ConceptEntry | None:
        """Return a sign with its broader ones."""
        name, parents = TREE[value]
        return ConceptEntry(concept=Concept(value=value, scheme=scheme, meaning=name), parents=parents)


class Flat:
    """Finds signs and knows no tree."""

    link = Tree.link


def graph(**signs: bool) -> EvidenceGraph:
    nodes = tuple(
        FactNode(id=EvidenceId(f"fact-{n}"), value=Fact(name=f"finding_{n}", value=v, source="record"))
        for n, v in signs.items()
    )
    return EvidenceGraph(nodes=nodes, edges=())


IMPRESSION = Impression(
    condition="thingness", decision=Presence.INDETERMINATE, score=None, threshold=None, rationale="not judged"
)


def judged(text: str, **signs: bool) -> list[tuple[str, str, tuple[str, ...]]]:
    case = RuleVerifier(FakeLibrary([], {}), Tree()).case(graph(**signs), IMPRESSION)
    claims = claims_of(text, case.index, case.sentences, case.whole)
    return [(c.verdict.value, c.reason_code, c.evidence_ids) for c in map(case.verify, claims)]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Weakness is present.", "SUPPORTED"), ("There is weakness.", "SUPPORTED"),
        ("There is no weakness.", "CONTRADICTED"), ("Left arm weakness is present.", "UNSUPPORTED"),
        ("No staring spell.", "SUPPORTED"), ("A staring spell is present.", "CONTRADICTED"),
        ("Odd gait is present.", "UNSUPPORTED"),
    ],
)  # fmt: skip
def test_broader_signs_follow_from_what_is_there_and_narrower_ones_from_what_is_not(text: str, verdict: str) -> None:
    ((said, _, ids),) = judged(text, arm_weakness=True, seizure=False)
    assert said == verdict
    assert said != "SUPPORTED" or ids == (("fact-arm_weakness",) if "eakness" in text else ("fact-seizure",))


def test_nothing_follows_upwards_from_absence_or_downwards_from_presence() -> None:
    assert judged("There is no weakness.", arm_weakness=False)[0][0] != "SUPPORTED"
    assert judged("A staring spell is present.", seizure=True)[0][0] != "SUPPORTED"


def test_without_a_tree_nothing_is_implied() -> None:
    index = EvidenceIndex(graph(arm_weakness=True), IMPRESSION, Flat())
    (mention,) = index.mentions("weakness")
    assert implied(index, mention) is None


def test_a_tree_that_turns_back_on_itself_ends() -> None:
    index = EvidenceIndex(graph(odd_gait=True), IMPRESSION, Tree())
    (mention,) = index.mentions("abnormality")
    found = implied(index, mention)
    assert found is not None
    assert found[1] is Presence.PRESENT
