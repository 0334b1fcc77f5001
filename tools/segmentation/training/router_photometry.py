"""Changes of colour, light, sharpness and overlay for the router's training images (128 x 128 x 3 uint8)."""

from __future__ import annotations

import io

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from clinigraph.tools.segmentation.networks.router_net import SIZE
from clinigraph.tools.segmentation.training.router_geometry import FloatImage, Image8, grid

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Grey weights of ITU-R BT.601."""


def colour(image: Image8, rng: Generator, strength: float = 1.0) -> Image8:
    """Change gain per channel, saturation, gamma and contrast.

    Args:
        image: (128, 128, 3) uint8.
        rng: source of randomness.
        strength: 0 leaves the image as it is, 1 is a strong change.

    Returns:
        (128, 128, 3) uint8.
    """
    x = image.astype(np.float32) / 255
    x = x * np.exp(rng.normal(0, 0.22 * strength, 3)).astype(np.float32)
    grey = (x @ LUMA)[..., None]
    x = np.clip(grey + (x - grey) * np.exp(rng.normal(0, 0.35 * strength)), 0, 1.3)
    x = x ** np.exp(rng.normal(0, 0.35 * strength))
    mean = x.mean()
    x = mean + (x - mean) * np.exp(rng.normal(-0.1, 0.25 * strength)) + rng.normal(0, 0.05 * strength)
    return _to8(x * 255)


def tint(image: Image8, rng: Generator) -> Image8:
    """Map an image to red, orange or brown tones, the colours of a fundus photograph."""
    grey = (image.astype(np.float32) @ LUMA)[..., None] / 255
    target = np.array([1.0, rng.uniform(0.15, 0.75), rng.uniform(0.0, 0.45)], np.float32)
    mono = grey * target * 255 * rng.uniform(0.7, 1.2)
    keep = rng.uniform(0, 0.6)
    return _to8(keep * image.astype(np.float32) * (0.4 + 0.6 * target) + (1 - keep) * mono)


def greyed(image: Image8, rng: Generator) -> Image8:
    """Reduce to one channel: green (red-free), luma or red, repeated three times."""
    choice = rng.random()
    channel = image[..., 1] if choice < 0.5 else image[..., 0] if choice < 0.6 else _to8(image @ LUMA)
    return np.repeat(channel[..., None], 3, axis=2)


def inverted(image: Image8) -> Image8:
    """Swap black and white."""
    return 255 - image


def windowed(image: Image8, rng: Generator) -> Image8:
    """Apply a random grey-scale window as a film or scan viewer does."""
    x = image.astype(np.float32)
    low, high = np.percentile(x, [rng.uniform(0, 12), rng.uniform(84, 100)])
    x = np.clip((x - low) / max(high - low, 20), 0, 1) ** np.exp(rng.normal(0, 0.4))
    return _to8(rng.uniform(0, 30) + x * rng.uniform(150, 255))


def film(image: Image8, rng: Generator) -> Image8:
    """Imitate another detector and its processing: adaptive equalisation, a steep tone curve, or a narrow window."""
    kind = rng.random()
    x = image.astype(np.float32)
    if kind < 0.35:
        size = rng.uniform(8, 24)
        mean = ndimage.gaussian_filter(x[..., 0], size)
        spread = np.sqrt(ndimage.gaussian_filter((x[..., 0] - mean) ** 2, size)) + 6
        flat = (x - mean[..., None]) / spread[..., None] * rng.uniform(35, 60) + 120
        share = rng.uniform(0.3, 1)
        return _to8(share * flat + (1 - share) * x)
    if kind < 0.65:
        middle = np.percentile(x, rng.uniform(25, 75))
        return _to8(255 / (1 + np.exp(-(x - middle) / max(8.0, float(x.std()) * rng.uniform(0.3, 0.9)))))
    low, high = np.percentile(x, [rng.uniform(5, 40), rng.uniform(75, 99)])
    return _to8((x - low) / max(high - low, 12) * rng.uniform(170, 255))


def local_contrast(image: Image8, rng: Generator) -> Image8:
    """Subtract the local mean (the usual preprocessing of retinal screening sets; Graham, 2015)."""
    x = image.astype(np.float32)
    mean = ndimage.gaussian_filter(x, (rng.uniform(5, 14),) * 2 + (0,))
    return _to8(128 + (x - mean) * rng.uniform(1.5, 4))


def lighting(image: Image8, rng: Generator) -> Image8:
    """Multiply by a smooth gradient and a vignette, and add haze."""
    rows, columns = grid()
    slope = rng.normal(0, 0.18, 2)
    field = 1 + slope[0] * rows + slope[1] * columns - rng.uniform(0, 0.35) * (rows**2 + columns**2)
    haze = rng.uniform(0, 0.35) if rng.random() < 0.3 else 0.0
    tone = rng.uniform(60, 220, 3) * rng.uniform(0.3, 1)
    return _to8((image * np.clip(field, 0.1, 2)[..., None]) * (1 - haze) + tone * haze)


def degrade(image: Image8, rng: Generator) -> Image8:
    """Blur, lower the resolution, add noise and compress, each with some probability."""
    if rng.random() < 0.3:
        image = _to8(ndimage.gaussian_filter(image.astype(np.float32), (rng.uniform(0.4, 1.8),) * 2 + (0,)))
    if rng.random() < 0.15:
        small = int(rng.integers(40, 100))
        picture = Image.fromarray(image).resize((small, small), Image.Resampling.BILINEAR)
        image = np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BICUBIC))
    if rng.random() < 0.3:
        shape = image.shape if rng.random() < 0.5 else (*image.shape[:2], 1)
        image = _to8(image + rng.normal(0, rng.uniform(1, 12), shape))
    if rng.random() < 0.35:
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "JPEG", quality=int(rng.integers(25, 95)))
        image = np.asarray(Image.open(buffer).convert("RGB"))
    return image


def overlay(image: Image8, rng: Generator) -> Image8:
    """Write letters, an arrow or a ruler over the picture, as viewers and cameras do."""
    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    tone = tuple(int(v) for v in (rng.integers(170, 256, 3) if rng.random() < 0.6 else [255, 255, 255]))
    for _ in range(int(rng.integers(1, 5))):
        spot = (int(rng.integers(0, SIZE - 10)), int(rng.integers(0, SIZE - 10)))
        kind = rng.random()
        if kind < 0.6:
            letters = "".join(rng.choice(list("LRPAOD0123456789:.mHz"), int(rng.integers(1, 9))))
            draw.text(spot, letters, fill=tone)
        elif kind < 0.8:
            end = (spot[0] + int(rng.integers(-25, 25)), spot[1] + int(rng.integers(-25, 25)))
            draw.line([spot, end], fill=tone)
        else:
            for mark in range(0, SIZE, int(rng.integers(5, 14))):
                draw.line([(spot[0], mark), (spot[0] + 3, mark)], fill=tone)
    return np.asarray(picture)


def lines_and_shadows(image: Image8, rng: Generator) -> Image8:
    """Add what a portable chest film shows: tubes, electrodes, and clouded areas."""
    rows, columns = grid()
    x = image.astype(np.float32)
    for _ in range(int(rng.integers(0, 3))):
        centre, width = rng.uniform(-0.6, 0.6, 2), rng.uniform(0.15, 0.5, 2)
        blob = np.exp(-(((rows - centre[0]) / width[0]) ** 2 + ((columns - centre[1]) / width[1]) ** 2))
        x = x + (rng.uniform(170, 240) - x) * (blob * rng.uniform(0.2, 0.85))[..., None]
    picture = Image.fromarray(_to8(x))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(0, 4))):
        bend = rng.uniform(0, SIZE, (4, 2))
        tone = int(rng.integers(180, 256))
        draw.line([tuple(point) for point in _curve(bend)], fill=(tone, tone, tone), width=1)
    return np.asarray(picture)


def _curve(control: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Points of a cubic Bezier curve through four control points (4, 2)."""
    t = np.linspace(0, 1, 24)[:, None]
    p = control
    points = (1 - t) ** 3 * p[0] + 3 * t * (1 - t) ** 2 * p[1] + 3 * t**2 * (1 - t) * p[2] + t**3 * p[3]
    return [(float(a), float(b)) for a, b in points]


