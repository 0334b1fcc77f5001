"""Numbers in free wording, by the role that they play in the sentence."""

from __future__ import annotations

from typing import Any

import pytest

from clinigraph.agents.claims.quantities import Quantity
from clinigraph.agents.claims.subjects import Subject, SubjectKind
from clinigraph.agents.verification import limits, values
from clinigraph.agents.verification.amounts import amounts
from clinigraph.agents.verification.prose import ProseContext
from clinigraph.models.base import IndicatorId, PassageId
from clinigraph.models.findings import Interval
from clinigraph.models.planning import Comparator, Criterion

RULE = Criterion(
    indicator=IndicatorId("size"), comparator=Comparator.GE, threshold=0.7, unit="1", passage_id=PassageId("card#size")
)
THING = Subject(SubjectKind.INDICATOR, "Size", ("Size",), ())


def number(value: float, decimals: int = 2, comparator: Comparator | None = None, unit: str | None = None) -> Quantity:
    return Quantity(0, 4, 0, (value,), decimals, unit, comparator)


@pytest.mark.parametrize(
    ("text", "verdict", "code"),
    [
        ("The age is 61 years.", "SUPPORTED", "number.traced"),
        ("The age is 62 years.", "CONTRADICTED", "number.mismatch"),
        ("The age is 61 months.", "CONTRADICTED", "unit.converted"),
        ("The age is 61 kg.", "CONTRADICTED", "unit.mismatch"),
        ("Smoker is 5.", "UNSUPPORTED", "number.no_value"),
        ("This 61-year-old patient has a size of the thing of 0.80.", "CONTRADICTED", "number.mismatch"),
        ("This 61-year-old patient has a size of the thing of 0.90.", "SUPPORTED", "number.traced"),
        ("The criterion for the size of the thing≥ 0.6.", "CONTRADICTED", "criterion.threshold"),
        ("The size of the thing is 0.90, between 0.88 and 0.92.", "SUPPORTED", "number.traced"),
        ("The size of the thing is 0.90, between 0.80 and 0.92.", "CONTRADICTED", "number.mismatch"),
        ("The size of the thing is not 0.80.", "UNVERIFIABLE", "number.denied"),
        ("The criterion for the age is ≥ 60 years.", "UNSUPPORTED", "criterion.none"),
        ("The age is above the threshold of 60 years.", "UNSUPPORTED", "criterion.none"),
        ("The pressure is above 20.", "UNSUPPORTED", "unit.missing"),
        ("The pressure is above 20 kg.", "CONTRADICTED", "unit.mismatch"),
        ("The pressure is above 20 mmHg.", "SUPPORTED", "number.traced"),
        ("The pressure is above 2 kPa.", "SUPPORTED", "number.traced"),
        ("The pressure is above 4 kPa.", "CONTRADICTED", "comparison.mismatch"),
        ("The pressure lies between 20 and 30 mmHg.", "UNSUPPORTED", "interval.none"),
        ("Thingness is 0.5.", "CONTRADICTED", "number.mismatch"),
        ("The score is 80 %.", "CONTRADICTED", "number.mismatch"),
        ("The score is 81 %.", "CONTRADICTED", "number.mismatch"),
        ("The score is 1.00.", "SUPPORTED", "number.traced"),
        ("The score is 1.00 mm.", "CONTRADICTED", "number.mismatch"),
        ("The threshold of the score is 0.4.", "SUPPORTED", "number.traced"),
        ("The threshold for the weighted score: 0.4.", "SUPPORTED", "number.traced"),
        ("The threshold of the score is 0.6.", "CONTRADICTED", "number.mismatch"),
        ("The threshold of the score is 1.00.", "CONTRADICTED", "number.mismatch"),
        ("It is unlikely that the size of the thing is 0.90.", "CONTRADICTED", "number.denied"),
        ("It is unlikely that the size of the thing is 0.80.", "UNVERIFIABLE", "number.denied"),
        ("The size of the thing is 0.2 above the threshold.", "SUPPORTED", "criterion.recomputed"),
        ("The pressure is 4 mmHg higher than the limit.", "SUPPORTED", "number.traced"),
        ("The size of the thing lies above 0.7, so the criterion is met.", "SUPPORTED", "criterion.recomputed"),
        ("The pressure of 25 mmHg lies above 26 mmHg, so the criterion is met.", "CONTRADICTED", "comparison.mismatch"),
        ("The pressure of 25 mmHg lies above the 21 mmHg limit.", "SUPPORTED", "number.traced"),
        ("The pressure of 25 mmHg lies above the 20 mmHg limit.", "CONTRADICTED", "criterion.threshold"),
        ("The threshold of 0.7 is exceeded.", "UNVERIFIABLE", "number.rule_unnamed"),
        ("The threshold of 0.6 is exceeded.", "UNSUPPORTED", "number.no_value"),
        ("The threshold of 21 is exceeded.", "UNVERIFIABLE", "number.rule_unnamed"),
        ("The upper limit for pressure is > 21 mmHg.", "SUPPORTED", "number.traced"),
        ("The lower limit for pressure is > 21 mmHg.", "CONTRADICTED", "criterion.comparator"),
        ("The pressure limit is 21 mmHg.", "SUPPORTED", "number.traced"),
        ("The pressure limit is 25 mmHg.", "CONTRADICTED", "criterion.threshold"),
        ("The criterion for the pressure is 22 mmHg.", "CONTRADICTED", "criterion.threshold"),
        ("The criterion for pressure is ≥ 21 mmHg.", "CONTRADICTED", "criterion.comparator"),
        ("The pressure is above the limit of 21 mmHg.", "SUPPORTED", "number.traced"),
        ("The pressure is above the limit of 22 mmHg.", "CONTRADICTED", "criterion.threshold"),
        ("The pressure is below the limit of 21 mmHg.", "CONTRADICTED", "comparison.mismatch"),
        ("The size of the thing is 0.90 (90 % confidence interval).", "SUPPORTED", "number.traced"),
        ("The size of the thing is 0.90 (91 % confidence interval).", "CONTRADICTED", "interval.level"),
        ("The size of the thing is 0.90 (89 % confidence interval).", "CONTRADICTED", "interval.level"),
        ("The pressure is 20 % of the total.", "UNVERIFIABLE", "number.share"),
        ("The age is 61.", "UNSUPPORTED", "unit.missing"),
        ("The score is above the threshold of 0.4.", "SUPPORTED", "number.traced"),
        ("The score is below the threshold of 0.4.", "CONTRADICTED", "comparison.mismatch"),
        ("The score is above the threshold of 0.5.", "CONTRADICTED", "number.mismatch"),
        ("The score of 1.00 exceeds the threshold of 0.4.", "SUPPORTED", "number.traced"),
        ("The score is 0.80.", "CONTRADICTED", "number.mismatch"),
        ("The size of the thing is 1.", "CONTRADICTED", "number.mismatch"),
        ("The size of the thing is 0.899.", "CONTRADICTED", "number.mismatch"),
        ("The size of the thing is 0.9000.", "SUPPORTED", "number.traced"),
        ("The size of the thing is 90.0 %.", "SUPPORTED", "number.traced"),
        ("The size of the thing has a range of 0.88 to 0.92.", "SUPPORTED", "number.traced"),
        ("The size of the thing is 0.92 to 0.88.", "CONTRADICTED", "number.mismatch"),
    ],
)
def test_a_number_passes_only_in_its_own_role(bench: Any, text: str, verdict: str, code: str) -> None:
    assert bench.codes(bench.case(), text) == {(verdict, code)}


