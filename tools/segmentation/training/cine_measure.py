"""Measure the runs of `cine_mr_heart` on patients that did not train them.

    python -m clinigraph.tools.segmentation.training.cine_measure --data DIR --weights DIR --out RESULTS.json

Every patient is measured by the network of the fold that it was kept from, both frames as they are and in each of
`DISTORTIONS`. What is not found counts with Dice 0 and an error of the whole quantity. The patterns are called by the
rules of `measurement/cardiac_pattern.py`, whose limits were set on the reference masks of the same patients.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, zoom

from clinigraph.statistics import bootstrap_mean, wilson
from clinigraph.tools.segmentation.networks.cine import MIN_HEART_CONFIDENCE, CineNetwork
from clinigraph.tools.segmentation.networks.masks import dice
from clinigraph.tools.segmentation.pixels import to_uint8
from clinigraph.tools.segmentation.training import measuring
from clinigraph.tools.segmentation.training.calibration import calibration
from clinigraph.tools.segmentation.training.cine_data import NEGATIVES, CinePatient, list_patients, list_slices
from clinigraph.tools.segmentation.training.cine_mr_heart import CINE_PLAN, FOLDS, RUNS
from clinigraph.tools.segmentation.training.cine_quantities import GROUPS, QUANTITIES, called, error_of, quantities

Floats = NDArray[np.float32]
Labels = NDArray[np.uint8]
STRUCTURES = ("lv_cavity", "myocardium", "rv_cavity")


@dataclass(frozen=True, slots=True)
class Row:
    """One patient in one distortion."""

    run: str
    name: str
    group: str
    distortion: str
    confidence: tuple[float, float]
    dice: tuple[tuple[float, ...], tuple[float, ...]]
    """Frame (end-diastole, end-systole), then structure."""
    errors: dict[str, float]
    """Quantity to signed error."""
    pattern: str
    """Called, or empty where a number that decides was missing."""
    ejection: float
    """Reference ejection fraction in per cent."""


def plain(image: Floats, label: Labels) -> tuple[Floats, Labels]:
    """Unchanged."""
    return image, label


def turned_and_mirrored(image: Floats, label: Labels) -> tuple[Floats, Labels]:
    """A quarter turn, a mirror and the other order of slices."""
    return np.rot90(image, 1, (1, 2))[::-1, :, ::-1], np.rot90(label, 1, (1, 2))[::-1, :, ::-1]


def coarse_and_noisy(image: Floats, label: Labels) -> tuple[Floats, Labels]:
    """Two thirds of the resolution, Rician-like noise, brighter towards one side, as with a surface coil."""
    small = np.stack([zoom(plane, 2 / 3, order=1) for plane in image])
    reference = np.stack([zoom(plane, 2 / 3, order=0) for plane in label])
    noise = np.random.default_rng(0).normal(0, 0.03, (2, *small.shape))
    ramp = np.linspace(0.5, 1.5, small.shape[2])[None, None, :]
    return np.asarray(np.hypot(small * ramp + noise[0], noise[1]), dtype=np.float32), reference


def soft_and_dark(image: Floats, label: Labels) -> tuple[Floats, Labels]:
    """Blurred by one pixel, gamma 1.6."""
    blurred = np.stack([gaussian_filter(plane, 1.0) for plane in image])
    return np.asarray(np.clip(blurred, 0, 1) ** 1.6, dtype=np.float32), label


DISTORTIONS: dict[str, Callable[[Floats, Labels], tuple[Floats, Labels]]] = {
    item.__name__: item for item in (plain, turned_and_mirrored, coarse_and_noisy, soft_and_dark)
}


def measure_patient(network: CineNetwork, run: str, patient: CinePatient, names: Sequence[str]) -> Iterable[Row]:
    """Rows of one patient."""
    frames = [patient.read(frame) for frame in (0, 1)]
    for name in names:
        found, truth, overlaps, confidences = [], [], [], []
        for image, label in frames:
            picture, reference = DISTORTIONS[name](image, label)
            made = network.predict(np.ascontiguousarray(to_uint8(picture)))
            masks = (made.lv_cavity, made.myocardium, made.rv_cavity)
            given = tuple(reference == value for value in (1, 2, 3))
            overlaps.append(tuple(dice(mask, mine) for mask, mine in zip(masks, given, strict=True)))
            confidences.append(made.confidence)
            found.append(masks)
            truth.append(given)
        mine, theirs = quantities(*found), quantities(*truth)
        yield Row(
            run,
            patient.name,
            patient.group,
            name,
            (confidences[0], confidences[1]),
            (overlaps[0], overlaps[1]),
            {key: error_of(key, mine.get(key), theirs[key]) for key in QUANTITIES},
            called(mine),
            theirs["left_ventricular_ejection_fraction"],
        )


def other_pictures(data: Path) -> dict[str, list[Path]]:
    """Pictures of other things that no run trains on, by kind."""
    return measuring.unused_pictures(data, NEGATIVES, 25)


def summarise(rows: Sequence[Row]) -> dict[str, measuring.Estimates]:
    """Estimates by distortion."""
    return measuring.by_group(rows, lambda row: row.distortion, _group)


def _group(rows: Sequence[Row]) -> measuring.Estimates:
    found = {
        "accepted, both frames": wilson(sum(min(r.confidence) >= MIN_HEART_CONFIDENCE for r in rows), len(rows)),
        "pattern agrees with group": wilson(sum(r.pattern == GROUPS[r.group].value for r in rows), len(rows)),
    }
    for frame, moment in enumerate(("ED", "ES")):
        for index, structure in enumerate(STRUCTURES):
            found[f"{structure} Dice, {moment}"] = bootstrap_mean([row.dice[frame][index] for row in rows])
    for name in QUANTITIES:
        found |= measuring.error_estimates(name, [row.errors[name] for row in rows])
    return found


def confusion(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    """ACDC group to called pattern to patients, images as they are."""
    table: dict[str, Counter[str]] = {group: Counter() for group in GROUPS}
    for row in rows:
        if row.distortion == plain.__name__:
            table[row.group][row.pattern or "not called"] += 1
    return {group: dict(counts) for group, counts in table.items()}


def half_widths(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Entry of metadata.json for each quantity, over all renderings of all patients.

    A heart that was refused gives no number, so its errors do not count. Renderings of one patient are not independent:
    ``n`` is the number of patients.

    Raises:
        ValueError: Every heart was refused.
    """
    reported = [row for row in rows if min(row.confidence) >= MIN_HEART_CONFIDENCE]
    patients = len({row.name for row in reported})
    return {name: calibration([row.errors[name] for row in reported], patients) for name in QUANTITIES}


