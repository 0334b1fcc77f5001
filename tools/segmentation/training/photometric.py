"""Photometric augmentation of a batch, so that one camera looks like many.

Every function takes (N, C, H, W) float32 in 0..1 and a seeded generator, and returns the same shape; each sample
draws its own parameters. Values may leave 0..1 in between; the end of the chain brings them back.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor
from torch.nn import functional

from clinigraph.tools.segmentation.networks.views import box_mean

Augmentation = Callable[[Tensor, Generator], Tensor]


def uniform(batch: Tensor, generator: Generator, low: float, high: float, channels: int = 1) -> Tensor:
    """(N, channels, 1, 1) draws from U(low, high)."""
    draws = torch.rand((batch.shape[0], channels, 1, 1), generator=generator)
    return draws * (high - low) + low


def sometimes(chance: float, augmentation: Augmentation) -> Augmentation:
    """Apply to each sample with the given probability."""

    def apply(batch: Tensor, generator: Generator) -> Tensor:
        chosen = torch.rand(batch.shape[0], generator=generator) < chance
        if not bool(chosen.any()):
            return batch
        out = batch.clone()
        out[chosen] = augmentation(batch[chosen], generator)
        return out

    return apply


def chain(*steps: Augmentation) -> Augmentation:
    """One after the other, then clip to 0..1."""

    def apply(batch: Tensor, generator: Generator) -> Tensor:
        for step in steps:
            batch = step(batch, generator)
        return batch.clamp(0, 1)

    return apply


def tone(batch: Tensor, generator: Generator) -> Tensor:
    """Gamma, gain and offset, one part common to the channels and one of each channel alone."""
    channels = batch.shape[1]
    gamma = torch.exp(uniform(batch, generator, -0.5, 0.5) + uniform(batch, generator, -0.25, 0.25, channels))
    gain = torch.exp(uniform(batch, generator, -0.4, 0.4) + uniform(batch, generator, -0.2, 0.2, channels))
    offset = uniform(batch, generator, -0.06, 0.06, channels)
    return batch.clamp(1e-4, 1) ** gamma * gain + offset * (batch > 0.04)


def colour_mix(batch: Tensor, generator: Generator) -> Tensor:
    """A random colour matrix near identity, partly pulled to grey."""
    count, channels = batch.shape[:2]
    matrix = torch.eye(channels) + 0.09 * torch.randn((count, channels, channels), generator=generator)
    mixed = torch.einsum("ncd,ndhw->nchw", matrix, batch)
    grey = uniform(batch, generator, -0.4, 0.6).clamp_min(0)
    return mixed * (1 - grey) + mixed.mean(dim=1, keepdim=True) * grey


def contrast(batch: Tensor, generator: Generator) -> Tensor:
    """Stretch or flatten round the mean."""
    mean = batch.mean(dim=(2, 3), keepdim=True)
    return (batch - mean) * uniform(batch, generator, 0.45, 1.7) + mean


def shading(batch: Tensor, generator: Generator) -> Tensor:
    """Uneven light: a smooth random field multiplied in, slightly different in each channel."""
    count, channels, height, width = batch.shape
    field = torch.randn((count, 1, 4, 4), generator=generator)
    field = field + 0.35 * torch.randn((count, channels, 4, 4), generator=generator)
    smooth = functional.interpolate(field, size=(height, width), mode="bicubic", align_corners=False)
    return batch * torch.exp(uniform(batch, generator, 0.05, 0.4) * smooth)


def blur(batch: Tensor, generator: Generator) -> Tensor:
    """Gaussian blur, sigma 0.4..2.4 pixels."""
    count, channels, height, width = batch.shape
    sigma = uniform(batch, generator, 0.4, 2.4).reshape(count, 1)
    offsets = torch.arange(-6, 7).float()[None]
    kernel = torch.exp(-(offsets**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum(dim=1, keepdim=True)).repeat_interleave(channels, dim=0)
    flat = functional.pad(batch.reshape(1, count * channels, height, width), (6, 6, 6, 6), mode="replicate")
    flat = functional.conv2d(flat, kernel[:, None, None, :], groups=count * channels)
    flat = functional.conv2d(flat, kernel[:, None, :, None], groups=count * channels)
    return flat.reshape(batch.shape)


def sharpen(batch: Tensor, generator: Generator) -> Tensor:
    """Amplify or damp local contrast, like unsharp masking and adaptive equalisation of camera software."""
    local = box_mean(batch, int(torch.randint(2, 14, (1,), generator=generator)))
    return batch + uniform(batch, generator, -0.5, 2.2) * (batch - local)


def noise(batch: Tensor, generator: Generator) -> Tensor:
    """Sensor noise at full and half resolution, deviation up to 0.06."""
    count, channels, height, width = batch.shape
    fine = torch.randn(batch.shape, generator=generator)
    coarse = torch.randn((count, channels, height // 2, width // 2), generator=generator)
    coarse = functional.interpolate(coarse, size=(height, width), mode="bilinear", align_corners=False)
    deviation = uniform(batch, generator, 0.0, 0.05)
    return batch + deviation * fine + uniform(batch, generator, 0.0, 0.04) * coarse


def low_resolution(batch: Tensor, generator: Generator) -> Tensor:
    """Down to 25..80 % of the grid and up again."""
    height, width = batch.shape[-2:]
    factor = 0.25 + 0.55 * float(torch.rand(1, generator=generator))
    small = functional.interpolate(batch, scale_factor=factor, mode="bilinear", antialias=True)
    return functional.interpolate(small, size=(height, width), mode="bilinear", align_corners=False)


def jpeg(batch: Tensor, generator: Generator) -> Tensor:
    """JPEG compression of quality 12..70."""
    out = torch.empty_like(batch)
    for index, sample in enumerate(batch.clamp(0, 1)):
        quality = int(torch.randint(12, 71, (1,), generator=generator))
        pixels = (sample * 255).byte().permute(1, 2, 0).numpy()
        buffer = io.BytesIO()
        Image.fromarray(pixels.squeeze()).save(buffer, "JPEG", quality=quality)
        back = np.array(Image.open(buffer)).reshape(pixels.shape)
        out[index] = torch.from_numpy(back).permute(2, 0, 1).float() / 255
    return out


def match_histogram(batch: Tensor, reference: Tensor, generator: Generator) -> Tensor:
    """Give each sample a mixture of its own histogram and that of its reference, channel by channel."""
    levels = torch.linspace(0, 1, 24)
    own = torch.quantile(batch[..., ::3, ::3].flatten(2), levels, dim=2)
    other = torch.quantile(reference[..., ::3, ::3].flatten(2), levels, dim=2)
    own = own + torch.arange(24).reshape(24, 1, 1) * 1e-5
    flat = batch.flatten(2)
    knots = own.permute(1, 2, 0).contiguous()
    target = other.permute(1, 2, 0).contiguous()
    upper = torch.searchsorted(knots, flat.contiguous()).clamp(1, 23)
    x0, x1 = knots.gather(2, upper - 1), knots.gather(2, upper)
    y0, y1 = target.gather(2, upper - 1), target.gather(2, upper)
    mapped = y0 + (y1 - y0) * ((flat - x0) / (x1 - x0)).clamp(0, 1)
    share = uniform(batch, generator, 0.4, 1.0)
    return batch * (1 - share) + mapped.reshape(batch.shape) * share


def swap_amplitude(batch: Tensor, reference: Tensor, generator: Generator) -> Tensor:
    """Take the low-frequency Fourier amplitude of the reference, keep the phase (Yang and Soatto, 2020)."""
    reach = int(torch.randint(1, 5, (1,), generator=generator))
    spectrum, other = torch.fft.rfft2(batch), torch.fft.rfft2(reference)
    amplitude, phase = spectrum.abs(), spectrum.angle()
    share = uniform(batch, generator, 0.3, 1.0)
    for rows in (slice(0, reach), slice(-reach, None)):
        mixed = amplitude[..., rows, :reach] * (1 - share) + other[..., rows, :reach].abs() * share
        amplitude[..., rows, :reach] = mixed
    mixed_image: Tensor = torch.fft.irfft2(torch.polar(amplitude, phase), s=batch.shape[-2:])
    return mixed_image


def borrow_style(batch: Tensor, generator: Generator) -> Tensor:
    """Each sample borrows histogram (0.35) or low frequencies (0.2) from another of the batch, or keeps its own."""
    count = batch.shape[0]
    reference = batch[torch.randperm(count, generator=generator)]
    choice = torch.rand(count, generator=generator)
    out = batch.clone()
    for chosen, method in (((choice < 0.35), match_histogram), ((choice > 0.8), swap_amplitude)):
        if bool(chosen.any()):
            out[chosen] = method(batch[chosen], reference[chosen], generator)
    return out


def borrow_histogram(batch: Tensor, generator: Generator) -> Tensor:
    """Each sample takes over part of the histogram of another of the batch."""
    order = torch.randperm(batch.shape[0], generator=generator)
    return match_histogram(batch, batch[order], generator)
