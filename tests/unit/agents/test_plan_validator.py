"""Every rule of the validator: break one thing, get one problem that says what to do."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clinigraph.agents.plan_validator import PlanValidator
from clinigraph.agents.planner import availability
from clinigraph.errors import PlanInvalid
from clinigraph.models.planning import DiagnosticPlan, DiagnosticProtocol
from clinigraph.testing.world import PROTOCOL, World

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def validator(tmp_path: Path) -> PlanValidator:
    return World(tmp_path).session().validator


def plan(change: Change | None = None) -> DiagnosticPlan:
    data = copy.deepcopy(PROTOCOL)
    if change is not None:
        change(data)
    return DiagnosticProtocol.model_validate(data).plan()


def test_a_sound_plan_has_no_problems(validator: PlanValidator) -> None:
    assert validator.problems(plan()) == ()


BROKEN: list[tuple[Change, str]] = [
    (lambda p: p["steps"][0].update(tool="guess"), "there is no tool 'guess'"),
    (lambda p: p["steps"][0].update(alternatives=["guess"]), "there is no tool 'guess'"),
    (lambda p: p["steps"][0].update(inputs={}), "needs the input 'image'"),
    (lambda p: p["steps"][0]["inputs"].update(extra="image:current"), "has no input 'extra'"),
    (lambda p: p["steps"][1].update(inputs={"masks": "step:none.masks"}), "does not exist"),
    (lambda p: p["steps"][1].update(inputs={"masks": "step:seg.mask"}), "gives no output 'mask'"),
    (lambda p: p["steps"][1].update(inputs={"masks": "image:current"}), "is no label_map"),
    (lambda p: p["steps"][0].update(inputs={"image": "image:mid_systole"}), "there is no image 'mid_systole'"),
    (lambda p: p["steps"][1].update(inputs={"masks": "step:rec.measurement"}), "is a measurement"),
    (lambda p: p["steps"][1].update(inputs={"masks": "step:mea.size"}), "wait for each other"),
    (lambda p: p["steps"][1].update(answers={}), "indicator size: answered by 0 steps"),
    (lambda p: p["steps"][1].update(answers={"size": "nothing"}), "is no indicator of the plan"),
    (lambda p: p["steps"][1].update(answers={"weight": "size"}), "gives no output 'weight'"),
    (lambda p: p["steps"][2].update(id="mea"), "is used 2 times"),
    (lambda p: p["indicators"][0].update(unit="mm"), "unit 'mm', but criterion in '1'"),
    (lambda p: p["indicators"][0].update(modalities=["DX"]), "cannot be judged on a fundus photograph"),
    (lambda p: p["indicators"][0].update(weight=0.9), "the weights sum to 1.30"),
    (lambda p: p["indicators"][0]["criterion"].update(threshold=0.5), "states size >= 0.7"),
    (lambda p: p["indicators"][0]["criterion"].update(comparator="<="), "states size >= 0.7"),
    (lambda p: p["indicators"][0]["criterion"].update(passage_id="card#other"), "states no criterion"),
    (lambda p: p["indicators"][0]["criterion"].update(indicator="pressure"), "its criterion is about pressure"),
    (lambda p: p["indicators"][0].update(passage_ids=["card#gone"]), "there is no passage 'card#gone'"),
    (lambda p: p.update(threshold=0), "every case would be called present"),
    (lambda p: p.update(modality="DX"), "does not read a chest film"),
]


@pytest.mark.parametrize(("change", "words"), BROKEN, ids=[w for _, w in BROKEN])
def test_a_broken_rule_is_named(validator: PlanValidator, change: Change, words: str) -> None:
    problems = validator.problems(plan(change))
    assert any(words in p for p in problems), problems


def test_check_lists_all_problems_at_once(validator: PlanValidator) -> None:
    def change(p: dict[str, Any]) -> None:
        p["steps"][0].update(tool="guess")
        p["indicators"][0].update(weight=0.9)

    with pytest.raises(PlanInvalid) as caught:
        validator.check(plan(change))
    assert len(caught.value.problems) >= 2
    assert "clinigraph tools" in str(caught.value)


def test_a_plan_of_a_model_needs_three_to_seven_indicators(validator: PlanValidator) -> None:
    made = plan().replace(origin="model")
    assert validator.problems(made) == ()
    fewer = made.replace(indicators=made.indicators[:2], steps=made.steps[:3])
    assert any("2 indicators, needed are 3 to 7" in p for p in validator.problems(fewer))


def test_a_plan_is_available_when_enough_weight_can_be_assessed() -> None:
    known = {"segment": "", "segment_other": "", "measure": "", "record": "", "read": "no model"}
    outcome = availability(plan(), known)
    assert outcome.available
    assert outcome.assessable_share == pytest.approx(0.8)
    assert outcome.gaps == ("Looks odd: no model",)


def test_what_hangs_on_an_unavailable_tool_cannot_be_assessed() -> None:
    known = {"segment": "no weights", "segment_other": "no weights", "measure": "", "record": "", "read": "no model"}
    outcome = availability(plan(), known)
    assert not outcome.available
    assert "no weights" in outcome.reason


def test_an_alternative_keeps_a_step_alive() -> None:
    known = {"segment": "no weights", "segment_other": "", "measure": "", "record": "", "read": ""}
    assert availability(plan(), known).assessable_share == 1
