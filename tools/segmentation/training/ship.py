"""Make a bundle from trained runs.

python -m clinigraph.tools.segmentation.training.ship fundus_disc_cup --weights DIR [--measured RESULTS.json]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clinigraph.tools.segmentation.networks.bundle import BUNDLES
from clinigraph.tools.segmentation.networks.unet import UNetPlan
from clinigraph.tools.segmentation.training.bundle_files import write_bundle
from clinigraph.tools.segmentation.training.cine_mr_heart import CINE_PLAN
from clinigraph.tools.segmentation.training.cxr_lungs_heart import CHEST_PLAN
from clinigraph.tools.segmentation.training.fundus_disc_cup import COARSE_PLAN, FINE_PLAN
from clinigraph.tools.segmentation.training.us_fetal_head import HEAD_PLAN

_LICENCE = "Weights: research use only, non-commercial, because of the terms of the training data."


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a bundle says of itself and which runs form its ensemble."""

    plans: dict[str, UNetPlan]
    runs: str
    about: dict[str, object]


RECIPES = {
    "fundus_disc_cup": Recipe(
        {"coarse": COARSE_PLAN, "fine": FINE_PLAN},
        "fold0,fold1",
        {
            "schema": "MONAI bundle metadata",
            "name": "fundus_disc_cup",
            "version": "0.3.0",
            "task": "Optic disc and optic cup segmentation in fundus photographs",
            "description": "Finds the optic disc in a whole fundus photograph and outlines disc and cup.",
            "authors": "Clinigraph",
            "copyright": _LICENCE,
            "intended_use": "Research use only; not a medical device.",
            "data_source": "Drishti-GS (training split), DRIONS-DB, PALM subset; see README.md",
            "data_type": "jpeg",
            "image_classes": "three channel colour photograph",
            "label_classes": "0: optic disc (cup included), 1: optic cup",
            "pred_classes": "0: optic disc (cup included), 1: optic cup",
        },
    ),
    "cxr_lungs_heart": Recipe(
        {"chest": CHEST_PLAN},
        "fold0,fold1",
        {
            "schema": "MONAI bundle metadata",
            "name": "cxr_lungs_heart",
            "version": "0.2.0",
            "task": "Lung and heart segmentation in frontal chest films",
            "description": "Outlines left lung, right lung (of the patient) and heart in a frontal chest film.",
            "authors": "Clinigraph",
            "copyright": _LICENCE,
            "intended_use": "Research use only; not a medical device.",
            "data_source": "JSRT films with SCR masks; see README.md",
            "data_type": "png",
            "image_classes": "one channel film, either polarity",
            "label_classes": "0: left lung, 1: right lung (patient's sides), 2: heart",
            "pred_classes": "0: left lung, 1: right lung (patient's sides), 2: heart",
        },
    ),
    "cine_mr_heart": Recipe(
        {"cine": CINE_PLAN},
        "fold0,fold1,fold2",
        {
            "schema": "MONAI bundle metadata",
            "name": "cine_mr_heart",
            "version": "0.2.1",
            "task": "Left and right ventricle in short-axis cine MR",
            "description": "Outlines LV cavity, myocardium and RV cavity on short-axis slices or stacks.",
            "authors": "Clinigraph",
            "copyright": "Weights: CC BY-NC-SA 4.0, research use only, because ACDC was used for training.",
            "licence": "CC BY-NC-SA 4.0, research use only (weights trained on ACDC)",
            "intended_use": "Research use only; not a medical device.",
            "data_source": "ACDC (50 patients with odd numbers), Sunnybrook Cardiac Data; see README.md",
            "data_type": "npz, png",
            "image_classes": "one channel short-axis slices, any intensity scale",
            "label_classes": "1: left ventricular cavity, 2: myocardium, 3: right ventricular cavity",
            "pred_classes": "1: left ventricular cavity, 2: myocardium, 3: right ventricular cavity",
        },
    ),
    "us_fetal_head": Recipe(
        {"head": HEAD_PLAN},
        "fold0,fold1",
        {
            "schema": "MONAI bundle metadata",
            "name": "us_fetal_head",
            "version": "0.1.0",
            "task": "Fetal head segmentation in obstetric ultrasound",
            "description": "Outlines the fetal head as an ellipse along the outer edge of the skull.",
            "authors": "Clinigraph",
            "copyright": "Weights: CC BY 4.0, as the training data (HC18, van den Heuvel et al. 2018).",
            "licence": "CC BY 4.0",
            "intended_use": "Research use only; not a medical device.",
            "data_source": "HC18 (130 pictures of 107 examinations); see README.md",
            "data_type": "png",
            "image_classes": "one channel ultrasound picture",
            "label_classes": "0: fetal head",
            "pred_classes": "0: fetal head",
        },
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the bundle that the command line names."""
    parser = argparse.ArgumentParser(description="Make a bundle from trained runs.")
    parser.add_argument("name", choices=sorted(RECIPES))
    parser.add_argument("--weights", type=Path, required=True, help="folder with <run>.safetensors")
    parser.add_argument("--runs", help="comma-separated; default: the runs of the recipe")
    parser.add_argument("--measured", type=Path, help="results of the measuring command; kept as eval_metrics")
    parser.add_argument("--out", type=Path, help="default: the bundle inside the package")
    options = parser.parse_args(arguments)
    recipe = RECIPES[options.name]
    about = dict(recipe.about)
    if options.measured:
        results = json.loads(options.measured.read_text(encoding="utf-8"))
        metrics = {"held_out": results["summary"], "refused": results["refused"]}
        about["eval_metrics"] = metrics | {key: results[key] for key in ("confusion",) if key in results}
        if "calibration" in results:
            about["calibration"] = results["calibration"]
    runs = [options.weights / f"{run}.safetensors" for run in (options.runs or recipe.runs).split(",")]
    write_bundle(options.out or BUNDLES / options.name, runs, recipe.plans, about)


if __name__ == "__main__":
    main()
