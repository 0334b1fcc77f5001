"""What the training commands share: options, weights of a role, training that can be interrupted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Generator, Tensor, nn

from clinigraph.tools.segmentation.networks.bundle import part_of
from clinigraph.tools.segmentation.training import commands
from clinigraph.tools.segmentation.training.loop import Schedule

Loss = Callable[[nn.Module, nn.Module, float, Generator], Tensor]


def small() -> nn.Module:
    torch.manual_seed(0)
    return nn.Conv2d(1, 1, 3)


def towards_zero(student: nn.Module, _: nn.Module, __: float, generator: Generator) -> Tensor:
    loss: Tensor = student(torch.rand(1, 1, 8, 8, generator=generator)).square().mean()
    return loss


def never(student: nn.Module, _: nn.Module, __: float, generator: Generator) -> Tensor:
    raise AssertionError("this stage is done")


def stages(*losses: Loss) -> list[tuple[Loss, Schedule]]:
    return [(loss, Schedule(4, learning_rate=0.1)) for loss in losses]


def test_a_run_keeps_its_weights_in_half_precision_under_their_role() -> None:
    network = small()
    kept = commands.halved("head", network)
    assert set(kept) == {"head.weight", "head.bias"}
    assert {value.dtype for value in kept.values()} == {torch.float16}
    back = part_of({**kept, "header.bias": torch.zeros(1)}, "head.")
    assert set(back) == {"weight", "bias"}
    assert torch.equal(back["weight"], network.weight.half().float())  # type: ignore[union-attr,operator]


def test_each_stage_leaves_a_file_and_the_last_is_the_run(tmp_path: Path) -> None:
    network = small()
    commands.train_in_stages(
        network, stages(towards_zero, towards_zero), tmp_path / "new" / "fold0", "head", seeds=(0, 3)
    )
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == ["fold0.safetensors", "fold0.stage0.safetensors", "fold0.stage1.safetensors"]
    run, last = (load_file(tmp_path / "new" / name) for name in (names[0], names[2]))
    assert all(torch.equal(run[key], last[key]) for key in run)
    first = load_file(tmp_path / "new" / names[1])
    assert not torch.equal(first["head.weight"], last["head.weight"])


def test_a_stage_whose_file_is_there_is_not_trained_again(tmp_path: Path) -> None:
    commands.train_in_stages(small(), stages(towards_zero), tmp_path / "a", "head", seeds=(0,))
    before = load_file(tmp_path / "a.safetensors")
    network = small()
    commands.train_in_stages(network, stages(never), tmp_path / "a", "head", seeds=(0,))
    assert all(torch.equal(value, before[key]) for key, value in load_file(tmp_path / "a.safetensors").items())


def test_the_same_seeds_give_the_same_weights_and_others_do_not(tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        commands.train_in_stages(small(), stages(towards_zero), tmp_path / name, "head", seeds=(seed,))
    first, second, third = (load_file(tmp_path / f"{name}.safetensors")["head.weight"] for name in "abc")
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


def test_a_seed_is_needed_for_each_stage(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shorter"):
        commands.train_in_stages(small(), stages(towards_zero, never), tmp_path / "a", "head", seeds=(0,))


def test_every_command_reads_where_the_data_are_and_which_runs_are_wanted() -> None:
    parser = commands.parser("us_fetal_head", ("fold0", "fold1"), "pictures")
    options = commands.read(parser, ["--data", "d", "--out", "o"], threads=1)
    assert (options.data, options.out, options.runs, options.threads) == (Path("d"), Path("o"), "fold0,fold1", 1)
