"""Measure the runs of `fundus_disc_cup` on photographs that did not train them.

    python -m clinigraph.tools.segmentation.training.fundus_measure --data DIR --weights DIR --out RESULTS.json

Every photograph is measured by the network of the fold that it was kept from, Drishti-GS photographs in every style
of `restyle`, the others in `DISC_STYLES`. A disc that is not found counts with Dice 0, its vertical cup-to-disc ratio
with an error of 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from clinigraph.statistics import Estimate, bootstrap_mean, wilson
from clinigraph.tools.measurement.cup_disc import CupDisc, minimal_rim, rim_profile
from clinigraph.tools.segmentation.networks.fundus import MIN_DISC_CONFIDENCE, FundusDiscCupNetwork
from clinigraph.tools.segmentation.networks.masks import BoolMask, dice, vertical_ratio
from clinigraph.tools.segmentation.training.bundle_files import write_bundle
from clinigraph.tools.segmentation.training.calibration import calibration
from clinigraph.tools.segmentation.training.fundus_data import NEGATIVES, Photo, list_photos
from clinigraph.tools.segmentation.training.fundus_disc_cup import COARSE_PLAN, FINE_PLAN, FOLDS, RUNS, split
from clinigraph.tools.segmentation.training.loop import progress
from clinigraph.tools.segmentation.training.restyle import STYLES

DISC_STYLES = ("plain", "red_free", "palette_480")
"""Styles in which photographs without a drawn cup are measured."""
REFUSED_STYLES = ("red_free",)
"""Styles that are refused by design, for want of colour: no ratio is given, so no half-width speaks of them."""
MARGIN = 0.05
"""Widening of the interval of the passes on both sides when its coverage is measured."""


@dataclass(frozen=True, slots=True)
class Row:
    """One photograph in one style."""

    run: str
    camera: str
    name: str
    style: str
    confidence: float
    disc_dice: float
    cup_dice: float | None
    vcdr: float | None
    reference_vcdr: float | None
    low: float | None
    high: float | None
    rim: float | None
    """Narrowest rim over disc diameter (`minimal_rim`); None where no cup was drawn or no disc was found."""
    reference_rim: float | None


def single_member(weights: Path, scratch: Path) -> FundusDiscCupNetwork:
    """A network of one run alone."""
    write_bundle(scratch, [weights], {"coarse": COARSE_PLAN, "fine": FINE_PLAN}, {"version": "0"})
    return FundusDiscCupNetwork(scratch)


def measure_photo(network: FundusDiscCupNetwork, run: str, photo: Photo) -> Iterable[Row]:
    """Rows of one photograph: all styles where the cup was drawn, else `DISC_STYLES`."""
    rgb, disc, cup = photo.read()
    for name in DISC_STYLES if cup is None else STYLES:
        picture, masks = STYLES[name](rgb, [disc] if cup is None else [disc, cup])
        found = network.predict(np.ascontiguousarray(picture))
        samples = found.vcdr_samples
        yield Row(
            run,
            photo.camera,
            photo.name,
            name,
            found.disc_confidence,
            dice(found.disc, masks[0]),
            None if cup is None else dice(found.cup, masks[1]),
            vertical_ratio(found.cup, found.disc),
            None if cup is None else vertical_ratio(masks[1], masks[0]),
            min(samples) if samples else None,
            max(samples) if samples else None,
            None if cup is None else _rim(found.disc, found.cup),
            None if cup is None else _rim(masks[0], masks[1]),
        )


def _rim(disc: BoolMask, cup: BoolMask) -> float | None:
    eye = CupDisc.of(disc, cup)
    return None if eye is None else minimal_rim(rim_profile(eye)).ratio


def half_widths(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Calibration from photographs with drawn cups, in all styles that are not refused by design.

    The rim is that of the photographs as they are.
    """
    honest = [row for row in rows if not row.run.startswith("without") and row.style not in REFUSED_STYLES]
    cups = [row for row in honest if row.reference_vcdr is not None]
    images = len({row.name for row in cups})
    rims = [1.0 if row.rim is None else row.rim - (row.reference_rim or 0.0) for row in cups if row.style == "plain"]
    ratios = [1.0 if row.vcdr is None else row.vcdr - (row.reference_vcdr or 0.0) for row in cups]
    return {"vcdr": calibration(ratios, images), "min_rim_disc_ratio": calibration(rims, images)} if cups else {}