@pytest.mark.parametrize("score", [1, 2, 3, 4, 5])
def test_a_reading_is_its_score_of_five_without_a_unit(bench: Any, score: int) -> None:
    nodes, edges = bench.looks(score)
    case = bench.case(*nodes, edges=edges)
    for text in (f"Looks odd was read as {score} of 5.", f"Looks odd was read as {score}/5."):
        assert bench.codes(case, text) == {("SUPPORTED", "number.traced")}
    for text in (f"Looks odd was read as {score % 5 + 1} of 5.", f"Looks odd was read as {score} mm."):
        assert bench.codes(case, text) == {("CONTRADICTED", "number.mismatch")}


def test_an_interval_may_leave_out_its_unit_and_must_have_both_ends(bench: Any) -> None:
    case = bench.case(bench.measured(25, 2, "measurement-pressure"))
    for text in ("The pressure lies between 23 and 27.", "The pressure lies between 23 and 27 mmHg.",
                 "The pressure is 25 mmHg (90 % interval 23 to 27 mmHg)."):  # fmt: skip
        assert bench.codes(case, text) == {("SUPPORTED", "number.traced")}
    for text in ("The pressure lies between 23 and 28.", "The pressure lies between 22 and 27."):
        assert bench.codes(case, text) == {("CONTRADICTED", "number.mismatch")}


