"""Square views of an image: cut out at a place and size, and how a photograph is normalised.

Tensors are (N, C, H, W) float32, intensities 0..1. The same functions serve training and inference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

_DARK = 0.05
"""A pixel whose brightest channel lies below is taken for the black surround of a fundus photograph."""


@dataclass(frozen=True, slots=True)
class View:
    """A square window on the image, in pixels of the input."""

    centre_x: float
    centre_y: float
    side: float

    @classmethod
    def whole(cls, shape: Sequence[int]) -> View:
        """The square that holds an image of shape (..., H, W)."""
        height, width = shape[-2:]
        return cls(width / 2, height / 2, float(max(height, width)))

    def scaled(self, factor: float) -> View:
        """The same centre with a side `factor` times as long."""
        return View(self.centre_x, self.centre_y, self.side * factor)


def to_tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """(H, W, C) or (H, W) uint8 to (1, C, H, W) float32 in 0..1."""
    import torch

    array = pixels[:, :, None] if pixels.ndim == 2 else pixels
    return torch.from_numpy(np.array(array.transpose(2, 0, 1), order="C")).float().div(255)[None]


def cut(image: Tensor, view: View, size: int) -> Tensor:
    """Resample a view to (1, C, size, size), antialiased; what lies outside the image is 0."""
    from torch.nn import functional

    height, width = image.shape[-2:]
    x0, y0 = int(np.floor(view.centre_x - view.side / 2)), int(np.floor(view.centre_y - view.side / 2))
    side = max(2, round(view.side))
    pad = (max(0, -x0), max(0, x0 + side - width), max(0, -y0), max(0, y0 + side - height))
    inside = image[..., max(0, y0) : max(0, y0 + side), max(0, x0) : max(0, x0 + side)]
    patch = functional.pad(inside, pad)[..., :side, :side]
    return functional.interpolate(patch, size=(size, size), mode="bilinear", antialias=True, align_corners=False)


def paste(values: Tensor, view: View, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Put a (1, 1, s, s) map of a view back on an image grid (H, W); 0 outside the view."""
    from torch.nn import functional

    height, width = shape
    x0, y0 = int(np.floor(view.centre_x - view.side / 2)), int(np.floor(view.centre_y - view.side / 2))
    side = max(2, round(view.side))
    patch = functional.interpolate(values, size=(side, side), mode="bilinear", align_corners=False)[0, 0].cpu().numpy()
    out = np.zeros(shape, dtype=np.float32)
    top, left, bottom, right = max(0, y0), max(0, x0), min(height, y0 + side), min(width, x0 + side)
    if bottom > top and right > left:
        out[top:bottom, left:right] = patch[top - y0 : bottom - y0, left - x0 : right - x0]
    return out


def average_on_canvas(maps: Tensor, scales: Sequence[float], size: int) -> NDArray[np.float32]:
    """Mean of concentric views of different scale on the grid of the largest.

    Args:
        maps: (len(scales), C, s, s) values of each view; a view counts as 0 outside itself.
        scales: Side of each view relative to the others.
        size: Side of the canvas in pixels.

    Returns:
        (C, size, size).
    """
    largest = max(scales)
    layers = []
    for channel in range(maps.shape[1]):
        parts = [
            paste(
                maps[index : index + 1, [channel]],
                View(size / 2, size / 2, size * scale / largest),
                (size, size),
            )
            for index, scale in enumerate(scales)
        ]
        layers.append(np.mean(parts, axis=0, dtype=np.float32))
    return np.stack(layers)


def pass_masks(maps: Tensor, scales: Sequence[float], size: int) -> list[NDArray[np.bool_]]:
    """Each pass alone, thresholded, on the grid of `average_on_canvas`.

    Args:
        maps: (N, len(scales), s, s) probabilities.
        scales: Side of each view relative to the others.
        size: Side of the canvas in pixels.
    """
    largest = max(scales)
    masks = []
    for index, scale in enumerate(scales):
        view = View(size / 2, size / 2, size * scale / largest)
        masks += [paste(item[None, [index]], view, (size, size)) > 0.5 for item in maps]
    return masks


