"""Measure the runs of `us_fetal_head` on pictures that did not train them.

    python -m clinigraph.tools.segmentation.training.head_measure --data DIR --weights DIR --out RESULTS.json

Every picture is measured by the network of the fold that its examination was kept from, as it is, and every third one
in each of `DISTORTIONS`. A picture that is refused counts with Dice 0 and is left out of the circumference error, whose
row therefore states its own count.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clinigraph.statistics import bootstrap_mean, wilson
from clinigraph.tools.measurement.planar import head_circumference
from clinigraph.tools.segmentation.networks.head import MIN_HEAD_CONFIDENCE, HeadNetwork
from clinigraph.tools.segmentation.networks.masks import BoolMask, dice
from clinigraph.tools.segmentation.training import measuring
from clinigraph.tools.segmentation.training.calibration import LEVEL, half_width
from clinigraph.tools.segmentation.training.head_data import NEGATIVES, HeadPicture, list_heads, read_grey
from clinigraph.tools.segmentation.training.us_fetal_head import FOLDS, HEAD_PLAN, RUNS

Gray = NDArray[np.uint8]
DISTORTED = 3
"""Every n-th picture is distorted too."""


@dataclass(frozen=True, slots=True)
class Row:
    """One picture in one distortion."""

    run: str
    name: str
    distortion: str
    confidence: float
    dice: float
    circumference_mm: float | None
    reference_mm: float


def plain(gray: Gray, mask: BoolMask) -> tuple[Gray, BoolMask, float]:
    """Unchanged."""
    return gray, mask, 1.0


def half_size(gray: Gray, mask: BoolMask) -> tuple[Gray, BoolMask, float]:
    """Half as many rows and columns, pixels twice as large."""
    size = (gray.shape[1] // 2, gray.shape[0] // 2)
    small = np.asarray(Image.fromarray(gray).resize(size, Image.Resampling.BOX))
    return small, np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)), 2.0


def in_a_frame(gray: Gray, mask: BoolMask) -> tuple[Gray, BoolMask, float]:
    """On a black screen half as wide again, with blocks of letters in a corner, as a machine shows it."""
    pad = gray.shape[0] // 4
    framed = np.pad(gray, pad)
    framed[pad // 3 : pad // 3 + 24, pad : pad + 90 : 2] = 230
    return framed, np.pad(mask, pad), 1.0


def darker(gray: Gray, mask: BoolMask) -> tuple[Gray, BoolMask, float]:
    """Gamma 1.6: low gain."""
    return (255 * (gray / 255) ** 1.6).astype(np.uint8), mask, 1.0


DISTORTIONS: dict[str, Callable[[Gray, BoolMask], tuple[Gray, BoolMask, float]]] = {
    item.__name__: item for item in (plain, half_size, in_a_frame, darker)
}
"""Each returns picture, mask, and how much larger its pixels are."""


def measure_picture(network: HeadNetwork, run: str, head: HeadPicture, names: Iterable[str]) -> Iterable[Row]:
    """Rows of one picture in the distortions of these names."""
    gray, mask = head.read()
    for name in names:
        distort = DISTORTIONS[name]
        picture, truth, factor = distort(gray, mask)
        found = network.predict(picture)
        spacing = head.spacing_mm * factor
        circumference = head_circumference(found.head, (spacing, spacing)) if found.head.any() else None
        overlap = dice(found.head, truth)
        yield Row(run, head.name, name, found.confidence, overlap, circumference, head.circumference_mm)


def other_pictures(data: Path) -> dict[str, list[Path]]:
    """Pictures without a fetal head that no run trains on, by kind."""
    kinds = {}
    for folder, count in NEGATIVES.items():
        paths = sorted((data / folder).rglob("*.*"))
        used = set(paths[: 2 * count : 2])
        kinds[folder.split("/")[0]] = [path for path in paths if path not in used][:20]
    kinds["other_kinds"] = measuring.other_kinds(data)
    return kinds


def summarise(rows: Sequence[Row]) -> dict[str, measuring.Estimates]:
    """Estimates by distortion."""
    return measuring.by_group(rows, lambda row: row.distortion, _group)


def _group(rows: Sequence[Row]) -> measuring.Estimates:
    errors = errors_mm(rows)
    found = {"not found": wilson(sum(row.circumference_mm is None for row in rows), len(rows))}
    found["Dice"] = bootstrap_mean([row.dice for row in rows])
    if errors:
        found |= measuring.error_estimates("circumference", errors, "mm")
        found["within 3 mm"] = wilson(sum(abs(error) <= 3 for error in errors), len(rows))
    return found


def errors_mm(rows: Sequence[Row]) -> list[float]:
    """Circumference errors in millimetres of the pictures in which a head was found."""
    return [row.circumference_mm - row.reference_mm for row in rows if row.circumference_mm is not None]


def measure(data: Path, weights: Path, runs: Sequence[str], every: int = 1) -> tuple[list[Row], dict[str, list[float]]]:
    """Rows of all runs, and the confidences reached on pictures of other things, of every n-th picture."""
    rows: list[Row] = []
    others: dict[str, list[float]] = defaultdict(list)

    def held(run: str) -> list[HeadPicture]:
        return [head for head in list_heads(data, FOLDS) if head.fold == RUNS.index(run)][::every]

    for run, network, heads in measuring.each_run(runs, weights, HeadNetwork, {"head": HEAD_PLAN}, held):
        for index, head in enumerate(heads):
            names: Iterable[str] = DISTORTIONS if index % DISTORTED == 0 else ("plain",)
            rows.extend(measure_picture(network, run, head, names))
        for kind, paths in other_pictures(data).items():
            others[kind] += [network.predict(read_grey(path)).confidence for path in paths[::every]]
    return rows, others


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = measuring.parser("us_fetal_head", "pictures", RUNS)
    parser.add_argument("--every", type=int, default=1, help="take every n-th picture only")
    return measuring.read(parser, arguments, threads=1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    options = parse(arguments)
    rows, others = measure(options.data, options.weights, options.runs.split(","), options.every)
    more: dict[str, object] = {"rows": [asdict(row) for row in rows], "confidence_on_others": others}
    errors = errors_mm(rows)
    if errors:
        pictures = len({row.name for row in rows if row.circumference_mm is not None})
        known = {"halfwidth": round(half_width(errors), 3), "level": LEVEL, "n": pictures}
        more["calibration"] = {"head_circumference": known}
    measuring.report(options.out, summarise(rows), measuring.refusals(others, MIN_HEAD_CONFIDENCE), more)


if __name__ == "__main__":
    main()
