"""Batches and loss of the fetal head network: whole pictures and the region of the head, made to look like others."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from clinigraph.tools.segmentation.networks.head import SIZE
from clinigraph.tools.segmentation.networks.views import standardise_film
from clinigraph.tools.segmentation.training import photometric
from clinigraph.tools.segmentation.training.geometric import AffineRange, affine_grid, sample
from clinigraph.tools.segmentation.training.head_data import HeadCache
from clinigraph.tools.segmentation.training.loop import draw_from, forward, outline_loss
from clinigraph.tools.segmentation.training.photometric import Augmentation, chain, sometimes, uniform

_WHOLE = AffineRange(scale_low=0.8, scale_high=1.4, rotation=0.5, shift=0.15, aspect=0.3)
_CLOSE = AffineRange(scale_low=1.15, scale_high=1.9, rotation=0.8, shift=0.08, aspect=0.3)
"""Of the long axis of the head."""


@dataclass(frozen=True, slots=True)
class HeadTask:
    """Outline the head."""

    cache: HeadCache
    batch: int

    def loss(self, student: nn.Module, _: nn.Module, __: float, generator: Generator) -> Tensor:
        """Cross-entropy and Dice on one random batch, a sixth of it other pictures."""
        image, target = self.draw(generator)
        return outline_loss(forward(student, standardise_film(LOOKS(image, generator))), target)

    def draw(self, generator: Generator) -> tuple[Tensor, Tensor]:
        """Pictures and heads, each (N, 1, s, s): other things first, then whole pictures, then heads from near."""
        heads, others = torch.nonzero(self.cache.sizes > 0)[:, 0], torch.nonzero(self.cache.sizes == 0)[:, 0]
        share = self.batch // 6
        index = draw_from((others, heads), (share, self.batch - share), generator)
        near = max(1, (self.batch - share) // 2)
        centre = torch.zeros((self.batch - near, 2))
        wide = affine_grid(self.batch - near, SIZE, _WHOLE, generator, centre)
        close = affine_grid(near, SIZE, _CLOSE, generator, torch.zeros((near, 2)))
        chosen = index[-near:]
        close = self.cache.centres[chosen][:, None, None, :] + self.cache.sizes[chosen][:, None, None, None] * close
        stack = sample(self.cache.pixels[index].float() / 255, torch.cat([wide, close]))
        return stack[:, :1], stack[:, 1:]


def shadows(image: Tensor, generator: Generator) -> Tensor:
    """Dark stripes along the beam, as bone and gas cast them: a smooth field that hardly changes downwards."""
    count, _, height, width = image.shape
    field = torch.randn((count, 1, 2, 9), generator=generator)
    smooth = functional.interpolate(field, size=(height, width), mode="bicubic", align_corners=False)
    return image * (1 - uniform(image, generator, 0.2, 0.9) * torch.sigmoid(4 * smooth - 2))


def covers(image: Tensor, generator: Generator) -> Tensor:
    """Black blocks, as put over names."""
    out = image.clone()
    size = image.shape[-1]
    for picture in out:
        left, top, width, height = (torch.rand(4, generator=generator) * size * 0.8).long().tolist()
        picture[0, top : top + max(4, height // 4), left : left + max(6, width // 3)] = 0
    return out


LOOKS: Augmentation = chain(
    sometimes(0.3, photometric.borrow_histogram),
    sometimes(0.4, shadows),
    sometimes(0.3, covers),
    sometimes(0.7, photometric.tone),
    sometimes(0.4, photometric.contrast),
    sometimes(0.4, photometric.shading),
    sometimes(0.4, photometric.blur),
    sometimes(0.3, photometric.sharpen),
    sometimes(0.4, photometric.noise),
    sometimes(0.2, photometric.low_resolution),
    lambda batch, _: batch.clamp(0, 1),
    sometimes(0.15, photometric.jpeg),
)
"""The chain for ultrasound pictures."""
