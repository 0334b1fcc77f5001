"""Train the networks of the bundle `fundus_disc_cup`.

Runs: `fold0` … `fold4` leave a fifth of each camera out; `without-drions` and `without-palm` leave a camera out.

    python -m clinigraph.tools.segmentation.training.fundus_disc_cup --data DIR --out DIR [--runs fold0,fold1]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from clinigraph.tools.segmentation.networks.bundle import part_of
from clinigraph.tools.segmentation.networks.unet import UNetPlan
from clinigraph.tools.segmentation.training import commands
from clinigraph.tools.segmentation.training.fundus_batches import CoarseTask, FineTask
from clinigraph.tools.segmentation.training.fundus_data import Photo, coarse_cache, fine_cache, list_photos
from clinigraph.tools.segmentation.training.loop import Schedule, train

FOLDS = 5
RUNS = (*(f"fold{index}" for index in range(FOLDS)), "without-drions", "without-palm")
COARSE_PLAN = UNetPlan(in_channels=5, out_channels=1, channels=(8, 16, 32, 64, 96), norm="INSTANCE")
FINE_PLAN = UNetPlan(in_channels=5, out_channels=2, channels=(12, 24, 48, 96, 112), norm="INSTANCE")
PLANS = {"fine": FINE_PLAN, "coarse": COARSE_PLAN}


def split(photos: Sequence[Photo], run: str) -> tuple[list[Photo], list[Photo]]:
    """Photographs that train a run, and those that are kept from it."""
    if run.startswith("without-"):
        held = [photo for photo in photos if photo.camera == run.removeprefix("without-")]
    else:
        held = [photo for photo in photos if photo.fold == int(run.removeprefix("fold"))]
    return [photo for photo in photos if photo not in held], held


def train_run(run: str, data: Path, out: Path, steps: Mapping[str, Schedule], batch: int) -> None:
    """Train the networks of one run and write `out/<run>.safetensors`.

    Args:
        run: One of `RUNS`.
        data: Folder with the photographs.
        out: Where weights are written; weights that are there are trained further.
        steps: Role, "coarse" or "fine", to how long and how fast; a network with 0 steps stays as it is.
        batch: Photographs in a batch.
    """
    seed = RUNS.index(run)
    photos, _ = split(list_photos(data, FOLDS), run)
    path = out / f"{run}.safetensors"
    weights = load_file(path) if path.exists() else {}
    for role, schedule in steps.items():
        if schedule.steps == 0:
            continue
        torch.manual_seed(seed)
        network = PLANS[role].build()
        known = part_of(weights, f"{role}.")
        if known:
            network.load_state_dict(known)
        learn = task(role, photos, data, batch)
        trained = train(network, learn.loss, schedule, seed=seed, title=f"{run} {role}")
        weights |= commands.halved(role, trained)
    out.mkdir(parents=True, exist_ok=True)
    save_file(weights, path)


def task(role: str, photos: list[Photo], data: Path, batch: int) -> CoarseTask | FineTask:
    """What a network of this role learns from these photographs."""
    if role == "coarse":
        return CoarseTask(coarse_cache(photos, data), batch)
    return FineTask(fine_cache(photos), batch)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = commands.parser("fundus_disc_cup", RUNS, "fundus_drishti_train, fundus_drions_disc")
    parser.add_argument("--coarse-steps", type=int, default=700)
    parser.add_argument("--fine-steps", type=int, default=2100)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    return commands.read(parser, arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the runs that the command line names, one after the other."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    for run in options.runs.split(","):
        train_run(
            run,
            options.data,
            options.out,
            {
                "fine": Schedule(options.fine_steps, options.rate),
                "coarse": Schedule(options.coarse_steps, options.rate),
            },
            options.batch,
        )


if __name__ == "__main__":
    main()
