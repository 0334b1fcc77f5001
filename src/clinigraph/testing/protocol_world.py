"""A curated protocol whose measuring tools are doubles with given answers: what a model does to it, in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from clinigraph.agents.contract import StatedCriterion
from clinigraph.agents.reader import ModelImageReader
from clinigraph.artifacts import ArtifactStore
from clinigraph.client.options import RunOptions
from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.client.sources import ReadSource
from clinigraph.knowledge.cards import card_passages, load_cards
from clinigraph.knowledge.protocols import FOLDER, load_protocol
from clinigraph.llm.contract import ChatModel
from clinigraph.models.base import CaseId, EvidenceId, ImageId
from clinigraph.models.case import Case, Fact
from clinigraph.models.codes import Concept, Scheme
from clinigraph.models.events import EventKind
from clinigraph.models.findings import FindingSite, Interval, Measurement, QualitativeEvaluation
from clinigraph.models.imaging import (
    CardiacPhase,
    Image,
    ImageFormat,
    ImageGeometry,
    LabelMap,
    Segment,
    Series,
    Study,
)
from clinigraph.models.passages import Passage
from clinigraph.models.planning import DiagnosticProtocol, Indicator, IndicatorKind, PlanStep
from clinigraph.models.tooling import (
    EvaluationValue,
    FlowValue,
    LabelMapValue,
    MeasurementValue,
    Port,
    ToolCall,
    ToolResult,
    ToolSpec,
    ValueKind,
)
from clinigraph.settings import Settings
from clinigraph.testing.doubles import FakeClassifier, FakeLibrary, FakeTool, FakeToolBox, ok
from clinigraph.tools.contract import Tool, ToolContext
from clinigraph.tools.reading.image_tool import ReadImage
from clinigraph.tools.record.fact_tool import RecordFact

THING = Concept(value="THING", scheme=Scheme.CLINIGRAPH, meaning="Structure of a double")
_KINDS = {"image": ValueKind.IMAGE, "fact": ValueKind.FACT, "box": ValueKind.BOX, "step": ValueKind.LABEL_MAP}
_REAL = ("read_image", "record_fact")


@dataclass
class ProtocolWorld:
    """A session over one curated protocol.

    Args:
        folder: Where runs are kept.
        protocol_id: The protocol.
        values: Indicator -> value and half width of its interval; a reading is given by its score alone.
        question: What is asked.
        model: The chat model; None is the rule path.
        facts: Of the record.
    """

    folder: Path
    protocol_id: str
    values: Mapping[str, tuple[float, float]]
    question: str
    model: ChatModel | None = None
    facts: tuple[Fact, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def protocol(self) -> DiagnosticProtocol:
        """The curated protocol; its file carries its id."""
        return load_protocol(FOLDER / f"{self.protocol_id}.yaml")

    def session(self) -> Session:
        """Return a session whose tools, pixels and classifier are doubles."""
        protocol = self.protocol
        settings = Settings.model_validate({"state_dir": self.folder / "state", **self.settings})
        return Session(
            settings,
            tools=FakeToolBox(self._tools(protocol)),
            library=cards_in_memory(),
            classifier=FakeClassifier(protocol.modality),
            protocols=[protocol],
            model=self.model,
        )

    def _tools(self, protocol: DiagnosticProtocol) -> list[Tool]:
        specs = _specs(protocol)
        made: list[Tool] = [FakeTool(spec, self._answer(protocol, spec)) for spec in specs.values()]
        reader = ModelImageReader(self.model) if self.model is not None else None
        return [*made, ReadImage(reader), RecordFact()]

    def _answer(self, protocol: DiagnosticProtocol, spec: ToolSpec) -> _Answer:
        return _Answer(protocol, spec, self.values)

    def source(self) -> ReadSource:
        """Return a case with two small pictures, one of each phase of the heart."""
        store = ArtifactStore(self.folder / "pixels")
        pixels = np.zeros((32, 48, 3), np.uint8)
        images = []
        for number, phase in enumerate(CardiacPhase, start=1):
            pixels[:, 24:] = 100 + 50 * number
            images.append(
                Image(
                    id=ImageId(f"img-{number}"),
                    artifact_id=store.put(pixels),
                    geometry=ImageGeometry(shape=(32, 48)),
                    format=ImageFormat.PNG,
                    colour=True,
                    modality=self.protocol.modality,
                    phase=phase,
                )
            )
        series = Series(id="series", modality=self.protocol.modality, images=tuple(images))
        study = Study(id="study", series=(series,))
        case = Case(id=CaseId("case-1"), question=self.question, facts=self.facts, studies=(study,))
        return ReadSource(case, store)

    async def report(self, options: RunOptions | None = None, session: Session | None = None) -> Report:
        """Run the case and return its report.

        Raises:
            AssertionError: The run ended without a report.
        """
        last = None
        async for event in (session or self.session()).stream(self.source(), options):
            last = event
        if last is None or last.kind is not EventKind.REPORT_READY or not isinstance(last.report, Report):
            raise AssertionError("the run ended without a report")
        return last.report


class _Answer:
    """Gives what a tool of the plan is to give."""

    def __init__(self, protocol: DiagnosticProtocol, spec: ToolSpec, values: Mapping[str, tuple[float, float]]) -> None:
        self._protocol = protocol
        self._spec = spec
        self._values = values

    def __call__(self, call: ToolCall, context: ToolContext) -> ToolResult:
        step = next(s for s in self._protocol.steps if s.id == call.step_id)
        outputs: dict[str, FlowValue] = {}
        for name, port in self._spec.outputs.items():
            if port.kind is ValueKind.LABEL_MAP:
                outputs[name] = LabelMapValue(value=_masks(call, context, self._spec))
            elif (indicator := self._indicator(step, name)) is not None and indicator.id in self._values:
                outputs[name] = _value(indicator, self._values[indicator.id])
        missing = {n: "the double was given no value" for n in self._spec.outputs if n not in outputs}
        return ok(call, self._spec, **outputs).replace(missing=missing)

    def _indicator(self, step: PlanStep, output: str) -> Indicator | None:
        return self._protocol.plan().indicator(step.answers[output]) if output in step.answers else None


def _specs(protocol: DiagnosticProtocol) -> dict[str, ToolSpec]:
    """Return specifications of the protocol's tools, read off its steps; those that stay real are left out."""
    plan, specs = protocol.plan(), {}
    taken = [ref.removeprefix("step:") for s in protocol.steps for ref in s.inputs.values() if ref.startswith("step:")]
    for step in protocol.steps:
        outputs = {
            name: Port(kind=_kind(indicator), unit=indicator.unit, required=False)
            for name, indicator_id in step.answers.items()
            if (indicator := plan.indicator(indicator_id)) is not None
        }
        outputs |= {t.partition(".")[2]: Port(kind=ValueKind.LABEL_MAP) for t in taken if t.startswith(f"{step.id}.")}
        inputs = {
            name: Port(kind=_KINDS[ref.partition(":")[0]], required=ref.startswith(("image", "step")))
            for name, ref in step.inputs.items()
        }
        for tool in (step.tool, *step.alternatives):
            if tool not in _REAL:
                specs[tool] = ToolSpec(name=tool, version="1", description="double", inputs=inputs, outputs=outputs)
    return specs


