"""Labelled cases through the graph: who is positive, which network answers, what the tables say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clinigraph.artifacts import ArtifactStore
from clinigraph.client.session import Session
from clinigraph.errors import InputRefused, InputUnreadable
from clinigraph.evals.agenteval.cine_groups import CineGroups
from clinigraph.evals.agenteval.diagnosis_tables import indicator_table, metrics_table
from clinigraph.evals.agenteval.labelled import BreastMasses, Cardiomegaly, Melanoma
from clinigraph.evals.contract import EvalContext, EvalItem, Outcome
from clinigraph.evals.registry import benchmark
from clinigraph.llm.contract import ChatModel
from clinigraph.models.imaging import CardiacPhase
from clinigraph.settings import Settings
from clinigraph.testing.benchmark_suite import check_benchmark
from clinigraph.testing.world import World
from clinigraph.tools.registry import ToolRegistry


@pytest.fixture
def context(tmp_path: Path) -> EvalContext:
    return EvalContext(data=tmp_path / "data", work=tmp_path / "work")


def labelled(folder: Path, table: str, *names: str) -> Path:
    (folder / "images").mkdir(parents=True)
    for i, name in enumerate(names):
        pixels = np.zeros((32, 48, 3), np.uint8)
        pixels[:, 24:] = 200 + i
        Image.fromarray(pixels).save(folder / "images" / name)
    (folder / "labels.csv").write_text(table, encoding="utf-8")
    return folder


def targets(bench: Cardiomegaly | Melanoma | BreastMasses, context: EvalContext) -> dict[str, str]:
    return {i.id: i.target for i in bench.items(context)}


def test_a_ratio_above_a_half_is_a_large_heart(context: EvalContext) -> None:
    labelled(context.data, "image,derived_ctr_from_masks\na.png,0.51\nb.png,0.5\nc.png,\n", "a.png", "b.png", "c.png")
    bench = Cardiomegaly(benchmark("cardiomegaly").spec)
    assert targets(bench, context) == {"a.png": "1", "b.png": "0"}
    assert {i.data["network"] for i in bench.items(context)} == {"shipped; images not in training"}


def test_of_three_diagnoses_the_third_is_melanoma(context: EvalContext) -> None:
    labelled(context.data, "Name,Clinical Diagnosis\na,0\nb,1\nc,2\n", "a.jpg", "b.jpg", "c.jpg")
    assert targets(Melanoma(benchmark("skin").spec), context) == {"a": "0", "b": "0", "c": "1"}
    (context.data / "labels.csv").write_text("Name,Clinical Diagnosis\na,3\n", encoding="utf-8")
    with pytest.raises(InputRefused, match="neither 0 nor 1"):
        benchmark("skin").items(context)


def test_a_mass_needs_its_reference_mask_and_a_picture_without_one_has_no_part(context: EvalContext) -> None:
    table = "image,label\nm,malignant\nb,benign\nn,normal\n"
    labelled(context.data, table, "m.png", "b.png", "n.png")
    bench = BreastMasses(benchmark("breast").spec)
    with pytest.raises(InputUnreadable, match=r"masks/"):
        bench.items(context)
    (context.data / "masks").mkdir()
    mask = np.zeros((32, 48), np.uint8)
    mask[4:10, 6:20] = 255
    for name in ("m", "b"):
        Image.fromarray(mask).save(context.data / "masks" / f"{name}.png")
    items = {i.id: i for i in bench.items(context)}
    assert {n: i.target for n, i in items.items()} == {"m": "1", "b": "0"}
    assert items["m"].data["box"] == {"x0": 6.0, "y0": 4.0, "x1": 20.0, "y1": 10.0}


class Asked(Cardiomegaly):
    question = "Is there a thing?"


def sessions(settings: Settings, model: ChatModel | None, tools: ToolRegistry | None) -> Session:
    del tools
    return World(settings.state_dir, question="thing", model=model).session()


def test_decisions_subgroups_and_single_indicators_are_told(context: EvalContext) -> None:
    table = "image,label,sex\na.png,1,F\nb.png,0,M\n"
    labelled(context.data, table, "a.png", "b.png")
    bench = Asked(benchmark("cardiomegaly").spec, sessions)
    outcomes = check_benchmark(bench, context)
    tables = {t.title: t for t in bench.tables(outcomes)}
    assert tables["Subgroups"].rows[0][:4] == ("sex", "female", "1", "1")
    assert "2 of 2" in {row[1] for row in tables["Single indicators"].rows}
    assert tables["Calibration of answers with a stated confidence"].rows[0][0] == "2"


def outcome(name: str, target: str, value: float | None, met: str, mark: str = "right") -> Outcome:
    item = EvalItem(id=name, input="", target=target)
    indicators = {"ratio": {"value": value, "met": met, "name": "Ratio"}}
    return Outcome(item, {"mark": mark, "score": None, "indicators": indicators})


def test_an_indicator_that_was_not_assessed_counts_as_wrong() -> None:
    found = [outcome("a", "1", 0.6, "yes"), outcome("b", "1", None, "not assessed"), outcome("c", "0", 0.4, "no")]
    table = indicator_table(found)
    assert table is not None
    (row,) = table.rows
    assert row[:2] == ("ratio", "2 of 3")
    assert row[4:] == ("0.750", "1.000 (n=2)")
    assert metrics_table(found).rows[0][4:6] == ("1.000", "1.000")


def hearts(folder: Path, groups: str = "DCM") -> Path:
    (folder / "volumes").mkdir(parents=True)
    for frame in (1, 12):
        volume = np.full((3, 16, 16), frame, np.float16)
        np.savez(folder / "volumes" / f"patient001_frame{frame:02d}.npz", image=volume)
    (folder / "labels.csv").write_text(f"case,group\npatient001,{groups}\n", encoding="utf-8")
    return folder


def test_the_earlier_frame_is_end_diastole(context: EvalContext, tmp_path: Path) -> None:
    hearts(context.data)
    bench = CineGroups(benchmark("heart_groups").spec)
    (item,) = bench.items(context)
    assert item.target == "dilated"
    assert item.data["network"] == "shipped; images not in training"
    source = bench.source(item, Settings())
    store = ArtifactStore(tmp_path / "store")
    case = source.read(store)
    phases = {i.phase: float(store.get(i.artifact_id).max()) for i in case.images}
    assert phases == {CardiacPhase.END_DIASTOLE: 1.0, CardiacPhase.END_SYSTOLE: 12.0}
    assert source.digest() == bench.source(item, Settings()).digest()


def test_an_unknown_group_or_a_lost_frame_is_named(context: EvalContext) -> None:
    hearts(context.data, "XYZ")
    bench = benchmark("heart_groups")
    with pytest.raises(InputRefused, match="XYZ"):
        bench.items(context)
    (context.data / "labels.csv").write_text("case,group\npatient001,NOR\n", encoding="utf-8")
    next((context.data / "volumes").iterdir()).unlink()
    with pytest.raises(InputUnreadable, match="1 volumes of patient001"):
        bench.items(context)


def test_patterns_are_counted_by_group() -> None:
    bench = CineGroups(benchmark("heart_groups").spec)
    data = {"network": "n"}
    found = [
        Outcome(EvalItem(id="a", input="", target="dilated", data=data), {"mark": "right", "answer": "dilated"}),
        Outcome(EvalItem(id="b", input="", target="dilated", data=data), {"mark": "abstained", "answer": ""}),
        Outcome(EvalItem(id="c", input="", target="normal", data=data), error="broke"),
    ]
    table = next(t for t in bench.tables(found) if t.title.startswith("Patterns named"))
    assert [row for row in table.rows if row[0] == "dilated"] == [("dilated", "1", "0", "0", "0", "0", "1", "0")]
    assert next(row for row in table.rows if row[0] == "normal")[-1] == "1"


def test_a_folder_without_labels_says_so(context: EvalContext) -> None:
    context.data.mkdir()
    with pytest.raises(InputUnreadable, match=r"labels\.csv"):
        benchmark("heart_groups").items(context)
