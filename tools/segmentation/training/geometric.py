"""Geometric augmentation by one resampling: affine, elastic, and a warp that changes the cup-to-disc ratio.

Coordinates are those of `grid_sample`: -1..1 over the source, x first. Angles in radians.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class AffineRange:
    """How far an affine draw may go."""

    scale_low: float
    """Side of the view over side of the source, smallest (zoomed in most)."""
    scale_high: float
    rotation: float
    shift: float
    """Largest shift of the centre, as a share of the side of the view (of the half side on each axis)."""
    aspect: float
    """Largest log stretch of one axis against the other."""
    flip: bool = True
    """Mirror left to right and top to bottom at random."""


def affine_grid(count: int, size: int, limits: AffineRange, generator: Generator, centre: Tensor) -> Tensor:
    """Sampling grids (N, size, size, 2) of random affine views.

    Args:
        count: N.
        size: Output side in pixels.
        limits: Ranges to draw from; scale is drawn log-uniformly.
        generator: Source of randomness.
        centre: (N, 2), the source point about which the views are shifted.
    """

    def draw(low: float, high: float) -> Tensor:
        return torch.rand(count, generator=generator) * (high - low) + low

    log_low, log_high = math.log(limits.scale_low), math.log(limits.scale_high)
    scale = torch.exp(draw(log_low, log_high))
    stretch = torch.exp(draw(-limits.aspect, limits.aspect) / 2)
    angle = draw(-limits.rotation, limits.rotation)
    mirror = [torch.where(draw(0, 1) < 0.5, -1.0, 1.0) if limits.flip else torch.ones(count) for _ in range(2)]
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    matrix = torch.stack(
        [
            torch.stack([cosine * stretch * mirror[0], -sine * mirror[1] / stretch], dim=1),
            torch.stack([sine * stretch * mirror[0], cosine * mirror[1] / stretch], dim=1),
        ],
        dim=1,
    )
    offset = (
        centre + torch.stack([draw(-limits.shift, limits.shift), draw(-limits.shift, limits.shift)], 1) * scale[:, None]
    )
    theta = torch.cat([matrix, offset[:, :, None]], dim=2)
    return functional.affine_grid(theta, [count, 1, size, size], align_corners=False)


def elastic(grid: Tensor, generator: Generator, strength: float) -> Tensor:
    """Add a smooth random displacement of about `strength` (in grid units) to half of the grids."""
    count, height, width = grid.shape[:3]
    field = torch.randn((count, 2, 5, 5), generator=generator) * strength
    field = field * (torch.rand((count, 1, 1, 1), generator=generator) < 0.5).float()
    smooth = functional.interpolate(field, size=(height, width), mode="bicubic", align_corners=False)
    return grid + smooth.permute(0, 2, 3, 1)


def taper(grid: Tensor, generator: Generator, strength: float) -> Tensor:
    """Make the upper part narrower than the lower one, or wider, in half of the grids.

    Args:
        grid: (N, H, W, 2).
        generator: Source of randomness.
        strength: Largest relative change of the width at the upper and lower edge of the source.
    """
    count = grid.shape[0]
    amount = (2 * torch.rand(count, generator=generator) - 1) * strength
    amount = amount * (torch.rand(count, generator=generator) < 0.5).float()
    x, y = grid.unbind(dim=3)
    return torch.stack([x * (1 + amount[:, None, None] * y), y], dim=3)


def warp_cup(grid: Tensor, half_axes: Tensor, generator: Generator) -> Tensor:
    """Shrink or widen the cup inside a fixed disc, in half of the grids.

    A point at relative disc radius r < 1 is read at r ** g: with g < 1 the cup shrinks, with g > 1 it widens. The disc
    must lie at the centre of the source.

    Args:
        grid: (N, H, W, 2).
        half_axes: (N, 2) half width and half height of the disc in grid units; 0 where there is no disc.
        generator: Source of randomness.
    """
    count = grid.shape[0]
    power = torch.exp(torch.rand(count, generator=generator) * 1.0 - 0.65)
    power = torch.where(torch.rand(count, generator=generator) < 0.5, power, torch.ones(count))
    relative = grid / half_axes.clamp_min(1e-3)[:, None, None, :]
    radius = relative.norm(dim=3, keepdim=True)
    inner = radius.clamp(1e-3, 1.0)
    factor = torch.where(radius < 1, inner ** (power[:, None, None, None] - 1), torch.ones_like(radius))
    return grid * factor.clamp(0.1, 10)


def sample(images: Tensor, grid: Tensor) -> Tensor:
    """Resample (N, C, H, W) by the grids, bilinear, 0 outside."""
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def magnify(grid: Tensor, centres: Tensor, half_axes: Tensor, generator: Generator) -> Tensor:
    """Enlarge (or slightly shrink) what lies inside ellipses of the source, in half of the grids.

    Args:
        grid: (N, H, W, 2).
        centres: (N, 2) centres of the ellipses in grid units.
        half_axes: (N, 2) their half axes; 0 switches the warp off.
        generator: Source of randomness.
    """
    count = grid.shape[0]
    power = torch.exp(torch.rand(count, generator=generator) * 0.6 - 0.15)
    power = torch.where(torch.rand(count, generator=generator) < 0.5, power, torch.ones(count))
    middle = centres[:, None, None, :]
    radius = ((grid - middle) / half_axes.clamp_min(1e-3)[:, None, None, :]).norm(dim=3, keepdim=True)
    factor = torch.where(
        radius < 1, radius.clamp(1e-3, 1.0) ** (power[:, None, None, None] - 1), torch.ones_like(radius)
    )
    return middle + (grid - middle) * factor
