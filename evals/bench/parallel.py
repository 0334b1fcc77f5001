"""What runs side by side, and what a case costs in tokens.

Run ``python -m clinigraph.evals.bench.parallel [--json]``. Goals: six independent tools of 1 s with
model calls of 0.5 s end within 2.2 s; the glaucoma case asks for at most 6,000 prompt tokens; of 50 cases at a time
against one model none is lost and each report is its own case's. Tools and model are doubles with stated delays, the
graph, checkpoints, roles and reports are real. Tokens are those of the text, estimated as
:mod:`clinigraph.llm.dialogue` does; what a picture costs depends on the model, so pictures are counted apart.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from clinigraph.agents.attending import AttendingAnswer
from clinigraph.agents.reader import Grade
from clinigraph.agents.rollouts import VoteAnswer
from clinigraph.agents.specialists import StatementAnswer
from clinigraph.client.options import RunOptions
from clinigraph.client.report import Report
from clinigraph.client.session import Session
from clinigraph.client.sources import ReadSource
from clinigraph.llm.chat import DialogueChat
from clinigraph.llm.dialogue import Reply, Request
from clinigraph.models.base import CaseId, EvidenceId, Value
from clinigraph.models.case import Fact
from clinigraph.models.codes import Concept, Modality, Scheme
from clinigraph.models.events import EventKind
from clinigraph.models.findings import FindingSite, Measurement, Presence
from clinigraph.models.planning import DiagnosticProtocol
from clinigraph.models.switches import Switches
from clinigraph.models.tooling import MeasurementValue, Port, ToolCall, ToolResult, ToolSpec, ValueKind
from clinigraph.settings import Settings
from clinigraph.testing.doubles import Answer, FakeClassifier, FakeTool, FakeToolBox, ok
from clinigraph.testing.models import said
from clinigraph.testing.protocol_world import ProtocolWorld, cards_in_memory
from clinigraph.testing.world import World
from clinigraph.tools.contract import ToolContext

TOOLS = 6
TOOL_S = 1.0
MODEL_S = 0.5
CASES = 50
CRITERION = "egs-2020#iop"
_ID = re.compile(r"^\[([^\]]+)\]", re.MULTILINE)
GLAUCOMA: Mapping[str, tuple[float, float]] = {
    "vertical_cup_disc_ratio": (0.71, 0.05),
    "min_rim_disc_ratio": (0.12, 0.03),
    "isnt_violated": (3, 0),
}
"""A hard case: every measurement lies near its threshold, so that all roles are heard."""


class PatientModel(DialogueChat):
    """Takes its time and gives a plain answer: the first evidence decides, and it is present.

    Args:
        delay_s: How long a call takes.
        sees_images: Whether pictures may be sent.
    """

    def __init__(self, delay_s: float, *, sees_images: bool = True) -> None:
        super().__init__()
        self._delay_s = delay_s
        self._sees_images = sees_images
        self.pictures: list[int] = []
        """Pictures of each call, those of views included."""

    @property
    def name(self) -> str:
        """Its name."""
        return "patient"

    @property
    def sees_images(self) -> bool:
        """As it was told."""
        return self._sees_images

    def check(self) -> None:
        """It is there."""

    def _reply(self, request: Request) -> Reply:
        time.sleep(self._delay_s)
        self.pictures.append(_pictures(request))
        return said(plain_answer(request), request)

    async def _areply(self, request: Request) -> Reply:
        await asyncio.sleep(self._delay_s)
        self.pictures.append(_pictures(request))
        return said(plain_answer(request), request)


def _pictures(request: Request) -> int:
    return sum(len(m.images) for m in request.messages)


def plain_answer(request: Request) -> Value:
    """Return an answer that names the first piece of evidence.

    Raises:
        ValueError: A type is asked for that this bench does not know.
    """
    ids = _ID.findall(request.messages[-1].data) or ["none"]
    answers: dict[str, Value] = {
        "VoteAnswer": VoteAnswer(reason="It decides.", evidence_id=ids[0], decision=Presence.PRESENT),
        "StatementAnswer": StatementAnswer(
            speaks_for="It is large.", speaks_against="Nothing.", evidence_ids=(ids[0],), decision=Presence.PRESENT
        ),
        "AttendingAnswer": AttendingAnswer(reason="It decides.", sides_with=ids[0], decision=Presence.PRESENT),
        "Grade": Grade(
            evidence_for="A pale zone.", evidence_against="None.", score=4, tool_quality=4, evidence_sufficiency=4,
            task_difficulty=3, clinical_relevance=4,
        ),
    }  # fmt: skip
    kind = request.kind.__name__ if request.kind else ""
    if kind not in answers:
        raise ValueError(f"nobody expected to be asked for {kind or 'text'}")
    return answers[kind]


def _slow(spec: ToolSpec) -> Answer:
    def answer(call: ToolCall, context: ToolContext) -> ToolResult:
        context.cancelled.wait(TOOL_S)
        concept = Concept(value="X", scheme=Scheme.CLINIGRAPH, meaning="Something slow")
        value = Measurement(
            id=EvidenceId(f"slow-{spec.name}"), concept=concept, value=25.0, unit="mm[Hg]", method="given",
            algorithm="double 1", site=FindingSite(concept=concept),
        )  # fmt: skip
        return ok(call, spec, value=MeasurementValue(value=value))

    return answer


def slow_session(folder: Path, model: PatientModel) -> Session:
    """Return a session over a protocol of six independent tools that take a second each."""
    names = [f"slow_{n}" for n in range(TOOLS)]
    output = Port(kind=ValueKind.MEASUREMENT, unit="mm[Hg]")
    specs = [
        ToolSpec(
            name=n, version="1", description="slow", inputs={"image": Port(kind=ValueKind.IMAGE)},
            outputs={"value": output},
        )
        for n in names
    ]  # fmt: skip
    indicators = [_indicator("intraocular_pressure", 1.0, CRITERION)]
    indicators += [_indicator(n, 0.0, None) for n in names[1:]]
    steps = [
        {"id": n, "tool": n, "inputs": {"image": "image:current"}, "answers": {"value": i["id"]}}
        for n, i in zip(names, indicators, strict=True)
    ]
    protocol = DiagnosticProtocol.model_validate(
        {
            "id": "slow", "version": "1.0.0", "title": "Slow", "condition": "slowness", "specialty": "ophthalmology",
            "question_patterns": ["slow"], "modality": "OP", "indicators": indicators, "steps": steps,
            "threshold": 0.4, "threshold_source": "bench", "reviewed": "never",
        }
    )  # fmt: skip
    return Session(
        Settings(state_dir=folder / "state"),
        tools=FakeToolBox([FakeTool(s, _slow(s)) for s in specs]),
        library=cards_in_memory(),
        classifier=FakeClassifier(Modality.FUNDUS),
        protocols=[protocol],
        model=model,
    )


def _indicator(name: str, weight: float, passage: str | None) -> dict[str, object]:
    rule = {"indicator": name, "comparator": ">", "threshold": 21, "unit": "mm[Hg]", "passage_id": passage}
    return {
        "id": name, "name": name.replace("_", " "), "kind": "quantitative", "unit": "mm[Hg]", "weight": weight,
        "concept": {"value": "X", "scheme": Scheme.CLINIGRAPH, "meaning": name}, "weight_source": "bench",
        "criterion": rule if passage else None,
    }  # fmt: skip


async def makespan_s(folder: Path, switches: Switches) -> float:
    """Return seconds from the first to the last node of a warm case with six slow tools."""
    session = slow_session(folder, PatientModel(MODEL_S))
    world = World(folder / "world", question="Is it slow?")
    seconds = 0.0
    for _ in range(2):
        begin = time.perf_counter()
        async for event in session.stream(world.source(), RunOptions(switches=switches)):
            if event.kind is EventKind.NODE_FINISHED and event.node == "finish":
                seconds = time.perf_counter() - begin
    return seconds


async def glaucoma_tokens(folder: Path) -> dict[str, int]:
    """Return the text tokens of a hard glaucoma case with every role heard, and the pictures that were sent."""
    model = PatientModel(0.0)
    world = ProtocolWorld(folder, "glaucoma-fundus", GLAUCOMA, "Does this eye show signs of glaucoma?", model)
    report = await world.report(RunOptions(switches=Switches(specialists=True)))
    return {**report.run.tokens, "pictures": sum(model.pictures)}


async def many_cases(folder: Path, count: int = CASES) -> tuple[int, int, float]:
    """Run cases side by side against one model.

    Returns:
        Reports that came, reports that stand in their place and are about their own case, and seconds.
    """
    world = ProtocolWorld(
        folder, "glaucoma-fundus", GLAUCOMA, "Does this eye show signs of glaucoma?", PatientModel(0.05)
    )
    session, base = world.session(), world.source()
    sources = [_numbered(base, n) for n in range(count)]
    begin = time.perf_counter()
    reports = await asyncio.gather(*(_one(session, s) for s in sources), return_exceptions=True)
    came = [r for r in reports if isinstance(r, Report)]
    kept = sum(isinstance(r, Report) and _pressure(r) == 10.0 + n / 4 for n, r in enumerate(reports))
    return len(came), kept, time.perf_counter() - begin


def _numbered(base: ReadSource, number: int) -> ReadSource:
    pressure = Fact(name="intraocular_pressure", value=10.0 + number / 4, unit="mm[Hg]")
    case = base.case.replace(id=CaseId(f"case-{number}"), facts=(pressure,))
    return ReadSource(case, base.artifacts)


async def _one(session: Session, source: ReadSource) -> Report:
    last = None
    async for event in session.stream(source):
        last = event
    if last is None or not isinstance(last.report, Report):
        raise AssertionError("the run ended without a report")
    return last.report


def _pressure(report: Report) -> float | None:
    return next((r.value for r in report.indicators if r.id == "intraocular_pressure"), None)


def run(as_json: bool = typer.Option(False, "--json", help="Print only JSON.")) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        easy = asyncio.run(makespan_s(folder / "easy", Switches()))
        every = asyncio.run(makespan_s(folder / "every", Switches(specialists=True)))
        tokens = asyncio.run(glaucoma_tokens(folder / "tokens"))
        came, kept, seconds = asyncio.run(many_cases(folder / "many"))
    figures = {
        "six 1 s tools, 0.5 s model calls: makespan": f"{easy:.2f} s",
        "the same with specialists and attending": f"{every:.2f} s",
        "hard glaucoma case, prompt tokens (text)": str(tokens.get("prompt", 0)),
        **{f"  {k.removesuffix('.prompt')}": str(v) for k, v in sorted(tokens.items()) if k.endswith(".prompt")},
        "  pictures beside them": str(tokens["pictures"]),
        f"{CASES} cases at a time: reports, in their place": f"{came}, {kept} in {seconds:.1f} s",
    }
    if as_json:
        typer.echo(json.dumps(figures, indent=2))
        return
    table = Table("What", "Figure")
    for what, figure in figures.items():
        table.add_row(what, figure)
    Console().print(table)


if __name__ == "__main__":
    typer.run(run)
