"""Findings are told in the words of whoever found them, or by name where there are none."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import EdgeKind, EvidenceEdge, FindingNode
from clinigraph.models.findings import Finding, Presence
from clinigraph.testing.world import CONCEPT, SITE


SEEN = EvidenceEdge(source=EvidenceId("finding-a"), target=EvidenceId("img-1"), kind=EdgeKind.DERIVED_FROM)


def finding(text: str) -> FindingNode:
    value = Finding(id=EvidenceId("finding-a"), concept=CONCEPT, presence=Presence.ABSENT, site=SITE, text=text)
    return FindingNode(id=value.id, value=value)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("No crater is seen.", "No crater is seen."),
        ("", f"{CONCEPT.meaning}: absent."),
        (" ", f"{CONCEPT.meaning}: absent."),
    ],
)
def test_a_finding_is_told_in_its_own_words_or_by_name_and_presence(bench: Any, found: str, told: str) -> None:
    case = bench.case(finding(found), edges=(SEEN,))
    assert told in case.sentences
    assert case.verify(case.sentences[told]).verdict == "SUPPORTED"


def test_a_finding_told_in_other_words_is_altered(bench: Any) -> None:
    case = bench.case(finding("No crater is seen."), edges=(SEEN,))
    changed = case.sentences["No crater is seen."].replace(text="A crater is seen.")
    assert case.verify(changed).reason_code == "finding.altered"