def restain(image: Image8, rng: Generator) -> Image8:
    """Exchange the stain colours of a histology image (colour deconvolution; Ruifrok and Johnston, 2001).

    The optical density is split into its two strongest directions, and those are given the colours of haematoxylin
    and of eosin or DAB, each varied.
    """
    density = -np.log((image.astype(np.float32) + 2) / 257).reshape(-1, 3)
    _, _, directions = np.linalg.svd(density[::16] - density[::16].mean(axis=0), full_matrices=False)
    contrast = (density - density.mean(axis=0)) @ directions[0]
    level = density.mean(axis=1)
    spread = float(contrast.std()) + 1e-3
    first = level * 1 / (1 + np.exp(-2 * contrast / spread))
    second = level - first
    if rng.random() < 0.5:
        first, second = second, first
    haematoxylin = np.array([0.65, 0.70, 0.29]) + rng.normal(0, 0.06, 3)
    other = np.array([0.07, 0.99, 0.11]) if rng.random() < 0.75 else np.array([0.27, 0.57, 0.78])
    other = other + rng.normal(0, 0.06, 3)
    mixed = np.outer(first, haematoxylin) * rng.uniform(1.2, 3) + np.outer(second, other) * rng.uniform(0.6, 2)
    return _to8(255 * np.exp(-np.clip(mixed, 0, 6)).reshape(image.shape))


def _to8(x: FloatImage | NDArray[np.float64]) -> Image8:
    return np.clip(x, 0, 255).astype(np.uint8)
