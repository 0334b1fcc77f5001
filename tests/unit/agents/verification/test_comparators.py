"""Each comparator of the verifiers, by property; ``make properties`` tries each on 10,000 examples."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.agents.claims.matching import claims_of
from clinigraph.agents.claims.numerals import numerals
from clinigraph.agents.claims.quantities import quantities
from clinigraph.agents.claims.subjects import Subject, SubjectKind
from clinigraph.agents.judgement import criterion_met
from clinigraph.agents.verification import changes, ranges, values
from clinigraph.agents.verification.completeness import omissions
from clinigraph.agents.verification.verifier import CaseVerifier
from clinigraph.evals.grounding.sentences import spoken
from clinigraph.models.base import EvidenceId, IndicatorId, PassageId
from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.findings import FindingSite, IndicatorResult, Interval, Measurement, Met
from clinigraph.models.planning import Comparator, Criterion
from clinigraph.models.reporting import Claim, Verdict

S, C = Verdict.SUPPORTED, Verdict.CONTRADICTED
CONCEPT = Concept(value="SIZE", scheme=Scheme.CLINIGRAPH, meaning="Size of the thing")
VALUES = st.floats(0.01, 999, allow_nan=False, allow_infinity=False)
HALF = st.floats(0, 50, allow_nan=False)
COMPARATORS = st.sampled_from(list(Comparator))


@pytest.fixture(scope="module")
def case(bench: Any) -> CaseVerifier:
    made: CaseVerifier = bench.verifier.case(bench.report.evidence_graph, bench.report.impression)
    return made


def judged(case: CaseVerifier, text: str) -> list[Claim]:
    return [case.verify(c) for c in claims_of(text, case.index, case.sentences, case.whole)]


def measured(value: float, half: float, name: str = "now") -> Measurement:
    interval = Interval(low=value - half, high=value + half, method="test") if half else None
    return Measurement(
        id=EvidenceId(f"measurement-{name}"), concept=CONCEPT, value=value, unit="1", method="test",
        interval=interval, algorithm="measure 1", site=FindingSite(concept=CONCEPT),
    )  # fmt: skip


def rule(comparator: Comparator, threshold: float) -> Criterion:
    return Criterion(
        indicator=IndicatorId("size"), comparator=comparator, threshold=threshold, unit="1",
        passage_id=PassageId("card#size"),
    )  # fmt: skip


def subject(value: float, half: float, criterion: Criterion) -> Subject:
    now = measured(value, half)
    result = IndicatorResult.model_validate({
        "id": "indicator-size", "indicator_id": "size", "name": "Size", "kind": "quantitative", "value": value,
        "unit": "1", "interval": now.interval, "criterion": criterion, "weight": 1.0, "status": "complete",
        "met": criterion_met(value, now.interval, criterion), "evidence_ids": (now.id,),
    })  # fmt: skip
    return Subject(SubjectKind.INDICATOR, "Size", ("Size",), (result.id, now.id), result, now)


@given(VALUES, st.integers(2, 6))
def test_a_number_is_its_value_rounded_half_up_and_no_neighbour(value: float, decimals: int) -> None:
    step = Decimal(1).scaleb(-decimals)
    right = Decimal(f"{value:.10g}").quantize(step, rounding=ROUND_HALF_UP)
    assert values.rounds(value, float(right), decimals, exact=False)
    for off in (-3, -1, 1, 2):
        assert not values.rounds(value, float(right + off * step), decimals, exact=False)


@given(VALUES)
def test_a_number_with_few_decimals_stays_within_a_tenth_of_its_value(value: float) -> None:
    for decimals in (0, 1):
        step = Decimal(1).scaleb(-decimals)
        written = float(Decimal(f"{value:.10g}").quantize(step, rounding=ROUND_HALF_UP))
        if values.rounds(value, written, decimals, exact=False):
            assert abs(written - value) <= 0.1 * value + 1e-12


@given(
    VALUES, st.sampled_from([("mm", "cm", 0.1), ("mm[Hg]", "kPa", 0.133322387415), ("g", "kg", 0.001), ("1", "%", 100)])
)
def test_units_convert_by_their_factor_and_back(value: float, pair: tuple[str, str, float]) -> None:
    one, other, factor = pair
    there = values.converted(value, one, other)
    assert there is not None
    assert math.isclose(there, value * factor, rel_tol=1e-6)
    back = values.converted(there, other, one)
    assert back is not None
    assert math.isclose(back, value, rel_tol=1e-6)


@given(VALUES, st.sampled_from([("mm", "kg"), ("1", "mm"), ("mm[Hg]", "mm"), ("a", "g"), ("%", "mm")]))
def test_units_of_other_things_never_convert(value: float, pair: tuple[str, str]) -> None:
    assert values.converted(value, *pair) is None
    assert values.converted(value, *reversed(pair)) is None


@given(VALUES, HALF, COMPARATORS, VALUES)
def test_a_criterion_is_met_only_where_the_whole_interval_meets_it(
    value: float, half: float, comparator: Comparator, threshold: float
) -> None:
    holds = {Comparator.GE: lambda x: x >= threshold, Comparator.GT: lambda x: x > threshold,
             Comparator.LE: lambda x: x <= threshold, Comparator.LT: lambda x: x < threshold}[comparator]  # fmt: skip
    now = measured(value, half)
    ends = {holds(now.interval.low), holds(now.interval.high)} if now.interval else {holds(value)}
    met = criterion_met(value, now.interval, rule(comparator, threshold))
    assert met is {frozenset({True}): Met.YES, frozenset({False}): Met.NO}.get(frozenset(ends), Met.UNCERTAIN)


@given(VALUES, HALF, COMPARATORS, VALUES, st.sampled_from(list(ranges.Word)))
def test_a_range_word_is_true_of_no_value_of_which_its_opposite_is(
    value: float, half: float, comparator: Comparator, threshold: float, word: ranges.Word
) -> None:
    thing = subject(value, half, rule(comparator, threshold))
    assert thing.result is not None
    said = ranges._judge(thing, thing.result, word, denied=False).verdict
    denied = ranges._judge(thing, thing.result, word, denied=True).verdict
    assert not (said is S and denied is S)
    assert (said is C) == (denied is S)
    opposite = {ranges.Word.NORMAL: ranges.Word.ABNORMAL, ranges.Word.ABNORMAL: ranges.Word.NORMAL}.get(word)
    if opposite is not None and said is S:
        assert ranges._judge(thing, thing.result, opposite, denied=False).verdict is C
    if thing.result.met is Met.UNCERTAIN:
        assert said is (S if word is ranges.Word.BORDERLINE else Verdict.UNSUPPORTED)


@given(VALUES, HALF, VALUES, HALF)
def test_a_change_is_one_only_beyond_both_intervals_and_turns_round_with_time(
    then: float, half_then: float, now: float, half_now: float
) -> None:
    before, after = measured(then, half_then, "then"), measured(now, half_now)
    found, turned = changes._change(before, after), changes._change(after, before)
    other = {changes.Change.UP: changes.Change.DOWN, changes.Change.DOWN: changes.Change.UP}
    assert turned is other.get(found, changes.Change.NONE)
    low, high = (after.interval.low, after.interval.high) if after.interval else (now, now)
    apart = low > then + half_then or high < then - half_then
    assert (found is not changes.Change.NONE) == apart


@given(st.integers(0, 99), st.integers(0, 999))
def test_a_number_in_words_is_read_as_the_number(whole: int, tail: int) -> None:
    number = f"{whole}.{tail}"
    (found,) = numerals(f"a {spoken(number)} of it")
    assert found.readings == (float(number),)
    assert found.decimals == len(str(tail))


@given(st.integers(0, 10**7), st.integers(0, 999))
def test_a_decimal_comma_and_a_decimal_point_are_the_same_number(whole: int, tail: int) -> None:
    for mark in ".,":
        (found,) = numerals(f"it is {whole}{mark}{tail} there")
        assert float(f"{whole}.{tail}") in found.readings


@given(VALUES, st.sampled_from(["mm", "mmHg", "kPa", "%", "kg", "mL", "years"]))
def test_a_number_is_read_with_its_unit(value: float, unit: str) -> None:
    written = f"{value:.3f}"
    (found,) = quantities(f"The thing is {written} {unit} there.")
    assert found.readings == (float(written),)
    assert found.unit is not None


@given(value=st.decimals(min_value=0, max_value=40, places=1, allow_nan=False), side=st.sampled_from(["left", "right"]))
def test_a_side_and_its_number_pass_only_together(case: CaseVerifier, value: Decimal, side: str) -> None:
    (claim,) = judged(case, f"The pressure on the {side} side is {value} mmHg.")
    assert (claim.verdict is S) == (value == 25 and side == "left")


@given(
    head=st.sampled_from(["There is", "Signs of", "No signs of", "There is no", "No evidence of", "Possible"]),
    tail=st.sampled_from(["", " are present", " are absent", " cannot be excluded", " is seen", " is not seen"]),
)
def test_presence_passes_only_where_every_word_says_present(case: CaseVerifier, head: str, tail: str) -> None:
    (claim,) = judged(case, f"{head} thingness{tail}.")
    denied = head.startswith("No") or "no" in head.split() or head == "Possible"
    doubted = tail in (" are absent", " cannot be excluded", " is not seen")
    assert claim.verdict is not S or not (denied or doubted)


@given(count=st.integers(0, 12), which=st.sampled_from(["met", "not met", "assessed"]))
def test_a_count_passes_only_where_it_is_the_evidence_s(case: CaseVerifier, count: int, which: str) -> None:
    (claim,) = judged(case, f"{count} criteria were {which}.")
    assert (claim.verdict is S) == (count == {"met": 2, "not met": 0, "assessed": 2}[which])


@given(comparator=st.sampled_from(["≥", "≤", ">", "<"]), threshold=st.decimals(0, 2, places=2, allow_nan=False))
def test_a_criterion_is_quoted_only_as_it_stands(case: CaseVerifier, comparator: str, threshold: Decimal) -> None:
    (claim,) = judged(case, f"The criterion for the size of the thing is {comparator} {threshold}.")
    assert (claim.verdict is S) == (comparator == "≥" and threshold == Decimal("0.70"))


@given(low=st.decimals(0, 2, places=2, allow_nan=False), high=st.decimals(0, 2, places=2, allow_nan=False))
def test_an_interval_passes_only_with_both_its_ends(case: CaseVerifier, low: Decimal, high: Decimal) -> None:
    (claim,) = judged(case, f"The size of the thing lies between {low} and {high}.")
    assert (claim.verdict is S) == ((low, high) == (Decimal("0.88"), Decimal("0.92")))


@given(age=st.integers(0, 120))
def test_an_age_passes_only_where_it_is_the_record_s(case: CaseVerifier, age: int) -> None:
    (claim,) = judged(case, f"The patient is {age} years old.")
    assert (claim.verdict is S) == (age == 61)


@given(year=st.integers(1900, 2099))
def test_a_source_passes_only_with_a_year_of_its_own(case: CaseVerifier, year: int) -> None:
    known = {p.value.source.year for p in case.index.graph.nodes if p.kind.value == "passage"}
    (claim,) = judged(case, f"According to the Test Press guideline of {year}, the size of the thing should be ≥ 0.7.")
    assert claim.verdict is not S or year in known


@given(kept=st.sets(st.integers(0, 30)))
def test_what_is_left_out_is_named_and_what_is_told_is_not(bench: Any, kept: set[int]) -> None:
    claims = [c for i, c in enumerate(bench.report.claims) if i in kept and c.section.value != "impression"]
    told = {i for c in claims for i in c.evidence_ids}
    missing = {o.evidence_id for o in omissions(claims, bench.report.evidence_graph)}
    assert not missing & told
    assert missing <= {"indicator-size", "indicator-pressure", "indicator-looks"}
