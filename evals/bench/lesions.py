"""Breast masses on ultrasound: outline and protocol signs against experts.

``python -m clinigraph.evals.bench.lesions --data DIR [--limit N]``; the folder holds ``images/*`` and ``masks/*.png``
(non-zero is the mass), with ``benign`` or ``malignant`` at the start of each name.

The box of each mass is taken from its reference mask, so the figures say how well a mass is outlined once somebody has
boxed it, not how well it is found. ``--shift 0.1`` moves each edge at random by up to a tenth of the box's side, as a
hand would. The limits of `irregular_shape` were set while looking at the public BUSI images: separation on BUSI is no
estimate for other pictures. Images are taken in the order of their names, every class in its share.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigraph.agents.decider import weigh
from clinigraph.agents.judgement import from_evaluation, from_measurement, not_assessed
from clinigraph.artifacts import ArtifactStore
from clinigraph.knowledge.protocols import load_protocols
from clinigraph.models.base import ImageId, StepId
from clinigraph.models.codes import Modality
from clinigraph.models.findings import IndicatorResult
from clinigraph.models.imaging import Box, Image, ImageFormat, ImageGeometry
from clinigraph.models.planning import DiagnosticProtocol
from clinigraph.models.tooling import (
    BoxValue,
    EvaluationValue,
    ImageValue,
    LabelMapValue,
    MeasurementValue,
    ToolCall,
    ToolResult,
)
from clinigraph.settings import Settings
from clinigraph.statistics import bootstrap_mean, wilson
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.masks import extent
from clinigraph.tools.registry import ToolRegistry, default_registry

Mask = NDArray[np.bool_]
_SEED = 20260101


@dataclass(frozen=True)
class Outcome:
    """One mass."""

    image: str
    malignant: bool
    dice: float
    decision: str
    taller_than_wide: float | None
    shape_score: int | None


def pairs(data: Path, limit: int | None) -> list[tuple[Path, Path]]:
    """Return pictures with their masks; with a limit, evenly spread over the names."""
    found = [(p, data / "masks" / f"{p.stem}.png") for p in sorted((data / "images").iterdir())]
    found = [pair for pair in found if pair[1].is_file()]
    if limit is None or limit >= len(found):
        return found
    return [found[i] for i in np.linspace(0, len(found) - 1, limit).astype(int)]


def dice(first: Mask, second: Mask) -> float:
    """Return twice the overlap over the sum of sizes (Dice 1945); 1 when both are empty."""
    total = int(first.sum()) + int(second.sum())
    return 2.0 * int((first & second).sum()) / total if total else 1.0


def reference_box(mask: Mask, shift: float, random: np.random.Generator) -> Box:
    """Return the box round a reference mask, each edge moved by up to a share of the box's side."""
    box = extent(mask)
    if box is None:
        raise ValueError("the reference mask is empty")
    dx0, dy0, dx1, dy1 = random.uniform(-shift, shift, 4) if shift else (0.0,) * 4
    return Box(
        x0=max(0.0, box.x0 + dx0 * box.width),
        y0=max(0.0, box.y0 + dy0 * box.height),
        x1=min(float(mask.shape[1]), box.x1 + dx1 * box.width),
        y1=min(float(mask.shape[0]), box.y1 + dy1 * box.height),
    )


def put_picture(store: ArtifactStore, name: str, rgb: NDArray[np.uint8], modality: Modality) -> Image:
    """Return a picture without spacing."""
    return Image(
        id=ImageId(name),
        artifact_id=store.put(rgb),
        geometry=ImageGeometry(shape=rgb.shape[:2]),
        format=ImageFormat.PNG,
        modality=modality,
        colour=True,
    )


def judged(protocol: DiagnosticProtocol, answers: dict[str, ToolResult]) -> Iterator[IndicatorResult]:
    """Return the indicator results of a protocol from its measuring steps; readings count as not made."""
    for indicator in protocol.indicators:
        value = next(
            (
                result.outputs.get(output)
                for step in protocol.steps
                for output, answered in step.answers.items()
                if answered == indicator.id and (result := answers.get(step.id)) is not None
            ),
            None,
        )
        if isinstance(value, MeasurementValue):
            yield from_measurement(indicator, value.value)
        elif isinstance(value, EvaluationValue):
            yield from_evaluation(indicator, value.value)
        else:
            yield not_assessed(indicator, "not measured in this benchmark")


