"""Measure the runs of `cxr_lungs_heart` on films that did not train them.

    python -m clinigraph.tools.segmentation.training.chest_measure --data DIR --weights DIR --out RESULTS.json

Every film is measured by the network of the fold that it was kept from, as it is and in each of `DISTORTIONS`. A film
that is refused counts with Dice 0, its cardiothoracic ratio with an error of 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import rotate
from skimage.exposure import equalize_adapthist

from clinigraph.statistics import bootstrap_mean, wilson
from clinigraph.tools.segmentation.networks.chest import (
    MIN_CHEST_CONFIDENCE,
    ChestNetwork,
    cardiothoracic_ratio,
)
from clinigraph.tools.segmentation.networks.masks import BoolMask, dice
from clinigraph.tools.segmentation.training import measuring
from clinigraph.tools.segmentation.training.calibration import calibration
from clinigraph.tools.segmentation.training.chest_data import NEGATIVES, STRUCTURES, Film, list_films
from clinigraph.tools.segmentation.training.cxr_lungs_heart import CHEST_PLAN, FOLDS, RUNS

Gray = NDArray[np.uint8]
Masks = NDArray[np.bool_]
MARGIN = 0.02
"""Widening of the interval of the passes on both sides when its coverage is measured."""


@dataclass(frozen=True, slots=True)
class Row:
    """One film in one distortion."""

    run: str
    name: str
    distortion: str
    confidence: float
    dice: tuple[float, ...]
    ctr: float | None
    reference_ctr: float
    low: float | None
    high: float | None


def plain(gray: Gray, masks: Masks) -> tuple[Gray, Masks]:
    """Unchanged."""
    return gray, masks


def inverted(gray: Gray, masks: Masks) -> tuple[Gray, Masks]:
    """White for black."""
    return (255 - gray).astype(np.uint8), masks


def tilted_in_a_frame(gray: Gray, masks: Masks) -> tuple[Gray, Masks]:
    """Turned by 9 degrees, on a black plate half as wide again, letters in a corner."""
    pad = gray.shape[0] // 4
    turned = rotate(gray, 9, reshape=False, order=1, cval=0)
    framed = np.pad(turned, pad)
    framed[pad // 3 : pad // 3 + 24, pad : pad + 60 : 2] = 255
    moved = [np.pad(rotate(mask.astype(np.uint8), 9, reshape=False, order=0) > 0, pad) for mask in masks]
    return framed, np.stack(moved)


def burnt(gray: Gray, masks: Masks) -> tuple[Gray, Masks]:
    """Hard and dark: contrast-limited equalisation, then gamma 1.8."""
    unit = equalize_adapthist(gray, clip_limit=0.03) ** 1.8
    return (unit * 255).astype(np.uint8), masks


def squashed(gray: Gray, masks: Masks) -> tuple[Gray, Masks]:
    """Another shape: 420 wide, 300 high."""
    size = (420, 300)
    small = np.asarray(Image.fromarray(gray).resize(size))
    return small, np.stack([np.asarray(Image.fromarray(mask).resize(size, 0)) for mask in masks])


DISTORTIONS: dict[str, Callable[[Gray, Masks], tuple[Gray, Masks]]] = {
    item.__name__: item for item in (plain, inverted, tilted_in_a_frame, burnt, squashed)
}


def measure_film(network: ChestNetwork, run: str, film: Film) -> Iterable[Row]:
    """Rows of one film."""
    gray, masks = film.read()
    for name, distort in DISTORTIONS.items():
        picture, truth = distort(gray, masks)
        found = network.predict(picture)
        pairs: list[tuple[BoolMask, BoolMask]] = list(
            zip((found.left_lung, found.right_lung, found.heart), truth, strict=True)
        )
        samples = found.ctr_samples
        yield Row(
            run,
            film.name,
            name,
            found.confidence,
            tuple(dice(mask, reference) for mask, reference in pairs),
            cardiothoracic_ratio(found.left_lung, found.right_lung, found.heart),
            cardiothoracic_ratio(*truth) or 0.0,
            min(samples) if samples else None,
            max(samples) if samples else None,
        )


def other_pictures(data: Path) -> dict[str, list[Path]]:
    """Pictures of other things that no run trains on, by kind."""
    return {**measuring.unused_pictures(data, NEGATIVES, 40), "other_kinds": measuring.other_kinds(data)}


def summarise(rows: Sequence[Row]) -> dict[str, measuring.Estimates]:
    """Estimates by distortion."""
    return measuring.by_group(rows, lambda row: row.distortion, _group)


def _group(rows: Sequence[Row]) -> measuring.Estimates:
    inside = [measuring.covers(row.low, row.high, row.reference_ctr, MARGIN) for row in rows]
    return {
        "accepted": wilson(sum(row.confidence >= MIN_CHEST_CONFIDENCE for row in rows), len(rows)),
        **{
            f"{structure} Dice": bootstrap_mean([row.dice[index] for row in rows])
            for index, structure in enumerate(STRUCTURES)
        },
        **measuring.error_estimates("CTR", [_error(row) for row in rows]),
        "CTR interval covers": wilson(sum(inside), len(inside)),
    }


def _error(row: Row) -> float:
    return 1.0 if row.ctr is None else row.ctr - row.reference_ctr


def measure(data: Path, weights: Path, runs: Sequence[str], every: int = 1) -> tuple[list[Row], dict[str, list[float]]]:
    """Rows of all runs, and the confidences reached on pictures of other things, of every n-th film and picture."""
    rows: list[Row] = []
    others: dict[str, list[float]] = defaultdict(list)

    def held(run: str) -> list[Film]:
        return [film for film in list_films(data, FOLDS) if film.fold == RUNS.index(run)][::every]

    for run, network, films in measuring.each_run(runs, weights, ChestNetwork, {"chest": CHEST_PLAN}, held):
        for film in films:
            rows.extend(measure_film(network, run, film))
        for kind, paths in other_pictures(data).items():
            for path in paths[::every]:
                found = network.predict(np.asarray(Image.open(path).convert("L")))
                others[kind].append(found.confidence)
    return rows, others


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = measuring.parser("cxr_lungs_heart", "films", RUNS)
    parser.add_argument("--every", type=int, default=1, help="take every n-th film and picture only")
    options = measuring.read(parser, arguments)
    rows, others = measure(options.data, options.weights, options.runs.split(","), options.every)
    more = {
        "calibration": {"ctr": calibration([_error(row) for row in rows], len({row.name for row in rows}))},
        "rows": [asdict(row) for row in rows],
        "confidence_on_others": others,
    }
    measuring.report(options.out, summarise(rows), measuring.refusals(others, MIN_CHEST_CONFIDENCE), more)


if __name__ == "__main__":
    main()
