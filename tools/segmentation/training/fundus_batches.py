"""Batches and losses of the two fundus networks."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from clinigraph.tools.segmentation.networks.fundus import COARSE_SIZE, FINE_SIZE, VIEW_DISCS
from clinigraph.tools.segmentation.networks.views import standardise_colour
from clinigraph.tools.segmentation.training.fundus_data import (
    CAMERAS,
    FINE_CACHE_DISCS,
    CoarseCache,
    FineCache,
)
from clinigraph.tools.segmentation.training.geometric import (
    AffineRange,
    affine_grid,
    elastic,
    sample,
    warp_cup,
)
from clinigraph.tools.segmentation.training.looks import PHOTOGRAPH
from clinigraph.tools.segmentation.training.loop import draw_from, forward, outline_loss, soft_dice
from clinigraph.tools.segmentation.training.photometric import uniform

_COARSE_RANGE = AffineRange(scale_low=0.22, scale_high=1.5, rotation=0.5, shift=0.5, aspect=0.2)
_FINE_SCALE = VIEW_DISCS / FINE_CACHE_DISCS
_FINE_RANGE = AffineRange(
    scale_low=0.66 * _FINE_SCALE, scale_high=1.6 * _FINE_SCALE, rotation=0.5, shift=0.28, aspect=0.25
)


@dataclass(frozen=True, slots=True)
class CoarseTask:
    """Find the disc in the whole photograph."""

    cache: CoarseCache
    batch: int

    def loss(self, student: nn.Module, _: nn.Module, __: float, generator: Generator) -> Tensor:
        """Cross-entropy and Dice of the disc on one random batch, a fifth of it other pictures."""
        image, target = self.draw(generator)
        logits = forward(student, standardise_colour(PHOTOGRAPH(image, generator)))
        return outline_loss(logits, target, weight=1 + 4 * target)

    def draw(self, generator: Generator) -> tuple[Tensor, Tensor]:
        """Image (N, 3, s, s) and disc (N, 1, s, s), before photometric augmentation."""
        fundus = torch.nonzero(self.cache.is_fundus)[:, 0]
        others = torch.nonzero(~self.cache.is_fundus)[:, 0]
        share = self.batch // 5
        index = draw_from((fundus, others), (self.batch - share, share), generator)
        centre = self.cache.centres[index]
        centre = centre * (torch.rand((self.batch, 1), generator=generator) < 0.65).float()
        grid = affine_grid(self.batch, 2 * COARSE_SIZE, _COARSE_RANGE, generator, centre)
        grid = elastic(grid, generator, 0.015)
        stack = functional.avg_pool2d(sample(self.cache.pixels[index].float() / 255, grid), 2)
        lit = _aperture(stack, generator)
        return _label(stack[:, :3] * lit, generator), (stack[:, 3:] * lit > 0.5).float()


@dataclass(frozen=True, slots=True)
class FineTask:
    """Outline disc and cup in the surroundings of the disc."""

    cache: FineCache
    batch: int

    def loss(self, student: nn.Module, _: nn.Module, __: float, generator: Generator) -> Tensor:
        """Disc loss on all; cup loss, weighing double, where the cup was drawn and inside the disc."""
        image, target, has_cup = self.draw(generator)
        logits = forward(student, standardise_colour(PHOTOGRAPH(image, generator)))
        disc, cup = logits[:, :1], logits[:, 1:]
        disc_target, cup_target = target[:, :1], target[:, 1:]
        total = outline_loss(disc, disc_target)
        inside = disc_target * has_cup
        total = total + 2 * _inside_entropy(cup, cup_target, inside)
        both = torch.sigmoid(disc) * torch.sigmoid(cup)
        overlap = soft_dice(both, cup_target)[:, 0] * has_cup[:, 0, 0, 0]
        return total + 2 * overlap.sum() / has_cup.sum().clamp_min(1)

    def draw(self, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Image (N, 3, s, s), disc and cup (N, 2, s, s), whether the cup was drawn (N, 1, 1, 1)."""
        index = self._indices(generator)
        count = len(index)
        grid = affine_grid(count, FINE_SIZE, _FINE_RANGE, generator, torch.zeros((count, 2)))
        grid = warp_cup(elastic(grid, generator, 0.012), self.cache.half_axes[index], generator)
        stack = sample(self.cache.pixels[index].float() / 255, grid)
        has_cup = self.cache.has_cup[index].float().reshape(count, 1, 1, 1)
        target = (stack[:, 3:] > 0.5).float()
        return _pallor(stack[:, :3], stack[:, 3:], generator), target, has_cup

    def _indices(self, generator: Generator) -> Tensor:
        """Five eighths of the batch with a drawn cup, the rest from the other cameras in equal parts."""
        with_cup = self.batch * 5 // 8
        cameras = [camera for camera in CAMERAS if camera in self.cache.cameras]
        rest = (self.batch - with_cup) // max(1, len(cameras) - 1)
        pools = [torch.tensor([i for i, name in enumerate(self.cache.cameras) if name == own]) for own in cameras]
        counts = [with_cup if camera == "drishti" else rest for camera in cameras]
        return draw_from(pools, counts, generator)


def _inside_entropy(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    entropy = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return (entropy * weight).sum() / weight.sum().clamp_min(100)


def _pallor(image: Tensor, masks: Tensor, generator: Generator) -> Tensor:
    """Brighten the cup and change the disc, softly, in a third of the samples."""
    soft = functional.avg_pool2d(masks, 9, stride=1, padding=4)
    active = (uniform(image, generator, 0, 1) < 0.33).float()
    for layer, low, high in ((soft[:, :1], -0.06, 0.08), (soft[:, 1:], -0.02, 0.12)):
        image = image + active * layer * uniform(image, generator, low, high, 3)
    return image.clamp(0, 1)


def _aperture(stack: Tensor, generator: Generator) -> Tensor:
    """A circular aperture (1 inside) in a third of the samples."""
    size = stack.shape[-1]
    axis = torch.linspace(-1, 1, size)
    x = axis[None, None, None, :] - uniform(stack, generator, -0.3, 0.3)
    y = axis[None, None, :, None] - uniform(stack, generator, -0.3, 0.3)
    open_here = uniform(stack, generator, 0, 1) > 0.33
    return ((x * x + y * y).sqrt() < uniform(stack, generator, 0.6, 1.2)).float().maximum(open_here.float())


def _label(image: Tensor, generator: Generator) -> Tensor:
    """Burn a bright patch, such as letters, into the border of a third of the samples."""
    size = image.shape[-1]
    out = image.clone()
    for picture in out:
        draw = torch.rand(6, generator=generator)
        if draw[0] > 0.33:
            continue
        height, width = (draw[1:3] * size * 0.12 + 3).int().tolist()
        left = int(draw[3] * (size - width))
        top = 0 if draw[4] < 0.5 else size - height
        picture[:, top : top + height, left : left + width] = draw[5]
    return out
