"""Disc, cup and vertical cup-to-disc ratio against experts: ``python -m clinigraph.evals.bench.fundus --data DIR``.

A folder holds ``images/*.jpg`` and ``masks/*.png`` (0 background, 1 rim, 2 cup) and may hold ``labels.csv`` with the
columns ``image, cdr_exp1 .. cdr_exp4``. A photograph on which the tool finds no disc counts as Dice 0 and is left out
of the ratio error, which is reported beside the number of failures. Intervals are 95 % percentile bootstraps over
photographs.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import ToolFailure
from clinigraph.models.base import ImageId, StepId
from clinigraph.models.codes import Modality
from clinigraph.models.findings import Measurement
from clinigraph.models.imaging import Image, ImageFormat, ImageGeometry
from clinigraph.models.tooling import ImageValue, LabelMapValue, MeasurementValue, ToolCall
from clinigraph.settings import Settings
from clinigraph.tools.contract import Tool, ToolContext
from clinigraph.tools.registry import default_registry

Mask = NDArray[np.bool_]
TRAINED_ON = {"fundus_disc_cup": ("fundus_drishti_train", "fundus_drions_disc", "fundus_palm_disc")}
"""Folders whose images took part in training; figures on them are no estimate for other photographs."""
_RESAMPLES, _SEED = 2000, 20260101


@dataclass(frozen=True)
class Score:
    """One photograph."""

    image: str
    found: bool
    disc_dice: float
    cup_dice: float
    vcdr: float | None
    expert_vcdr: float | None
    covered: bool | None
    """Whether the stated interval holds the experts' mean."""
    seconds: float


@dataclass(frozen=True)
class Figure:
    """A mean with its bootstrap interval."""

    mean: float
    low: float
    high: float
    n: int


def dice(first: Mask, second: Mask) -> float:
    """Return twice the overlap over the sum of sizes (Dice 1945); 1 when both are empty."""
    total = int(first.sum()) + int(second.sum())
    return 2.0 * int((first & second).sum()) / total if total else 1.0


def bootstrap(values: Sequence[float]) -> Figure | None:
    """Return the mean with a 95 % percentile bootstrap interval, or None for no values."""
    if not values:
        return None
    data = np.asarray(values, dtype=float)
    draws = np.random.default_rng(_SEED).choice(data, size=(_RESAMPLES, data.size)).mean(axis=1)
    low, high = np.percentile(draws, (2.5, 97.5))
    return Figure(float(data.mean()), float(low), float(high), data.size)


def expert_ratios(folder: Path) -> dict[str, float]:
    """Return image name -> mean of the experts' vertical ratios; empty without labels.csv."""
    path = folder / "labels.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["image"]: float(np.mean([float(row[f"cdr_exp{i}"]) for i in (1, 2, 3, 4)]))
            for row in csv.DictReader(file)
        }


