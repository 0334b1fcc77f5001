"""The published forms, what is beyond them, and that models can only add doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.agents.decider import weigh
from clinigraph.agents.decider_combined import CombinedDecider
from clinigraph.agents.decider_graded import quality_factor, weigh_graded
from clinigraph.agents.decider_model import ModelDecider, judged
from clinigraph.agents.deciders import decider_of, recomputed
from clinigraph.models.base import EvidenceId, IndicatorId
from clinigraph.models.consultation import (
    AttendingOpinion,
    Consultation,
    IndicatorOpinion,
    ModelJudgement,
    Vote,
)
from clinigraph.models.findings import Grades, IndicatorResult, IndicatorStatus, Met, Presence
from clinigraph.models.planning import DiagnosticPlan, DiagnosticProtocol
from clinigraph.models.switches import DeciderKind
from clinigraph.testing.world import PROTOCOL

PLAN: DiagnosticPlan = DiagnosticProtocol.model_validate(PROTOCOL).plan()
YES, NO, MAYBE, NOT = Met.YES, Met.NO, Met.UNCERTAIN, Met.NOT_ASSESSED
SCORES = {YES: 1.0, NO: 0.0, MAYBE: 0.5, NOT: None}


def result(name: str, met: Met, weight: float, grades: tuple[int, int] | None = None) -> IndicatorResult:
    return IndicatorResult(
        id=EvidenceId(f"indicator-{name}"), indicator_id=IndicatorId(name), name=name, kind="qualitative",
        status=IndicatorStatus.COMPLETE, met=met, weight=weight, score=SCORES[met],
        grades=Grades(tool_quality=grades[0], evidence_sufficiency=grades[1]) if grades else None,
    )  # fmt: skip


def results(*met: Met) -> list[IndicatorResult]:
    return [result(n, m, w) for n, m, w in zip(("size", "pressure", "looks"), met, (0.6, 0.2, 0.2), strict=True)]


def votes(*decisions: Presence) -> tuple[Vote, ...]:
    return tuple(Vote(decision=d, evidence_id=EvidenceId("indicator-size")) for d in decisions)


def test_the_later_form_weighs_by_the_quality_of_the_answer() -> None:
    """w' = w (tool_quality + evidence_sufficiency) / 10, normalised: .5 * 1.0 * 1 / (.5 * 1.0 + .5 * .4)."""
    impression = weigh_graded([result("a", YES, 0.5, (5, 5)), result("b", NO, 0.5, (2, 2))], "x", 0.4, 0.5)
    assert impression.score == pytest.approx(0.5 / 0.7, abs=1e-6)
    assert impression.rule == "graded"


def test_an_answer_of_the_worst_quality_weighs_nothing_and_counts_as_missing() -> None:
    assert quality_factor(result("a", YES, 0.6, (1, 5))) == 0
    impression = weigh_graded([result("a", YES, 0.6, (1, 5)), result("b", NO, 0.4, (5, 5))], "x", 0.4, 0.5)
    assert impression.decision is Presence.INDETERMINATE
    assert impression.assessed_share == pytest.approx(0.4)


@pytest.mark.parametrize(("given_theta", "used"), [(0.9, 0.55), (0.05, 0.20), (0.4, 0.4)])
def test_the_later_form_clamps_its_threshold(given_theta: float, used: float) -> None:
    assert weigh_graded([result("a", YES, 1.0)], "x", given_theta, 0.5).threshold == used


def test_the_model_form_compares_its_risk_with_the_clamped_threshold() -> None:
    some = [result("a", YES, 0.5), result("b", NO, 0.5)]
    every = (IndicatorId("a"), IndicatorId("b"))
    assert judged(some, "x", 0.2, 0.5, every, 0.3).threshold == 0.35
    assert judged(some, "x", 0.2, 0.5, every, 0.3).decision is Presence.ABSENT
    assert judged(some, "x", 0.4, 0.5, every, 0.4).decision is Presence.PRESENT


