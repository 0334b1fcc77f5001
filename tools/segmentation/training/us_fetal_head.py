"""Train the networks of the bundle `us_fetal_head`.

Each run, `fold0` … `fold2`, leaves a third of the examinations out.

    python -m clinigraph.tools.segmentation.training.us_fetal_head --data DIR --out DIR [--runs fold0]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from clinigraph.tools.segmentation.networks.unet import UNetPlan
from clinigraph.tools.segmentation.training.head_batches import HeadTask
from clinigraph.tools.segmentation.training.head_data import head_cache, list_heads
from clinigraph.tools.segmentation.training.loop import Schedule, train

FOLDS = 3
RUNS = tuple(f"fold{index}" for index in range(FOLDS))
HEAD_PLAN = UNetPlan(in_channels=3, out_channels=1, channels=(12, 24, 48, 96, 112), norm="INSTANCE")
RATES = (2e-3, 1.2e-3)
"""Highest learning rate of the first stage and of those that follow."""


def train_run(run: str, data: Path, out: Path, *, steps: Sequence[int], batch: int) -> None:
    """Train on all examinations but those of one fold and write `out/<run>.safetensors`.

    In each stage the learning rate rises and falls once. A stage ends in `out/<run>.stage<number>.safetensors`; where
    that file is there, training goes on from it.
    """
    seed = RUNS.index(run)
    torch.manual_seed(seed)
    task = HeadTask(head_cache([head for head in list_heads(data, FOLDS) if head.fold != seed], data), batch)
    out.mkdir(parents=True, exist_ok=True)
    network = HEAD_PLAN.build()
    for number, count in enumerate(steps):
        path = out / f"{run}.stage{number}.safetensors"
        if not path.is_file():
            schedule = Schedule(count, learning_rate=RATES[min(number, 1)])
            title = f"{run} head, stage {number}"
            save_file(_halved(train(network, task.loss, schedule, seed=seed + FOLDS * number, title=title)), path)
        weights = {key.removeprefix("head."): value.float() for key, value in load_file(path).items()}
        network.load_state_dict(weights)
    save_file(_halved(network), out / f"{run}.safetensors")


def _halved(network: nn.Module) -> dict[str, Tensor]:
    return {f"head.{key}": value.half().contiguous() for key, value in network.state_dict().items()}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train the networks of the bundle us_fetal_head.")
    parser.add_argument("--data", type=Path, required=True, help="folder with us_hc18_fetal_head_part …")
    parser.add_argument("--out", type=Path, required=True, help="where <run>.safetensors are written")
    parser.add_argument("--runs", default=",".join(RUNS), help=f"comma-separated, of: {', '.join(RUNS)}")
    parser.add_argument("--steps", type=int, nargs="+", default=(500, 350), help="of each stage")
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1, help="processor threads")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the runs that the command line names, one after the other."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    for run in options.runs.split(","):
        train_run(run, options.data, options.out, steps=options.steps, batch=options.batch)


if __name__ == "__main__":
    main()