def test_a_rule_is_judged_where_nothing_was_measured_and_a_value_is_not(bench: Any) -> None:
    case = bench.case(without=("measurement-size",))
    rule = "By the guideline published by Clinigraph the criterion for the size of the thing is ≥ 0.6."
    assert bench.codes(case, rule) == {("CONTRADICTED", "criterion.threshold")}
    assert ("CONTRADICTED", "criterion.threshold") not in bench.codes(case, rule.replace("0.6", "0.7"))
    assert bench.codes(case, "The size of the thing is 0.7.") == {("UNSUPPORTED", "number.no_value")}


@pytest.mark.parametrize(
    ("value", "written", "decimals", "exact", "right"),
    [
        (0.525, 0.53, 2, False, True), (0.525, 0.52, 2, False, False), (0.52, 0.5, 1, False, True),
        (0.56, 0.6, 1, False, True), (0.45, 0.5, 1, False, False), (0.55, 0.6, 1, False, True),
        (25.0, 25.0, 0, True, True), (25.4, 25.0, 0, True, False), (25.4, 25.0, 0, False, True),
        (1 / 3, 1 / 3, 16, False, True), (1 / 3, 0.34, 16, False, False), (0.001, 0.0, 2, False, True),
        (-2.5, -3.0, 0, False, False), (-25.5, -26.0, 0, False, True),
    ],
)  # fmt: skip
def test_rounding_is_half_up_and_never_coarser_than_a_tenth(
    value: float, written: float, decimals: int, exact: bool, right: bool
) -> None:
    assert values.rounds(value, written, decimals, exact=exact) is right


@pytest.mark.parametrize(
    ("value", "given", "wanted", "there"),
    [
        (5.0, "mm", "mm", 5.0), (0.52, "1", "%", 52.0), (52.0, "%", "1", 0.52), (1.0, "cm", "mm", 10.0),
        (1.0, "1", "mm", None), (1.0, "mm", "1", None), (1.0, "mm", "kg", None), (1.0, "%", "mm", None),
    ],
)  # fmt: skip
def test_a_value_is_converted_only_to_a_unit_of_the_same_kind(
    value: float, given: str, wanted: str, there: float | None
) -> None:
    assert values.converted(value, given, wanted) == there


@pytest.mark.parametrize(
    ("value", "written", "marks", "same"),
    [
        (0.69, 0.7, (0.7,), False), (0.71, 0.7, (0.7,), False), (0.7, 0.7, (0.7,), True), (0.72, 0.71, (0.7,), True),
        (0.68, 0.69, (0.7,), True), (0.68, 0.71, (0.7,), False), (0.68, 0.71, (None,), True), (0.68, 0.71, (), True),
    ],
)  # fmt: skip
def test_a_rounded_number_stays_on_its_side_of_every_threshold(
    value: float, written: float, marks: tuple[float | None, ...], same: bool
) -> None:
    assert values.same_side(value, written, marks) is same