def test_discarding_everything_is_indeterminate_never_a_silent_negative() -> None:
    impression = judged([result("a", NO, 1.0)], "x", 0.4, 0.5, (), 0.0)
    assert impression.decision is Presence.INDETERMINATE
    assert "kept indicators of 0 %" in impression.rationale


def test_without_an_answer_of_the_model_its_decider_falls_back_to_the_weights() -> None:
    impression = ModelDecider().decide(PLAN, results(YES, NO, NO), Consultation())
    assert (impression.rule, impression.decision) == ("weighted", Presence.PRESENT)


def test_the_model_decider_names_what_it_discarded() -> None:
    opinions = (
        IndicatorOpinion(indicator_id=IndicatorId("size"), keep=True),
        IndicatorOpinion(indicator_id=IndicatorId("pressure"), keep=False, reason="secret words of the model"),
    )
    said = Consultation(judgement=ModelJudgement(opinions=opinions, risk=0.9))
    impression = ModelDecider().decide(PLAN, results(YES, NO, NOT), said)
    assert impression.decision is Presence.PRESENT
    assert impression.kept == ("size",)
    assert "Discarded by the model: pressure." in impression.rationale
    assert "secret" not in impression.rationale


def test_one_doubting_vote_of_three_changes_nothing() -> None:
    said = Consultation(votes=votes(Presence.PRESENT, Presence.PRESENT, Presence.ABSENT))
    impression = CombinedDecider().decide(PLAN, results(YES, NO, NO), said)
    assert impression.decision is Presence.PRESENT
    assert impression.uncertainty is not None
    assert impression.uncertainty.rollouts == pytest.approx(1 / 3, abs=1e-6)


def test_most_votes_against_make_it_indeterminate() -> None:
    said = Consultation(votes=votes(Presence.ABSENT, Presence.ABSENT, Presence.PRESENT))
    impression = CombinedDecider().decide(PLAN, results(YES, NO, NO), said)
    assert impression.decision is Presence.INDETERMINATE
    assert impression.rationale.startswith("By rule the decision was present")


def test_the_terms_of_uncertainty_are_combined_as_independent_doubts() -> None:
    impression = CombinedDecider().decide(PLAN, results(YES, MAYBE, NOT))
    terms = impression.uncertainty
    assert terms is not None
    assert (terms.missing, terms.crossing) == (0.2, 0.25)
    assert terms.combined == pytest.approx(1 - 0.8 * 0.75)


met_lists = st.tuples(*[st.sampled_from([YES, NO, MAYBE, NOT])] * 3)
decisions = st.sampled_from(list(Presence))


@given(met_lists, st.lists(decisions, max_size=5), st.none() | decisions)
def test_whatever_models_say_a_decision_of_the_rule_is_kept_or_becomes_indeterminate(
    met: tuple[Met, Met, Met], said: list[Presence], attending: Presence | None
) -> None:
    opinion = attending and AttendingOpinion(decision=attending, sides_with=EvidenceId("indicator-size"))
    consultation = Consultation(votes=votes(*said), attending=opinion)
    some = results(*met)
    ruled = weigh(some, PLAN.condition, PLAN.threshold, PLAN.min_assessed_share)
    impression = CombinedDecider().decide(PLAN, some, consultation)
    assert impression.decision in (ruled.decision, Presence.INDETERMINATE)
    assert impression.score == ruled.score


@given(met_lists, st.lists(decisions, max_size=4), st.floats(0, 1), st.sampled_from(list(DeciderKind)))
def test_every_impression_can_be_recomputed_from_what_it_names(
    met: tuple[Met, Met, Met], said: list[Presence], risk: float, kind: DeciderKind
) -> None:
    some = results(*met)
    opinions = tuple(IndicatorOpinion(indicator_id=r.indicator_id, keep=True) for r in some if r.met is not NOT)
    consultation = Consultation(votes=votes(*said), judgement=ModelJudgement(opinions=opinions, risk=risk))
    impression = decider_of(kind).decide(PLAN, some, consultation)
    again = recomputed(impression, some)
    assert again is not None
    for name in ("decision", "score", "score_low", "score_high", "assessed_share", "threshold"):
        assert getattr(again, name) == getattr(impression, name)
