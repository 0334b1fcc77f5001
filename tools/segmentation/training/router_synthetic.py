"""Procedural pictures that are not medical: pages, charts, screens, planets, fruit, sunsets, irises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from clinigraph.tools.segmentation.networks.router_net import SIZE
from clinigraph.tools.segmentation.training.router_geometry import FloatImage, Image8, grid

WORDS = ("of", "the", "and", "to", "in", "is", "that", "for", "it", "as", "was", "with", "be", "by", "on", "not", "had")
Colour = tuple[int, int, int]


def fractal(rng: Generator, slope: float | None = None) -> FloatImage:
    """Noise with a power spectrum of 1/f to the power of twice `slope`, scaled to 0 ... 1, (128, 128)."""
    power = rng.uniform(0.6, 2.2) if slope is None else slope
    spectrum = np.fft.rfft2(rng.normal(size=(SIZE, SIZE)))
    frequency = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None, :])
    frequency[0, 0] = 1
    noise = np.fft.irfft2(spectrum / frequency**power, s=(SIZE, SIZE))
    low, high = np.percentile(noise, [1, 99])
    return np.asarray(np.clip((noise - low) / (high - low + 1e-9), 0, 1), dtype=np.float32)


def colour_ramp(values: FloatImage, rng: Generator, stops: NDArray[np.float64] | None = None) -> Image8:
    """Colour a (128, 128) field of 0 ... 1 with a ramp of random colours (or the given (n, 3) stops, 0-255)."""
    anchors = rng.uniform(0, 255, (int(rng.integers(2, 5)), 3)) if stops is None else stops
    position = np.linspace(0, 1, len(anchors))
    channels = [np.interp(values, position, anchors[:, channel]) for channel in range(3)]
    return np.clip(np.stack(channels, axis=-1), 0, 255).astype(np.uint8)


def _pick(rng: Generator, low: int = 0, high: int = 256) -> Colour:
    red, green, blue = (int(v) for v in rng.integers(low, high, 3))
    return red, green, blue


def warm_stops(rng: Generator) -> NDArray[np.float64]:
    """Three to four colours from near-black over red and orange to yellow, as (n, 3)."""
    shades = np.array([[30, 5, 5], [150, 40, 20], [225, 110, 40], [255, 215, 140]], dtype=np.float64)
    return np.clip(shades[int(rng.integers(2)) :] + rng.normal(0, 20, 3), 0, 255)


def gradient(rng: Generator) -> Image8:
    """A linear or radial colour gradient, half of the time in warm colours."""
    rows, columns = grid()
    angle = rng.uniform(0, 2 * np.pi)
    linear = np.cos(angle) * rows + np.sin(angle) * columns
    radial = np.hypot(rows - rng.uniform(-0.5, 0.5), columns - rng.uniform(-0.5, 0.5))
    field = linear if rng.random() < 0.5 else radial
    field = (field - field.min()) / (field.max() - field.min())
    return colour_ramp(field.astype(np.float32), rng, warm_stops(rng) if rng.random() < 0.5 else None)


def sunset(rng: Generator) -> Image8:
    """A warm sky with a bright sun, clouds and a dark skyline."""
    rows, columns = grid()
    sky = (rows + 1) / 2 * rng.uniform(0.5, 1) + 0.25 * (fractal(rng, 1.6) - 0.5)
    distance = np.hypot(rows - rng.uniform(-0.5, 0.6), columns - rng.uniform(-0.7, 0.7))
    glow = np.exp(-distance / rng.uniform(0.1, 0.6))
    image = colour_ramp(np.clip(sky + glow, 0, 1).astype(np.float32), rng, warm_stops(rng))
    image[distance < rng.uniform(0.05, 0.25)] = (
        255,
        int(rng.integers(200, 256)),
        int(rng.integers(120, 240)),
    )
    skyline = rng.uniform(0.3, 0.95) + 0.3 * (fractal(rng, 1.3)[0] - 0.5)
    image[rows > skyline[None, :]] = rng.integers(0, 40, 3)
    return image


def ball(rng: Generator) -> Image8:
    """A shaded ball on one colour: planet, moon, fruit or lamp; texture, craters, phase and limb vary."""
    rows, columns = grid()
    radius = rng.uniform(0.4, 1.05)
    distance = np.hypot(rows - rng.uniform(-0.15, 0.15), columns - rng.uniform(-0.15, 0.15)) / radius
    height = np.sqrt(np.clip(1 - distance**2, 0, 1))
    light = rng.normal(size=3)
    light[2] = abs(light[2]) + rng.uniform(0, 2)
    shade = np.clip((light[0] * rows + light[1] * columns) / radius + light[2] * height, 0, None)
    shade = shade / np.linalg.norm(light) * rng.uniform(0.7, 1.3) + rng.uniform(0, 0.3)
    texture = fractal(rng) if rng.random() < 0.6 else _bands(rng)
    if rng.random() < 0.4:
        texture = np.clip(texture + _craters(rng), 0, 1)
    stops = warm_stops(rng) if rng.random() < 0.5 else None
    if rng.random() < 0.3:
        stops = np.array([[60, 60, 60], [230, 230, 230]]) + rng.normal(0, 8, 3)
    surface = colour_ramp((0.5 + rng.uniform(0.1, 0.9) * (texture - 0.5)).astype(np.float32), rng, stops)
    ground = np.zeros(3) if rng.random() < 0.65 else rng.uniform(0, 255, 3)
    inside = np.clip((1 - distance) / 0.02, 0, 1)[..., None]
    out = surface * np.minimum(shade, 1.2)[..., None] * inside + ground * (1 - inside)
    return np.asarray(np.clip(out, 0, 255), dtype=np.uint8)


def ground(rng: Generator) -> Image8:
    """Ground lit from the side, mostly grey: sand, rock or the moon from close by, with craters and specks."""
    relief = fractal(rng, rng.uniform(0.9, 1.9))
    if rng.random() < 0.6:
        relief = relief + rng.uniform(0.3, 1.5) * _craters(rng)
    slope = np.gradient(ndimage.gaussian_filter(relief, rng.uniform(0.3, 1.5)), axis=int(rng.integers(2)))
    shade = 0.5 + slope / (slope.std() + 1e-6) * rng.uniform(0.02, 0.2) + rng.uniform(0, 0.3) * (relief - 0.5)
    if rng.random() < 0.3:
        shade = shade - rng.uniform(0.2, 0.5) * (fractal(rng, 1.2) > rng.uniform(0.94, 0.99))
    grey = np.array([[10, 10, 10], [240, 240, 240]]) + rng.normal(0, 6, 3)
    stops = grey if rng.random() < 0.7 else warm_stops(rng)
    return colour_ramp(np.asarray(np.clip(shade, 0, 1), dtype=np.float32), rng, stops)


def _bands(rng: Generator) -> FloatImage:
    """Horizontal cloud bands as on Jupiter, 0 ... 1."""
    rows, _ = grid()
    wave = np.sin(rows * rng.uniform(5, 25) + 3 * (fractal(rng, 1.8) - 0.5) + rng.uniform(0, 6))
    return ((wave + 1) / 2).astype(np.float32)


def _craters(rng: Generator) -> FloatImage:
    """Ring-shaped dents, -0.3 ... 0.3."""
    rows, columns = grid()
    out = np.zeros((SIZE, SIZE), np.float32)
    for _ in range(int(rng.integers(5, 30))):
        distance = np.hypot(rows - rng.uniform(-1, 1), columns - rng.uniform(-1, 1)) / rng.uniform(0.03, 0.2)
        out += 0.25 * np.exp(-((distance - 1) ** 2) / 0.05) - 0.2 * (distance < 0.9)
    return np.clip(out, -0.3, 0.3)


def iris(rng: Generator) -> Image8:
    """The front of an eye from close by: pupil, radial iris, white of the eye."""
    rows, columns = grid()
    distance, angle = np.hypot(rows, columns * rng.uniform(0.9, 1.1)), np.arctan2(rows, columns)
    rays = fractal(rng, 0.9)[(np.abs(angle) * 40 % SIZE).astype(int), (distance * 12).astype(int) % SIZE]
    image = colour_ramp((0.3 + 0.6 * rays).astype(np.float32), rng, rng.uniform(20, 190, (3, 3)))
    pupil, rim = rng.uniform(0.1, 0.35), rng.uniform(0.6, 1.1)
    image[distance < pupil] = rng.integers(0, 20, 3)
    image[distance > rim] = rng.integers(170, 245) if rng.random() < 0.7 else rng.integers(0, 15)
    image[np.hypot(rows + 0.1, columns - 0.1) < 0.06] = 250
    return image


def page(rng: Generator) -> Image8:
    """A page of text, printed light or dark, in one or two columns."""
    paper = _pick(rng, 200, 256) if rng.random() < 0.8 else _pick(rng, 0, 60)
    ink = _pick(rng, 0, 70) if sum(paper) > 380 else _pick(rng, 180, 256)
    side = int(SIZE * rng.choice([1, 2, 3]))
    picture = Image.new("RGB", (side, side), paper)
    draw = ImageDraw.Draw(picture)
    margin, step = int(rng.integers(2, 20)), int(rng.integers(10, 16))
    for y in range(margin, side - margin, step):
        if rng.random() < 0.1:
            continue
        line = " ".join(rng.choice(WORDS, int(rng.integers(2, max(3, side // 22)))))
        draw.text((margin, y), line, fill=ink)
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BILINEAR), dtype=np.uint8)


def chart(rng: Generator) -> Image8:
    """A line, bar, scatter or pie chart with axes."""
    dark = rng.random() < 0.2
    picture = Image.new("RGB", (SIZE, SIZE), (20, 20, 25) if dark else (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    kind, axis = rng.random(), (220, 220, 220) if dark else (0, 0, 0)
    if kind < 0.25:
        edges = np.sort(rng.uniform(0, 360, int(rng.integers(2, 7))))
        for start, stop in zip(edges, [*edges[1:], edges[0] + 360], strict=True):
            draw.pieslice([15, 15, 112, 112], float(start), float(stop), fill=_pick(rng))
        return np.asarray(picture)
    draw.line([(14, 6), (14, 114), (124, 114)], fill=axis)
    for x in range(18, 122, int(rng.integers(5, 14))):
        if kind < 0.55:
            draw.rectangle([x, int(rng.integers(10, 112)), x + 4, 114], fill=_pick(rng))
        else:
            spot = (x + int(rng.integers(-3, 4)), int(rng.integers(10, 112)))
            draw.ellipse([spot[0] - 1, spot[1] - 1, spot[0] + 2, spot[1] + 2], fill=_pick(rng))
    if kind > 0.75:
        for _ in range(int(rng.integers(1, 5))):
            walk = np.clip(60 + np.cumsum(rng.normal(0, 8, 27)), 8, 112)
            draw.line([(14 + 4 * i, float(y)) for i, y in enumerate(walk)], fill=_pick(rng))
    return np.asarray(picture)


def screen(rng: Generator) -> Image8:
    """A window of a program: bars, panels, buttons and lines of text."""
    side = SIZE * 2
    picture = Image.new("RGB", (side, side), _pick(rng, 180, 256) if rng.random() < 0.6 else _pick(rng, 0, 70))
    draw = ImageDraw.Draw(picture)
    draw.rectangle([0, 0, side, int(rng.integers(10, 30))], fill=_pick(rng))
    for _ in range(int(rng.integers(3, 12))):
        x, y = (int(v) for v in rng.integers(0, side - 20, 2))
        size = rng.integers(15, 140, 2)
        draw.rectangle([x, y, x + int(size[0]), y + int(size[1])], fill=_pick(rng), outline=_pick(rng))
    for _ in range(int(rng.integers(5, 30))):
        spot = (int(rng.integers(0, side - 30)), int(rng.integers(0, side - 10)))
        draw.text(spot, " ".join(rng.choice(WORDS, int(rng.integers(1, 5)))), fill=_pick(rng))
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BILINEAR), dtype=np.uint8)


def shapes(rng: Generator) -> Image8:
    """Flat circles, boxes and triangles, as in logos and drawings."""
    picture = Image.new("RGB", (SIZE, SIZE), _pick(rng) if rng.random() < 0.5 else (0, 0, 0))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(1, 9))):
        corner, size = rng.integers(-10, SIZE - 10, 2), rng.integers(6, 110, 2)
        box = [int(corner[0]), int(corner[1]), int(corner[0] + size[0]), int(corner[1] + size[1])]
        (draw.ellipse if rng.random() < 0.5 else draw.rectangle)(box, fill=_pick(rng))
    blur = rng.uniform(0, 9) if rng.random() < 0.45 else 0.0
    return np.asarray(ndimage.gaussian_filter(np.asarray(picture), (blur, blur, 0)), dtype=np.uint8)


NOT_MEDICAL: tuple[Callable[[Generator], Image8], ...] = (
    gradient, sunset, ball, ball, ground, ground, iris, page, page, chart, screen, screen, shapes,
)  # fmt: skip


def not_medical(rng: Generator) -> Image8:
    """One procedural picture of a random kind, (128, 128, 3) uint8."""
    return NOT_MEDICAL[int(rng.integers(len(NOT_MEDICAL)))](rng)
