"""A small made-up disease with three indicators, measured by doubles on synthetic pixels: a world for graph tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from clinigraph.agents.contract import StatedCriterion
from clinigraph.artifacts import ArtifactStore
from clinigraph.client.options import RunOptions
from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.client.sources import ReadSource
from clinigraph.graphs.dependencies import Roles
from clinigraph.llm.contract import ChatModel
from clinigraph.models.base import CaseId, EvidenceId, ImageId
from clinigraph.models.case import Case, Fact
from clinigraph.models.codes import Concept, Modality, Scheme
from clinigraph.models.events import EventKind, RunEvent
from clinigraph.models.findings import FindingSite, Interval, Measurement
from clinigraph.models.imaging import Image, ImageFormat, ImageGeometry, LabelMap, Segment, Series, Study
from clinigraph.models.planning import Comparator, DiagnosticProtocol
from clinigraph.models.tooling import (
    LabelMapValue,
    MeasurementValue,
    PointsValue,
    Port,
    ToolCall,
    ToolResult,
    ToolSpec,
    ToolStatus,
    ValueKind,
)
from clinigraph.settings import Settings
from clinigraph.testing.doubles import Answer, FakeClassifier, FakeLibrary, FakeTool, FakeToolBox, make_passage, ok
from clinigraph.tools.contract import ToolContext

CONCEPT = Concept(value="SIZE", scheme=Scheme.CLINIGRAPH, meaning="Size of the thing")
SITE = FindingSite(concept=CONCEPT)
MASKS = Port(kind=ValueKind.LABEL_MAP, labels=("thing",))
SEGMENT = ToolSpec(
    name="segment", version="1", description="segments", modalities=(Modality.FUNDUS,),
    inputs={
        "image": Port(kind=ValueKind.IMAGE),
        "box": Port(kind=ValueKind.BOX, required=False),
        "points": Port(kind=ValueKind.POINTS, required=False),
    },
    outputs={"masks": MASKS},
)  # fmt: skip
OTHER = SEGMENT.replace(name="segment_other")
MEASURE = ToolSpec(
    name="measure", version="1", description="measures",
    inputs={"masks": MASKS}, outputs={"size": Port(kind=ValueKind.MEASUREMENT, unit="1")},
)  # fmt: skip
RECORD = ToolSpec(
    name="record", version="1", description="reads the record",
    inputs={"fact": Port(kind=ValueKind.FACT)}, outputs={"measurement": Port(kind=ValueKind.MEASUREMENT)},
)  # fmt: skip
READ = ToolSpec(
    name="read", version="1", description="reads images", modalities=(Modality.FUNDUS,),
    inputs={"image": Port(kind=ValueKind.IMAGE)}, outputs={"evaluation": Port(kind=ValueKind.EVALUATION)},
)  # fmt: skip

PROTOCOL = {
    "id": "thing-fundus", "version": "1.0.0", "title": "A thing", "condition": "thingness", "specialty": "none",
    "question_patterns": ["thing"], "modality": "OP", "default_for_modality": True, "threshold": 0.4,
    "threshold_source": "test", "min_assessed_share": 0.5, "reviewed": "2026-01-01",
    "recommendation_passage_ids": ["card#advice"],
    "indicators": [
        {
            "id": "size", "name": "Size of the thing", "concept": CONCEPT.model_dump(), "kind": "quantitative",
            "weight": 0.6, "weight_source": "test", "passage_ids": ["card#size"], "modalities": ["OP"],
            "criterion": {"indicator": "size", "comparator": ">=", "threshold": 0.7, "unit": "1",
                          "passage_id": "card#size"},
        },
        {
            "id": "pressure", "name": "Pressure", "concept": CONCEPT.model_dump(), "kind": "quantitative",
            "unit": "mm[Hg]", "weight": 0.2, "weight_source": "test", "passage_ids": ["card#pressure"],
            "criterion": {"indicator": "pressure", "comparator": ">", "threshold": 21, "unit": "mm[Hg]",
                          "passage_id": "card#pressure"},
        },
        {
            "id": "looks", "name": "Looks odd", "concept": CONCEPT.model_dump(), "kind": "qualitative",
            "weight": 0.2, "weight_source": "test", "question": "odd?", "rubric": "1 no, 5 yes", "modalities": ["OP"],
        },
    ],
    "steps": [
        {"id": "seg", "tool": "segment", "alternatives": ["segment_other"],
         "inputs": {"image": "image:current", "box": "box:thing", "points": "points:thing"}},
        {"id": "mea", "tool": "measure", "inputs": {"masks": "step:seg.masks"}, "answers": {"size": "size"}},
        {"id": "rec", "tool": "record", "inputs": {"fact": "fact:pressure"}, "answers": {"measurement": "pressure"}},
        {"id": "rea", "tool": "read", "inputs": {"image": "image:current"}, "answers": {"evaluation": "looks"}},
    ],
}  # fmt: skip


def segment_answer(spec: ToolSpec) -> Answer:
    """Answer with a mask of the bright half, or of the half that a point inside shows, put into the artifact store."""

    def answer(call: ToolCall, context: ToolContext) -> ToolResult:
        image = call.inputs["image"].value
        if not isinstance(image, Image):
            raise TypeError("the input is no image")
        bright = np.asarray(context.artifacts.get(image.artifact_id)[..., 0], dtype=np.int64) > 100
        points = call.inputs.get("points")
        inside = [p for p in points.value if p.inside] if isinstance(points, PointsValue) else []
        dark = bool(inside) and not bright[int(inside[0].y), int(inside[0].x)]
        mask = ~bright if dark else bright
        label_map = LabelMap(
            image_id=image.id, artifact_id=context.artifacts.put(mask[None]), geometry=image.geometry,
            segments=(Segment(label="thing", number=1, concept=CONCEPT, pixel_count=int(mask.sum())),),
            algorithm=f"{spec.name} {spec.version}",
        )  # fmt: skip
        return ok(call, spec, masks=LabelMapValue(value=label_map))

    return answer


def measurement(value: float, unit: str = "1", half: float = 0.02, name: str = "size") -> Measurement:
    """Return a measurement with an interval."""
    return Measurement(
        id=EvidenceId(f"measurement-{name}"), concept=CONCEPT, value=value, unit=unit, method="test",
        interval=Interval(low=value - half, high=value + half, method="test") if half else None,
        algorithm="measure 1", site=SITE,
    )  # fmt: skip


def measure_answer(value: float, half: float = 0.02) -> Answer:
    """Answer with a size."""
    return lambda call, _: ok(call, MEASURE, size=MeasurementValue(value=measurement(value, half=half)))


def record_answer(call: ToolCall, _: ToolContext) -> ToolResult:
    """Answer with the fact as a measurement."""
    fact = call.inputs["fact"].value
    if not isinstance(fact, Fact):
        raise TypeError("the input is no fact")
    value = measurement(float(str(fact.value)), str(fact.unit), half=0, name="pressure")
    return ok(call, RECORD, measurement=MeasurementValue(value=value))


def failing(call: ToolCall, status: ToolStatus, reason: str) -> ToolResult:
    """Return a result that is not ok."""
    return ToolResult(step_id=call.step_id, tool=call.tool, tool_version="1", status=status, reason=reason)


@dataclass
class World:
    """A session over doubles; change ``tools`` before the first run."""

    folder: Path
    tools: dict[str, FakeTool] = field(default_factory=dict)
    modality: Modality = Modality.FUNDUS
    facts: tuple[Fact, ...] = ()
    question: str = "Is there a thing?"
    settings: dict[str, object] = field(default_factory=dict)
    roles: Callable[[Session], Roles] | None = None
    """Changes the roles of a session."""
    model: ChatModel | None = None
    """A chat model; None is the rule path."""

    def __post_init__(self) -> None:
        for spec, answer in ((SEGMENT, segment_answer(SEGMENT)), (OTHER, segment_answer(OTHER)),
                             (MEASURE, measure_answer(0.9)), (RECORD, record_answer)):  # fmt: skip
            self.tools.setdefault(spec.name, FakeTool(spec, answer))
        self.tools.setdefault("read", FakeTool(READ, record_answer, unavailable="no image-reading model is set"))

    def replace_tool(self, spec: ToolSpec, answer: Answer) -> FakeTool:
        """Put another answer behind a tool."""
        self.tools[spec.name] = FakeTool(spec, answer)
        return self.tools[spec.name]

    def library(self) -> FakeLibrary:
        """Return the passages of the disease."""
        return FakeLibrary(
            [
                make_passage("card#size", "A thing of at least 0.7 is large."),
                make_passage("card#pressure", "A pressure above 21 is high."),
                make_passage("card#advice", "A large thing is looked at again."),
                make_passage("card#other", "The size of things varies between observers; the thing is measured twice."),
            ],
            {
                "card#size": StatedCriterion(indicator="size", comparator=Comparator.GE, threshold=0.7, unit="1"),
                "card#pressure": StatedCriterion(
                    indicator="pressure", comparator=Comparator.GT, threshold=21, unit="mm[Hg]"
                ),
            },
        )

    def session(self) -> Session:
        """Return a session over the doubles."""
        settings = Settings.model_validate({"state_dir": self.folder / "state", **self.settings})
        plain = self._session(settings, None)
        return plain if self.roles is None else self._session(settings, self.roles(plain))

    def _session(self, settings: Settings, roles: Roles | None) -> Session:
        return Session(
            settings, tools=FakeToolBox(list(self.tools.values())), library=self.library(),
            classifier=FakeClassifier(self.modality), protocols=[DiagnosticProtocol.model_validate(PROTOCOL)],
            roles=roles, model=self.model,
        )  # fmt: skip

    def source(self) -> ReadSource:
        """Return a case with one synthetic photograph."""
        store = ArtifactStore(self.folder / "pixels")
        pixels = np.zeros((32, 48, 3), np.uint8)
        pixels[:, 24:] = 200
        image = Image(
            id=ImageId("img-1"), artifact_id=store.put(pixels), geometry=ImageGeometry(shape=(32, 48)),
            format=ImageFormat.PNG, colour=True,
        )  # fmt: skip
        study = Study(id="study", series=(Series(id="series", modality=Modality.UNKNOWN, images=(image,)),))
        case = Case(id=CaseId("case-1"), question=self.question, facts=self.facts, studies=(study,))
        return ReadSource(case, store)

    async def run(self, options: RunOptions | None = None, session: Session | None = None) -> list[RunEvent]:
        """Run the case and return its events."""
        return [e async for e in (session or self.session()).stream(self.source(), options)]

    async def report(self, options: RunOptions | None = None) -> Report:
        """Run the case and return its report."""
        last = (await self.run(options))[-1]
        if last.kind is not EventKind.REPORT_READY or not isinstance(last.report, Report):
            raise AssertionError(f"the run ended with {last.kind}")
        return last.report
