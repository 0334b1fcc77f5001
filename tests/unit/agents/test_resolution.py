"""Inputs of a step are resolved, or the step is skipped for a reason that a clinician understands."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigraph.agents.resolution import Resolver, Skip
from clinigraph.models.base import StepId
from clinigraph.models.case import Case, Fact
from clinigraph.models.codes import Laterality
from clinigraph.models.imaging import Box, CardiacPhase
from clinigraph.models.planning import DiagnosticPlan, DiagnosticProtocol, PlanStep
from clinigraph.models.tooling import Port, ToolCall, ToolResult, ToolSpec, ToolStatus, ValueKind
from clinigraph.testing.world import PROTOCOL, READ, RECORD, SEGMENT, World

PLAN: DiagnosticPlan = DiagnosticProtocol.model_validate(PROTOCOL).plan()


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return World(tmp_path).source().case


def call(
    case: Case, step: PlanStep, spec: ToolSpec, results: dict[StepId, ToolResult] | None = None
) -> ToolCall | Skip:
    return Resolver(case, case.images[0].id, results or {}).call(PLAN, step, spec)


def step(name: str) -> PlanStep:
    found = PLAN.step(StepId(name))
    assert found is not None
    return found


def test_the_current_image_is_handed_over(case: Case) -> None:
    made = call(case, step("seg"), SEGMENT)
    assert isinstance(made, ToolCall)
    assert made.inputs["image"].value == case.images[0]


def test_a_reading_step_carries_question_and_rubric(case: Case) -> None:
    made = call(case, step("rea"), READ)
    assert isinstance(made, ToolCall)
    assert (made.question, made.rubric) == ("odd?", "1 no, 5 yes")


def test_a_missing_fact_skips_the_step(case: Case) -> None:
    assert call(case, step("rec"), RECORD) == Skip(reason="the record gives no pressure")


def test_the_fact_of_the_images_side_is_taken(case: Case) -> None:
    left = Fact(name="pressure", value=30.0, unit="mm[Hg]", laterality=Laterality.LEFT)
    right = left.replace(value=15.0, laterality=Laterality.RIGHT)
    sided = case.replace(facts=(left, right))
    image = case.images[0].replace(laterality=Laterality.RIGHT)
    study = case.studies[0]
    series = study.series[0].replace(images=(image,))
    one = sided.replace(studies=(study.replace(series=(series,)),))
    made = call(one, step("rec"), RECORD)
    assert isinstance(made, ToolCall)
    assert made.inputs["fact"].value == right
    worse = call(sided, step("rec"), RECORD)
    assert isinstance(worse, ToolCall)
    assert worse.inputs["fact"].value == left


def test_a_failed_step_above_passes_its_reason_down(case: Case) -> None:
    from clinigraph.testing.world import MEASURE

    failed = ToolResult(
        step_id=StepId("seg"), tool="segment", tool_version="1", status=ToolStatus.EMPTY, reason="no disc is visible"
    )
    assert call(case, step("mea"), MEASURE, {StepId("seg"): failed}) == Skip(reason="no disc is visible")


def test_an_optional_box_may_be_missing(case: Case) -> None:
    spec = SEGMENT.replace(inputs={**SEGMENT.inputs, "box": Port(kind=ValueKind.BOX, required=False)})
    prompted = step("seg").replace(inputs={"image": "image:current", "box": "box:thing"})
    made = call(case, prompted, spec)
    assert isinstance(made, ToolCall)
    assert set(made.inputs) == {"image"}
    study = case.studies[0]
    image = case.images[0].replace(boxes={"thing": Box(x0=1, y0=1, x1=9, y1=9)})
    boxed = case.replace(studies=(study.replace(series=(study.series[0].replace(images=(image,)),)),))
    again = call(boxed, prompted, spec)
    assert isinstance(again, ToolCall)
    assert set(again.inputs) == {"image", "box"}


def phased(case: Case, *phases: CardiacPhase) -> Case:
    study = case.studies[0]
    images = tuple(case.images[0].replace(id=f"img-{n}", phase=p) for n, p in enumerate(phases))
    return case.replace(studies=(study.replace(series=(study.series[0].replace(images=images),)),))


def test_an_image_of_a_phase_is_found_among_several(case: Case) -> None:
    both = phased(case, CardiacPhase.END_SYSTOLE, CardiacPhase.END_DIASTOLE)
    made = call(both, step("seg").replace(inputs={"image": "image:end_diastole"}), SEGMENT)
    assert isinstance(made, ToolCall)
    assert made.inputs["image"].value == both.images[1]


def test_a_missing_or_doubled_phase_skips_the_step_and_says_what_to_do(case: Case) -> None:
    wanted = step("seg").replace(inputs={"image": "image:end_systole"})
    none = call(case, wanted, SEGMENT)
    assert isinstance(none, Skip)
    assert "write phase: end_systole in case.yaml" in none.reason
    twice = call(phased(case, CardiacPhase.END_SYSTOLE, CardiacPhase.END_SYSTOLE), wanted, SEGMENT)
    assert twice == Skip(reason="the case has 2 end-systole images; one is needed")
