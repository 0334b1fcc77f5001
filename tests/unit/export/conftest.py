"""A glaucoma report made by hand: synthetic pixels, one uncertain and two unassessed indicators, one refuted claim.

``build_report`` runs no part of the product but the values themselves. The passages are written for this sample; they
quote no guideline.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from clinigraph.artifacts import ArtifactStore
from clinigraph.export.overlays import list_overlays
from clinigraph.models.base import (
    ArtifactId,
    CaseId,
    ClaimId,
    EvidenceId,
    ImageId,
    IndicatorId,
    PassageId,
    ProtocolId,
    RunId,
)
from clinigraph.models.case import Fact
from clinigraph.models.codes import Concept, Laterality, Modality, Scheme
from clinigraph.models.evidence import (
    ClaimNode,
    CriterionNode,
    EdgeKind,
    EvaluationNode,
    EvidenceEdge,
    EvidenceGraph,
    EvidenceNode,
    FactNode,
    ImageNode,
    IndicatorResultNode,
    LabelMapNode,
    MeasurementNode,
    PassageNode,
)
from clinigraph.models.findings import (
    FindingSite,
    Impression,
    IndicatorResult,
    IndicatorStatus,
    Interval,
    Measurement,
    Met,
    Presence,
    QualitativeEvaluation,
)
from clinigraph.models.imaging import Image, ImageFormat, ImageGeometry, LabelMap, Segment
from clinigraph.models.passages import Passage, Source, Span, Trust, text_sha256
from clinigraph.models.planning import Comparator, Criterion
from clinigraph.models.report import IndicatorRow, Report, Unsupported
from clinigraph.models.reporting import Claim, ClaimKind, Section, Verdict
from clinigraph.models.run import AlgorithmIdentification, CodeVersion, RunRecord

HEIGHT, WIDTH = 480, 600
DISC, CUP = (240.0, 400.0, 46.0, 42.0), (242.0, 396.0, 33.0, 29.0)
"""Centre row and column, half height and half width, in pixels."""

SITE = FindingSite(
    concept=Concept(value="24498001", scheme=Scheme.SCT, meaning="Optic disc"), laterality=Laterality.RIGHT
)


def ellipse(centre_row: float, centre_col: float, half_height: float, half_width: float) -> np.ndarray:
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    inside: np.ndarray = ((rows - centre_row) / half_height) ** 2 + ((cols - centre_col) / half_width) ** 2 <= 1
    return inside


def fundus() -> np.ndarray:
    """Return an orange disc on black with a bright optic disc, a brighter cup and a few vessels, uint8 (H, W, 3)."""
    rows, cols = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    field = np.hypot(rows - HEIGHT / 2, cols - WIDTH / 2)
    light = np.clip(1.15 - field / 420, 0, 1) * (field < 228)
    picture = light[..., None] * np.array([196.0, 92.0, 42.0])
    for half, colour in ((DISC, (238.0, 176.0, 104.0)), (CUP, (250.0, 224.0, 168.0))):
        distance = np.hypot((rows - half[0]) / half[2], (cols - half[1]) / half[3])
        blend = np.clip((1.12 - distance) / 0.24, 0, 1)[..., None]
        picture = picture * (1 - blend) + np.array(colour) * blend
    for bend in (-0.0042, 0.0042, -0.0016, 0.0016):
        course = DISC[0] + np.sign(bend) * 40 * ((DISC[1] - cols) / 300) + bend * (cols - DISC[1]) ** 2 * 0.45
        vessel = (np.exp(-(((rows - course) / 2.6) ** 2)) * (field < 226))[..., None]
        picture = picture * (1 - 0.55 * vessel)
    pixels: np.ndarray = picture.round().astype(np.uint8)
    return pixels


def passage(key: str, section: str, text: str, start: int) -> Passage:
    source = Source(
        id=key.split("#", maxsplit=1)[0],
        title="Sample card on the glaucomatous optic disc",
        publisher="Clinigraph test suite",
        year=2026,
        specialty="ophthalmology",
        trust=Trust.EMBEDDED,
    )
    return Passage(
        id=PassageId(key),
        source=source,
        section=section,
        span=Span(start=start, end=start + len(text)),
        text=text,
        sha256=text_sha256(text),
    )


PASSAGES = (
    passage(
        "sample#vcdr", "Structure › Cup-to-disc ratio",
        "In this sample, a vertical cup-to-disc ratio of 0.7 or more counts as beyond what healthy eyes usually "
        "show.", 120,
    ),
    passage(
        "sample#rim", "Structure › Rim width",
        "In this sample, a rim narrower than a tenth of the disc at its superior or inferior pole counts as lost.",
        410,
    ),
    passage(
        "sample#iop", "Risk › Pressure",
        "In this sample, a pressure above 21 mmHg counts as raised; it is a risk factor and no proof of disease.",
        730,
    ),
    passage(
        "sample#field", "Diagnosis › Function",
        "In this sample, structure alone does not settle the question: a visual field belongs to it.", 1010,
    ),
)  # fmt: skip


def criterion(indicator: str, comparator: Comparator, threshold: float, unit: str, key: str) -> Criterion:
    return Criterion(
        indicator=IndicatorId(indicator),
        comparator=comparator,
        threshold=threshold,
        unit=unit,
        passage_id=PassageId(key),
    )


VCDR = criterion("vertical_cup_disc_ratio", Comparator.GE, 0.7, "1", "sample#vcdr")
RIM = criterion("min_rim_disc_ratio", Comparator.LE, 0.1, "1", "sample#rim")
IOP = criterion("intraocular_pressure", Comparator.GT, 21, "mm[Hg]", "sample#iop")


def measurement(key: str, meaning: str, value: float, low: float, high: float, method: str) -> Measurement:
    return Measurement(
        id=EvidenceId(f"measurement-{key}"),
        concept=Concept(value=key.upper(), scheme=Scheme.CLINIGRAPH, meaning=meaning),
        value=value,
        unit="1",
        interval=Interval(low=low, high=high, level=0.9, method="split conformal, n=50"),
        method=method,
        algorithm="cup_disc_measures 1.0.0",
        site=SITE,
        image_id=ImageId("image-1"),
        derived_from=(EvidenceId("labelmap-1"),),
        limitations=("Measured along the image's vertical axis; a tilted camera changes it.",),
    )


def result(
    key: str, name: str, met: Met, weight: float, *, status: IndicatorStatus = IndicatorStatus.COMPLETE,
    kind: str = "quantitative", value: float | None = None, unit: str | None = None, interval: Interval | None = None,
    score: float | None = None, rule: Criterion | None = None, grounds: tuple[str, ...] = (), reason: str = "",
) -> IndicatorResult:  # fmt: skip
    return IndicatorResult(
        id=EvidenceId(f"indicator-{key}"), indicator_id=IndicatorId(key), name=name, kind=kind, status=status,
        met=met, value=value, unit=unit, interval=interval, score=score, criterion=rule, weight=weight,
        evidence_ids=tuple(EvidenceId(g) for g in grounds), reason=reason,
    )  # fmt: skip


def claim(
    key: str, section: Section, kind: ClaimKind, text: str, grounds: tuple[str, ...], *,
    verdict: Verdict = Verdict.SUPPORTED, explanation: str = "", verifier: str = "number_check", revision: int = 0,
) -> Claim:  # fmt: skip
    return Claim(
        id=ClaimId(f"claim-{key}"), section=section, text=text, kind=kind,
        evidence_ids=tuple(EvidenceId(g) for g in grounds), verdict=verdict, explanation=explanation,
        verifier=verifier, revision=revision,
    )  # fmt: skip


NO_READER = "No image-reading model is connected; this sign can only be read, not measured."


def results(ratio: Measurement, rim: Measurement) -> tuple[IndicatorResult, ...]:
    return (
        result("vertical_cup_disc_ratio", "Vertical cup-to-disc ratio", Met.UNCERTAIN, 0.35, value=ratio.value,
               unit="1", interval=ratio.interval, score=0.5, rule=VCDR, grounds=(ratio.id,),
               reason="The interval lies on both sides of the threshold."),
        result("min_rim_disc_ratio", "Narrowest rim-to-disc ratio", Met.YES, 0.2, value=rim.value, unit="1",
               interval=rim.interval, score=1.0, rule=RIM, grounds=(rim.id,)),
        result("isnt_violated", "Rim order (ISNT) violated", Met.YES, 0.05, kind="qualitative", value=4, score=0.75,
               grounds=("evaluation-isnt",)),
        result("parapapillary_atrophy", "Parapapillary atrophy (beta zone)", Met.NOT_ASSESSED, 0.15,
               status=IndicatorStatus.TERMINATE, kind="qualitative", reason=NO_READER),
        result("disc_haemorrhage", "Optic disc haemorrhage", Met.NOT_ASSESSED, 0.15,
               status=IndicatorStatus.TERMINATE, kind="qualitative", reason=NO_READER),
        result("intraocular_pressure", "Intra-ocular pressure", Met.YES, 0.1, value=24, unit="mm[Hg]", score=1.0,
               rule=IOP, grounds=("fact-intraocular_pressure-right",)),
    )  # fmt: skip


def claims() -> tuple[Claim, ...]:
    named = ("indicator-vertical_cup_disc_ratio", "indicator-min_rim_disc_ratio", "indicator-isnt_violated",
             "indicator-intraocular_pressure")  # fmt: skip
    return (
        claim("impression", Section.IMPRESSION, ClaimKind.IMPRESSION,
              "Signs of glaucoma are present by the weighted indicators.", named,
              explanation="The score was recomputed from the indicators and agrees.", verifier="impression_check"),
        claim("ratio", Section.FINDINGS, ClaimKind.QUANTITATIVE,
              "Vertical cup-to-disc ratio of the right eye is 0.71 (90 % interval 0.65 to 0.78).",
              ("measurement-vcdr",), explanation="0.71 is the measured value, rounded; the side is the image's."),
        claim("ratio-criterion", Section.FINDINGS, ClaimKind.COMPARATIVE,
              "Vertical cup-to-disc ratio of the right eye at 0.71 neither surely meets nor surely misses the "
              "criterion ≥ 0.7.", ("indicator-vertical_cup_disc_ratio",),
              explanation="The interval holds the threshold 0.7.", revision=1),
        claim("rim", Section.FINDINGS, ClaimKind.COMPARATIVE,
              "Narrowest rim-to-disc ratio of the right eye at 0.06 meets the criterion ≤ 0.1.",
              ("indicator-min_rim_disc_ratio",), explanation="0.06 and its whole interval lie below 0.1."),
        claim("pressure", Section.RECORD, ClaimKind.QUANTITATIVE,
              "The record gives an intra-ocular pressure of 24 mmHg in the right eye.",
              ("fact-intraocular_pressure-right",), explanation="The record says so."),
        claim("field", Section.RECOMMENDATIONS, ClaimKind.RECOMMENDATION,
              "Structure alone does not settle the question: a visual field belongs to it.", ("sample#field",),
              explanation="The words stand in the cited passage.", verifier="citation_check"),
        claim("gap", Section.LIMITATIONS, ClaimKind.LIMITATION,
              "Parapapillary atrophy and disc haemorrhage were not assessed: no image-reading model is connected.",
              ("indicator-parapapillary_atrophy", "indicator-disc_haemorrhage"),
              verdict=Verdict.UNVERIFIABLE, verifier="statement_check"),
    )  # fmt: skip


REFUTED = claim(
    "refuted", Section.FINDINGS, ClaimKind.QUANTITATIVE, "The vertical cup-to-disc ratio is 0.82.", (),
    verdict=Verdict.CONTRADICTED, explanation="The measured ratio is 0.71, with an interval from 0.65 to 0.78.",
    revision=2,
)  # fmt: skip


def link(source: str, kind: EdgeKind, target: str) -> EvidenceEdge:
    return EvidenceEdge(source=EvidenceId(source), kind=kind, target=EvidenceId(target))


def evidence(image: Image, label_map: LabelMap) -> EvidenceGraph:
    ratio = measurement("vcdr", "Vertical cup-to-disc ratio", 0.714, 0.648, 0.781, "cup height over disc height")
    rim = measurement("mrdr", "Narrowest rim-to-disc ratio", 0.061, 0.03, 0.09, "rim width over disc diameter")
    order = QualitativeEvaluation(
        id=EvidenceId("evaluation-isnt"), score=4, algorithm="cup_disc_measures 1.0.0", site=SITE,
        concept=Concept(value="ISNT", scheme=Scheme.CLINIGRAPH, meaning="Violation of the ISNT order of rim widths"),
        evidence_for="The inferior rim is narrower than the superior rim.",
    )  # fmt: skip
    pressure = Fact(name="intraocular_pressure", value=24, unit="mm[Hg]", laterality=Laterality.RIGHT)
    fact_id, rules = EvidenceId("fact-intraocular_pressure-right"), {"vcdr": VCDR, "rim": RIM, "iop": IOP}
    nodes: list[EvidenceNode] = [
        ImageNode(id=EvidenceId("image-1"), value=image),
        LabelMapNode(id=EvidenceId("labelmap-1"), value=label_map),
        *(MeasurementNode(id=m.id, value=m) for m in (ratio, rim)),
        EvaluationNode(id=order.id, value=order),
        FactNode(id=fact_id, value=pressure),
        *(PassageNode(id=EvidenceId(p.id), value=p) for p in PASSAGES),
        *(CriterionNode(id=EvidenceId(f"criterion-{k}"), value=c) for k, c in rules.items()),
        *(IndicatorResultNode(id=r.id, value=r) for r in results(ratio, rim)),
        *(ClaimNode(id=EvidenceId(c.id), value=c) for c in (*claims(), REFUTED)),
    ]
    derived = [("labelmap-1", "image-1"), (ratio.id, "labelmap-1"), (rim.id, "labelmap-1"), (order.id, "labelmap-1"),
               *((r.id, g) for r in results(ratio, rim) for g in r.evidence_ids)]  # fmt: skip
    judged = [("indicator-vertical_cup_disc_ratio", "criterion-vcdr"),
              ("indicator-min_rim_disc_ratio", "criterion-rim"),
              ("indicator-intraocular_pressure", "criterion-iop")]  # fmt: skip
    edges = [
        *(link(s, EdgeKind.DERIVED_FROM, t) for s, t in derived),
        *(link(s, EdgeKind.APPLIES, t) for s, t in judged),
        *(link(f"criterion-{k}", EdgeKind.CITES, c.passage_id) for k, c in rules.items()),
        *(link(g, EdgeKind.SUPPORTS, c.id) for c in claims() for g in c.evidence_ids),
        link(ratio.id, EdgeKind.CONTRADICTS, REFUTED.id),
    ]
    return EvidenceGraph(nodes=tuple(nodes), edges=tuple(edges))


def rows(graph: EvidenceGraph) -> tuple[IndicatorRow, ...]:
    found = [n.value for n in graph.nodes if isinstance(n, IndicatorResultNode)]
    return tuple(
        IndicatorRow(
            id=r.indicator_id, name=r.name, kind=r.kind, value=r.value, unit=r.unit, interval=r.interval,
            criterion=r.criterion, met=r.met, weight=r.weight, status=r.status, evidence_ids=r.evidence_ids,
            reason=r.reason,
        )
        for r in found
    )  # fmt: skip


RUN = RunRecord(
    run_id=RunId("run-sample"),
    code=CodeVersion(clinigraph="0.1.0", git_commit="0" * 40, git_dirty=False, python="3.11.2", platform="linux"),
    packages={"numpy": "2.3.0", "torch": "2.15.0"},
    algorithms=(
        AlgorithmIdentification(name="fundus_disc_cup", version="1.0.0", weights_sha256="a" * 64, licence="Apache-2.0"),
        AlgorithmIdentification(name="cup_disc_measures", version="1.0.0"),
    ),
    protocol="glaucoma-fundus 1.0.0",
    arguments_given={"question": "Does this eye show signs of glaucoma?"},
    settings_resolved={"device": "cpu", "max_revisions": "2", "seed": "20260101"},
    seeds={"run": 20260101},
    cards={"sample": "b" * 64},
    timing={"started_unix": 1.0, "plan": 0.02, "act": 3.4, "total": 3.71},
)


def build_report(artifacts: ArtifactStore) -> Report:
    disc, cup = ellipse(*DISC), ellipse(*CUP)
    geometry = ImageGeometry(shape=(HEIGHT, WIDTH))
    image = Image(
        id=ImageId("image-1"), artifact_id=artifacts.put(fundus()), geometry=geometry, format=ImageFormat.PNG,
        modality=Modality.FUNDUS, laterality=Laterality.RIGHT, colour=True,
    )  # fmt: skip
    segments = tuple(
        Segment(
            label=label, number=i, pixel_count=int(mask.sum()), confidence=confidence,
            concept=Concept(value=label, scheme=Scheme.CLINIGRAPH, meaning=label.replace("_", " ").capitalize()),
        )
        for i, (label, mask, confidence) in enumerate((("optic_disc", disc, 0.97), ("optic_cup", cup, 0.88)), start=1)
    )  # fmt: skip
    label_map = LabelMap(
        image_id=image.id, artifact_id=artifacts.put(np.stack([disc, cup])), geometry=geometry, segments=segments,
        algorithm="fundus_disc_cup 1.0.0",
    )  # fmt: skip
    graph = evidence(image, label_map)
    return Report(
        case_id=CaseId("case-4f1d09a2c7e3"), question="Does this eye show signs of glaucoma?",
        protocol_id=ProtocolId("glaucoma-fundus"),
        impression=Impression(
            decision=Presence.PRESENT, condition="glaucoma", score=0.732, score_low=0.482, score_high=0.982,
            threshold=0.4, assessed_share=0.7,
            rationale="A narrow rim, its order and the pressure speak for glaucoma; the cup-to-disc ratio lies at its "
            "threshold. The score stays above the threshold even when the ratio counts as not met.",
        ),
        indicators=rows(graph),
        measurements=tuple(n.value for n in graph.nodes if isinstance(n, MeasurementNode)),
        passages=PASSAGES, claims=claims(),
        unsupported=(Unsupported(claim=REFUTED, reason="The sentence gives 0.82; the measured ratio is 0.71."),),
        limitations=(
            "A photograph of one disc shows structure only; function (visual field) was not examined.",
            "The ratio is measured along the image's vertical axis; a tilted camera or disc changes it.",
        ),
        evidence_graph=graph, run=RUN,
    )  # fmt: skip


class PinnedStore(ArtifactStore):
    """Keeps nothing and names every array by its number of axes, so that goldens hold on every machine."""

    def put(self, array: np.ndarray) -> ArtifactId:
        return ArtifactId(f"sha256:{str(array.shape[0])[0] * 64}")


GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with a golden file.

    To write the goldens anew after a change that is meant: ``UPDATE_GOLDEN=1 pytest tests/unit/export``, then read
    the difference.
    """

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{name} differs; see the fixture 'golden'"

    return compare


@pytest.fixture
def pinned_report(tmp_path: Path) -> Report:
    """The sample with its overlays listed and fixed hashes instead of those of the pixels."""
    report = build_report(PinnedStore(tmp_path))
    return report.replace(overlays=list_overlays(report.evidence_graph))


@pytest.fixture
def artifacts(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


@pytest.fixture
def report(artifacts: ArtifactStore) -> Report:
    return build_report(artifacts)
