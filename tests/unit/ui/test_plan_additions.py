"""A person may add what a protocol asks for or what the plan's tools measure anyway; nothing else, and never unsaid."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from clinigraph.agents.plan_validator import PlanValidator
from clinigraph.client.session import Session
from clinigraph.errors import UsageError
from clinigraph.models.base import IndicatorId
from clinigraph.models.planning import DiagnosticPlan, DiagnosticProtocol
from clinigraph.models.tooling import MeasurementValue, Port, ToolCall, ToolResult, ValueKind
from clinigraph.settings import Settings
from clinigraph.testing.doubles import ok
from clinigraph.testing.world import MEASURE, PROTOCOL, World, measurement
from clinigraph.tools.contract import ToolContext
from clinigraph.ui.hub import Hub
from clinigraph.ui.library import CasePlace
from clinigraph.ui.plan_additions import add_indicators, additions
from clinigraph.ui.plan_editing import edit_plan
from clinigraph.ui.server import create_app, guarded

API = "/api/v1"
THING: DiagnosticProtocol = DiagnosticProtocol.model_validate(PROTOCOL)
PLAN: DiagnosticPlan = THING.plan()
SIZE, PRESSURE, LOOKS = (IndicatorId(i) for i in ("size", "pressure", "looks"))
DEEP = MEASURE.replace(outputs={**MEASURE.outputs, "depth": Port(kind=ValueKind.MEASUREMENT, unit="mm")})


def measured(call: ToolCall, _: ToolContext) -> ToolResult:
    return ok(
        call,
        DEEP,
        size=MeasurementValue(value=measurement(0.9)),
        depth=MeasurementValue(value=measurement(3.5, "mm", name="depth")),
    )


def deep_world(folder: Path) -> World:
    world = World(folder)
    world.replace_tool(DEEP, measured)
    return world


def validator() -> PlanValidator:
    world = deep_world(Path("unused"))
    return PlanValidator([t.spec for t in world.tools.values()], world.library())


def test_what_the_protocol_asks_for_and_the_plan_lacks_comes_with_its_steps_weight_and_criterion() -> None:
    plan = edit_plan(PLAN, {PRESSURE: 1.0}, "Dr A", "only the pressure")
    offered = additions(plan, [THING], [MEASURE])
    assert [a.indicator.id for a in offered] == [SIZE, LOOKS]
    added = add_indicators(plan, ["size"], offered, "Dr A", "the size matters")
    changed = edit_plan(added, {i.id: i.weight for i in added.indicators}, "Dr A", "the size matters")
    assert validator().problems(changed) == ()
    assert {s.id for s in changed.steps} == {"rec", "seg", "mea"}
    size = changed.indicator(SIZE)
    assert size is not None
    assert size.criterion == THING.indicators[0].criterion
    assert "Dr A: the size matters" in size.weight_source


def test_what_a_tool_measures_unasked_is_context_and_cannot_be_given_a_weight() -> None:
    offered = additions(PLAN, [THING], [DEEP])
    assert [(a.indicator.id, a.indicator.unit, a.indicator.weight) for a in offered] == [("depth", "mm", 0)]
    added = add_indicators(PLAN, ["depth"], offered, "Dr A", "to see it")
    weights = {i.id: i.weight for i in added.indicators}
    changed = edit_plan(added, weights, "Dr A", "to see it")
    assert validator().problems(changed) == ()
    assert [i.weight for i in changed.indicators] == [0.6, 0.2, 0.2, 0]
    assert len(changed.steps) == len(PLAN.steps)
    with pytest.raises(UsageError, match="no limit"):
        edit_plan(added, {**weights, IndicatorId("depth"): 0.5}, "Dr A", "to see it")


@pytest.mark.parametrize(("wanted", "reason"), [("depth", " "), ("made_up", "x")])
def test_what_was_not_offered_or_has_no_reason_is_refused(wanted: str, reason: str) -> None:
    with pytest.raises(UsageError):
        add_indicators(PLAN, [wanted], additions(PLAN, [THING], [DEEP]), "Dr A", reason)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[TestClient]:
    world = deep_world(tmp_path / "world")

    def make(place: CasePlace) -> Session:
        world.settings = {"state_dir": place.state, "keep_runs": True}
        return world.session()

    hub = Hub(Settings(state_dir=tmp_path / "state"), make, shared=world.session())
    with TestClient(guarded(create_app(hub), "127.0.0.1", None), base_url="http://127.0.0.1") as client:
        yield client


def paused(api: TestClient) -> str:
    """Return the address of a run whose plan waits for approval."""
    case_id = api.post(f"{API}/cases", json={"question": "Is there a thing?"}).json()["id"]
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:, 24:] = 200
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    api.put(f"{API}/cases/{case_id}/files/eye.png", content=buffer.getvalue())
    run = f"{API}/cases/{case_id}/runs/1"
    api.post(f"{API}/cases/{case_id}/runs", json={"approve": True})
    for _ in range(2000):
        if api.get(run).json()["status"] == "paused":
            return run
    raise AssertionError("the run never pauses")


def test_an_indicator_added_over_the_api_is_measured_and_reported(api: TestClient) -> None:
    run = paused(api)
    assert [a["indicator"]["id"] for a in api.get(f"{run}/additions").json()] == ["depth"]
    answer = {"who": "Dr A", "action": "edit", "reason": "to see it", "detail": {"add": ["depth"]}}
    assert api.post(f"{run}/answer", json=answer).status_code == 200
    lines = api.get(f"{run}/events").text.splitlines()
    assert json.loads([line for line in lines if line.startswith("data: ")][-1][6:])["kind"] == "done"
    depth = next(i for i in api.get(f"{run}/report.json").json()["indicators"] if i["id"] == "depth")
    assert depth["value"] == 3.5


def test_what_cannot_be_added_is_refused_and_the_plan_waits_on(api: TestClient) -> None:
    run = paused(api)
    for detail in ({"add": ["made_up"]}, {"add": "depth"}, {"add": ["depth"], "plan": {}}):
        answer = {"who": "Dr A", "action": "edit", "reason": "x", "detail": detail}
        assert api.post(f"{run}/answer", json=answer).status_code == 409
    assert api.get(run).json()["status"] == "paused"
    api.post(f"{run}/cancel")
