"""Looks of fundus photographs that few cameras of the training show, and the chain of augmentation with them.

Every function takes (N, 3, H, W) float32 in 0..1 and a seeded generator, and returns the same shape, as those of
`photometric` do; each sample draws its own parameters.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.exposure import equalize_adapthist
from torch import Generator, Tensor

from clinigraph.tools.segmentation.training.photometric import (
    Augmentation,
    blur,
    borrow_style,
    chain,
    colour_mix,
    contrast,
    jpeg,
    low_resolution,
    noise,
    shading,
    sharpen,
    sometimes,
    tone,
    uniform,
)

_LIT = 0.05
"""Pixels whose brightest channel lies below belong to the black surround and keep their colour."""


def monochrome(batch: Tensor, generator: Generator) -> Tensor:
    """One mixture of the channels in all three; green alone is the red-free photograph."""
    weights = torch.softmax(3 * torch.randn((batch.shape[0], 3, 1, 1), generator=generator), dim=1)
    return (batch * weights).sum(dim=1, keepdim=True).expand_as(batch).clone()


def equalise(batch: Tensor, generator: Generator) -> Tensor:
    """Adaptive equalisation of the brightness or of each channel, in windows and with a clip limit of any size."""
    out = torch.empty_like(batch)
    for index, sample in enumerate(batch.clamp(0, 1)):
        window, limit, share, mode = torch.rand(4, generator=generator).tolist()
        kernel = max(8, int(sample.shape[-1] * 0.1 * 7**window))
        strength = 0.005 * 10**limit
        if mode < 0.5:
            bright = sample.amax(dim=0)
            mapped = sample * (_adaptive(bright, kernel, strength) / bright.clamp_min(1e-2))
        else:
            mapped = torch.stack([_adaptive(channel, kernel, strength) for channel in sample])
        share = 0.4 + 0.6 * share
        out[index] = sample * (1 - share) + mapped * share
    return out.clamp(0, 1)


def _adaptive(channel: Tensor, kernel: int, strength: float) -> Tensor:
    grey: NDArray[np.float64] = channel.double().numpy()
    if float(np.ptp(grey)) < 1e-3:
        return channel
    return torch.from_numpy(equalize_adapthist(grey, kernel_size=kernel, clip_limit=strength)).float()


def recast(batch: Tensor, generator: Generator) -> Tensor:
    """New mean and deviation of each channel over the lit pixels, clipped: the red is often burnt out."""
    lit = (batch.amax(dim=1, keepdim=True) > _LIT).float()
    count = lit.sum(dim=(2, 3), keepdim=True).clamp_min(1.0)
    mean = (batch * lit).sum(dim=(2, 3), keepdim=True) / count
    deviation = ((((batch - mean) * lit) ** 2).sum(dim=(2, 3), keepdim=True) / count).sqrt().clamp_min(0.01)
    red = uniform(batch, generator, 0.4, 1.0)
    green = red * uniform(batch, generator, 0.3, 0.8)
    blue = red * uniform(batch, generator, 0.15, 0.8)
    spread = uniform(batch, generator, 0.07, 0.22) * torch.exp(uniform(batch, generator, -0.4, 0.4, 3))
    cast = (batch - mean) / deviation * spread + torch.cat([red, green, blue], dim=1)
    return (cast * lit + batch * (1 - lit)).clamp(0, 1)


def haze(batch: Tensor, generator: Generator) -> Tensor:
    """A veil of one colour over the lit pixels, up to two thirds of what is seen, as with a cataract."""
    lit = (batch.amax(dim=1, keepdim=True) > _LIT).float()
    veil = uniform(batch, generator, 0.25, 0.8) + uniform(batch, generator, -0.15, 0.15, 3)
    share = uniform(batch, generator, 0.15, 0.65) * lit
    return (batch * (1 - share) + veil * share).clamp(0, 1)


def strong_gamma(batch: Tensor, generator: Generator) -> Tensor:
    """Gamma from 0.4 to 2.5, the same in all channels."""
    return batch.clamp(1e-4, 1) ** torch.exp(uniform(batch, generator, math.log(0.4), math.log(2.5)))


PHOTOGRAPH: Augmentation = chain(
    borrow_style,
    sometimes(0.15, recast),
    sometimes(0.7, tone),
    sometimes(0.3, colour_mix),
    sometimes(0.1, strong_gamma),
    sometimes(0.3, contrast),
    sometimes(0.4, shading),
    sometimes(0.1, haze),
    sometimes(0.25, blur),
    sometimes(0.3, sharpen),
    sometimes(0.12, equalise),
    sometimes(0.12, monochrome),
    sometimes(0.2, low_resolution),
    sometimes(0.2, noise),
    lambda batch, generator: batch.clamp(0, 1),
    sometimes(0.25, jpeg),
)
"""The chain for fundus photographs."""
