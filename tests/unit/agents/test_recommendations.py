"""A recommendation is quoted when its rule may hold within the errors of what was measured."""

from __future__ import annotations

import pytest

from clinigraph.agents.recommendations import fits
from clinigraph.knowledge.protocols import load_protocols
from clinigraph.models.findings import IndicatorResult, IndicatorStatus, Interval, Met
from clinigraph.models.planning import DiagnosticPlan

PLAN: DiagnosticPlan = next(p for p in load_protocols() if p.id == "nodule-ct").plan()


def known(indicator: str, value: float, half: float = 0.0) -> IndicatorResult:
    return IndicatorResult(
        id=f"indicator-{indicator}",
        indicator_id=indicator,
        name=indicator,
        kind="quantitative",
        status=IndicatorStatus.COMPLETE,
        met=Met.YES,
        value=value,
        interval=Interval(low=value - half, high=value + half, method="hand") if half else None,
        weight=0,
    )


def quoted(*results: IndicatorResult) -> set[str]:
    ids = PLAN.recommendation_passage_ids
    return {i.split("#")[1] for i in ids if fits(PLAN, i, results)}


@pytest.mark.parametrize(
    ("size", "others", "expected"),
    [
        (5.0, {}, {"solid-small"}),
        (7.0, {"high_risk_lung_cancer": 5}, {"solid-middle", "second-ct-high-risk"}),
        (7.0, {"high_risk_lung_cancer": 1}, {"solid-middle", "second-ct-low-risk"}),
        (7.0, {}, {"solid-middle", "second-ct-low-risk", "second-ct-high-risk"}),
        (12.0, {}, {"solid-large"}),
        (5.0, {"multiple_nodules": 5}, {"multiple-small"}),
        (9.0, {"multiple_nodules": 5}, {"multiple-large"}),
        (9.0, {"multiple_nodules": 1}, {"solid-large"}),
        (9.0, {"ground_glass_nodule": 5}, {"ground-glass"}),
        (4.0, {"ground_glass_nodule": 5}, {"ground-glass-small"}),
    ],
)
def test_size_number_risk_and_density_choose_the_statement(
    size: float, others: dict[str, float], expected: set[str]
) -> None:
    results = [known(name, value) for name, value in others.items()]
    assert quoted(known("solid_nodule_diameter", size), *results) == expected


def test_a_size_between_two_classes_brings_the_advice_for_both() -> None:
    found = quoted(known("solid_nodule_diameter", 5.8, 0.5), known("high_risk_lung_cancer", 1))
    assert found == {"solid-small", "solid-middle", "second-ct-low-risk"}


def test_without_a_size_nothing_is_recommended() -> None:
    assert quoted(known("multiple_nodules", 5)) == set()


def test_a_passage_without_a_rule_and_a_case_without_a_plan_are_not_restricted() -> None:
    assert fits(PLAN, "danzer-1919#ctr-half", ())
    assert fits(None, "fleischner-2017#solid-small", ())