def paste_mask(mask: NDArray[np.bool_], view: View, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Put a square mask of a view back on an image grid (H, W), its edge interpolated."""
    import torch

    values = torch.from_numpy(mask.astype(np.float32))[None, None]
    return np.asarray(paste(values, view, shape) > 0.5)


def field_view(rgb: NDArray[np.uint8]) -> View:
    """The square that holds the lit field of a photograph without its black surround.

    Args:
        rgb: (H, W, 3) photograph.

    Returns:
        A view centred on the lit field with its longer side; the whole image if nothing is lit.
    """
    lit = rgb.max(axis=2) > _DARK * 255 * 1.5
    rows = np.flatnonzero(lit.mean(axis=1) > 0.04)
    columns = np.flatnonzero(lit.mean(axis=0) > 0.04)
    height, width = lit.shape
    if rows.size <= height // 8 or columns.size <= width // 8:
        return View.whole(lit.shape)
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    return View((left + right) / 2, (top + bottom) / 2, float(max(bottom - top, right - left)))


def standardise_colour(image: Tensor) -> Tensor:
    """Five camera-independent channels from RGB.

    Red, green and blue are each brought to mean 0 and deviation 1 over the lit pixels, which removes exposure
    and colour cast. Two more channels hold the local contrast of red and green: the distance from the local mean
    in units of the local deviation, which removes vignetting.

    Args:
        image: (N, 3, H, W), 0..1.

    Returns:
        (N, 5, H, W), about -4..4.
    """
    import torch

    lit = (image.amax(dim=1, keepdim=True) > _DARK).float()
    count = lit.sum(dim=(2, 3), keepdim=True).clamp_min(1.0)
    mean = (image * lit).sum(dim=(2, 3), keepdim=True) / count
    deviation = ((((image - mean) * lit) ** 2).sum(dim=(2, 3), keepdim=True) / count).sqrt()
    colour = ((image - mean) / (deviation + 0.01)) * lit - 2 * (1 - lit)
    return torch.cat([colour.clamp(-4, 4), local_contrast(image[:, :2], lit)], dim=1)


def standardise_grey(image: Tensor) -> Tensor:
    """Two exposure-independent channels from a grey film: standardised brightness and local contrast.

    Args:
        image: (N, 1, H, W), 0..1.

    Returns:
        (N, 2, H, W), about -4..4.
    """
    import torch

    mean = image.mean(dim=(2, 3), keepdim=True)
    deviation = ((image - mean) ** 2).mean(dim=(2, 3), keepdim=True).sqrt()
    brightness = ((image - mean) / (deviation + 0.01)).clamp(-4, 4)
    return torch.cat([brightness, local_contrast(image, torch.ones_like(image))], dim=1)


def standardise_film(image: Tensor) -> Tensor:
    """Three channels from a grey film: those of `standardise_grey`, and the brightness as a rank.

    The rank, the share of the film that is darker, does not change with any rising tone curve: window, gamma and
    histogram equalisation of the whole film leave it as it is.

    Args:
        image: (N, 1, H, W), 0..1.

    Returns:
        (N, 3, H, W), about -4..4.
    """
    import torch

    return torch.cat([standardise_grey(image), (2 * rank(image) - 1) * 3**0.5], dim=1)


def rank(image: Tensor, knots: int = 65) -> Tensor:
    """Share of each sample and channel that is darker, 0..1, by linear interpolation between quantiles.

    Args:
        image: (N, C, H, W), 0..1.
        knots: How many quantiles are taken, on every third row and column.
    """
    import torch

    levels = torch.linspace(0, 1, knots, device=image.device)
    flat = image.flatten(2).contiguous()
    values = torch.quantile(image[..., ::3, ::3].flatten(2), levels, dim=2).permute(1, 2, 0)
    values = (values + 1e-6 * torch.arange(knots, device=image.device)).contiguous()
    upper = torch.searchsorted(values, flat).clamp(1, knots - 1)
    low, high = values.gather(2, upper - 1), values.gather(2, upper)
    share = ((flat - low) / (high - low)).clamp(0, 1)
    return ((upper - 1 + share) / (knots - 1)).reshape(image.shape)


def local_contrast(image: Tensor, weight: Tensor) -> Tensor:
    """Distance from the local mean in local deviations, window a fifth of the image; 0 where weight is 0.

    Args:
        image: (N, C, H, W).
        weight: (N, 1, H, W), 1 where a pixel counts.
    """
    half = image.shape[-1] // 10
    share = box_mean(weight, half).clamp_min(1e-3)
    mean = box_mean(image * weight, half) / share
    spread = (box_mean(image * image * weight, half) / share - mean * mean).clamp_min(0).sqrt()
    return ((image - mean) / (spread + 0.02)).clamp(-4, 4) * weight


def box_mean(values: Tensor, half: int) -> Tensor:
    """Mean over a square window of side 2 * half + 1, cut off at the border; (N, C, H, W) to the same."""
    return _sliding_mean(_sliding_mean(values, half, -2), half, -1)


def _sliding_mean(values: Tensor, half: int, axis: int) -> Tensor:
    import torch

    length = values.shape[axis]
    sums = torch.cat([torch.zeros_like(values.narrow(axis, 0, 1)), values.cumsum(axis)], dim=axis)
    places = torch.arange(length, device=values.device)
    low, high = (places - half).clamp_min(0), (places + half + 1).clamp_max(length)
    counts = (high - low).reshape(-1, 1) if axis == -2 else high - low
    return (sums.index_select(axis, high) - sums.index_select(axis, low)) / counts
