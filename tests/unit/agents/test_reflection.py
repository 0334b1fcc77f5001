"""Complete, Continue, Terminate."""

from __future__ import annotations

import pytest

from clinigraph.agents.reflection import reflect, to_discard
from clinigraph.models.base import StepId
from clinigraph.models.findings import IndicatorStatus, Met
from clinigraph.models.planning import DiagnosticPlan, DiagnosticProtocol
from clinigraph.models.tooling import MeasurementValue, ToolResult, ToolStatus
from clinigraph.testing.world import PROTOCOL, measurement

PLAN: DiagnosticPlan = DiagnosticProtocol.model_validate(PROTOCOL).plan()
SEG, MEA = StepId("seg"), StepId("mea")


def result(step: str, status: ToolStatus, **outputs: object) -> ToolResult:
    return ToolResult.model_validate(
        {"step_id": step, "tool": step, "tool_version": "1", "status": status, "outputs": outputs, "reason": "because"}
    )


def size(unit: str = "1") -> ToolResult:
    return result("mea", ToolStatus.OK, size=MeasurementValue(value=measurement(0.9, unit)))


@pytest.mark.parametrize("status", [ToolStatus.FAILED, ToolStatus.EMPTY])
def test_a_step_with_another_tool_left_is_run_again(status: ToolStatus) -> None:
    assert reflect(PLAN, {SEG: result("seg", status)}, {SEG: 1}).again == (SEG,)
    assert reflect(PLAN, {SEG: result("seg", status)}, {SEG: 2}).again == ()


def test_a_step_without_alternatives_is_not_run_again() -> None:
    assert reflect(PLAN, {MEA: result("mea", ToolStatus.FAILED)}, {}).again == ()


def test_what_depends_on_a_step_falls_with_it() -> None:
    assert to_discard(PLAN, (SEG,)) == {"seg", "mea"}
    assert to_discard(PLAN, (MEA,)) == {"mea"}


def test_an_answered_indicator_is_complete() -> None:
    done = {i.indicator_id: i for i in reflect(PLAN, {SEG: result("seg", ToolStatus.OK), MEA: size()}, {}).indicators}
    assert done["size"].status is IndicatorStatus.COMPLETE
    assert done["size"].met is Met.YES
    assert done["size"].value == 0.9


def test_an_indicator_without_an_answer_terminates_with_the_reason() -> None:
    done = {i.indicator_id: i for i in reflect(PLAN, {MEA: result("mea", ToolStatus.EMPTY)}, {}).indicators}
    assert done["size"].status is IndicatorStatus.TERMINATE
    assert done["size"].reason == "because"
    assert done["looks"].reason == "the step that answers it did not run"


def test_an_answer_in_another_unit_is_no_answer() -> None:
    done = {i.indicator_id: i for i in reflect(PLAN, {MEA: size("mm")}, {}).indicators}
    assert done["size"].met is Met.NOT_ASSESSED
    assert "mm" in done["size"].reason
