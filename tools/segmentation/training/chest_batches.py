"""Batches and loss of the chest network, with films made worse on purpose."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from clinigraph.tools.segmentation.networks.chest import SIZE
from clinigraph.tools.segmentation.networks.views import box_mean, standardise_film
from clinigraph.tools.segmentation.training import photometric
from clinigraph.tools.segmentation.training.chest_data import ChestCache
from clinigraph.tools.segmentation.training.geometric import (
    AffineRange,
    affine_grid,
    elastic,
    magnify,
    sample,
    taper,
)
from clinigraph.tools.segmentation.training.loop import draw_from, forward, outline_loss
from clinigraph.tools.segmentation.training.photometric import Augmentation, chain, sometimes, uniform

_RANGE = AffineRange(scale_low=0.75, scale_high=1.9, rotation=0.3, shift=0.22, aspect=0.36, flip=False)


@dataclass(frozen=True, slots=True)
class ChestTask:
    """Outline left lung, right lung and heart."""

    cache: ChestCache
    batch: int

    def loss(self, student: nn.Module, _: nn.Module, __: float, generator: Generator) -> Tensor:
        """Cross-entropy and Dice on one random batch, an eighth of it other pictures."""
        image, target = self.draw(generator)
        return outline_loss(forward(student, standardise_film(FILM(image, generator))), target)

    def draw(self, generator: Generator) -> tuple[Tensor, Tensor]:
        """Film (N, 1, s, s) with synthetic disease and masks (N, 3, s, s), photometrically unchanged."""
        films, others = torch.nonzero(self.cache.is_chest)[:, 0], torch.nonzero(~self.cache.is_chest)[:, 0]
        share = self.batch // 8
        index = draw_from((films, others), (self.batch - share, share), generator)
        grid = affine_grid(self.batch, SIZE, _RANGE, generator, torch.zeros((self.batch, 2)))
        grid = taper(elastic(grid, generator, 0.04), generator, 0.25)
        grid = magnify(grid, self.cache.heart_centres[index], 2.2 * self.cache.heart_half_axes[index], generator)
        stack = sample(self.cache.pixels[index].float() / 255, grid)
        covered = (grid.abs().amax(dim=3) < 1).float()[:, None]
        target = (stack[:, 1:] > 0.5).float()
        image = opacify(stack[:, :1], target[:, :2].amax(dim=1, keepdim=True), generator)
        fill = uniform(image, generator, 0, 1) * (uniform(image, generator, 0, 1) < 0.4).float()
        return image * covered + fill * (1 - covered), target


def opacify(image: Tensor, lungs: Tensor, generator: Generator) -> Tensor:
    """Whiten parts of the lungs in half of the samples: smooth patches, or from below like fluid."""
    count, _, height, width = image.shape
    patches = functional.interpolate(
        torch.randn((count, 1, 6, 6), generator=generator),
        size=(height, width),
        mode="bicubic",
        align_corners=False,
    )
    rows = torch.linspace(0, 1, height)[None, None, :, None]
    columns = torch.linspace(-1, 1, width)[None, None, None, :]
    level = torch.sigmoid((rows - uniform(image, generator, 0.45, 1.0)) * 18)
    side = torch.sigmoid(columns * 20 * uniform(image, generator, -1, 1).sign())
    fluid = level * side * (uniform(image, generator, 0, 1) < 0.4).float()
    amount = torch.maximum((patches - 0.3).clamp(0, 1) * uniform(image, generator, 0, 1), fluid)
    amount = amount * lungs * uniform(image, generator, 0.3, 0.95) * (uniform(image, generator, 0, 1) < 0.5).float()
    amount = functional.avg_pool2d(amount, 7, stride=1, padding=3)
    white = image.flatten(2).quantile(0.85, dim=2)[..., None, None]
    return image * (1 - amount) + white * amount


def devices(image: Tensor, generator: Generator) -> Tensor:
    """Draw lines, tubes and letter-like blocks on each film."""
    out = image.clone()
    size = image.shape[-1]
    for film in out:
        draw = torch.rand(12, generator=generator)
        steps = torch.linspace(0, 1, 3 * size)
        ends = draw[:8].reshape(4, 2) * 1.2 - 0.1
        weights = torch.stack([(1 - steps) ** 3, 3 * steps * (1 - steps) ** 2, 3 * steps**2 * (1 - steps), steps**3], 1)
        points = ((weights @ ends) * size).long().clamp(0, size - 2)
        for offset in range(1 + int(draw[8] * 2)):
            film[0, points[:, 1] + offset, points[:, 0]] = 0.6 + 0.4 * draw[9]
        left, top = int(draw[10] * size * 0.85), int(draw[11] * size * 0.1)
        film[0, top : top + 4 + int(draw[0] * 14), left : left + 4 + int(draw[1] * 24)] = draw[2]
    return out


def collimate(image: Tensor, generator: Generator) -> Tensor:
    """Black or grey bars along the edges of each film."""
    size = image.shape[-1]
    axis = torch.linspace(0, 1, size)
    x, y = axis[None, None, None, :], axis[None, None, :, None]
    low = [uniform(image, generator, -0.08, 0.1) for _ in range(4)]
    inside = (x > low[0]) & (x < 1 - low[1]) & (y > low[2]) & (y < 1 - low[3])
    return torch.where(inside, image, uniform(image, generator, 0, 0.3))


def invert(image: Tensor, _: Generator) -> Tensor:
    """Black for white."""
    return 1 - image


def steep_gamma(image: Tensor, generator: Generator) -> Tensor:
    """Stretch to the full range, then a strong gamma: from washed out to burnt."""
    low, high = image.amin(dim=(2, 3), keepdim=True), image.amax(dim=(2, 3), keepdim=True)
    return ((image - low) / (high - low + 1e-3)) ** torch.exp(uniform(image, generator, -0.8, 1.4))


def equalise(image: Tensor, generator: Generator) -> Tensor:
    """Like adaptive equalisation: mix in the rank among the neighbours, as if their values were Gaussian."""
    half = int(torch.randint(8, 40, (1,), generator=generator))
    local = box_mean(image, half)
    deviation = (box_mean(image * image, half) - local * local).clamp_min(0).sqrt()
    ranks: Tensor = torch.special.ndtr((image - local) / (deviation + 0.03))
    share = uniform(image, generator, 0.2, 1.0)
    return image * (1 - share) + ranks * share


FILM: Augmentation = chain(
    sometimes(0.3, equalise),
    sometimes(0.6, steep_gamma),
    sometimes(0.25, photometric.borrow_histogram),
    sometimes(0.4, devices),
    sometimes(0.3, collimate),
    sometimes(0.6, photometric.tone),
    sometimes(0.4, photometric.contrast),
    sometimes(0.5, photometric.shading),
    sometimes(0.3, photometric.blur),
    sometimes(0.4, photometric.sharpen),
    sometimes(0.3, photometric.noise),
    sometimes(0.2, photometric.low_resolution),
    lambda batch, _: batch.clamp(0, 1),
    sometimes(0.2, photometric.jpeg),
    sometimes(0.15, invert),
)
"""The chain for films."""