def _kind(indicator: Indicator) -> ValueKind:
    return ValueKind.MEASUREMENT if indicator.kind is IndicatorKind.QUANTITATIVE else ValueKind.EVALUATION


def _masks(call: ToolCall, context: ToolContext, spec: ToolSpec) -> LabelMap:
    image = next(v.value for v in call.inputs.values() if isinstance(v.value, Image))
    mask = np.asarray(context.artifacts.get(image.artifact_id)[..., 0], dtype=np.int64) > 100
    segment = Segment(label="thing", number=1, concept=THING, pixel_count=int(mask.sum()))
    return LabelMap(
        image_id=image.id,
        artifact_id=context.artifacts.put(mask[None]),
        geometry=image.geometry,
        segments=(segment,),
        algorithm=f"{spec.name} {spec.version}",
    )


def _value(indicator: Indicator, given: tuple[float, float]) -> FlowValue:
    value, half = given
    evidence_id, site = EvidenceId(f"value-{indicator.id}"), FindingSite(concept=THING)
    if indicator.kind is IndicatorKind.QUALITATIVE:
        reading = QualitativeEvaluation(
            id=evidence_id, concept=indicator.concept, score=int(value), algorithm="double 1", site=site
        )
        return EvaluationValue(value=reading)
    measured = Measurement(
        id=evidence_id,
        concept=indicator.concept,
        value=value,
        unit=indicator.unit,
        interval=Interval(low=value - half, high=value + half, method="given") if half else None,
        method="given",
        algorithm="double 1",
        site=site,
    )
    return MeasurementValue(value=measured)


def cards_in_memory() -> FakeLibrary:
    """Return the guideline cards without an index: lookups are exact, retrieval gives them in order."""
    passages, criteria = _cards()
    return FakeLibrary(passages, criteria)


@lru_cache(maxsize=1)
def _cards() -> tuple[tuple[Passage, ...], Mapping[str, StatedCriterion]]:
    cards = load_cards()
    passages = tuple(p for card in cards for p in card_passages(card))
    criteria: dict[str, StatedCriterion] = {
        str(c.passage_id): StatedCriterion(
            indicator=c.indicator, comparator=c.comparator, threshold=c.threshold, unit=c.unit
        )
        for card in cards
        for c in card.criteria()
    }
    return passages, criteria
