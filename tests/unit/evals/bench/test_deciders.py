"""Forms of the decider side by side: the published one decides everything, ours says where it cannot."""

from __future__ import annotations

import pytest

from clinigraph.evals.agenteval.glaucoma import Glaucoma
from clinigraph.evals.bench.deciders import Forms, Judged, by_form, decisions, published, ratio_alone, row
from clinigraph.evals.registry import benchmark
from clinigraph.models.base import EvidenceId, IndicatorId, PassageId
from clinigraph.models.findings import Impression, IndicatorResult, IndicatorStatus, Interval, Met, Presence
from clinigraph.models.planning import Comparator, Criterion

P, A, U = Presence.PRESENT, Presence.ABSENT, Presence.INDETERMINATE
CRITERION = Criterion(
    indicator=IndicatorId("vertical_cup_disc_ratio"), comparator=Comparator.GE, threshold=0.7, unit="1",
    passage_id=PassageId("card#ratio"),
)  # fmt: skip
SAID = Impression(decision=U, condition="glaucoma", threshold=0.4, min_assessed_share=0.5, rationale="x")


def ratio(value: float, met: Met, weight: float = 0.6) -> IndicatorResult:
    return IndicatorResult(
        id=EvidenceId("indicator-vertical_cup_disc_ratio"), indicator_id=IndicatorId("vertical_cup_disc_ratio"),
        name="Ratio", kind="quantitative", status=IndicatorStatus.COMPLETE, met=met, value=value, unit="1",
        interval=Interval(low=value - 0.05, high=value + 0.05, method="test"), criterion=CRITERION, weight=weight,
        score={Met.YES: 1.0, Met.UNCERTAIN: 0.5}.get(met, 0.0),
    )  # fmt: skip


def unread(weight: float = 0.4) -> IndicatorResult:
    return IndicatorResult(
        id=EvidenceId("indicator-looks"), indicator_id=IndicatorId("looks"), name="Looks", kind="qualitative",
        status=IndicatorStatus.TERMINATE, met=Met.NOT_ASSESSED, weight=weight,
    )  # fmt: skip


def test_where_the_interval_holds_the_threshold_only_the_published_form_decides() -> None:
    found = decisions([ratio(0.71, Met.UNCERTAIN), unread()], SAID)
    assert list(found.values()) == [U, U, A, U, P]


def test_a_clear_ratio_is_clear_in_every_form() -> None:
    assert set(decisions([ratio(0.9, Met.YES), unread()], SAID).values()) == {P}
    assert set(decisions([ratio(0.3, Met.NO), unread()], SAID).values()) == {A}


def test_in_the_published_form_what_is_missing_weighs_nothing() -> None:
    assert published([ratio(0.9, Met.YES, weight=0.35), unread(0.65)], 0.4) is A
    assert published([ratio(0.9, Met.YES, weight=0.4), unread(0.6)], 0.4) is P


def test_a_ratio_that_was_not_measured_decides_nothing() -> None:
    assert ratio_alone([unread()], interval=False) is U


def test_undecided_cases_count_as_wrong() -> None:
    made = row("x", [("1", "present"), ("1", "indeterminate"), ("0", "absent"), ("0", "present")])
    assert made[1:7] == ("2", "1", "1", "2", "1", "0")
    assert made[-2:] == ("0.500", "0.500")
    assert row("x", [("1", "present")])[-1] == "–"


def test_a_photograph_that_failed_is_undecided_in_every_form() -> None:
    judged = [Judged("1", "n", {"one": "present", "other": "absent"}), Judged("0", "n", {})]
    assert by_form(judged) == {
        "one": [("1", "present"), ("0", "indeterminate")],
        "other": [("1", "absent"), ("0", "indeterminate")],
    }


@pytest.mark.parametrize(("experts", "target"), [((0.7, 0.7), "1"), ((0.8, 0.59), "0")])
def test_experts_ratios_become_a_target_by_their_mean(experts: tuple[float, float], target: str) -> None:
    bench = Forms(benchmark("glaucoma").spec)
    assert isinstance(bench, Glaucoma)
    given = {"image": "a.png", "cdr_exp1": str(experts[0]), "cdr_exp2": str(experts[1])}
    assert bench.target(str(experts[0]), "cdr_exp1", given) == target
    assert bench.target("1", "label", {"image": "a.png", "label": "1"}) == "1"