def score_one(path: Path, truth: NDArray[np.uint8], tool: Tool, measures: Tool, expert: float | None) -> Score:
    """Run segmentation and measurement on one photograph.

    Args:
        path: The photograph.
        truth: ``(H, W)``: 0 background, 1 rim, 2 cup.
        tool: Outlines disc and cup.
        measures: The tool `cup_disc_measures`.
        expert: The experts' mean vertical ratio.
    """
    from PIL import Image as Picture

    rgb = np.asarray(Picture.open(path).convert("RGB"), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        context = ToolContext(artifacts=ArtifactStore(folder))
        call = _call(tool, path.stem, rgb, context)
        started = time.perf_counter()
        try:
            masks = tool.run(call, context).outputs.get("masks")
        except ToolFailure:
            masks = None
        seconds = time.perf_counter() - started
        if not isinstance(masks, LabelMapValue):
            return Score(path.stem, False, 0.0, 0.0, None, expert, None, seconds)
        inputs = {**call.inputs, "masks": masks}
        measured = measures.run(call.replace(tool=measures.spec.name, inputs=inputs), context)
        disc, cup = np.asarray(context.artifacts.get(masks.value.artifact_id), dtype=np.bool_)
    value = measured.outputs.get("vertical_cup_disc_ratio")
    ratio = value.value if isinstance(value, MeasurementValue) else None
    return Score(
        path.stem,
        ratio is not None,
        dice(disc, truth > 0) if disc.any() else 0.0,
        dice(cup, truth > 1) if cup.any() else 0.0,
        ratio.value if ratio else None,
        expert,
        _covers(ratio, expert),
        seconds,
    )


def _call(tool: Tool, name: str, rgb: NDArray[np.uint8], context: ToolContext) -> ToolCall:
    image = Image(
        id=ImageId(name),
        artifact_id=context.artifacts.put(rgb),
        geometry=ImageGeometry(shape=rgb.shape[:2]),
        format=ImageFormat.JPEG,
        modality=Modality.FUNDUS,
        colour=True,
    )
    return ToolCall(step_id=StepId("segment"), tool=tool.spec.name, inputs={"image": ImageValue(value=image)})


def _covers(ratio: Measurement | None, expert: float | None) -> bool | None:
    if ratio is None or ratio.interval is None or expert is None:
        return None
    return ratio.interval.low <= expert <= ratio.interval.high


@dataclass(frozen=True)
class Result:
    """What a run of the benchmark says."""

    tool: str
    data: str
    trained_on_these_images: bool
    photographs: int
    not_found: int
    median_seconds: float
    peak_memory_mib: float
    figures: dict[str, Figure]
    per_photograph: tuple[Score, ...]


def summary(scores: Sequence[Score], tool: str, data: Path) -> Result:
    """Return the figures of a run."""
    errors = [abs(s.vcdr - s.expert_vcdr) for s in scores if s.vcdr is not None and s.expert_vcdr is not None]
    figures = {
        "disc_dice": bootstrap([s.disc_dice for s in scores]),
        "cup_dice": bootstrap([s.cup_dice for s in scores]),
        "vcdr_mae": bootstrap(errors),
        "interval_coverage": bootstrap([float(s.covered) for s in scores if s.covered is not None]),
    }
    return Result(
        tool=tool,
        data=data.name,
        trained_on_these_images=data.name in TRAINED_ON.get(tool, ()),
        photographs=len(scores),
        not_found=sum(not s.found for s in scores),
        median_seconds=float(np.median([s.seconds for s in scores])),
        peak_memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        figures={name: figure for name, figure in figures.items() if figure is not None},
        per_photograph=tuple(scores),
    )


def show(result: Result, console: Console) -> None:
    """Print the figures as a table."""
    table = Table(title=f"{result.tool} on {result.data}: {result.photographs} photographs")
    for column in ("figure", "mean", "95 % interval", "n"):
        table.add_column(column)
    for name, figure in result.figures.items():
        table.add_row(name, f"{figure.mean:.3f}", f"{figure.low:.3f} to {figure.high:.3f}", str(figure.n))
    console.print(table)
    console.print(f"not found {result.not_found}; median {result.median_seconds:.2f} s a photograph (warm)")
    if result.trained_on_these_images:
        console.print(
            "[yellow]The network was trained on these photographs: this says that it runs, not how well it does on "
            "others. Cross-validated figures are in the bundle's README.[/yellow]"
        )


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="Optic disc and cup against experts")
    parser.add_argument("--data", type=Path, required=True, help="folder with images/, masks/ and labels.csv")
    parser.add_argument("--tool", default="fundus_disc_cup", help="tool that outlines disc and cup")
    parser.add_argument("--every", type=int, default=1, help="take every n-th photograph only")
    parser.add_argument("--start", type=int, default=0, help="leave the first photographs out")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    options = parser.parse_args(argv)
    console = Console(stderr=options.json)
    result = run(options.data, options.tool, slice(options.start, None, options.every), console)
    if options.json:
        print(json.dumps(asdict(result), indent=1))
    else:
        show(result, console)


def run(data: Path, tool_name: str, part: slice, console: Console) -> Result:
    """Score a part of a folder's photographs, in the order of their names, with one tool."""
    from PIL import Image as Picture

    registry = default_registry(Settings())
    tool, measures = registry.get(tool_name), registry.get("cup_disc_measures")
    experts = expert_ratios(data)
    tool.warm_up()
    scores = []
    paths = sorted(p for p in (data / "images").iterdir() if p.suffix in {".jpg", ".png"})[part]
    for path in track(paths, description=tool_name, console=console):
        truth = np.asarray(Picture.open(data / "masks" / f"{path.stem}.png"), dtype=np.uint8)
        scores.append(score_one(path, truth, tool, measures, experts.get(path.stem)))
    return summary(scores, tool_name, data)


if __name__ == "__main__":
    main()