def other_pictures(data: Path) -> dict[str, list[Path]]:
    """Pictures of other things that no run trains on, by kind; the last kind is seen by no run in any form."""
    kinds = {
        folder.split("/")[0]: sorted((data / folder).rglob("*.*"))[used : used + 40]
        for folder, used in NEGATIVES.items()
    }
    demo = data / "multi_biomedparse_demo" / "examples"
    kinds["other_kinds"] = sorted([*demo.glob("*.jp*g"), *demo.glob("*.png")])
    return kinds


def summarise(rows: Sequence[Row]) -> dict[str, dict[str, Estimate]]:
    """Estimates by camera and style."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        protocol = "left out" if row.run.startswith("without") else "cross-validation"
        groups[f"{row.camera}, {row.style}, {protocol}"].append(row)
    return {name: _group(group) for name, group in groups.items()}


def _group(rows: Sequence[Row]) -> dict[str, Estimate]:
    found = {
        "disc found": wilson(sum(row.confidence >= MIN_DISC_CONFIDENCE for row in rows), len(rows)),
        "disc Dice": bootstrap_mean([row.disc_dice for row in rows]),
        "disc Dice above 0.85": wilson(sum(row.disc_dice > 0.85 for row in rows), len(rows)),
    }
    cups = [row for row in rows if row.reference_vcdr is not None]
    if not cups:
        return found
    errors = [1.0 if row.vcdr is None else row.vcdr - float(row.reference_vcdr or 0) for row in cups]
    inside = [
        row.low is not None
        and row.high is not None
        and row.low - MARGIN <= float(row.reference_vcdr or 0) <= row.high + MARGIN
        for row in cups
    ]
    return found | {
        "cup Dice": bootstrap_mean([row.cup_dice or 0.0 for row in cups]),
        "vCDR absolute error": bootstrap_mean([abs(error) for error in errors]),
        "vCDR bias": bootstrap_mean(errors),
        "vCDR interval covers": wilson(sum(inside), len(inside)),
    }


def measure(data: Path, weights: Path, runs: Sequence[str]) -> tuple[list[Row], dict[str, list[float]]]:
    """Rows of all runs, and the confidences reached on pictures of other things."""
    rows: list[Row] = []
    others: dict[str, list[float]] = defaultdict(list)
    for run in runs:
        _, held = split(list_photos(data, FOLDS), run)
        with tempfile.TemporaryDirectory() as scratch:
            network = single_member(weights / f"{run}.safetensors", Path(scratch))
            for photo in progress(held, run):
                rows.extend(measure_photo(network, run, photo))
            for kind, paths in other_pictures(data).items() if run.startswith("fold") else ():
                for path in paths:
                    found = network.predict(np.asarray(Image.open(path).convert("RGB")))
                    others[kind].append(found.disc_confidence)
    return rows, others


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description="Measure the runs of fundus_disc_cup on held-out photographs.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="folder with <run>.safetensors")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", default=",".join(RUNS))
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    rows, others = measure(options.data, options.weights, options.runs.split(","))
    table = summarise(rows)
    refused = {
        kind: wilson(sum(value < MIN_DISC_CONFIDENCE for value in values), len(values))
        for kind, values in others.items()
    }
    for group, estimates in {**table, "refused": refused}.items():
        lines = [group, *(f"    {name}: {estimate}" for name, estimate in estimates.items())]
        sys.stdout.write("\n".join(lines) + "\n")
    content = {
        "summary": {group: {name: item.as_dict() for name, item in found.items()} for group, found in table.items()},
        "refused": {kind: estimate.as_dict() for kind, estimate in refused.items()},
        "calibration": half_widths(rows),
        "rows": [asdict(row) for row in rows],
        "confidence_on_others": others,
    }
    options.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
