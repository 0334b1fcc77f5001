"""Train the networks of the bundle `cxr_lungs_heart`.

Each run, `fold0` … `fold2`, leaves a third of the films out.

    python -m clinigraph.tools.segmentation.training.cxr_lungs_heart --data DIR --out DIR [--runs fold0]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from clinigraph.tools.segmentation.networks.bundle import part_of
from clinigraph.tools.segmentation.networks.unet import UNetPlan
from clinigraph.tools.segmentation.training import commands
from clinigraph.tools.segmentation.training.chest_batches import ChestTask
from clinigraph.tools.segmentation.training.chest_data import chest_cache, list_films
from clinigraph.tools.segmentation.training.loop import Schedule, train

FOLDS = 3
RUNS = tuple(f"fold{index}" for index in range(FOLDS))
CHEST_PLAN = UNetPlan(in_channels=3, out_channels=3, channels=(12, 24, 48, 96, 112), norm="INSTANCE")


def train_run(run: str, data: Path, out: Path, schedule: Schedule, batch: int) -> None:
    """Train on all films but those of one fold and write `out/<run>.safetensors`.

    Args:
        run: One of `RUNS`.
        data: Folder with the films.
        out: Where weights are written; weights that are there are trained further.
        schedule: How long and how fast.
        batch: Films in a batch.
    """
    seed = RUNS.index(run)
    torch.manual_seed(seed)
    films = [film for film in list_films(data, FOLDS) if film.fold != seed]
    task = ChestTask(chest_cache(films, data), batch)
    path = out / f"{run}.safetensors"
    start = CHEST_PLAN.build()
    if path.exists():
        start.load_state_dict(part_of(load_file(path), "chest."))
    network = train(start, task.loss, schedule, seed=seed, title=f"{run} chest")
    out.mkdir(parents=True, exist_ok=True)
    save_file(commands.halved("chest", network), path)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = commands.parser("cxr_lungs_heart", RUNS, "cxr_jsrt_lung_heart")
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--batch", type=int, default=16)
    return commands.read(parser, arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the runs that the command line names, one after the other."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    for run in options.runs.split(","):
        train_run(run, options.data, options.out, Schedule(options.steps, options.rate), options.batch)


if __name__ == "__main__":
    main()
