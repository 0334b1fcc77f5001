"""What the training commands of the ensembles share: options, weights of a role, training in stages."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from clinigraph.tools.segmentation.networks.bundle import part_of
from clinigraph.tools.segmentation.training.loop import Schedule, StepLoss, train


def parser(bundle: str, runs: Sequence[str], data: str) -> argparse.ArgumentParser:
    """Options of every training command; the command adds its own and calls `read`.

    Args:
        bundle: What is trained.
        runs: All that there are, trained unless some are named.
        data: What the folder holds, for the help.
    """
    made = argparse.ArgumentParser(description=f"Train the networks of the bundle {bundle}.")
    made.add_argument("--data", type=Path, required=True, help=f"folder with {data} …")
    made.add_argument("--out", type=Path, required=True, help="where <run>.safetensors are written")
    made.add_argument("--runs", default=",".join(runs), help=f"comma-separated, of: {', '.join(runs)}")
    return made


def read(made: argparse.ArgumentParser, arguments: Sequence[str] | None, *, threads: int = 2) -> argparse.Namespace:
    """Read the command line, with `--threads` as the last option."""
    made.add_argument("--threads", type=int, default=threads, help="processor threads")
    return made.parse_args(arguments)


def halved(role: str, network: nn.Module) -> dict[str, Tensor]:
    """Weights as a run keeps them: in half precision, the role before each name."""
    return {f"{role}.{key}": value.half().contiguous() for key, value in network.state_dict().items()}


def train_in_stages(
    network: nn.Module, stages: Sequence[tuple[StepLoss, Schedule]], stem: Path, role: str, *, seeds: Sequence[int]
) -> None:
    """Train stage by stage and write `<stem>.safetensors`.

    In each stage the learning rate rises and falls once. A stage ends in `<stem>.stage<number>.safetensors`; where that
    file is there, training goes on from it.

    Args:
        network: With random weights; it holds those of the last stage in the end.
        stages: What is learnt, how long and how fast.
        stem: Path of the run without its ending.
        role: Of the network in its bundle.
        seeds: One for each stage.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    for number, ((loss, schedule), seed) in enumerate(zip(stages, seeds, strict=True)):
        path = stem.with_name(f"{stem.name}.stage{number}.safetensors")
        if not path.is_file():
            title = f"{stem.name} {role}, stage {number}"
            save_file(halved(role, train(network, loss, schedule, seed=seed, title=title)), path)
        network.load_state_dict(part_of(load_file(path), f"{role}."))
    save_file(halved(role, network), stem.with_name(f"{stem.name}.safetensors"))