def protocol_of(name: str) -> DiagnosticProtocol:
    """Return a shipped protocol."""
    return next(p for p in load_protocols() if p.id == name)


def decided(protocol: DiagnosticProtocol, answers: dict[str, ToolResult]) -> str:
    """Return the decision of a protocol without an image-reading model."""
    results = tuple(judged(protocol, answers))
    return weigh(results, protocol.condition, protocol.threshold, protocol.min_assessed_share).decision.value


def score_one(
    picture: Path, reference: Path, tools: ToolRegistry, shift: float, random: np.random.Generator
) -> Outcome | None:
    """Outline and judge one mass; None when the reference mask is empty."""
    from PIL import Image as Picture

    truth = np.asarray(Picture.open(reference).convert("L")) > 0
    if not truth.any():
        return None
    rgb = np.asarray(Picture.open(picture).convert("RGB"), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        context = ToolContext(artifacts=ArtifactStore(Path(folder)))
        image = ImageValue(value=put_picture(context.artifacts, picture.stem, rgb, Modality.ULTRASOUND))
        box = BoxValue(value=reference_box(truth, shift, random))
        call = ToolCall(step_id=StepId("segment"), tool="medsam_box", inputs={"image": image, "box": box})
        masks = tools.get("medsam_box").run(call, context).outputs.get("masks")
        if not isinstance(masks, LabelMapValue):
            return Outcome(picture.stem, picture.stem.startswith("malignant"), 0.0, "indeterminate", None, None)
        call = ToolCall(step_id=StepId("measure"), tool="lesion_measures", inputs={"image": image, "masks": masks})
        measured = tools.get("lesion_measures").run(call, context)
        found = np.asarray(context.artifacts.get(masks.value.artifact_id), dtype=np.bool_)[0]
    taller, shape = measured.outputs.get("taller_than_wide"), measured.outputs.get("irregular_shape")
    return Outcome(
        picture.stem,
        picture.stem.startswith("malignant"),
        dice(found, truth),
        decided(protocol_of("lesion-breast-us"), {"measure": measured}),
        taller.value.value if isinstance(taller, MeasurementValue) else None,
        shape.value.score if isinstance(shape, EvaluationValue) else None,
    )


def summary(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Return counts and 95 % intervals."""
    bad, good = [o for o in outcomes if o.malignant], [o for o in outcomes if not o.malignant]
    called = {k: sum(o.decision == k for o in part) for part in (bad,) for k in ("present", "absent", "indeterminate")}
    spared = {k: sum(o.decision == k for o in good) for k in ("present", "absent", "indeterminate")}
    return {
        "masses": len(outcomes),
        "dice": str(bootstrap_mean([o.dice for o in outcomes])),
        "malignant": {"n": len(bad), **called},
        "benign": {"n": len(good), **spared},
        "sensitivity": str(wilson(called["present"], len(bad))) if bad else "none",
        "specificity (absent of all benign)": str(wilson(spared["absent"], len(good))) if good else "none",
        "false alarms": str(wilson(spared["present"], len(good))) if good else "none",
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark and print JSON."""
    parser = argparse.ArgumentParser(description="Breast masses on ultrasound")
    parser.add_argument("--data", type=Path, required=True, help="folder with images/ and masks/")
    parser.add_argument("--limit", type=int, help="most pictures")
    parser.add_argument(
        "--shift", type=float, default=0.0, help="random shift of each box edge, as a share of its side"
    )
    parser.add_argument("--each", action="store_true", help="print every mass too")
    options = parser.parse_args(argv)
    tools, random = default_registry(Settings()), np.random.default_rng(_SEED)
    tools.get("medsam_box").warm_up()
    outcomes = [o for p in pairs(options.data, options.limit) if (o := score_one(*p, tools, options.shift, random))]
    result = summary(outcomes)
    if options.each:
        result["each"] = [asdict(o) for o in outcomes]
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
