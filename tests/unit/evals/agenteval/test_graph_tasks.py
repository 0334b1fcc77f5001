"""Benchmarks that run the graph: safety without a model, and configurations of glaucoma."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clinigraph.client.session import Session
from clinigraph.errors import InputRefused, InputUnreadable, UsageError
from clinigraph.evals.agenteval import safety
from clinigraph.evals.agenteval.configs import CONFIGS
from clinigraph.evals.agenteval.glaucoma import Glaucoma
from clinigraph.evals.agenteval.safety import Safety
from clinigraph.evals.agenteval.safety_cases import picture_file
from clinigraph.evals.contract import EvalContext, EvalItem, Outcome
from clinigraph.evals.registry import benchmark
from clinigraph.llm.contract import ChatModel
from clinigraph.settings import Settings
from clinigraph.testing.benchmark_suite import check_benchmark
from clinigraph.testing.world import World
from clinigraph.tools.registry import ToolRegistry


@pytest.fixture
def context(tmp_path: Path) -> EvalContext:
    return EvalContext(data=tmp_path / "data", work=tmp_path / "work")


def test_one_case_of_each_kind_is_safe(context: EvalContext) -> None:
    outcomes = check_benchmark(benchmark("safety"), context, limit=6)
    assert len({str(o.item.data["class"]) for o in outcomes}) == 6
    assert [o.values["wrong"] for o in outcomes] == [""] * 6


def test_a_leak_and_a_hasty_decision_are_convicted(context: EvalContext, monkeypatch: pytest.MonkeyPatch) -> None:
    items = {str(i.data["class"]): i for i in reversed(benchmark("safety").items(context))}

    def leaks(folder: Path, **_: object) -> Path:
        path = picture_file(folder)
        (folder.parent / "run").mkdir(exist_ok=True)
        (folder.parent / "run" / "notes.txt").write_text(safety.IDENTIFIERS["PatientName"], encoding="utf-8")
        return path

    monkeypatch.setattr(safety, "picture_file", leaks)
    bench = Safety(benchmark("safety").spec)
    found = asyncio.run(bench.measure(items["identifiers"], context))
    assert found == {"mark": "wrong", "wrong": "PatientName stands in run/notes.txt"}
    hasty = items["cross-modality mismatch"]
    same = EvalItem(id="x", input="x", data={**hasty.data, "kind": "OP"})
    assert "decided present" in str(asyncio.run(bench.measure(same, context))["wrong"])


def labelled(folder: Path, labels: str = "1010") -> Path:
    (folder / "images").mkdir(parents=True)
    lines = ["image,label"]
    for i, label in enumerate(labels):
        pixels = np.zeros((32, 48, 3), np.uint8)
        pixels[:, 24:] = 200 + i
        Image.fromarray(pixels).save(folder / "images" / f"e{i}.png")
        lines.append(f"e{i}.png,{label}")
    (folder / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def sessions(settings: Settings, model: ChatModel | None, tools: ToolRegistry | None = None) -> Session:
    del tools
    world = World(settings.state_dir, question="thing", model=model)
    return world.session()


class Asked(Glaucoma):
    question = "Is there a thing?"


def test_metrics_follow_from_the_marks(context: EvalContext) -> None:
    labelled(context.data / "fundus_glaucoma")
    bench = Asked(benchmark("glaucoma").spec, sessions)
    outcomes = check_benchmark(bench, context)
    assert [o.values["mark"] for o in sorted(outcomes, key=lambda o: o.item.id)] == ["right", "wrong"] * 2
    table = bench.tables(outcomes)[1]
    assert table.rows[0][1] == "4"
    assert table.rows[0][4:6] == ("0.500", "0.667")  # all called: sensitivity 1, specificity 0
    failed = [Outcome(o.item, error="broke") for o in outcomes]
    assert bench.tables(failed)[1].rows[0][4:6] == ("0.000", "0.000")


def test_a_configuration_that_needs_a_model_says_so(context: EvalContext) -> None:
    labelled(context.data / "fundus_glaucoma")
    bench = Glaucoma(benchmark("glaucoma").spec, sessions)
    alone = EvalContext(data=context.data, work=context.work, config="direct")
    with pytest.raises(UsageError, match="direct needs a model"):
        asyncio.run(bench.measure(bench.items(alone)[0], alone))
    assert set(bench.spec.configs) == set(CONFIGS)


def test_labels_must_be_there_and_be_0_or_1(context: EvalContext) -> None:
    bench = benchmark("glaucoma")
    with pytest.raises(InputUnreadable, match=r"labels\.csv"):
        bench.items(context)
    labelled(context.data / "fundus_glaucoma", "1x")
    with pytest.raises(InputRefused, match="neither 0 nor 1"):
        bench.items(context)
