"""Procedural look-alikes of imaging for which there is no training data; the router learns to answer `unknown`.

They are drawn from geometry only (ellipses, layers, folds), no patient image is involved. They are not used as
examples of a class, only as examples of what the classes are not.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw
from scipy import ndimage

from clinigraph.tools.segmentation.networks.router_net import SIZE
from clinigraph.tools.segmentation.training.router_geometry import FloatImage, Image8, field_mask, grid
from clinigraph.tools.segmentation.training.router_synthetic import colour_ramp, fractal


def _grey(values: FloatImage) -> Image8:
    return np.repeat(np.clip(values, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def _blob(rng: Generator, centre: tuple[float, float], size: tuple[float, float], wobble: float) -> FloatImage:
    """Signed 'inside' field of a wobbly ellipse: positive inside, 1 at its centre."""
    rows, columns = grid()
    y, x = rows - centre[0], columns - centre[1]
    angle = np.arctan2(y, x)
    bumps = sum(rng.normal(0, wobble / k) * np.cos(k * angle + rng.uniform(0, 6)) for k in range(2, 6))
    return np.asarray(1 + bumps - np.hypot(y / size[0], x / size[1]), dtype=np.float32)


def tomogram(rng: Generator) -> Image8:
    """An axial slice as of computed tomography: body, bright bone, dark lungs or mottled organs, table."""
    tall, wide = rng.uniform(0.45, 0.85), rng.uniform(0.6, 0.98)
    body = _blob(rng, (0, 0), (tall, wide), 0.05)
    noise = fractal(rng, 0.3) - 0.5
    image = np.where(body > 0, rng.uniform(90, 140), rng.uniform(0, 8)) + 12 * noise * (body > 0)
    if rng.random() < 0.5:
        for side in (-1, 1):
            lung = _blob(rng, (rng.uniform(-0.1, 0.1), side * wide * 0.45), (tall * 0.62, wide * 0.33), 0.1)
            image = np.where(lung > 0, rng.uniform(0, 45) + 90 * (fractal(rng, 0.7) > 0.93), image)
    for _ in range(int(rng.integers(4, 14))):
        spot = (rng.uniform(-0.6, 0.6) * tall, rng.uniform(-0.65, 0.65) * wide)
        organ = _blob(rng, spot, (rng.uniform(0.05, 0.3), rng.uniform(0.05, 0.3)), 0.15)
        image = np.where((organ > 0) & (body > 0.15), rng.uniform(40, 190) + 15 * noise, image)
    spine = _blob(rng, (tall * 0.6, 0), (0.16, 0.18), 0.25)
    image = np.where(spine > 0, rng.uniform(190, 255) - 60 * (spine > 0.4), image)
    if rng.random() < 0.5:
        image = np.where((body > 0.06) & (body < 0.12) & (fractal(rng, 1) > 0.6), 235, image)
    if rng.random() < 0.6:
        table = _blob(rng, (rng.uniform(-0.2, 0.3), 0), (tall * 1.25, 1.15), 0.0)
        rows, _ = grid()
        image = np.where((np.abs(table) < 0.02) & (rows > 0.25), rng.uniform(60, 160), image)
    return _grey(ndimage.gaussian_filter(image, rng.uniform(0, 0.8)).astype(np.float32))


def skull(rng: Generator) -> Image8:
    """A head slice: bright ring, grey brain with folds and dark ventricles."""
    tall, wide = rng.uniform(0.75, 0.97), rng.uniform(0.6, 0.85)
    head = _blob(rng, (0, 0), (tall, wide), 0.02)
    image = np.where(head > 0.08, rng.uniform(70, 140) + 50 * (fractal(rng, 0.9) - 0.5), 0)
    image = np.where((head > 0.0) & (head < rng.uniform(0.05, 0.12)), 250, image)
    for side in (-1, 1):
        horn = _blob(rng, (rng.uniform(-0.2, 0.1), side * 0.12), (0.3, 0.08), 0.1)
        image = np.where(horn > 0, rng.uniform(15, 50), image)
    return _grey(ndimage.gaussian_filter(image, rng.uniform(0.3, 1.0)).astype(np.float32))


def layers(rng: Generator) -> Image8:
    """Horizontal bands with speckle, as in optical coherence tomography."""
    rows, columns = grid()
    base = rng.uniform(-0.3, 0.4) + rng.normal(0, 0.15) * columns + rng.uniform(-0.3, 0.3) * columns**2
    base = base - rng.uniform(0, 0.25) * np.exp(-((columns - rng.uniform(-0.5, 0.5)) ** 2) / 0.05)
    depth = rows - base
    image = np.full((SIZE, SIZE), rng.uniform(5, 40), np.float32)
    for _ in range(int(rng.integers(3, 8))):
        offset, width = rng.uniform(-0.35, 0.2), rng.uniform(0.02, 0.1)
        image = image + rng.uniform(40, 170) * np.exp(-(((depth - offset) / width) ** 2))
    image = image + rng.uniform(20, 80) * np.exp(-np.clip(depth, 0, None) * 4) * (depth > 0)
    return _grey(image * rng.gamma(rng.uniform(2, 8), 1, image.shape) / 5)


def endoscopy(rng: Generator) -> Image8:
    """Smooth pink folds around a dark lumen with glare, as seen by an endoscope."""
    rows, columns = grid()
    centre = rng.uniform(-0.7, 0.7, 2)
    distance = np.hypot(rows - centre[0], columns - centre[1])
    ripple = np.sin(distance * rng.uniform(6, 18) + 4 * fractal(rng, 2.0))
    field = np.clip(0.25 + 0.45 * np.clip(distance, 0, 1.3) + 0.12 * ripple + 0.25 * (fractal(rng, 1.8) - 0.5), 0, 1)
    stops = np.array([[40, 8, 8], [170, 70, 60], [235, 150, 130], [250, 215, 200]]) + rng.normal(0, 14, 3)
    image = colour_ramp(field.astype(np.float32), rng, np.clip(stops, 0, 255))
    image[fractal(rng, 1.3) > rng.uniform(0.93, 1.0)] = 250
    if rng.random() < 0.6:
        image = (image * field_mask(rng)[..., None]).astype(np.uint8)
    return image


def bones(rng: Generator) -> Image8:
    """A limb as on a radiograph: soft tissue around long bones, white on black or grey."""
    picture = Image.new("L", (SIZE, SIZE), int(rng.integers(0, 50)))
    draw = ImageDraw.Draw(picture)
    start = rng.uniform(20, 108, 2)
    for _ in range(int(rng.integers(1, 6))):
        angle, length = rng.uniform(0, np.pi), rng.uniform(30, 90)
        step = np.array([np.sin(angle), np.cos(angle)]) * length
        ends = [tuple(start - step), tuple(start + step)]
        wide = int(rng.integers(8, 26))
        draw.line(ends, fill=int(rng.integers(70, 120)), width=wide * 2)
        draw.line(ends, fill=int(rng.integers(170, 250)), width=wide)
        draw.line(ends, fill=int(rng.integers(120, 170)), width=max(2, wide // 2))
        start = start + rng.uniform(-25, 25, 2)
    soft = ndimage.gaussian_filter(np.asarray(picture, dtype=np.float32), rng.uniform(1.0, 2.5))
    return _grey(soft + 14 * (fractal(rng, 0.8) - 0.5))


def texture(rng: Generator) -> Image8:
    """Formless noise in grey or colour, from white noise to clouds."""
    kind = rng.random()
    if kind < 0.25:
        return np.clip(rng.normal(128, rng.uniform(20, 90), (SIZE, SIZE, 3)), 0, 255).astype(np.uint8)
    if kind < 0.6:
        return colour_ramp(fractal(rng), rng)
    return _grey(rng.uniform(0, 60) + fractal(rng) * rng.uniform(60, 200))


PHANTOMS: tuple[Callable[[Generator], Image8], ...] = (
    tomogram,
    tomogram,
    skull,
    layers,
    endoscopy,
    bones,
    texture,
)


def phantom(rng: Generator) -> Image8:
    """One look-alike of a random kind, (128, 128, 3) uint8."""
    return PHANTOMS[int(rng.integers(len(PHANTOMS)))](rng)
