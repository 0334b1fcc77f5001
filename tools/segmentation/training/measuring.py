"""What the commands share that measure trained runs on images kept from them: options, networks, tables, files."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import torch

from clinigraph.statistics import Estimate, bootstrap_mean, wilson
from clinigraph.tools.segmentation.networks.unet import UNetPlan
from clinigraph.tools.segmentation.training.bundle_files import write_bundle
from clinigraph.tools.segmentation.training.loop import progress

Item = TypeVar("Item")
Network = TypeVar("Network")
Row = TypeVar("Row")

Estimates = dict[str, Estimate]
"""Name of a quantity to its estimate."""


def parser(bundle: str, held: str, runs: Sequence[str]) -> argparse.ArgumentParser:
    """Options of every measuring command; the command adds its own and calls `read`.

    Args:
        bundle: Whose runs are measured.
        held: What was kept from them, in the plural.
        runs: All that there are, measured unless some are named.
    """
    made = argparse.ArgumentParser(description=f"Measure the runs of {bundle} on held-out {held}.")
    made.add_argument("--data", type=Path, required=True)
    made.add_argument("--weights", type=Path, required=True, help="folder with <run>.safetensors")
    made.add_argument("--out", type=Path, required=True)
    made.add_argument("--runs", default=",".join(runs))
    return made


def read(made: argparse.ArgumentParser, arguments: Sequence[str] | None, *, threads: int = 2) -> argparse.Namespace:
    """Read the command line, with `--threads` as the last option, and set that many."""
    made.add_argument("--threads", type=int, default=threads)
    options = made.parse_args(arguments)
    torch.set_num_threads(options.threads)
    return options


def each_run(
    runs: Sequence[str],
    weights: Path,
    make: Callable[[Path], Network],
    plans: Mapping[str, UNetPlan],
    held: Callable[[str], Sequence[Item]],
) -> Iterator[tuple[str, Network, Iterable[Item]]]:
    """Each run with its network alone, not averaged with others, and what was kept from it, with a progress bar.

    Args:
        runs: Names.
        weights: Folder with `<run>.safetensors`.
        make: Network of a bundle folder, which is there until the next run is asked for.
        plans: Role to architecture.
        held: Run to what was kept from it.
    """
    for run in runs:
        items = held(run)
        with tempfile.TemporaryDirectory() as scratch:
            write_bundle(Path(scratch), [weights / f"{run}.safetensors"], plans, {"version": "0"})
            yield run, make(Path(scratch)), progress(items, run)


def unused_pictures(data: Path, used: Mapping[str, int], most: int) -> dict[str, list[Path]]:
    """Pictures of other things that no run trains on, by kind: those of each folder that follow the used ones."""
    return {
        folder.split("/", maxsplit=1)[0]: sorted((data / folder).rglob("*.*"))[count : count + most]
        for folder, count in used.items()
    }


def other_kinds(data: Path) -> list[Path]:
    """Pictures of a set that no run sees in any form."""
    demo = data / "multi_biomedparse_demo" / "examples"
    return sorted([*demo.glob("*.jp*g"), *demo.glob("*.png")])


def by_group(
    rows: Sequence[Row], key: Callable[[Row], str], estimate: Callable[[Sequence[Row]], Estimates]
) -> dict[str, Estimates]:
    """Estimates of the rows of each group, groups in the order in which they come."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {name: estimate(group) for name, group in groups.items()}


def error_estimates(name: str, errors: Sequence[float], unit: str = "") -> Estimates:
    """Mean absolute and mean signed error, both with intervals.

    Raises:
        ValueError: without errors.
    """
    words = f" ({unit})" if unit else ""
    return {
        f"{name} absolute error{words}": bootstrap_mean([abs(error) for error in errors]),
        f"{name} bias{words}": bootstrap_mean(errors),
    }


def covers(low: float | None, high: float | None, reference: float, margin: float) -> bool:
    """Whether an interval, widened by a margin on both sides, holds the reference; no interval holds nothing."""
    return low is not None and high is not None and low - margin <= reference <= high + margin


def refusals(others: Mapping[str, Sequence[float]], least: float) -> Estimates:
    """Share of the pictures of each other kind whose confidence stayed below the least that is accepted."""
    return {kind: wilson(sum(value < least for value in values), len(values)) for kind, values in others.items()}


def report(out: Path, table: Mapping[str, Estimates], refused: Estimates, more: Mapping[str, object]) -> None:
    """Print the estimates, and write them as JSON with what else there is after them."""
    for group, estimates in {**table, "refused": refused}.items():
        lines = [group, *(f"    {name}: {estimate}" for name, estimate in estimates.items())]
        sys.stdout.write("\n".join(lines) + "\n")
    content = {
        "summary": {group: {name: item.as_dict() for name, item in found.items()} for group, found in table.items()},
        "refused": {kind: estimate.as_dict() for kind, estimate in refused.items()},
        **more,
    }
    out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
