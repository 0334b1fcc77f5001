"""Weighing: published form, too little evidence, decisions that hinge on what is uncertain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.agents.decider import weigh
from clinigraph.models.base import EvidenceId, IndicatorId
from clinigraph.models.findings import IndicatorResult, IndicatorStatus, Met, Presence


def result(name: str, met: Met, weight: float, score: float | None = None) -> IndicatorResult:
    return IndicatorResult(
        id=EvidenceId(name), indicator_id=IndicatorId(name), name=name, kind="quantitative",
        status=IndicatorStatus.COMPLETE, met=met, weight=weight, score=score,
    )  # fmt: skip


YES, NO, MAYBE, NOT = Met.YES, Met.NO, Met.UNCERTAIN, Met.NOT_ASSESSED


@pytest.mark.parametrize(
    ("marks", "score", "decision"),
    [
        ((YES, NO, NO), 0.5, Presence.PRESENT),
        ((NO, YES, NO), 0.3, Presence.ABSENT),
        ((NO, YES, YES), 0.5, Presence.PRESENT),
        ((MAYBE, YES, YES), 0.75, Presence.PRESENT),
        ((MAYBE, NO, NO), 0.25, Presence.INDETERMINATE),
        ((YES, MAYBE, MAYBE), 0.75, Presence.PRESENT),
        ((NO, MAYBE, NO), 0.15, Presence.ABSENT),
    ],
)
def test_the_example_of_the_paper(marks: tuple[Met, ...], score: float, decision: Presence) -> None:
    """MedAgent-Pro (arXiv 2503.18968): w = .5, .3, .2; uncertain counts one half; threshold .4."""
    results = [result(f"i{k}", m, w) for k, (m, w) in enumerate(zip(marks, (0.5, 0.3, 0.2), strict=True))]
    impression = weigh(results, "x", 0.4, 0.5)
    assert impression.score == pytest.approx(score)
    assert impression.decision is decision


def test_a_forgotten_indicator_does_not_silently_weigh_nothing() -> None:
    impression = weigh([result("a", YES, 0.4), result("b", NOT, 0.6)], "x", 0.4, 0.5)
    assert impression.decision is Presence.INDETERMINATE
    assert impression.score is None
    assert "40 %" in impression.rationale


def test_weights_are_spread_over_what_was_assessed() -> None:
    impression = weigh([result("a", YES, 0.3), result("b", NO, 0.3), result("c", NOT, 0.4)], "x", 0.4, 0.5)
    assert impression.score == pytest.approx(0.5)
    assert impression.assessed_share == pytest.approx(0.6)


def test_readings_add_their_grade() -> None:
    impression = weigh([result("a", YES, 0.5, 0.75), result("b", NO, 0.5, 0.25)], "x", 0.4, 0.5)
    assert impression.score == pytest.approx(0.5)


marks = st.lists(st.tuples(st.sampled_from([YES, NO, MAYBE, NOT]), st.floats(0.01, 1)), min_size=1, max_size=7)


@given(marks, st.floats(0.05, 0.95))
def test_the_score_lies_in_its_range_and_a_decision_never_depends_on_the_uncertain(
    given_marks: list[tuple[Met, float]], threshold: float
) -> None:
    results = [result(f"i{k}", m, w) for k, (m, w) in enumerate(given_marks)]
    impression = weigh(results, "x", threshold, 0.5)
    if impression.score is None:
        assert impression.decision is Presence.INDETERMINATE
        return
    assert impression.score_low is not None
    assert impression.score_high is not None
    assert 0 <= impression.score_low <= impression.score <= impression.score_high <= 1
    if impression.decision is not Presence.INDETERMINATE:
        for every in (YES, NO):
            changed = [r.replace(met=every, score=None) if r.met is MAYBE else r for r in results]
            assert weigh(changed, "x", threshold, 0.5).decision is impression.decision
