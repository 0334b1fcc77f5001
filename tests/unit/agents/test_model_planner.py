"""A model's plan: steps are derived, rules are checked, errors go back once, then the protocol or a refusal."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigraph.agents.chaining import Chainer, NoChainError, Wanted
from clinigraph.agents.model_planner import IndicatorDraft, ModelPlanner, PlanDraft, PlanTask
from clinigraph.agents.plan_store import DRAFT, PlanStore, protocol_of, save_protocol
from clinigraph.agents.plan_validator import PlanValidator
from clinigraph.agents.planner import ProtocolPlanner
from clinigraph.agents.planner_choice import ChoosingPlanner
from clinigraph.errors import ModelServerError, ModelUnreachable, PlanInvalid
from clinigraph.knowledge.protocols import load_protocol
from clinigraph.models.base import IndicatorId, ProtocolId
from clinigraph.models.case import Case
from clinigraph.models.codes import Modality
from clinigraph.models.planning import DiagnosticProtocol
from clinigraph.models.triage import Triage
from clinigraph.testing.models import ScriptedModel, Step
from clinigraph.testing.world import MEASURE, OTHER, PROTOCOL, READ, RECORD, SEGMENT, World

SPECS = (SEGMENT, OTHER, MEASURE, RECORD, READ)
TASK = PlanTask(condition="thingness", modality=Modality.FUNDUS)


def indicator(name: str, **fields: object) -> IndicatorDraft:
    base: dict[str, object] = {
        "id": name, "name": name, "tool": "read", "output": "evaluation", "comparator": "", "threshold": 0.0,
        "unit": "", "passage_id": "", "question": "odd?", "rubric": "1 no, 5 yes", "weight": 0.5, "rationale": "why",
    }  # fmt: skip
    return IndicatorDraft.model_validate({**base, **fields})


SIZE = indicator(
    "size", tool="measure", output="size", comparator=">=", threshold=0.7, unit="1", passage_id="card#size"
)
PRESSURE = indicator(
    "pressure", tool="record", output="measurement", comparator=">", threshold=21, unit="mm[Hg]",
    passage_id="card#pressure",
)  # fmt: skip
LOOKS = indicator("looks")
GOOD = PlanDraft(indicators=(SIZE, PRESSURE, LOOKS), threshold=0.4)


def planner(model: ScriptedModel, tmp_path: Path, *, keep: bool = False) -> ModelPlanner:
    library = World(tmp_path).library()
    store = PlanStore(tmp_path / "plans") if keep else None
    return ModelPlanner(model, SPECS, {}, library, PlanValidator(SPECS, library), store)


async def test_steps_follow_from_what_the_tools_need(tmp_path: Path) -> None:
    with ScriptedModel([Step(GOOD, role="planner", kind=PlanDraft)]) as model:
        plan = await planner(model, tmp_path).make(TASK)
    assert plan.origin == "model"
    assert [(s.tool, dict(s.inputs)) for s in plan.steps] == [
        ("segment", {"image": "image:current"}),
        ("measure", {"masks": "step:segment.masks"}),
        ("record", {"fact": "fact:pressure"}),
        ("read", {"image": "image:current"}),
    ]
    assert [round(i.weight, 3) for i in plan.indicators] == [0.333] * 3
    assert "not reviewed by a person" in plan.limitations[0]


async def test_criteria_and_tools_are_quoted_as_data(tmp_path: Path) -> None:
    with ScriptedModel([GOOD]) as model:
        await planner(model, tmp_path).make(TASK)
    user = model.requests[0].messages[1]
    assert "[card#size] size >= 0.7 1" in user.data
    assert "measure: measures Outputs: size [1]" in user.data
    assert "card#size" not in user.text


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (SIZE.replace(threshold=0.5), "states size >= 0.7"),
        (SIZE.replace(passage_id="card#invented"), "there is no passage"),
        (SIZE.replace(tool="crystal_ball"), "there is no tool 'crystal_ball'"),
        (SIZE.replace(output="weight"), "measure gives no 'weight'"),
        (SIZE.replace(comparator="=="), "comparator is one of"),
        (SIZE.replace(question="", rubric="", comparator=""), "needs a question and a rubric"),
    ],
)
async def test_what_the_validator_finds_goes_back_once(tmp_path: Path, bad: IndicatorDraft, said: str) -> None:
    first = GOOD.replace(indicators=(bad, PRESSURE, LOOKS))
    with ScriptedModel([first, Step(GOOD, contains=said)]) as model:
        assert (await planner(model, tmp_path).make(TASK)).origin == "model"
    with ScriptedModel([first, first]) as model, pytest.raises(PlanInvalid) as caught:
        await planner(model, tmp_path).make(TASK)
    assert any(said in p for p in caught.value.problems)


async def test_too_few_indicators_are_refused(tmp_path: Path) -> None:
    few = GOOD.replace(indicators=(SIZE, LOOKS))
    with ScriptedModel([few, Step(few, contains="needed are 3 to 7")]) as model, pytest.raises(PlanInvalid):
        await planner(model, tmp_path).make(TASK)


async def test_the_same_question_costs_no_second_call(tmp_path: Path) -> None:
    with ScriptedModel([GOOD]) as model:
        role = planner(model, tmp_path, keep=True)
        assert await role.make(TASK) == await role.make(TASK)


async def test_a_kept_plan_that_no_longer_holds_is_made_anew(tmp_path: Path) -> None:
    with ScriptedModel([GOOD, GOOD]) as model:
        role = planner(model, tmp_path, keep=True)
        await role.make(TASK)
        file = next((tmp_path / "plans").glob("*.json"))
        file.write_text(file.read_text().replace('"threshold": 0.7', '"threshold": 0.1'))
        await role.make(TASK)


def choosing(model: ScriptedModel | None, tmp_path: Path, *, model_first: bool = False) -> ChoosingPlanner:
    library = World(tmp_path).library()
    curated = ProtocolPlanner([DiagnosticProtocol.model_validate(PROTOCOL)], PlanValidator(SPECS, library))
    return ChoosingPlanner(curated, planner(model, tmp_path) if model else None, model_first=model_first)


FITS = Triage(condition="thingness", candidates=(ProtocolId("thing-fundus"),))
NONE = Triage(condition="thingness", planned=True)


async def test_a_curated_protocol_goes_before_the_model(tmp_path: Path, case: Case) -> None:
    with ScriptedModel() as model:
        assert (await choosing(model, tmp_path).plan(case, FITS)).protocol_id == "thing-fundus"


@pytest.mark.parametrize("fails", [[ModelUnreachable("The model server cannot be reached")], ["{}", "no"]])
async def test_a_model_that_fails_leads_to_the_protocol_with_a_note(
    tmp_path: Path, case: Case, fails: list[str | ModelServerError]
) -> None:
    with ScriptedModel(fails) as model:
        plan = await choosing(model, tmp_path, model_first=True).plan(case, FITS)
    assert plan.protocol_id == "thing-fundus"
    assert plan.limitations[-1].endswith("the curated protocol was used.")


async def test_without_a_protocol_a_refused_plan_is_a_refusal(tmp_path: Path, case: Case) -> None:
    with ScriptedModel([ModelUnreachable("The model server cannot be reached")]) as model, pytest.raises(PlanInvalid):
        await choosing(model, tmp_path).plan(case, NONE)


async def test_a_plan_can_be_saved_edited_and_used_as_a_protocol(tmp_path: Path) -> None:
    with ScriptedModel([GOOD]) as model:
        plan = await planner(model, tmp_path).make(TASK)
    path = tmp_path / "plan.yaml"
    save_protocol(protocol_of(plan), path)
    path.write_text(path.read_text().replace("threshold: 0.4", "threshold: 0.3"))
    loaded = load_protocol(path)
    assert loaded.reviewed == DRAFT
    assert loaded.plan().steps == plan.steps
    assert loaded.threshold == 0.3
    assert PlanValidator(SPECS, World(tmp_path).library()).problems(loaded.plan()) == ()


def test_a_chain_that_cannot_begin_says_what_is_missing() -> None:
    want = [Wanted(indicator=IndicatorId("size"), tool="measure", output="size")]
    with pytest.raises(NoChainError, match="no tool gives the label_map 'masks' that measure needs"):
        Chainer([MEASURE], Modality.FUNDUS).steps(want)
    with pytest.raises(NoChainError, match="segment does not read a chest film"):
        Chainer(SPECS, Modality.CHEST_FILM).steps(want)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return World(tmp_path).source().case
