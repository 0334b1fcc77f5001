"""The main job on real pixels: the photograph that ships inside scikit-image, with the installed networks and cards."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from clinigraph.artifacts import ArtifactStore
from clinigraph.client.report import Report
from clinigraph.client.sample import QUESTION, sample_photograph
from clinigraph.client.session import Session
from clinigraph.client.sources import PathSource
from clinigraph.models.codes import Modality
from clinigraph.models.events import EventKind
from clinigraph.models.evidence import ImageNode, LabelMapNode
from clinigraph.models.findings import Met
from clinigraph.models.reporting import Verdict
from clinigraph.settings import Settings


@dataclass(frozen=True)
class Demo:
    """Two runs of the demonstration, with what they left."""

    first: Report
    second: Report
    folder: Path
    session: Session


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    session = Session(Settings(state_dir=folder / "state", keep_runs=True))
    first, second = asyncio.run(_twice(session))
    return Demo(first, second, folder, session)


async def _twice(session: Session) -> tuple[Report, Report]:
    return await _report(session), await _report(session)


async def _report(session: Session) -> Report:
    source = PathSource((sample_photograph(),), session.settings, QUESTION)
    events = [e async for e in session.stream(source)]
    assert events[-1].kind is EventKind.REPORT_READY
    assert isinstance(events[-1].report, Report)
    return events[-1].report


def test_the_photograph_is_taken_for_a_fundus_photograph(demo: Demo) -> None:
    (image,) = [n.value for n in demo.first.evidence_graph.nodes if isinstance(n, ImageNode)]
    assert image.modality is Modality.FUNDUS
    assert demo.first.protocol_id == "glaucoma-fundus"


def test_disc_and_cup_lie_where_they_are_on_this_photograph(demo: Demo) -> None:
    """The disc of this photograph lies left of the centre, columns 130-330, rows 560-760 of 1411."""
    (masks,) = [n.value for n in demo.first.evidence_graph.nodes if isinstance(n, LabelMapNode)]
    (place,) = (demo.folder / "state" / "runs").glob("*/artifacts")
    planes = np.asarray(ArtifactStore(place).get(masks.artifact_id))
    disc, cup = planes[masks.plane("optic_disc")], planes[masks.plane("optic_cup")]
    rows, columns = np.nonzero(disc)
    assert 120 < columns.min() < columns.max() < 345
    assert 530 < rows.min() < rows.max() < 780
    assert not (cup & ~disc).any()
    assert 0.1 < cup.sum() / disc.sum() < 0.6


def test_every_claim_is_supported_and_leads_to_pixels_or_passages(demo: Demo) -> None:
    assert demo.first.unsupported == ()
    assert {c.verdict for c in demo.first.claims} == {Verdict.SUPPORTED}
    assert len(demo.first.claims) >= 12


def test_what_only_eyes_can_read_is_said_not_to_be_assessed(demo: Demo) -> None:
    met = {i.id: i.met for i in demo.first.indicators}
    assert met["parapapillary_atrophy"] is met["disc_haemorrhage"] is Met.NOT_ASSESSED
    assert met["vertical_cup_disc_ratio"] is not Met.NOT_ASSESSED


def test_no_millimetre_without_a_pixel_spacing(demo: Demo) -> None:
    assert not [m for m in demo.first.measurements if m.unit in ("mm", "mm2", "um")]
    row = next(i for i in demo.first.indicators if i.id == "disc_diameter_mm")
    assert "spacing" in row.reason


def test_the_ratio_carries_an_interval_and_its_source(demo: Demo) -> None:
    row = next(i for i in demo.first.indicators if i.id == "vertical_cup_disc_ratio")
    assert row.interval is not None
    assert row.value is not None
    assert row.interval.low < row.value < row.interval.high
    assert row.criterion is not None
    assert row.criterion.passage_id == "isgeo-2002#vcdr-percentile"


def test_two_runs_give_the_same_report_hash(demo: Demo) -> None:
    assert demo.first.report_hash() == demo.second.report_hash()


def test_the_run_record_is_good_enough_to_run_again(demo: Demo) -> None:
    run = demo.first.run
    assert {"torch", "langgraph", "chromadb", "monai"} <= run.packages.keys()
    network = next(a for a in run.algorithms if a.name == "fundus_disc_cup")
    assert network.weights_sha256 is not None
    assert run.protocol == "glaucoma-fundus 1.0.0"
    assert run.cards["isgeo-2002#vcdr-percentile"]
    assert run.settings_resolved["seed"]


def test_a_checkpoint_row_stays_below_256_kib(demo: Demo) -> None:
    (database,) = (demo.folder / "state").rglob("checkpoints.sqlite")
    connection = sqlite3.connect(database)
    sizes = [n for (n,) in connection.execute("select length(checkpoint) from checkpoints")]
    writes = [n for (n,) in connection.execute("select length(value) from writes")]
    connection.close()
    assert 0 < max(sizes) <= 256 * 1024
    assert max(writes) <= 256 * 1024


def test_no_path_of_the_input_is_kept(demo: Demo) -> None:
    (database,) = (demo.folder / "state").rglob("checkpoints.sqlite")
    assert b"retina.jpg" not in database.read_bytes()
    assert "retina.jpg" not in demo.first.model_dump_json()


def test_the_report_validates_against_its_own_schema(demo: Demo) -> None:
    import jsonschema

    from clinigraph.models import report as values

    jsonschema.validate(json.loads(demo.first.model_dump_json()), values.Report.model_json_schema(mode="serialization"))


def test_a_second_look_finds_the_report_sound(demo: Demo) -> None:
    from clinigraph.client.checking import check

    assert asyncio.run(check(demo.first, demo.session)).sound
