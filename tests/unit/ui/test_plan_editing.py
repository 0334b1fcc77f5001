"""A changed plan still passes the one validator, and says who changed it and why."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigraph.agents.plan_validator import PlanValidator
from clinigraph.errors import UsageError
from clinigraph.models.base import IndicatorId
from clinigraph.models.planning import DiagnosticPlan, DiagnosticProtocol
from clinigraph.testing.world import PROTOCOL, World
from clinigraph.ui.plan_editing import edit_plan

PLAN: DiagnosticPlan = DiagnosticProtocol.model_validate(PROTOCOL).plan()
SIZE, PRESSURE, LOOKS = (IndicatorId(i) for i in ("size", "pressure", "looks"))


def validator() -> PlanValidator:
    world = World(Path("unused"))
    return PlanValidator([t.spec for t in world.tools.values()], world.library())


@given(st.dictionaries(st.sampled_from([SIZE, PRESSURE, LOOKS]), st.floats(0.01, 1), min_size=1))
def test_whatever_is_kept_the_plan_stays_valid(weights: dict[IndicatorId, float]) -> None:
    changed = edit_plan(PLAN, weights, "Dr A", "a test")
    assert {i.id for i in changed.indicators} == set(weights)
    assert validator().problems(changed) == ()


def test_steps_that_feed_nothing_are_left_out() -> None:
    assert [s.id for s in edit_plan(PLAN, {PRESSURE: 1.0}, "Dr A", "only the pressure").steps] == ["rec"]
    assert [s.id for s in edit_plan(PLAN, {SIZE: 1.0}, "Dr A", "only the size").steps] == ["seg", "mea"]


def test_a_changed_weight_names_who_and_why() -> None:
    changed = edit_plan(PLAN, {SIZE: 0.5, PRESSURE: 0.3, LOOKS: 0.2}, "Dr A", "pressure counts more here")
    pressure = changed.indicator(PRESSURE)
    looks = changed.indicator(LOOKS)
    assert pressure is not None
    assert looks is not None
    assert pressure.weight_source == "Set by Dr A: pressure counts more here"
    assert looks.weight_source == "test"


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        ({SIZE: 1.0}, " "),
        ({SIZE: 0.0}, "x"),
        ({SIZE: -1.0, LOOKS: 2.0}, "x"),
        ({IndicatorId("new"): 1.0}, "x"),
        ({}, "x"),
    ],
)
def test_changes_that_make_no_plan_are_refused(weights: dict[IndicatorId, float], reason: str) -> None:
    with pytest.raises(UsageError):
        edit_plan(PLAN, weights, "Dr A", reason)


def test_another_threshold_keeps_what_the_passage_states_and_names_who_and_why() -> None:
    weights = {i.id: i.weight for i in PLAN.indicators}
    changed = edit_plan(PLAN, weights, "Dr A", "a tall disc", {SIZE: 0.6})
    size = changed.indicator(SIZE)
    assert size is not None
    assert size.criterion is not None
    assert (size.criterion.threshold, size.criterion.stated) == (0.6, 0.7)
    assert size.criterion.changed_by == "Dr A: a tall disc"
    assert validator().problems(changed) == ()
    back = edit_plan(changed, weights, "Dr A", "as stated", {SIZE: 0.7})
    assert back.indicator(SIZE) == PLAN.indicator(SIZE)
