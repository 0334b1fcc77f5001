"""The training loop of all commands: seeded, one-cycle learning rate, averaged weights, progress bar."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from rich.console import Console
from rich.progress import track
from torch import Generator, Tensor, nn
from torch.nn import functional

Item = TypeVar("Item")

StepLoss = Callable[[nn.Module, nn.Module, float, Generator], Tensor]
"""(student, averaged teacher, share of training done, generator) to the loss of one batch."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to train."""

    steps: int
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    averaging: float = 0.995
    """Decay of the exponential moving average of the weights, which is what is kept."""


def train(network: nn.Module, step_loss: StepLoss, schedule: Schedule, *, seed: int, title: str) -> nn.Module:
    """Train and return the averaged network in evaluation mode, on the processor."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    generator = torch.Generator().manual_seed(seed)
    network = network.to(device).to(memory_format=torch.channels_last).train()
    teacher = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(network.parameters(), schedule.learning_rate, weight_decay=schedule.weight_decay)
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, schedule.learning_rate, total_steps=schedule.steps, pct_start=0.1
    )
    for step in progress(range(schedule.steps), title):
        loss = step_loss(network, teacher, step / schedule.steps, generator)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        rate.step()
        average(teacher, network, min(schedule.averaging, (1 + step) / (10 + step)))
    return teacher.cpu().eval()


def progress(items: Sequence[Item], title: str) -> Iterable[Item]:
    """The items, with a bar on the terminal, or a line for every tenth where there is no terminal."""
    console = Console(stderr=True)
    if console.is_terminal:
        yield from track(items, description=title, console=console)
        return
    for index, item in enumerate(items):
        if index % max(1, len(items) // 10) == 0:
            console.print(f"{title}: {index} of {len(items)}")
        yield item


def forward(network: nn.Module, batch: Tensor) -> Tensor:
    """Logits in float32 on the processor; convolutions run in bfloat16 where the network is."""
    device = next(network.parameters()).device
    with torch.autocast(device.type, torch.bfloat16):
        logits: Tensor = network(batch.to(device, memory_format=torch.channels_last))
    return logits.float().cpu()


def average(teacher: nn.Module, student: nn.Module, decay: float) -> None:
    """Move the teacher's weights and buffers towards the student's."""
    with torch.no_grad():
        for old, new in zip(teacher.state_dict().values(), student.state_dict().values(), strict=True):
            if old.is_floating_point():
                old.lerp_(new, 1 - decay)
            else:
                old.copy_(new)


def soft_dice(probability: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """1 - Dice per sample and channel, (N, C); smoothed so that empty targets are well behaved."""
    weight = torch.ones_like(target) if weight is None else weight
    overlap = (probability * target * weight).sum(dim=(2, 3))
    total = ((probability + target) * weight).sum(dim=(2, 3))
    return 1 - (2 * overlap + 20) / (total + 20)


def outline_loss(logits: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Cross-entropy, weighted where weights are given, plus the mean of 1 - Dice; both (N, C, s, s)."""
    entropy = functional.binary_cross_entropy_with_logits(logits, target, weight=weight)
    return entropy + soft_dice(torch.sigmoid(logits), target).mean()


def draw_from(pools: Sequence[Tensor], counts: Sequence[int], generator: Generator) -> Tensor:
    """So many random members of each pool, one pool after the other; a member may come more than once."""
    picks = [
        pool[torch.randint(len(pool), (count,), generator=generator)] for pool, count in zip(pools, counts, strict=True)
    ]
    return torch.cat(picks)
