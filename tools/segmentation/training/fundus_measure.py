"""Measure the runs of `fundus_disc_cup` on photographs that did not train them.

    python -m clinigraph.tools.segmentation.training.fundus_measure --data DIR --weights DIR --out RESULTS.json

Every photograph is measured by the network of the fold that it was kept from, Drishti-GS photographs in every style
of `restyle`, the others in `DISC_STYLES`. A disc that is not found counts with Dice 0, its vertical cup-to-disc ratio
with an error of 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from clinigraph.statistics import bootstrap_mean, wilson
from clinigraph.tools.measurement.cup_disc import CupDisc, minimal_rim, rim_profile
from clinigraph.tools.segmentation.networks.fundus import MIN_DISC_CONFIDENCE, FundusDiscCupNetwork
from clinigraph.tools.segmentation.networks.masks import BoolMask, dice, vertical_ratio
from clinigraph.tools.segmentation.training import measuring
from clinigraph.tools.segmentation.training.calibration import calibration
from clinigraph.tools.segmentation.training.fundus_data import NEGATIVES, Photo, list_photos
from clinigraph.tools.segmentation.training.fundus_disc_cup import FOLDS, PLANS, RUNS, split
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
    return {**measuring.unused_pictures(data, NEGATIVES, 40), "other_kinds": measuring.other_kinds(data)}


def summarise(rows: Sequence[Row]) -> dict[str, measuring.Estimates]:
    """Estimates by camera and style."""
    return measuring.by_group(rows, _protocol, _group)


def _protocol(row: Row) -> str:
    protocol = "left out" if row.run.startswith("without") else "cross-validation"
    return f"{row.camera}, {row.style}, {protocol}"


def _group(rows: Sequence[Row]) -> measuring.Estimates:
    found = {
        "disc found": wilson(sum(row.confidence >= MIN_DISC_CONFIDENCE for row in rows), len(rows)),
        "disc Dice": bootstrap_mean([row.disc_dice for row in rows]),
        "disc Dice above 0.85": wilson(sum(row.disc_dice > 0.85 for row in rows), len(rows)),
    }
    cups = [row for row in rows if row.reference_vcdr is not None]
    if not cups:
        return found
    errors = [1.0 if row.vcdr is None else row.vcdr - float(row.reference_vcdr or 0) for row in cups]
    inside = [measuring.covers(row.low, row.high, float(row.reference_vcdr or 0), MARGIN) for row in cups]
    return found | {
        "cup Dice": bootstrap_mean([row.cup_dice or 0.0 for row in cups]),
        **measuring.error_estimates("vCDR", errors),
        "vCDR interval covers": wilson(sum(inside), len(inside)),
    }


def measure(data: Path, weights: Path, runs: Sequence[str]) -> tuple[list[Row], dict[str, list[float]]]:
    """Rows of all runs, and the confidences reached on pictures of other things."""
    rows: list[Row] = []
    others: dict[str, list[float]] = defaultdict(list)

    def held(run: str) -> list[Photo]:
        return split(list_photos(data, FOLDS), run)[1]

    for run, network, photos in measuring.each_run(runs, weights, FundusDiscCupNetwork, PLANS, held):
        for photo in photos:
            rows.extend(measure_photo(network, run, photo))
        for kind, paths in other_pictures(data).items() if run.startswith("fold") else ():
            for path in paths:
                found = network.predict(np.asarray(Image.open(path).convert("RGB")))
                others[kind].append(found.disc_confidence)
    return rows, others


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = measuring.parser("fundus_disc_cup", "photographs", RUNS)
    options = measuring.read(parser, arguments)
    rows, others = measure(options.data, options.weights, options.runs.split(","))
    more = {
        "calibration": half_widths(rows),
        "rows": [asdict(row) for row in rows],
        "confidence_on_others": others,
    }
    measuring.report(options.out, summarise(rows), measuring.refusals(others, MIN_DISC_CONFIDENCE), more)


if __name__ == "__main__":
    main()
