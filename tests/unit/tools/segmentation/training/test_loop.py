"""Batches and losses that the training commands share."""

from __future__ import annotations

import torch
from torch.nn import functional

from clinigraph.tools.segmentation.training.loop import draw_from, outline_loss, soft_dice


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_draw_takes_so_many_of_each_pool_in_their_order() -> None:
    found = draw_from((torch.tensor([1, 2, 3]), torch.tensor([7])), (4, 2), generator(0))
    assert found.shape == (6,)
    assert set(found[:4].tolist()) <= {1, 2, 3}
    assert found[4:].tolist() == [7, 7]
    assert torch.equal(found, draw_from((torch.tensor([1, 2, 3]), torch.tensor([7])), (4, 2), generator(0)))


def test_the_loss_of_an_outline_is_entropy_plus_missed_overlap() -> None:
    logits = torch.randn(2, 1, 8, 8, generator=generator(1))
    target = (torch.rand(2, 1, 8, 8, generator=generator(2)) > 0.5).float()
    entropy = functional.binary_cross_entropy_with_logits(logits, target)
    expected = entropy + soft_dice(torch.sigmoid(logits), target).mean()
    assert torch.equal(outline_loss(logits, target), expected)


def test_weights_count_for_the_entropy_alone() -> None:
    logits, target = torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4)
    plain, double = outline_loss(logits, target), outline_loss(logits, target, weight=torch.full((1, 1, 4, 4), 2.0))
    assert torch.isclose(double - plain, torch.log(torch.tensor(2.0)))
