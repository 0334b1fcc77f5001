"""A plan that a model drafted is a protocol like any other once a person has it: saved, edited, run, kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from clinigraph.agents.model_planner import IndicatorDraft, PlanDraft
from clinigraph.agents.plan_store import save_protocol
from clinigraph.client.drafting import draft
from clinigraph.client.options import RunOptions
from clinigraph.errors import PlanInvalid, UsageError
from clinigraph.knowledge.protocols import load_protocol
from clinigraph.models.codes import Modality
from clinigraph.models.findings import Presence
from clinigraph.models.switches import Switches
from clinigraph.models.tooling import ToolStatus
from clinigraph.testing import RecordedModel, RecordingModel
from clinigraph.testing.models import ScriptedModel
from clinigraph.testing.world import READ, World, failing

RULES = RunOptions(switches=Switches(rollouts=0, specialists=False))


def indicator(name: str, **fields: object) -> IndicatorDraft:
    base: dict[str, object] = {
        "id": name, "name": name, "comparator": "", "threshold": 0.0, "unit": "", "passage_id": "", "question": "",
        "rubric": "", "weight": 0.5, "rationale": "why",
    }  # fmt: skip
    return IndicatorDraft.model_validate({**base, **fields})


DRAFT = PlanDraft(
    indicators=(
        indicator("size", tool="measure", output="size", comparator=">=", threshold=0.7, unit="1",
                  passage_id="card#size"),
        indicator("pressure", tool="record", output="measurement", comparator=">", threshold=21, unit="mm[Hg]",
                  passage_id="card#pressure"),
        indicator("looks", tool="read", output="evaluation", question="odd?", rubric="1 no, 5 yes"),
    ),
    threshold=0.3,
)  # fmt: skip


@pytest.fixture
def readable(world: World) -> World:
    """A world whose reader can work, so that plans may name it."""
    world.replace_tool(READ, lambda call, _: failing(call, ToolStatus.EMPTY, "nothing seen"))
    return world


async def test_a_draft_is_saved_edited_and_run_in_place_of_a_protocol(readable: World, tmp_path: Path) -> None:
    readable.model = ScriptedModel([DRAFT])
    made = await draft(readable.session(), "thingness", Modality.FUNDUS)
    file = tmp_path / "plan.yaml"
    save_protocol(made, file)
    assert load_protocol(file) == made
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump({**content, "threshold": 0.33, "id": "edited"}), encoding="utf-8")
    readable.model = None
    report = await readable.report(RunOptions(plan=load_protocol(file), switches=RULES.switches))
    assert (report.protocol_id, report.impression.threshold) == ("edited", 0.33)
    assert report.impression.decision is not Presence.ABSENT
    assert any("not reviewed by a person" in text for text in report.limitations)


async def test_an_edit_that_breaks_a_rule_is_refused_before_anything_runs(readable: World, tmp_path: Path) -> None:
    readable.model = ScriptedModel([DRAFT])
    file = tmp_path / "plan.yaml"
    save_protocol(await draft(readable.session(), "thingness", Modality.FUNDUS), file)
    text = file.read_text(encoding="utf-8").replace("threshold: 0.7", "threshold: 0.1")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"size >= 0\.7"):
        await readable.run(RunOptions(plan=load_protocol(file)))
    assert readable.tools["segment"].calls == []


async def test_the_same_condition_costs_no_second_call_in_another_session(readable: World) -> None:
    readable.model = ScriptedModel([DRAFT])
    first = await draft(readable.session(), "thingness", Modality.FUNDUS)
    assert await draft(readable.session(), "thingness", Modality.FUNDUS) == first


async def test_what_a_server_said_once_makes_the_same_plan_from_its_record(readable: World, tmp_path: Path) -> None:
    readable.model = recording = RecordingModel(ScriptedModel([DRAFT], name="served"))
    first = await draft(readable.session(), "thingness", Modality.FUNDUS)
    recording.save(tmp_path / "said.json")
    replayed = World(tmp_path / "again", tools=readable.tools, model=RecordedModel.load(tmp_path / "said.json"))
    assert await draft(replayed.session(), "thingness", Modality.FUNDUS) == first


async def test_an_empty_condition_and_a_model_that_cannot_plan_are_told(readable: World) -> None:
    with pytest.raises(UsageError, match="needs a condition"):
        await draft(readable.session(), "  ", Modality.FUNDUS)
    readable.model = ScriptedModel([DRAFT.replace(indicators=DRAFT.indicators[:1])] * 2)
    with pytest.raises(PlanInvalid, match="refused twice"):
        await draft(readable.session(), "thingness", Modality.FUNDUS)
