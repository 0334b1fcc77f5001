"""Counts are those of the evidence."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.verification.counts import counted

S, C, U = "SUPPORTED", "CONTRADICTED", "UNSUPPORTED"


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        ("Two of two criteria were met.", S, "count.same"),
        ("Two of the criteria were met.", S, "count.same"),
        ("Two of three criteria were met.", C, "count.mismatch"),
        ("One of two criteria was met.", C, "count.mismatch"),
        ("Two of one criteria were met.", C, "count.mismatch"),
        ("Two of many criteria were met.", U, "count.unread"),
        ("Two of these criteria were met.", S, "count.same"),
        ("None of the criteria were met.", C, "count.mismatch"),
        ("Zero criteria were not met.", S, "count.same"),
        ("One criterion was not met.", C, "count.mismatch"),
        ("Zero criteria were uncertain.", S, "count.same"),
        ("Two criteria were uncertain.", C, "count.mismatch"),
        ("One indicator was not assessed.", S, "count.same"),
        ("Two indicators were assessed.", S, "count.same"),
        ("Three indicators were assessed.", C, "count.mismatch"),
        ("Three images are there.", C, "count.mismatch"),
        ("Three nodules are there.", U, "count.unknown"),
        ("No criteria were met.", C, "count.mismatch"),
        ("No criterion was not met.", S, "count.same"),
        ("No indicators were assessed.", C, "count.mismatch"),
        ("Zero unmet criteria.", S, "count.same"),
        ("Two unmet criteria.", C, "count.mismatch"),
        ("Two out of two criteria were reached.", S, "count.same"),
        ("Two of two criteria were not fulfilled.", C, "count.mismatch"),
        ("Three criteria are there.", C, "count.mismatch"),
        ("Three indicators are there.", S, "count.same"),
        ("Two of two indicators were assessed.", C, "count.mismatch"),
        ("Two of three indicators were measured.", S, "count.same"),
        ("One of three indicators could not be assessed.", S, "count.same"),
        ("One image is there.", S, "count.same"),
        ("One photograph is there.", S, "count.same"),
        ("Two films are there.", C, "count.mismatch"),
        ("One outline is there.", S, "count.same"),
        ("Two segments are there.", C, "count.mismatch"),
        ("Four cited passages are there.", S, "count.same"),
        ("Three passages are there.", C, "count.mismatch"),
        ("Two of two criteria were met beside two images.", C, "count.mismatch"),
    ],
)
def test_a_count_passes_only_with_the_evidence_s_numbers(bench: Any, text: str, verdict: str, code: str) -> None:
    assert bench.codes(bench.case(), text) == {(verdict, code)}


def test_the_number_of_all_is_no_count_of_its_own(bench: Any) -> None:
    case = bench.case(bench.measured(0.3))
    small = next(n for n in case.index.graph.nodes if n.id == "indicator-size")
    case = bench.case(bench.measured(0.3), small.replace(value=small.value.replace(met="no")))
    assert bench.codes(case, "One of two criteria was met.") == {(S, "count.same")}
    assert bench.codes(case, "Two of two criteria were met.") == {(C, "count.mismatch")}
    assert bench.codes(case, "One criterion was not met.") == {(S, "count.same")}
    assert bench.codes(case, "Zero criteria were uncertain.") == {(S, "count.same")}
    assert bench.codes(case, "One criterion was uncertain.") == {(C, "count.mismatch")}


@pytest.mark.parametrize("text", ["1.5 criteria were met", "criteria were met", "two of them"])
def test_what_counts_nothing_is_no_count(text: str) -> None:
    assert counted(text) == ()


def test_a_count_is_found_with_its_noun() -> None:
    text = "There are two of three criteria met here"
    ((start, end),) = counted(text)
    assert text[start:end] == "two of three criteria met"


def test_each_count_of_a_sentence_is_found() -> None:
    text = "two criteria met beside three images"
    assert [text[a:b] for a, b in counted(text)] == ["two criteria met", "three images"]


def test_the_count_of_the_evidence_is_told(bench: Any) -> None:
    (claim,) = bench.read(bench.case(), "Two of two indicators were assessed.")
    assert claim.explanation == "The evidence has 2 of 3 indicators."


@pytest.mark.parametrize("text", ["one image and one film", "Just one criterion met", "none of the criteria met"])
def test_one_and_none_are_numbers(text: str) -> None:
    words = [text[a:b] for a, b in counted(text)]
    assert " and ".join(words) == text.removeprefix("Just ")
