"""Crops, rotations and field-of-view masks for the router's training images (RGB uint8 in, 128 x 128 out)."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from clinigraph.tools.segmentation.networks.router_net import BORDER_LEVEL, SIZE, content_box

Image8 = NDArray[np.uint8]
FloatImage = NDArray[np.float32]


def grid() -> tuple[FloatImage, FloatImage]:
    """Row and column coordinates from -1 to 1 of the 128 x 128 input."""
    line = np.linspace(-1, 1, SIZE, dtype=np.float32)
    rows, columns = np.meshgrid(line, line, indexing="ij")
    return rows, columns


def cut(image: Image8, box: tuple[float, float, float, float], rng: Generator, turn: float = 0.0) -> Image8:
    """Cut a box (left, top, right, bottom in pixels), turned about its centre, and stretch it to 128 x 128.

    Args:
        image: (h, w, 3) uint8.
        box: may reach out of the image, which is then black there.
        rng: decides on the interpolation.
        turn: degrees, counter-clockwise.

    Returns:
        (128, 128, 3) uint8.
    """
    picture = Image.fromarray(image)
    left, top, right, bottom = box
    if turn:
        picture = picture.rotate(turn, Image.Resampling.BILINEAR, center=((left + right) / 2, (top + bottom) / 2))
    whole = tuple(round(edge) for edge in box)
    picture = picture.crop((whole[0], whole[1], max(whole[2], whole[0] + 4), max(whole[3], whole[1] + 4)))
    filters = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.BOX)
    return np.asarray(picture.resize((SIZE, SIZE), filters[int(rng.integers(3))]), dtype=np.uint8)


def random_box(
    image: Image8, rng: Generator, low: float, high: float, stretch: float = 1.25
) -> tuple[float, float, float, float]:
    """Draw a box covering `low` to `high` of each side of the image, with aspect changed by up to `stretch`."""
    height, width = image.shape[:2]
    scale = rng.uniform(low, high)
    aspect = np.exp(rng.uniform(-1, 1) * np.log(stretch))
    box_w, box_h = width * scale * np.sqrt(aspect), height * scale / np.sqrt(aspect)
    left = rng.uniform(min(0.0, width - box_w), max(0.0, width - box_w))
    top = rng.uniform(min(0.0, height - box_h), max(0.0, height - box_h))
    return float(left), float(top), float(left + box_w), float(top + box_h)


def flip(image: Image8, rng: Generator, *, vertical: float = 0.5, transpose: float = 0.0) -> Image8:
    """Mirror left-right half of the time, upside down and across the diagonal with the given probabilities."""
    if rng.random() < 0.5:
        image = image[:, ::-1]
    if rng.random() < vertical:
        image = image[::-1]
    if rng.random() < transpose:
        image = image.transpose(1, 0, 2)
    return np.ascontiguousarray(image)


def frame(image: Image8, rng: Generator, level: int = 0) -> Image8:
    """Shrink a 128 x 128 picture into a border of one grey level on some of the four sides."""
    margins = rng.uniform(0.0, 0.22, 4) * (rng.random(4) < 0.6)
    top, bottom, left, right = (round(float(value) * SIZE) for value in margins)
    inner = Image.fromarray(image).resize((SIZE - left - right, SIZE - top - bottom), Image.Resampling.BILINEAR)
    out = np.full((SIZE, SIZE, 3), level, np.uint8)
    out[top : SIZE - bottom, left : SIZE - right] = np.asarray(inner)
    return out


def field_mask(rng: Generator) -> FloatImage:
    """Draw a camera-like field of view: a disc, cut on up to two pairs of sides, sometimes with a tab.

    Returns:
        (128, 128) float, 1 inside and 0 outside, with a soft edge.
    """
    rows, columns = grid()
    centre = rng.uniform(-0.08, 0.08, 2)
    radius = rng.uniform(0.78, 1.12)
    aspect = np.exp(rng.uniform(-0.25, 0.25))
    distance = np.hypot((rows - centre[0]) * aspect, columns - centre[1])
    soft = rng.uniform(0.004, 0.05)
    mask = np.clip((radius - distance) / soft, 0, 1)
    if rng.random() < 0.4:
        mask = mask * (np.abs(rows - centre[0]) < rng.uniform(0.6, 0.95))
    if rng.random() < 0.15:
        mask = mask * (np.abs(columns - centre[1]) < rng.uniform(0.6, 0.95))
    if rng.random() < 0.2:
        angle = rng.uniform(0, 2 * np.pi)
        tab = np.hypot(rows - radius * np.sin(angle), columns - radius * np.cos(angle))
        mask = np.maximum(mask, tab < rng.uniform(0.03, 0.08))
    return np.asarray(mask, dtype=np.float32)


def sector_mask(rng: Generator) -> FloatImage:
    """Draw the fan of a curved or phased ultrasound array as a (128, 128) mask of 0 and 1."""
    rows, columns = grid()
    apex = rng.uniform(-1.6, -0.95)
    opening = rng.uniform(0.45, 0.9)
    depth = np.hypot(rows - apex, columns)
    angle = np.abs(np.arctan2(columns, rows - apex))
    inside = (angle < opening) & (depth < rng.uniform(1.7, 2.0)) & (depth > max(0.0, -1.0 - apex + 0.05))
    return np.asarray(inside, dtype=np.float32)


def masked(image: Image8, mask: FloatImage, rng: Generator) -> Image8:
    """Put an image on a nearly black ground outside of a mask of its own size."""
    ground = rng.uniform(0, 14, 3).astype(np.float32)
    out = image * mask[..., None] + ground * (1 - mask[..., None])
    return np.clip(out, 0, 255).astype(np.uint8)


def fundus_view(image: Image8, rng: Generator) -> Image8:
    """Imitate another fundus camera: whole frame, crop without border, close-up of the disc, or a new field mask.

    Args:
        image: (h, w, 3) uint8 colour photograph of the fundus.
        rng: source of randomness.

    Returns:
        (128, 128, 3) uint8.
    """
    kind = rng.random()
    if kind < 0.22:
        box = random_box(image, rng, 0.8, 1.12, 1.35)
        return flip(cut(image, box, rng, rng.uniform(-12, 12)), rng)
    if kind < 0.32:
        top, bottom, left, right = content_box(image)
        pad = rng.uniform(-0.03, 0.06, 4) * (right - left)
        return flip(cut(image, (left - pad[0], top - pad[1], right + pad[2], bottom + pad[3]), rng), rng)
    patch = flip(cut(image, _inner_box(image, rng), rng, rng.uniform(-25, 25)), rng, transpose=0.3)
    return masked(patch, field_mask(rng), rng) if rng.random() < 0.3 else patch


def _inner_box(image: Image8, rng: Generator) -> tuple[float, float, float, float]:
    """A box inside the field of view, half of the time around its brightest spot (mostly the optic disc)."""
    top, bottom, left, right = content_box(image)
    extent = min(bottom - top, right - left)
    centre = np.array([(top + bottom) / 2, (left + right) / 2])
    side = extent * rng.uniform(0.4, 0.74)
    if rng.random() < 0.35:
        side = extent * rng.uniform(0.25, 0.55)
        smooth = ndimage.uniform_filter(image.max(axis=2).astype(np.float32), max(5, extent // 14))
        smooth[image.max(axis=2) <= BORDER_LEVEL] = 0
        centre = np.array(np.unravel_index(int(smooth.argmax()), smooth.shape), dtype=float)
    centre = centre + rng.uniform(-0.5, 0.5, 2) * max(0.1 * extent, 0.7 * extent - side)
    half_h, half_w = side / 2, side / 2 * rng.uniform(0.8, 1.25)
    row = np.clip(centre[0], top + half_h, max(top + half_h, bottom - half_h))
    column = np.clip(centre[1], left + half_w, max(left + half_w, right - half_w))
    return float(column - half_w), float(row - half_h), float(column + half_w), float(row + half_h)


def shuffled(image: Image8, rng: Generator, tiles: int) -> Image8:
    """Cut a 128 x 128 picture into tiles x tiles and shuffle them (texture without anatomy)."""
    step = SIZE // tiles
    pieces = [image[r * step : r * step + step, c * step : c * step + step] for r in range(tiles) for c in range(tiles)]
    order = rng.permutation(len(pieces))
    grid_rows = [np.hstack([pieces[i] for i in order[r * tiles : (r + 1) * tiles]]) for r in range(tiles)]
    return np.asarray(Image.fromarray(np.vstack(grid_rows)).resize((SIZE, SIZE)), dtype=np.uint8)
