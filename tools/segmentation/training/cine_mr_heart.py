"""Train the networks of the bundle `cine_mr_heart`.

Each run, `fold0` … `fold2`, leaves a third of the patients out.

    python -m clinigraph.tools.segmentation.training.cine_mr_heart --data DIR --out DIR [--runs fold0]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from clinigraph.tools.segmentation.networks.unet import UNetPlan
from clinigraph.tools.segmentation.training.cine_batches import FIRST, SECOND, CineTask
from clinigraph.tools.segmentation.training.cine_data import cine_cache, list_patients, list_slices
from clinigraph.tools.segmentation.training.loop import Schedule, train

FOLDS = 3
RUNS = tuple(f"fold{index}" for index in range(FOLDS))
CINE_PLAN = UNetPlan(in_channels=4, out_channels=4, channels=(16, 32, 64, 96, 128), norm="INSTANCE")


def train_run(run: str, data: Path, out: Path, *, steps: tuple[int, int], batch: int) -> None:
    """Train on all patients but those of one fold and write `out/<run>.safetensors`.

    The first stage ends in `out/<run>.first.safetensors`; where that file is there, training goes on from it.
    """
    seed = RUNS.index(run)
    torch.manual_seed(seed)
    patients = [patient for patient in list_patients(data, FOLDS) if patient.fold != seed]
    slices = [item for item in list_slices(data, FOLDS) if item.fold != seed]
    cache = cine_cache(patients, slices, data)
    out.mkdir(parents=True, exist_ok=True)
    first, last = out / f"{run}.first.safetensors", out / f"{run}.safetensors"
    if not first.is_file():
        task = CineTask(cache, batch, FIRST)
        network = train(CINE_PLAN.build(), task.loss, Schedule(steps[0]), seed=seed, title=f"{run} cine, first")
        save_file(_halved(network), first)
    network = CINE_PLAN.build()
    weights = load_file(first)
    network.load_state_dict({key.removeprefix("cine."): value.float() for key, value in weights.items()})
    task = CineTask(cache, batch, SECOND)
    schedule = Schedule(steps[1], learning_rate=1.5e-3)
    save_file(_halved(train(network, task.loss, schedule, seed=seed + FOLDS, title=f"{run} cine, second")), last)


def _halved(network: nn.Module) -> dict[str, Tensor]:
    return {f"cine.{key}": value.half().contiguous() for key, value in network.state_dict().items()}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train the networks of the bundle cine_mr_heart.")
    parser.add_argument("--data", type=Path, required=True, help="folder with mri_acdc_odd, mri_sunnybrook_train1 …")
    parser.add_argument("--out", type=Path, required=True, help="where <run>.safetensors are written")
    parser.add_argument("--runs", default=",".join(RUNS), help=f"comma-separated, of: {', '.join(RUNS)}")
    parser.add_argument("--steps", type=int, nargs=2, default=(1000, 1500), help="of both stages")
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2, help="processor threads")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the runs that the command line names, one after the other."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    for run in options.runs.split(","):
        train_run(run, options.data, options.out, steps=tuple(options.steps), batch=options.batch)


if __name__ == "__main__":
    main()
