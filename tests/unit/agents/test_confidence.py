"""Uncertainty of claims, and the threshold that keeps an error rate."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.agents.confidence import (
    CalibrationPart,
    achieved_risk,
    certainty,
    claim_uncertainty,
    risk_threshold,
    shipped,
    width,
    within,
)
from clinigraph.errors import UsageError
from clinigraph.models.base import ClaimId
from clinigraph.models.evidence import EvidenceGraph
from clinigraph.models.findings import Impression, Interval, Presence
from clinigraph.models.reporting import Certainty, Claim, ClaimKind, ClaimUncertainty, Section, Verdict

NOTHING = Impression(decision=Presence.INDETERMINATE, condition="thingness", rationale="none")


def claim(**changes: Any) -> Claim:
    base = {"id": ClaimId("c"), "section": Section.FINDINGS, "text": "It is so.", "kind": ClaimKind.QUALITATIVE}
    return Claim.model_validate({**base, **changes})


def test_terms_that_have_no_say_are_none_and_count_nothing() -> None:
    found = claim_uncertainty(claim(), EvidenceGraph(), NOTHING)
    assert (found.margin, found.interval, found.disagreement, found.combined) == (None, None, None, 0.0)


def test_terms_combine_as_independent_chances() -> None:
    found = claim_uncertainty(claim(), EvidenceGraph(), NOTHING, retrieval=0.5, verifier=0.5)
    assert found.combined == 0.75


def test_an_interval_as_wide_as_its_value_is_as_uncertain_as_can_be() -> None:
    assert width(0.5, Interval(low=0.0, high=1.0, method="test")) == 1.0
    assert width(1.0, Interval(low=0.9, high=1.1, method="test")) == pytest.approx(0.1)
    assert width(1.0, None) is None


def test_the_threshold_grows_with_the_error_rate_and_is_none_without_room() -> None:
    scores, wrong = [i / 100 for i in range(100)], [i >= 80 for i in range(100)]
    low, high = risk_threshold(scores, wrong, 0.05), risk_threshold(scores, wrong, 0.2)
    assert low is not None
    assert high is not None
    assert low < high
    assert risk_threshold(scores, [True] * 100, 0.005) is None
    assert risk_threshold([], [], 0.1) is None


def test_bad_calibration_input_is_refused() -> None:
    with pytest.raises(ValueError, match="labels"):
        risk_threshold([0.1], [], 0.1)
    with pytest.raises(ValueError, match="alpha"):
        risk_threshold([0.1], [True], 1.5)


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.2])
def test_the_achieved_risk_lies_within_two_points_of_what_was_asked(alpha: float) -> None:
    draw = random.Random(1)  # noqa: S311 - made-up scores
    scores = [draw.random() for _ in range(2000)]
    wrong = [draw.random() < s for s in scores]
    assert abs(achieved_risk(scores, wrong, alpha) - alpha) < 0.02


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60), st.floats(0.01, 0.5))
def test_what_is_kept_never_breaks_the_bound_on_the_calibration_items(
    items: list[tuple[float, bool]], alpha: float
) -> None:
    threshold = risk_threshold([s for s, _ in items], [w for _, w in items], alpha)
    if threshold is not None:
        lost = sum(1 for s, w in items if s <= threshold and w)
        assert (lost + 1) / (len(items) + 1) <= alpha


def test_without_calibration_a_report_promises_nothing() -> None:
    assert certainty(None, None).text == "not calibrated"


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.2])
def test_the_calibration_that_ships_states_alpha_and_the_rate_that_it_achieves(alpha: float) -> None:
    found = certainty(alpha, None)
    assert found.threshold is not None
    assert found.achieved is not None
    assert found.achieved <= alpha
    assert found.count > 1000
    assert f"error rate of {alpha:.1%}; achieved" in found.text
    assert "judged by rules are covered, no others" in found.text


def test_the_calibration_that_ships_holds_counts_and_says_which_claims_are_not_calibrated() -> None:
    parts = shipped()
    assert parts["rules"].steps
    assert all(0 <= false <= stood for _, stood, false in parts["rules"].steps)
    assert parts["models"].steps == ()
    assert "not calibrated" in parts["models"].reason


def test_counts_become_the_items_that_they_count() -> None:
    part = CalibrationPart(verifier="rules/", source="made up", steps=((0.1, 3, 1), (0.5, 2, 2)))
    assert part.items() == ([0.1, 0.1, 0.1, 0.5, 0.5], [True, False, False, True, True])


def test_a_promise_for_rules_leaves_claims_of_a_model_alone() -> None:
    unsure = claim(verdict=Verdict.SUPPORTED, verifier="judge x", uncertainty=ClaimUncertainty(combined=0.9))
    promise = Certainty(alpha=0.1, threshold=0.5, achieved=0.09, count=50, covers="rules/")
    assert within(unsure, promise) == unsure
    assert within(unsure.replace(verifier="rules/2"), promise).verdict is Verdict.UNVERIFIABLE


def test_a_calibration_file_gives_threshold_and_achieved_rate(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    lines = (f'{{"uncertainty": {i / 200}, "wrong": {str(i > 150).lower()}}}' for i in range(200))
    path.write_text("\n".join(lines), encoding="utf-8")
    found = certainty(0.1, path)
    assert found.threshold is not None
    assert "achieved" in found.text
    assert "labels.jsonl" in found.text


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text("no json", encoding="utf-8")
    with pytest.raises(UsageError, match="calibration"):
        certainty(0.1, path)


def test_a_claim_above_the_threshold_is_not_judged_any_more() -> None:
    sure = claim(verdict=Verdict.SUPPORTED, uncertainty=ClaimUncertainty(combined=0.1))
    unsure = claim(verdict=Verdict.SUPPORTED, uncertainty=ClaimUncertainty(combined=0.6))
    promise = Certainty(alpha=0.1, threshold=0.5, achieved=0.09, count=50)
    assert within(sure, promise) == sure
    assert (within(unsure, promise).verdict, within(unsure, promise).reason_code) == (
        Verdict.UNVERIFIABLE, "uncertainty.above",
    )  # fmt: skip
    assert within(unsure, Certainty()) == unsure
