"""Presence, absence and doubt are those of the evidence."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.polarity import _agree
from clinigraph.models.base import EvidenceId
from clinigraph.models.codes import Concept, Laterality, Scheme
from clinigraph.models.evidence import FindingNode
from clinigraph.models.findings import Finding, FindingSite, Presence

SPOT = Concept(value="SPOT", scheme=Scheme.CLINIGRAPH, meaning="Bright spot")
PRESENT, ABSENT, OPEN = Presence.PRESENT, Presence.ABSENT, Presence.INDETERMINATE
SAID = [
    ("A bright spot is present.", PRESENT), ("A bright spot is seen.", PRESENT), ("There is a bright spot.", PRESENT),
    ("There is no bright spot.", ABSENT), ("A bright spot is absent.", ABSENT), ("No bright spot is seen.", ABSENT),
    ("A bright spot is not present.", ABSENT), ("A bright spot is possible.", OPEN),
    ("A bright spot cannot be excluded.", OPEN), ("A bright spot is suspected.", OPEN),
    ("A bright spot is undecided.", OPEN),
]  # fmt: skip


def with_spot(bench: Any, presence: Presence, side: Laterality = Laterality.UNKNOWN) -> Any:
    site = FindingSite(concept=SPOT, laterality=side)
    found = Finding(id=EvidenceId("finding-spot"), concept=SPOT, presence=presence, site=site, text="Spot.")
    return bench.case(FindingNode(id=found.id, value=found))


@pytest.mark.parametrize(("text", "said"), SAID)
@pytest.mark.parametrize("held", [PRESENT, ABSENT, OPEN])
def test_only_what_is_held_may_be_said(bench: Any, text: str, said: Presence, held: Presence) -> None:
    doubt = OPEN in (said, held)
    wrong = ("CONTRADICTED", "certainty.mismatch" if doubt else "presence.mismatch")
    right = ("SUPPORTED", "presence.same")
    assert bench.codes(with_spot(bench, held), text) == {right if said is held else wrong}


@pytest.mark.parametrize(
    "text", ["Bright spot, not absent, not unlikely.", "A bright spot neither present nor not present."]
)
def test_denials_of_denials_are_not_judged(bench: Any, text: str) -> None:
    for held in (PRESENT, ABSENT):
        assert bench.codes(with_spot(bench, held), text) == {("UNVERIFIABLE", "presence.unread")}


def test_a_finding_has_its_side(bench: Any) -> None:
    case = with_spot(bench, PRESENT, Laterality.RIGHT)
    assert bench.codes(case, "A bright spot is present on the right side.") == {("SUPPORTED", "presence.same")}
    assert bench.codes(case, "A bright spot is present on the left side.") == {("CONTRADICTED", "side.mismatch")}


@pytest.mark.parametrize(
    ("score", "text", "verdict", "code"),
    [
        (5, "Looks odd is present.", "SUPPORTED", "presence.same"),
        (1, "Looks odd is absent.", "SUPPORTED", "presence.same"),
        (3, "Looks odd is undecided.", "SUPPORTED", "presence.same"),
        (5, "Looks odd is absent.", "CONTRADICTED", "presence.mismatch"),
        (1, "Looks odd is present.", "CONTRADICTED", "presence.mismatch"),
        (3, "Looks odd is present.", "CONTRADICTED", "certainty.mismatch"),
        (5, "Looks odd was not assessed.", "CONTRADICTED", "criterion.mismatch"),
        (1, "Looks odd meets the criterion.", "CONTRADICTED", "criterion.mismatch"),
    ],
)
def test_a_reading_is_present_absent_or_undecided(bench: Any, score: int, text: str, verdict: str, code: str) -> None:
    nodes, edges = bench.looks(score)
    assert bench.codes(bench.case(*nodes, edges=edges), text) == {(verdict, code)}


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        ("There is thingness.", "SUPPORTED", "presence.same"),
        ("There is no thingness.", "CONTRADICTED", "impression.decision"),
        ("Thingness is possible.", "CONTRADICTED", "impression.decision"),
    ],
)
def test_the_condition_is_as_the_impression_decides(bench: Any, text: str, verdict: str, code: str) -> None:
    assert bench.codes(bench.case(), text) == {(verdict, code)}


@pytest.mark.parametrize(
    ("rules", "words", "agree"),
    [
        (PRESENT, PRESENT, True), (PRESENT, ABSENT, False), (ABSENT, PRESENT, False), (ABSENT, ABSENT, True),
        (OPEN, PRESENT, True), (OPEN, ABSENT, False), (PRESENT, OPEN, True), (ABSENT, OPEN, True), (OPEN, OPEN, True),
    ],
)  # fmt: skip
def test_two_readings_agree_where_neither_turns_the_other_round(rules: Presence, words: Presence, agree: bool) -> None:
    assert _agree(rules, words) is agree


@pytest.mark.parametrize(
    ("name", "text", "verdict"),
    [
        ("absent thing", "There is absent thing.", "SUPPORTED"),
        ("absent thing", "There is no absent thing.", "CONTRADICTED"),
        ("thing not seen", "There is thing not seen.", "SUPPORTED"),
        ("thing not seen", "There is no thing not seen.", "CONTRADICTED"),
        ("thingness", "Findings are consistent with thingness.", "SUPPORTED"),
    ],
)
def test_words_inside_a_name_deny_and_affirm_nothing(bench: Any, name: str, text: str, verdict: str) -> None:
    case = bench.case(impression=bench.report.impression.replace(condition=name))
    assert {v for v, _ in bench.codes(case, text)} == {verdict}


def test_what_was_not_assessed_is_neither_present_nor_absent(bench: Any) -> None:
    for word in ("present", "not present", "possible"):
        assert bench.codes(bench.case(), f"Looks odd is {word}.") == {("CONTRADICTED", "presence.not_assessed")}
    assert bench.codes(bench.case(), "Looks odd could not be assessed.") == {("SUPPORTED", "gap.same")}
