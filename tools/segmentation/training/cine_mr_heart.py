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
from clinigraph.tools.segmentation.training.cine_batches import FIRST, LAST, SECOND, CineTask, Stage
from clinigraph.tools.segmentation.training.cine_data import cine_cache, list_patients, list_slices
from clinigraph.tools.segmentation.training.loop import Schedule, train

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

    The stages are those of `STAGES`, as many as `steps` names, each with a learning rate that rises and falls once.
    Each ends in `out/<run>.stage<number>.safetensors`; where that file is there, training goes on from it.
    """
    seed = RUNS.index(run)
    torch.manual_seed(seed)
    patients = [patient for patient in list_patients(data, FOLDS) if patient.fold != seed]
    slices = [item for item in list_slices(data, FOLDS) if item.fold != seed]
    cache = cine_cache(patients, slices, data)
    out.mkdir(parents=True, exist_ok=True)
    network = CINE_PLAN.build()
    for number, count in enumerate(steps):
        path = out / f"{run}.stage{number}.safetensors"
        if not path.is_file():
            stage, rate, _ = STAGES[number]
            task, schedule = CineTask(cache, batch, stage), Schedule(count, learning_rate=rate)
            title = f"{run} cine, stage {number}"
            save_file(_halved(train(network, task.loss, schedule, seed=seed + FOLDS * number, title=title)), path)
        weights = {key.removeprefix("cine."): value.float() for key, value in load_file(path).items()}
        network.load_state_dict(weights)
    save_file(_halved(network), out / f"{run}.safetensors")


def _halved(network: nn.Module) -> dict[str, Tensor]:
    return {f"cine.{key}": value.half().contiguous() for key, value in network.state_dict().items()}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train the networks of the bundle cine_mr_heart.")
    parser.add_argument("--data", type=Path, required=True, help="folder with mri_acdc_odd, mri_sunnybrook_train1 …")
    parser.add_argument("--out", type=Path, required=True, help="where <run>.safetensors are written")
    parser.add_argument("--runs", default=",".join(RUNS), help=f"comma-separated, of: {', '.join(RUNS)}")
    usual = [count for _, _, count in STAGES]
    parser.add_argument("--steps", type=int, nargs="+", default=usual, help=f"of each stage; usual: {usual}")
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2, help="processor threads")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the runs that the command line names, one after the other."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    for run in options.runs.split(","):
        train_run(run, options.data, options.out, steps=options.steps, batch=options.batch)


if __name__ == "__main__":
    main()
