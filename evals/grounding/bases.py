"""True reports that corruptions start from: real photographs and films through the pipeline, and made-up worlds."""

from __future__ import annotations

import asyncio
import hashlib
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from clinigraph.agents.contract import CitedLibrary
from clinigraph.client.library import SessionLibrary
from clinigraph.client.options import RunOptions
from clinigraph.client.report import Report
from clinigraph.client.sample import sample_photograph
from clinigraph.client.session import Session
from clinigraph.client.sources import PathSource
from clinigraph.evals.contract import EvalContext
from clinigraph.models.base import EvidenceId
from clinigraph.models.case import Fact
from clinigraph.models.codes import Laterality
from clinigraph.models.events import EventKind
from clinigraph.models.evidence import EvidenceGraph, EvidenceNode, ImageNode, MeasurementNode, PassageNode
from clinigraph.models.findings import FindingSite, Measurement, QualitativeEvaluation
from clinigraph.models.imaging import ImageRole
from clinigraph.models.report import Report as ReportValue
from clinigraph.models.tooling import EvaluationValue
from clinigraph.settings import Settings
from clinigraph.testing.doubles import Answer, ok
from clinigraph.testing.world import CONCEPT, MEASURE, READ, SITE, World, measure_answer

EYES, FILMS = 8, 6
"""Most photographs and films that are run."""
SYNTHETIC = 12
DEFAULT_SEED = EvalContext(data=Path(), work=Path()).seed
"""The seed with whose items the rules were mended; another seed draws other pictures and other made-up cases."""


@dataclass(frozen=True, slots=True)
class Base:
    """A true report with what it was made from."""

    name: str
    report: ReportValue
    library: CitedLibrary
    other: str = ""
    """Name of another base of the same kind, for swapped patients."""


def base_names(context: EvalContext) -> tuple[str, ...]:
    """Return the names of the bases that can be made here: others for another seed."""
    real = ("retina", *(p.name for p in (*_drawn(_eyes(context.data), EYES, context.seed),
                                         *_drawn(_films(context.data), FILMS, context.seed))))  # fmt: skip
    suffix = "" if context.seed == DEFAULT_SEED else f"-{context.seed}"
    return (*(f"world-{i}{suffix}" for i in range(SYNTHETIC)), *real)


def _drawn(paths: Sequence[Path], most: int, seed: int) -> Sequence[Path]:
    """Return the first pictures for the seed that is the default, a draw from the others for any other seed."""
    if seed == DEFAULT_SEED:
        return paths[:most]
    rest = list(paths[most:])
    random.Random(seed).shuffle(rest)  # noqa: S311 - a draw, not a secret
    return sorted(rest[:most])


def load_base(name: str, context: EvalContext) -> Base:
    """Return a base; real ones are run once and kept in the work folder."""
    if name.startswith("world-"):
        number, _, seed = name.removeprefix("world-").partition("-")
        return _world(int(number), int(seed or DEFAULT_SEED))
    path = picture_of(name, context)
    kept = context.work / "grounding" / f"{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}.json"
    return _real(name, path, kept)


def _eyes(data: Path) -> Sequence[Path]:
    return sorted((data / "fundus_drishti_train" / "images").glob("*"))


def _films(data: Path) -> Sequence[Path]:
    return sorted((data / "cxr_jsrt_lung_heart" / "images").glob("*"))


def _path(name: str, data: Path) -> Path:
    return next(p for p in (*_eyes(data), *_films(data)) if p.name == name)


def picture_of(name: str, context: EvalContext) -> Path:
    """Return the picture that a real base was made from."""
    return sample_photograph() if name == "retina" else _path(name, context.data)


def report_on(path: Path, name: str) -> Report:
    """Return the report on a picture, run without a model and with the made-up record of a base."""
    return _run(path, Settings().model_copy(update={"model_base_url": None, "model_name": None}), _facts(name))


@lru_cache(maxsize=64)
def _real(name: str, path: Path, kept: Path) -> Base:
    settings = Settings().model_copy(update={"model_base_url": None, "model_name": None})
    library = SessionLibrary(settings)
    if not kept.is_file() or not _cites(Report.load(kept), library):
        report = _run(path, settings, _facts(name))
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(report.model_dump_json(), encoding="utf-8")
    return Base(name, Report.load(kept), library)


