"""Train the networks of the bundle `us_fetal_head`.

Each run, `fold0` … `fold2`, leaves a third of the examinations out.

    python -m clinigraph.tools.segmentation.training.us_fetal_head --data DIR --out DIR [--runs fold0]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from clinigraph.tools.segmentation.networks.unet import UNetPlan
from clinigraph.tools.segmentation.training import commands
from clinigraph.tools.segmentation.training.head_batches import HeadTask
from clinigraph.tools.segmentation.training.head_data import head_cache, list_heads
from clinigraph.tools.segmentation.training.loop import Schedule

FOLDS = 3
RUNS = tuple(f"fold{index}" for index in range(FOLDS))
HEAD_PLAN = UNetPlan(in_channels=3, out_channels=1, channels=(12, 24, 48, 96, 112), norm="INSTANCE")
RATES = (2e-3, 1.2e-3)
"""Highest learning rate of the first stage and of those that follow."""


def train_run(run: str, data: Path, out: Path, *, steps: Sequence[int], batch: int) -> None:
    """Train on all examinations but those of one fold and write `out/<run>.safetensors`, stage by stage.

    See `commands.train_in_stages` for where an interrupted training goes on.
    """
    seed = RUNS.index(run)
    torch.manual_seed(seed)
    task = HeadTask(head_cache([head for head in list_heads(data, FOLDS) if head.fold != seed], data), batch)
    stages = [(task.loss, Schedule(count, RATES[min(number, 1)])) for number, count in enumerate(steps)]
    seeds = [seed + FOLDS * number for number in range(len(stages))]
    commands.train_in_stages(HEAD_PLAN.build(), stages, out / run, "head", seeds=seeds)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = commands.parser("us_fetal_head", RUNS, "us_hc18_fetal_head_part")
    parser.add_argument("--steps", type=int, nargs="+", default=(500, 350), help="of each stage")
    parser.add_argument("--batch", type=int, default=10)
    return commands.read(parser, arguments, threads=1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the runs that the command line names, one after the other."""
    options = parse(arguments)
    torch.set_num_threads(options.threads)
    for run in options.runs.split(","):
        train_run(run, options.data, options.out, steps=options.steps, batch=options.batch)


if __name__ == "__main__":
    main()
