"""Presence, absence and doubt are those of the evidence."""

from __future__ import annotations

import re
from typing import Any

import pytest

from clinigraph.agents.verification.polarity import SURE, _agree
from clinigraph.agents.verification.verifier import RuleVerifier
from clinigraph.knowledge.terminology.contract import Assertion, Candidate, Mention
from clinigraph.models.base import EvidenceId
from clinigraph.models.codes import Concept, Laterality, Scheme
from clinigraph.models.evidence import FindingNode
from clinigraph.models.findings import Finding, FindingSite, Presence
from clinigraph.models.passages import Span

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
    "text",
    [
        "Bright spot, not absent, not unlikely.", "A bright spot neither present nor not present.",
        "No bright spot is not seen.", "Never was a bright spot without doubt.",
    ],
)  # fmt: skip
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


def pair(bench: Any, first: Presence, second: Presence) -> Any:
    halo = Concept(value="HALO", scheme=Scheme.CLINIGRAPH, meaning="Pale halo")
    nodes = []
    for name, concept, presence in (("spot", SPOT, first), ("halo", halo, second)):
        found = Finding(id=EvidenceId(f"finding-{name}"), concept=concept, presence=presence,
                        site=FindingSite(concept=concept))  # fmt: skip
        nodes.append(FindingNode(id=found.id, value=found))
    return bench.case(*nodes)


@pytest.mark.parametrize(
    ("first", "second", "text", "expected"),
    [
        (PRESENT, PRESENT, "A bright spot and a pale halo are present.", ("SUPPORTED", "presence.same")),
        (PRESENT, ABSENT, "A bright spot and a pale halo are present.", ("CONTRADICTED", "presence.mismatch")),
        (ABSENT, PRESENT, "A bright spot and a pale halo are present.", ("CONTRADICTED", "presence.mismatch")),
        (ABSENT, ABSENT, "There is neither a bright spot nor a pale halo.", ("SUPPORTED", "presence.same")),
        (ABSENT, PRESENT, "There is neither a bright spot nor a pale halo.", ("CONTRADICTED", "presence.mismatch")),
    ],
)
def test_each_thing_named_is_judged(
    bench: Any, first: Presence, second: Presence, text: str, expected: tuple[str, str]
) -> None:
    assert bench.codes(pair(bench, first, second), text) == {expected}


def test_what_the_sentence_and_the_evidence_say_is_told(bench: Any) -> None:
    (claim,) = bench.read(with_spot(bench, ABSENT), "A bright spot is present.")
    assert claim.explanation == "Bright spot: the sentence says present, the evidence absent."
    (claim,) = bench.read(with_spot(bench, PRESENT), "A bright spot is present.")
    assert claim.explanation == "Bright spot is present by the evidence."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Possibly there is a bright spot.", OPEN),
        ("A bright spot is uncertain and not seen.", OPEN),
        ("Bright spot, probably present.", OPEN),
        ("It is free of a bright spot.", ABSENT),
    ],
)
def test_doubt_is_heard_beside_denial(bench: Any, text: str, said: Presence) -> None:
    for held in (PRESENT, ABSENT, OPEN):
        ((verdict, _),) = bench.codes(with_spot(bench, held), text)
        assert (verdict != "CONTRADICTED") is (said is held), (held, verdict)


@pytest.mark.parametrize(
    "text",
    [
        "A history of bright spot is present.", "If a bright spot is present.", "Risk of a bright spot is noted.",
        "The image lacks a bright spot that is visible.", "Bright spot is unlikely but seen.",
    ],
)  # fmt: skip
def test_what_is_past_feared_or_said_both_ways_is_neither_affirmed_nor_denied(bench: Any, text: str) -> None:
    for held in (PRESENT, ABSENT, OPEN):
        assert bench.codes(with_spot(bench, held), text) == {("UNVERIFIABLE", "presence.unread")}


def test_a_name_with_a_number_does_not_hide_the_next_name(bench: Any) -> None:
    text = "The size of the thing of 0.90 shows a bright spot."
    assert bench.codes(with_spot(bench, PRESENT), text) == {("UNVERIFIABLE", "wording.linked")}
    assert bench.codes(with_spot(bench, ABSENT), text) == {("CONTRADICTED", "presence.mismatch")}


class Knows:
    """A terminology that knows one word, this surely."""

    def __init__(self, score: float) -> None:
        self.score = score

    def link(self, text: str) -> list[Mention]:
        concept = Concept(value="O", scheme=Scheme.CLINIGRAPH, meaning="oedema")
        known = Candidate(concept=concept, cui="C0000001", score=self.score, matched="oedema")
        return [
            Mention(
                span=Span(start=m.start(), end=m.end()), text="Oedema", candidates=(known,), assertion=Assertion.PRESENT
            )
            for m in re.finditer("oedema", text)
        ]


