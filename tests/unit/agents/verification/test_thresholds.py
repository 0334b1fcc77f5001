"""What is said of a criterion in free wording is recomputed."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.models.base import EvidenceId
from clinigraph.models.evidence import EdgeKind, EvidenceEdge, IndicatorResultNode

S, C, U, V = "SUPPORTED", "CONTRADICTED", "UNSUPPORTED", "UNVERIFIABLE"


@pytest.mark.parametrize(
    ("said", "low", "across", "high"),
    [
        ("meets the criterion", C, C, S), ("reaches the threshold", C, C, S),
        ("does not meet the criterion", S, C, C), ("misses the criterion", S, C, C),
        ("misses its threshold", S, C, C), ("of 0.9, criterion of 0.7 or more met", C, C, S),
        ("may or may not meet the criterion", C, S, C), ("was not assessed", C, C, C),
    ],
)  # fmt: skip
def test_a_criterion_is_met_missed_or_open_by_the_whole_interval(
    bench: Any, said: str, low: str, across: str, high: str
) -> None:
    for value, verdict in ((0.3, low), (0.7, across), (0.9, high)):
        (claim,) = bench.read(bench.case(bench.measured(value)), f"The size of the thing {said}.")
        assert claim.verdict.value == verdict, (value, claim.reason_code, claim.explanation)


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        ("The criterion is met.", U, "criterion.subject"),
        ("The age meets the criterion.", U, "criterion.subject"),
        ("The age is above the threshold.", V, "wording.unread"),
        ("Looks odd was not assessed.", S, "gap.same"),
        ("Looks odd was not assessed because no image-reading model is set.", S, "gap.same"),
        ("Looks odd was not assessed because the image is blurred.", C, "gap.reason"),
    ],
)
def test_a_gap_has_the_record_s_reason_and_a_criterion_an_indicator(
    bench: Any, text: str, verdict: str, code: str
) -> None:
    assert bench.codes(bench.case(), text) == {(verdict, code)}


@pytest.mark.parametrize(
    ("text", "large", "small"),
    [
        ("The size of the thing and the pressure meet the criterion.", S, C),
        ("The size of the thing, the pressure meet the criterion.", S, C),
        ("Both the size of the thing and the pressure meet the criterion.", S, C),
        ("The pressure and the size of the thing meet the criterion.", S, C),
        ("Neither the size of the thing nor the pressure meets the criterion.", C, C),
        ("The size of the thing and the pressure do not meet the criterion.", C, C),
        ("Neither the size of the thing nor the pressure was assessed.", C, C),
        ("The criterion is uncertain for the size of the thing.", C, C),
    ],
)
def test_names_joined_before_the_words_are_all_judged(bench: Any, text: str, large: str, small: str) -> None:
    for value, verdict in ((0.9, large), (0.3, small)):
        (claim,) = bench.read(bench.case(bench.measured(value)), text)
        assert claim.verdict.value == verdict, (value, claim.explanation)


def test_neither_of_two_denies_both(bench: Any) -> None:
    low = (bench.measured(0.3), bench.measured(15, 0, "measurement-pressure"))
    text = "Neither the size of the thing nor the pressure meets the criterion."
    assert bench.codes(bench.case(*low), text) == {(S, "criterion.recomputed")}
    assert bench.codes(bench.case(*low), text.replace("meets", "misses")) == {(C, "criterion.mismatch")}


@pytest.mark.parametrize(
    ("text", "over", "under"),
    [
        ("The score reaches the threshold.", S, C),
        ("The score does not meet the threshold.", C, S),
        ("The score was not assessed.", V, V),
        ("The score may or may not meet the threshold.", V, V),
    ],
)
def test_the_score_is_compared_with_its_own_threshold(bench: Any, text: str, over: str, under: str) -> None:
    impression = bench.report.impression
    for score, verdict in ((1.0, over), (impression.threshold, over), (0.39, under), (0.0, under)):
        (claim,) = bench.read(bench.case(impression=impression.replace(score=score)), text)
        assert claim.verdict.value == verdict, (score, claim.explanation)
    for change in ({"score": None}, {"threshold": None}):
        (claim,) = bench.read(bench.case(impression=impression.replace(**change)), text)
        assert claim.verdict.value not in (S, C), (change, claim.explanation)


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        ("The odd was not assessed.", S, "gap.same"),
        ("Looks were not assessed.", V, "gap.unknown"),
        ("The size was not assessed.", V, "gap.unknown"),
        ("The weather was not assessed.", V, "gap.unknown"),
        ("The odd weather was not assessed.", V, "gap.unknown"),
        ("It was not assessed.", V, "gap.unknown"),
        ("The looks were not assessed because no image-reading model is set.", V, "gap.unknown"),
        ("The looks were not assessed because it rained.", V, "gap.unknown"),
        ("Looks odd was not assessed, no image-reading model is set", S, "gap.same"),
        ("Looks odd was not assessed as no model is set.", S, "gap.same"),
        ("Looks odd was not assessed as a set is no model.", V, "gap.reworded"),
        ("Looks odd was not assessed since no reading image model was available.", V, "gap.reworded"),
        ("Looks odd was not assessed since no reading image model was found.", V, "gap.reworded"),
        ("The pressure is over the threshold.", S, "criterion.recomputed"),
        ("The pressure is beyond the threshold.", S, "criterion.recomputed"),
        ("The pressure is under the threshold.", C, "criterion.mismatch"),
        ("The smoker meets the criterion.", U, "criterion.subject"),
        ("Thingness meets the criterion.", U, "criterion.subject"),
    ],
)
def test_part_of_a_name_stands_for_it_in_a_gap_and_a_reason_may_be_reworded(
    bench: Any, text: str, verdict: str, code: str
) -> None:
    assert bench.codes(bench.case(), text) == {(verdict, code)}


@pytest.mark.parametrize(("value", "said", "verdict"), [(0.9, "is", S), (0.9, "is not", C), (0.3, "is not", S)])
def test_the_only_criterion_of_a_case_needs_no_name(bench: Any, value: float, said: str, verdict: str) -> None:
    only = bench.case(bench.measured(value), without=("indicator-pressure",))
    (claim,) = bench.read(only, f"The criterion {said} met.")
    assert claim.verdict.value == verdict, claim.explanation


def test_what_was_recomputed_is_told(bench: Any) -> None:
    (claim,) = bench.read(bench.case(), "The size of the thing does not meet the criterion.")
    assert claim.explanation == "Size of the thing: the sentence says no, recomputed is yes."
    (claim,) = bench.read(bench.case(), "The score does not meet the threshold.")
    assert claim.explanation == "The score is 1.00, the threshold 0.4."


@pytest.mark.parametrize(
    ("name", "verdict", "code"),
    [
        ("Size around", V, "criterion.other"), ("Pressure around", V, "criterion.other"),
        ("Girth around", C, "criterion.mismatch"), ("Girth of the thing", C, "criterion.mismatch"),
    ],
)  # fmt: skip
def test_a_criterion_of_a_thing_of_nearly_that_name_is_not_its_own(
    bench: Any, name: str, verdict: str, code: str
) -> None:
    """QTc and QTc less its limit: the evidence has a criterion for the second alone."""
    measured = bench.measured(0.9, node_id="measurement-girth")
    result = bench.node("indicator-size").value.replace(id=EvidenceId("indicator-girth"), name=name, criterion=None)
    edge = EvidenceEdge(source=EvidenceId("indicator-girth"), target=measured.id, kind=EdgeKind.DERIVED_FROM)
    case = bench.case(measured, IndicatorResultNode(id=EvidenceId("indicator-girth"), value=result), edges=(edge,))
    assert bench.codes(case, f"The {name.lower()} meets the criterion.") == {(verdict, code)}


@pytest.mark.parametrize("word", ["because", "BECAUSE", "Since", "as"])
def test_a_reason_may_begin_in_capitals(bench: Any, word: str) -> None:
    for reason, code in (("no image-reading model is set", "gap.same"), ("it rained", "gap.reason")):
        (claim,) = bench.read(bench.case(), f"Looks odd was not assessed {word} {reason}.")
        assert claim.reason_code == code


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The criterion for the size of the thing is met.", S),
        ("The criterion for the size of the thing is not met.", C),
        ("The criterion for the pressure was met.", S), ("The criterion for thingness is met.", V),
        ("The criterion for the age is met.", U),
    ],
)  # fmt: skip
def test_a_rule_may_be_named_by_what_it_is_for(bench: Any, text: str, verdict: str) -> None:
    assert verdict in {v for v, _ in bench.codes(bench.case(), text)}


@pytest.mark.parametrize(("value", "said", "verdict"), [(0.9, "is", S), (0.9, "is not", C), (0.3, "is not", S)])
def test_the_only_criterion_is_that_of_the_condition(bench: Any, value: float, said: str, verdict: str) -> None:
    present = "present" if value > 0.7 else "absent"
    impression = bench.report.impression.replace(decision=present)
    only = bench.case(bench.measured(value), without=("indicator-pressure",), impression=impression)
    (claim,) = bench.read(only, f"The criterion for thingness {said} met.")
    assert claim.verdict.value == verdict, claim.explanation
