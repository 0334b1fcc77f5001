"""Train the networks of the bundle `cine_mr_heart`.

Each run, `fold0` … `fold2`, leaves a third of the patients out.

    python -m clinigraph.tools.segmentation.training.cine_mr_heart --data DIR --out DIR [--runs fold0]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from clinigraph.tools.segmentation.networks.unet import UNetPlan
from clinigraph.tools.segmentation.training import commands
from clinigraph.tools.segmentation.training.cine_batches import FIRST, LAST, SECOND, CineTask, Stage
from clinigraph.tools.segmentation.training.cine_data import cine_cache, list_patients, list_slices
from clinigraph.tools.segmentation.training.loop import Schedule

FOLDS = 3
STAGES: tuple[tuple[Stage, float, int], ...] = (
    (FIRST, 2e-3, 1000),
    (SECOND, 1.5e-3, 650),
    (SECOND, 1.5e-3, 400),
    (SECOND, 1.5e-3, 2000),
    (SECOND, 1.5e-3, 1200),
    (LAST, 1e-3, 800),
)
"""What is changed, the highest learning rate, and how many steps are made."""
RUNS = tuple(f"fold{index}" for index in range(FOLDS))
CINE_PLAN = UNetPlan(in_channels=4, out_channels=4, channels=(16, 32, 64, 96, 128), norm="INSTANCE")


def train_run(run: str, data: Path, out: Path, *, steps: Sequence[int], batch: int) -> None:
    """Train on all patients but those of one fold and write `out/<run>.safetensors`.

    The stages are those of `STAGES`, as many as `steps` names. See `commands.train_in_stages` for where an interrupted
    training goes on.
    """
    seed = RUNS.index(run)
    torch.manual_seed(seed)
    patients = [patient for patient in list_patients(data, FOLDS) if patient.fold != seed]
    slices = [item for item in list_slices(data, FOLDS) if item.fold != seed]
    cache = cine_cache(patients, slices, data)
    chosen = [(STAGES[number], count) for number, count in enumerate(steps)]
    stages = [(CineTask(cache, batch, stage).loss, Schedule(count, rate)) for (stage, rate, _), count in chosen]
    seeds = [seed + FOLDS * number for number in range(len(stages))]
    commands.train_in_stages(CINE_PLAN.build(), stages, out / run, "cine", seeds=seeds)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = commands.parser("cine_mr_heart", RUNS, "mri_acdc_odd, mri_sunnybrook_train1")
    usual = [count for _, _, count in STAGES]
    parser.add_argument("--steps", type=int, nargs="+", default=usual, help=f"of each stage; usual: {usual}")
    parser.add_argument("--batch", type=int, default=12)
    return commands.read(parser, arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the runs that the command line names, one after the other."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    for run in options.runs.split(","):
        train_run(run, options.data, options.out, steps=options.steps, batch=options.batch)


if __name__ == "__main__":
    main()