def _cites(report: Report, library: CitedLibrary) -> bool:
    """Whether the cards still say what a report cites: one that was kept from before they changed is made anew."""
    cited = (n.value for n in report.evidence_graph.nodes if isinstance(n, PassageNode))
    return all(library.verify(p) for p in cited)


def _facts(name: str) -> tuple[Fact, ...]:
    """Return a made-up record, as real sets come without one: pressure on both sides, age, sex, a smoker or not."""
    seed = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)
    return (
        Fact(name="intraocular_pressure", value=float(12 + seed % 17), unit="mm[Hg]", laterality=Laterality.RIGHT),
        Fact(name="age", value=float(30 + seed % 55), unit="a"),
        Fact(name="sex", value="female" if seed % 2 else "male"),
    )


def _run(path: Path, settings: Settings, facts: tuple[Fact, ...]) -> Report:
    async def go() -> Report | None:
        found: Report | None = None
        session = _session(settings)
        async for event in session.stream(PathSource((path,), settings, "", {}, facts), RunOptions(resume=False)):
            if event.kind is EventKind.REPORT_READY and isinstance(event.report, Report):
                found = event.report
        return found

    report = asyncio.run(go())
    if report is None:
        raise AssertionError("a run without pauses gave no report")
    return report


@lru_cache(maxsize=2)
def _session(settings: Settings) -> Session:
    return Session(settings)


@lru_cache(maxsize=32)
def _world(number: int, seed: int) -> Base:
    """Return a made-up case: sizes around the threshold, a sided pressure, a reading, and an earlier measurement."""
    draw = random.Random(f"{seed}-{number}")  # noqa: S311 - made-up values, not secrets
    off = 0.0 if seed == DEFAULT_SEED else draw.uniform(-1, 1)
    side = Laterality.LEFT if number % 2 else Laterality.RIGHT
    facts = (
        Fact(name="pressure", value=round(14.0 + 1.5 * number + 0.7 * off, 1), unit="mm[Hg]", laterality=side),
        Fact(name="age", value=41.0 + number + round(9 * off), unit="a"),
        Fact(name="sex", value="female" if number % 3 else "male"),
        Fact(name="smoker", value=bool(number % 2)),
    )
    with tempfile.TemporaryDirectory(prefix="clinigraph-world-") as folder:
        world = World(Path(folder), facts=facts)
        world.replace_tool(MEASURE, measure_answer(0.42 + 0.047 * number + 0.02 * off))
        world.replace_tool(READ, _reading(1 + number % 5))
        report = asyncio.run(world.report())
    name = f"world-{number}" if seed == DEFAULT_SEED else f"world-{number}-{seed}"
    return Base(name, _with_prior(report, 0.1 if number % 2 else -0.1), world.library())


def _reading(score: int) -> Answer:
    value = QualitativeEvaluation(
        id=EvidenceId("reading-looks"), concept=CONCEPT, score=score, algorithm="reader 1", site=SITE
    )
    return lambda call, _: ok(call, READ, evaluation=EvaluationValue(value=value))


def _with_prior(report: ReportValue, shift: float) -> ReportValue:
    """Return a report whose graph also holds an earlier image with its own measurement."""
    graph = report.evidence_graph
    image = next(n for n in graph.nodes if isinstance(n, ImageNode))
    now = next(n for n in graph.nodes if isinstance(n, MeasurementNode) and n.value.unit == "1")
    prior_image = ImageNode.model_validate(
        {"id": "img-prior", "value": image.value.model_copy(update={"id": "img-prior", "role": ImageRole.PRIOR})}
    )
    earlier = _moved(now.value, shift)
    nodes: tuple[EvidenceNode, ...] = (prior_image, MeasurementNode(id=earlier.id, value=earlier))
    linked = tuple(
        n.replace(value=n.value.replace(image_id=image.id)) if isinstance(n, MeasurementNode) and n.id == now.id else n
        for n in graph.nodes
    )
    wider = EvidenceGraph(nodes=(*linked, *nodes), edges=graph.edges)
    measured = tuple(n.value for n in wider.nodes if isinstance(n, MeasurementNode))
    return report.replace(evidence_graph=wider, measurements=measured)


def _moved(now: Measurement, shift: float) -> Measurement:
    interval = now.interval
    moved = interval.replace(low=interval.low - shift, high=interval.high - shift) if interval else None
    site = FindingSite(concept=now.site.concept, laterality=now.site.laterality)
    changes = {"id": "measurement-prior", "value": now.value - shift, "interval": moved, "image_id": "img-prior"}
    return now.replace(**changes, site=site)