def test_a_limit_without_a_comparing_word_is_not_judged() -> None:
    found = limits.compared(number(0.8), THING, values.Known(0.9, "1"), (0, 4))
    assert (found.verdict.value, found.code) == ("UNVERIFIABLE", "number.unread")


@pytest.mark.parametrize(
    ("limit", "comparator", "code"),
    [
        (0.8, Comparator.GT, "comparison.same"), (0.91, Comparator.GT, "comparison.uncertain"),
        (0.95, Comparator.GT, "comparison.mismatch"), (0.95, Comparator.LT, "comparison.same"),
        (0.85, Comparator.LE, "comparison.mismatch"), (0.85, Comparator.GE, "comparison.same"),
    ],
)  # fmt: skip
def test_a_comparison_holds_for_the_whole_interval_or_not_at_all(
    limit: float, comparator: Comparator, code: str
) -> None:
    given = values.Known(0.9, "1", Interval(low=0.88, high=0.92, method="test"))
    found = limits.compared(number(limit, comparator=comparator), THING, given, (0, 4))
    assert found.code == code
    assert found.spans == (((0, 4),) if code == "comparison.same" else ())


def test_what_the_evidence_has_no_number_for_has_none() -> None:
    assert values.known(THING) is None


def test_a_rule_is_quoted_with_its_comparator_threshold_and_unit() -> None:
    given = values.Known(0.9, "1", None, RULE)
    quoted = [
        limits.threshold(number(v, 1, c, u), THING, given, (0, 4)).code
        for v, c, u in ((0.7, Comparator.GE, None), (0.7, None, None), (0.7, Comparator.GT, None),
                        (0.8, Comparator.GE, None), (0.7, Comparator.GE, "mm"), (70, Comparator.GE, "%"))
    ]  # fmt: skip
    assert quoted == [
        "criterion.threshold", "criterion.threshold", "criterion.comparator", "criterion.threshold",
        "criterion.threshold", "criterion.threshold",
    ]  # fmt: skip
    verdicts = [
        limits.threshold(number(v, 1, Comparator.GE, u), THING, given, (0, 4)).verdict.value
        for v, u in ((0.7, None), (0.8, None), (0.7, "mm"), (70, "%"))
    ]
    assert verdicts == ["SUPPORTED", "CONTRADICTED", "CONTRADICTED", "SUPPORTED"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The size of the thing is 0.90, with a range of 0.88 to 0.92.",
         ["0.90", "with a range of 0.88", "with a range of 0.88 to 0.92"]),
        ("The size of the thing is 0.90.", ["0.90"]),
        ("The pressure is above 20 mmHg.", ["above 20 mmHg"]),
        ("The pressure limit is 21 mmHg.", ["21 mmHg", "limit"]),
        ("The threshold of the score is 0.4.", ["threshold of the score is 0.4"]),
        ("The size of the thing is 0.90 (90 % confidence interval).", ["0.90", "90 % confidence interval"]),
    ],
)  # fmt: skip
def test_the_words_that_belong_to_a_number_are_vouched_for_with_it(bench: Any, text: str, words: list[str]) -> None:
    outcome = amounts(ProseContext(bench.claim("claim-size-value"), text, bench.case().index, bench.verifier._library))
    assert outcome is not None
    assert [text[a:b] for a, b in outcome.spans] == words


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The pressure is 24 mmHg.", "The evidence gives 25 mmHg; the sentence says otherwise."),
        ("The pressure is 25 mm.", "The evidence gives 25 mmHg, in another unit."),
        ("The pressure is 25.", "The number has no unit; the evidence says 25 mmHg."),
        ("The score is below the threshold of 0.4.", "The score is 1.00, the threshold 0.4."),
    ],
)
def test_what_the_evidence_gives_is_told(bench: Any, text: str, told: str) -> None:
    (claim,) = bench.read(bench.case(), text)
    assert claim.explanation == told
