"""Words for ranges, against the criterion recomputed on value and interval."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification import ranges
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.agents.verification.ranges import Word
from clinigraph.models.findings import Met

S, C, U = "SUPPORTED", "CONTRADICTED", "UNSUPPORTED"


@pytest.mark.parametrize(
    ("word", "low", "across", "high"),
    [
        ("normal", S, U, C), ("not normal", C, U, S), ("within normal limits", S, U, C), ("abnormal", C, U, S),
        ("not abnormal", S, U, C), ("enlarged", C, U, S), ("not enlarged", S, U, C), ("large", C, U, S),
        ("reduced", U, U, C), ("not reduced", U, U, S), ("borderline", C, S, C), ("not borderline", S, C, S),
    ],
)  # fmt: skip
def test_a_word_is_true_below_across_or_above_the_threshold(
    bench: Any, word: str, low: str, across: str, high: str
) -> None:
    for value, verdict in ((0.3, low), (0.7, across), (0.9, high)):
        (claim,) = bench.read(bench.case(bench.measured(value)), f"The size of the thing is {word}.")
        assert claim.verdict.value == verdict, (value, claim.explanation)


@pytest.mark.parametrize(
    ("word", "met", "upward", "true"),
    [
        (Word.BORDERLINE, Met.UNCERTAIN, True, True), (Word.BORDERLINE, Met.NO, True, False),
        (Word.BORDERLINE, Met.YES, False, False), (Word.NORMAL, Met.UNCERTAIN, True, None),
        (Word.NORMAL, Met.NO, True, True), (Word.NORMAL, Met.YES, True, False), (Word.ABNORMAL, Met.YES, False, True),
        (Word.ABNORMAL, Met.NO, False, False), (Word.HIGH, Met.YES, True, True), (Word.HIGH, Met.NO, True, False),
        (Word.HIGH, Met.YES, False, False), (Word.HIGH, Met.NO, False, None), (Word.LOW, Met.YES, False, True),
        (Word.LOW, Met.NO, False, False), (Word.LOW, Met.YES, True, False), (Word.LOW, Met.NO, True, None),
    ],
)  # fmt: skip
def test_a_word_says_what_the_criterion_can_tell(word: Word, met: Met, upward: bool, true: bool | None) -> None:
    assert ranges._true(word, met, upward=upward) is true


def test_the_explanation_names_what_the_value_is() -> None:
    named = {(m, up): ranges._plain(m, upward=up) for m in (Met.UNCERTAIN, Met.YES, Met.NO) for up in (True, False)}
    assert named == {
        (Met.UNCERTAIN, True): "borderline", (Met.UNCERTAIN, False): "borderline", (Met.YES, True): "high",
        (Met.YES, False): "low", (Met.NO, True): "not abnormal", (Met.NO, False): "not abnormal",
    }  # fmt: skip


def test_what_was_not_assessed_is_neither_normal_nor_abnormal(bench: Any) -> None:
    for word in ("normal", "abnormal"):
        assert (C, "range.not_assessed") in bench.codes(bench.case(), f"Looks odd is {word}.")


def test_without_a_criterion_nothing_is_normal(bench: Any) -> None:
    nodes, edges = bench.looks(5)
    assert bench.codes(bench.case(*nodes, edges=edges), "Looks odd is high.") == {(U, "range.no_criterion")}


@pytest.mark.parametrize(
    ("word", "verdict"), [("large", S), ("small", U), ("not large", U), ("normal", U), ("borderline", U)]
)
def test_what_a_guideline_calls_high_is_on_the_side_of_its_criterion(bench: Any, word: str, verdict: str) -> None:
    graph = bench.case().index
    subject = next(s for s in graph.subjects if s.name == "Size of the thing")
    denied = word.startswith("not ")
    said = {"large": Word.HIGH, "small": Word.LOW, "normal": Word.NORMAL, "borderline": Word.BORDERLINE}
    assert subject.result is not None
    found = ranges._general(subject, subject.result, said[word.removeprefix("not ")], denied=denied)
    assert found.verdict.value == verdict


def test_a_comparison_is_no_range_word(bench: Any) -> None:
    found = bench.read(bench.case(), "The size of the thing is higher than 0.8.")
    assert [c.verdict.value for c in found] == [S]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Low thingness is large.", [("large", Word.HIGH)]),
        ("It is large beside low thingness.", [("large", Word.HIGH)]),
        ("Low thingness and low thingness, both low", [("low", Word.LOW)]),
        ("It is outside the normal range.", [("outside the normal range", Word.ABNORMAL)]),
        ("It is within normal limits, too large.", [("within normal limits", Word.NORMAL), ("too large", Word.HIGH)]),
        ("large small large", [("large", Word.HIGH), ("small", Word.LOW), ("large", Word.HIGH)]),
        ("It is not abnormal.", [("not abnormal", Word.NORMAL)]),
        ("It is large, larger than ever", [("large", Word.HIGH)]),
        ("It is small but big than that", [("small", Word.LOW)]),
    ],
)
def test_range_words_are_read_once_each_and_never_inside_a_name(
    bench: Any, text: str, words: list[tuple[str, Word]]
) -> None:
    case = bench.case(impression=bench.report.impression.replace(condition="low thingness"))
    context = ProseContext(bench.claim("claim-size-value"), text, case.index, bench.verifier._library)
    found = sorted(ranges._said(context))
    assert [(text[a:b], word) for a, b, word, _ in found] == words
    assert not any(denied for *_, denied in found)


def test_a_denied_range_word_is_read_with_its_denial(bench: Any) -> None:
    text = "It is not clearly enlarged."
    context = ProseContext(bench.claim("claim-size-value"), text, bench.case().index, bench.verifier._library)
    assert ranges._said(context) == [(6, 26, Word.HIGH, True)]


@pytest.mark.parametrize(
    ("text", "large", "small"),
    [
        ("The size of the thing and the pressure are high.", S, C),
        ("Both the size of the thing and the pressure are high.", S, C),
        ("Neither the size of the thing nor the pressure is high.", C, C),
        ("The size of the thing and the pressure are not high.", C, C),
        ("Normal size of the thing and high pressure.", C, S),
        ("High pressure and large size of the thing.", S, C),
    ],
)
def test_a_word_is_said_of_the_name_after_it_or_of_all_that_are_joined_before_it(
    bench: Any, text: str, large: str, small: str
) -> None:
    for value, verdict in ((0.9, large), (0.3, small)):
        (claim,) = bench.read(bench.case(bench.measured(value)), text)
        assert claim.verdict.value == verdict, (value, claim.explanation)


def test_what_a_value_is_against_its_criterion_is_told(bench: Any) -> None:
    (claim,) = bench.read(bench.case(), "The pressure is normal.")
    assert claim.explanation == "Pressure is 25 mmHg; the criterion is > 21 mmHg, so it is high."
    (claim,) = bench.read(bench.case(bench.measured(0.7)), "The size of the thing is large.")
    assert claim.explanation.endswith("the evidence does not decide this.")


@pytest.mark.parametrize(
    "text",
    [
        "The size of the thing, with high pressure, is large.",
        "The size of the thing (with high pressure) is large.",
        "The size of the thing with high pressure is large.",
        "The size of the thing, despite the high pressure, is large.",
        "The size of the thing, together with a high pressure, is large.",
    ],
)
def test_a_name_that_stands_beside_another_does_not_take_its_verb(bench: Any, text: str) -> None:
    assert {v for v, _ in bench.codes(bench.case(bench.measured(0.3)), text)} == {"CONTRADICTED"}
    assert not {v for v, _ in bench.codes(bench.case(bench.measured(0.9)), text)} & {"CONTRADICTED", "UNSUPPORTED"}


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The size of the thing, despite the pressure, is 25 mmHg.", "CONTRADICTED"),
        ("The size of the thing (with the pressure) exceeds 21 mmHg.", "CONTRADICTED"),
        ("The size of the thing is 0.90 with a pressure of 25 mmHg.", "SUPPORTED"),
        ("The pressure is 25 mmHg with a size of the thing of 0.90.", "SUPPORTED"),
    ],
)
def test_a_number_after_the_verb_is_of_the_name_before_what_stands_beside(bench: Any, text: str, verdict: str) -> None:
    assert {v for v, _ in bench.codes(bench.case(bench.measured(0.9)), text)} == {verdict}