def measure_slices(network: CineNetwork, data: Path, fold: int) -> list[float]:
    """Dice of the cavity on held-out Sunnybrook slices, one by one; a slice that is refused has Dice 0."""
    values = []
    for item in (item for item in list_slices(data, FOLDS) if item.fold == fold):
        grey, cavity = item.read()
        values.append(dice(network.predict(grey[None]).lv_cavity[0], cavity > 0))
    return values


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    options = _parse(arguments)
    rows: list[Row] = []
    single: list[float] = []
    others: dict[str, list[float]] = defaultdict(list)

    def held(run: str) -> list[CinePatient]:
        return [patient for patient in list_patients(options.data, FOLDS) if patient.fold == RUNS.index(run)]

    runs, plans = options.runs.split(","), {"cine": CINE_PLAN}
    for run, network, patients in measuring.each_run(runs, options.weights, CineNetwork, plans, held):
        for patient in patients:
            rows.extend(measure_patient(network, run, patient, options.distortions.split(",")))
        single += measure_slices(network, options.data, RUNS.index(run))
        for kind, paths in other_pictures(options.data).items():
            greys = (np.asarray(Image.open(path).convert("L")) for path in paths)
            others[kind] += [network.predict(grey[None]).confidence for grey in greys]
    _write(options.out, rows, single, others)


def _write(out: Path, rows: Sequence[Row], single: Sequence[float], others: Mapping[str, Sequence[float]]) -> None:
    table = {**summarise(rows), "sunnybrook slices": {"lv_cavity Dice": bootstrap_mean(single)}}
    matrix = confusion(rows)
    more = {
        "confusion": matrix,
        "calibration": half_widths(rows),
        "rows": [asdict(row) for row in rows],
        "sunnybrook": list(single),
        "confidence_on_others": dict(others),
    }
    measuring.report(out, table, measuring.refusals(others, MIN_HEART_CONFIDENCE), more)
    sys.stdout.write(json.dumps(matrix, indent=1) + "\n")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = measuring.parser("cine_mr_heart", "patients", RUNS)
    parser.add_argument("--distortions", default=",".join(DISTORTIONS), help="comma-separated")
    return measuring.read(parser, arguments)


if __name__ == "__main__":
    main()
