"""Lesions on dermoscopy: automatic outline and ABCD protocol against experts.

``python -m clinigraph.evals.bench.skin --data DIR [--limit N]``; the folder holds ``images/*``, ``masks/*.png``
(non-zero is the lesion) and ``labels.csv`` with the columns ``Name, Clinical Diagnosis`` (2 is melanoma) and
``Asymmetry`` (0 to 2).

The box is found by the tool itself unless ``--given-box`` takes it from the reference mask. No image-reading model
is used, so the differential structures are unknown and many lesions stay undecided; undecided melanomas count as not
called. The limits of asymmetry, colours and veil were set while looking at the public PH2 pictures: figures on PH2
are no estimate for other pictures.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from clinigraph.artifacts import ArtifactStore
from clinigraph.evals.bench.lesions import decided, dice, pairs, protocol_of, put_picture, reference_box
from clinigraph.models.base import StepId
from clinigraph.models.codes import Modality
from clinigraph.models.tooling import (
    BoxValue,
    FlowValue,
    ImageValue,
    LabelMapValue,
    MeasurementValue,
    ToolCall,
    ToolResult,
)
from clinigraph.settings import Settings
from clinigraph.statistics import bootstrap_mean, wilson
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.registry import ToolRegistry, default_registry

_SEED = 20260101
_MELANOMA = 2


@dataclass(frozen=True)
class Outcome:
    """One lesion."""

    image: str
    diagnosis: int
    expert_asymmetry: int
    found: bool
    dice: float
    decision: str
    asymmetry: int | None
    total: float | None


def labels(data: Path) -> dict[str, tuple[int, int]]:
    """Return name -> diagnosis and asymmetry by experts."""
    with (data / "labels.csv").open(encoding="utf-8", newline="") as file:
        return {r["Name"]: (int(r["Clinical Diagnosis"]), int(r["Asymmetry"])) for r in csv.DictReader(file)}


def score_one(
    picture: Path, reference: Path, label: tuple[int, int], tools: ToolRegistry, *, given_box: bool
) -> Outcome:
    """Outline and judge one lesion."""
    from PIL import Image as Picture

    truth = np.asarray(Picture.open(reference).convert("L")) > 0
    rgb = np.asarray(Picture.open(picture).convert("RGB"), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        context = ToolContext(artifacts=ArtifactStore(Path(folder)))
        image = ImageValue(value=put_picture(context.artifacts, picture.stem, rgb, Modality.DERMOSCOPY))
        inputs: dict[str, FlowValue] = {"image": image}
        if given_box:
            inputs["box"] = BoxValue(value=reference_box(truth, 0.0, np.random.default_rng(_SEED)))
        masks = _run(tools, "skin_lesion_outline", inputs, context).outputs.get("masks")
        if not isinstance(masks, LabelMapValue):
            return Outcome(picture.stem, *label, False, 0.0, "indeterminate", None, None)
        measured = _run(tools, "skin_measures", {"image": image, "masks": masks}, context)
        found = np.asarray(context.artifacts.get(masks.value.artifact_id), dtype=np.bool_)[0]
    return Outcome(
        picture.stem,
        *label,
        bool(found.any()),
        dice(found, truth),
        decided(protocol_of("lesion-skin"), {"measure": measured}),
        None if (a := _number(measured, "abcd_asymmetry")) is None else round(a),
        _number(measured, "abcd_total_score"),
    )


def _run(tools: ToolRegistry, name: str, inputs: dict[str, FlowValue], context: ToolContext) -> ToolResult:
    return tools.get(name).run(ToolCall(step_id=StepId("bench"), tool=name, inputs=inputs), context)


def _number(result: ToolResult, name: str) -> float | None:
    value = result.outputs.get(name)
    return value.value.value if isinstance(value, MeasurementValue) else None


def kappa(first: Sequence[int], second: Sequence[int], levels: int = 3) -> float:
    """Return the quadratically weighted kappa (Cohen 1968) of two gradings 0 .. levels - 1."""
    grid = np.zeros((levels, levels))
    for a, b in zip(first, second, strict=True):
        grid[a, b] += 1
    weights = np.subtract.outer(np.arange(levels), np.arange(levels)) ** 2
    chance = np.outer(grid.sum(axis=1), grid.sum(axis=0)) / grid.sum()
    expected = float((weights * chance).sum())
    return 1 - float((weights * grid).sum()) / expected if expected else 1.0


def summary(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Return counts and 95 % intervals."""
    groups = {"common": 0, "atypical": 1, "melanoma": _MELANOMA}
    counts = {
        name: {
            k: sum(o.decision == k for o in outcomes if o.diagnosis == d)
            for k in ("present", "absent", "indeterminate")
        }
        for name, d in groups.items()
    }
    ill = [o for o in outcomes if o.diagnosis == _MELANOMA]
    well = [o for o in outcomes if o.diagnosis != _MELANOMA]
    graded = [o for o in outcomes if o.asymmetry is not None]
    return {
        "lesions": len(outcomes),
        "not found": sum(not o.found for o in outcomes),
        "dice": str(bootstrap_mean([o.dice for o in outcomes])),
        "decisions": counts,
        "sensitivity": str(wilson(counts["melanoma"]["present"], len(ill))) if ill else "none",
        "melanomas called absent": str(wilson(counts["melanoma"]["absent"], len(ill))) if ill else "none",
        "specificity (not called present)": str(wilson(sum(o.decision != "present" for o in well), len(well))),
        "others called absent": str(wilson(sum(o.decision == "absent" for o in well), len(well))),
        "asymmetry kappa": round(kappa([o.asymmetry or 0 for o in graded], [o.expert_asymmetry for o in graded]), 3),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark and print JSON."""
    parser = argparse.ArgumentParser(description="Lesions on dermoscopy")
    parser.add_argument("--data", type=Path, required=True, help="folder with images/, masks/ and labels.csv")
    parser.add_argument("--limit", type=int, help="most pictures")
    parser.add_argument("--given-box", action="store_true", help="take the box from the reference mask")
    parser.add_argument("--each", action="store_true", help="print every lesion too")
    options = parser.parse_args(argv)
    tools, known = default_registry(Settings()), labels(options.data)
    tools.get("skin_lesion_outline").warm_up()
    outcomes = [
        score_one(picture, mask, known[picture.stem], tools, given_box=options.given_box)
        for picture, mask in pairs(options.data, options.limit)
        if picture.stem in known
    ]
    result = summary(outcomes)
    if options.each:
        result["each"] = [asdict(o) for o in outcomes]
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