@pytest.mark.parametrize(("score", "known"), [(1.0, True), (SURE, True), (0.79, False), (0.1, False)])
def test_a_disease_that_the_evidence_does_not_speak_of_has_no_ground(bench: Any, score: float, known: bool) -> None:
    report = bench.report
    case = RuleVerifier(bench.verifier._library, Knows(score)).case(report.evidence_graph, report.impression)
    for text in ("There is oedema.", "There is no oedema."):
        (claim,) = bench.read(case, text)
        assert (claim.reason_code == "finding.unknown") is known
        assert ("Nothing in the evidence speaks of oedema." in claim.explanation) is known


@pytest.mark.parametrize("decision", list(Presence))
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("The decision is indeterminate.", Presence.INDETERMINATE),
        ("The decision on thingness is undecided.", Presence.INDETERMINATE),
        ("No decision was reached.", Presence.INDETERMINATE),
        ("No decision could be made.", Presence.INDETERMINATE),
        ("The decision is present.", Presence.PRESENT),
        ("The decision: thingness is absent.", Presence.ABSENT),
    ],
)
def test_the_decision_stands_for_the_condition(bench: Any, decision: Presence, text: str, says: Presence) -> None:
    case = bench.case(impression=bench.report.impression.replace(decision=decision))
    verdicts = {v for v, _ in bench.codes(case, text)}
    assert (verdicts == {"SUPPORTED"}) is (says is decision)


@pytest.mark.parametrize("decision", list(Presence))
@pytest.mark.parametrize(
    "text",
    [
        "Thingness is not indeterminate.",
        "Thingness isn't uncertain.",
        "Thingness is hardly possible.",
        "Thingness is no longer undecided.",
        "Thingness is never really equivocal.",
        "Thingness is not at all likely.",
        "The decision is far from indeterminate.",
    ],
)
def test_doubt_that_is_denied_decides_nothing(bench: Any, decision: Presence, text: str) -> None:
    case = bench.case(impression=bench.report.impression.replace(decision=decision))
    assert {v for v, _ in bench.codes(case, text)} == {"UNVERIFIABLE"}


@pytest.mark.parametrize(
    ("text", "decision", "code"),
    [
        ("Thingness is likely.", Presence.PRESENT, "presence.leaning"),
        ("Thingness is likely.", Presence.INDETERMINATE, "presence.leaning"),
        ("Thingness is likely.", Presence.ABSENT, "impression.decision"),
        ("The decision was withdrawn.", Presence.INDETERMINATE, "presence.unread"),
        ("The question of thingness remains open.", Presence.INDETERMINATE, "presence.unread"),
        ("Thingness is explained by it.", Presence.PRESENT, "presence.unread"),
    ],
)
def test_what_leans_or_is_withdrawn_decides_nothing(bench: Any, text: str, decision: Presence, code: str) -> None:
    case = bench.case(impression=bench.report.impression.replace(decision=decision))
    assert code in {c for _, c in bench.codes(case, text)}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The patient is a smoker, without a bright spot.", "CONTRADICTED"),
        ("A bright spot is seen, and the patient is no smoker.", "CONTRADICTED"),
        ("A bright spot without thingness.", "CONTRADICTED"), ("No bright spot and thingness.", "CONTRADICTED"),
    ],
)  # fmt: skip
def test_of_two_signs_each_is_held_against_its_own_word(bench: Any, text: str, verdict: str) -> None:
    found = {v for v, _ in bench.codes(with_spot(bench, PRESENT), text)}
    assert verdict in found, found


def test_a_disease_among_the_hypotheses_is_no_finding(bench: Any) -> None:
    report = bench.report
    spot = with_spot(bench, PRESENT)
    nodes = tuple(
        n.replace(value=n.value.replace(text="Hypothesis 1 is oedema.")) if n.id == "finding-spot" else n
        for n in spot.index.graph.nodes
    )
    graph = spot.index.graph.replace(nodes=nodes)
    case = RuleVerifier(bench.verifier._library, Knows(1.0)).case(graph, report.impression)
    (ranked,) = bench.read(case, "The first hypothesis is oedema.")
    (stated,) = bench.read(case, "There is oedema.")
    assert ranked.reason_code in ("finding.hypothesis", "finding.reworded")
    assert stated.reason_code == "finding.unknown"
