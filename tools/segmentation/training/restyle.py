"""Styles for honest measurement: other colours, grids, lenses and compression.

No training batch shows a picture in exactly these styles, but the augmentation (`looks`) draws at random from kinds
that lie near all of them except `palette_480`: recolouring, haze, adaptive equalisation, one channel as grey.
Every style takes (H, W, 3) uint8 and masks (H, W) and returns both on a new grid.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from skimage.color import lab2rgb, rgb2lab
from skimage.exposure import equalize_adapthist

from clinigraph.tools.segmentation.networks.masks import BoolMask, mask_box

Picture = NDArray[np.uint8]
Style = Callable[[Picture, Sequence[BoolMask]], tuple[Picture, list[BoolMask]]]


def plain(rgb: Picture, masks: Sequence[BoolMask]) -> tuple[Picture, list[BoolMask]]:
    """Unchanged."""
    return rgb, list(masks)


def resize(rgb: Picture, masks: Sequence[BoolMask], size: tuple[int, int]) -> tuple[Picture, list[BoolMask]]:
    """To (width, height), masks by nearest neighbour."""
    picture = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BICUBIC))
    return picture, [np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)) for mask in masks]


def jpeg(rgb: Picture, quality: int) -> Picture:
    """Through JPEG and back."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))


def recolour(rgb: Picture, mean: tuple[float, float, float], deviation: tuple[float, float, float]) -> Picture:
    """Give the lit pixels this mean and deviation in CIELAB (Reinhard, 2001)."""
    lab = rgb2lab(rgb)
    lit = rgb.max(axis=2) > 20
    own = lab[lit]
    lab[lit] = (own - own.mean(axis=0)) / (own.std(axis=0) + 1e-3) * np.asarray(deviation) + np.asarray(mean)
    return _bytes(np.clip(lab2rgb(lab), 0, 1))


def pink_600(rgb: Picture, masks: Sequence[BoolMask]) -> tuple[Picture, list[BoolMask]]:
    """Bright pink film scan, longer side 600, JPEG quality 40."""
    height, width = rgb.shape[:2]
    scale = 600 / max(height, width)
    picture, masks = resize(recolour(rgb, (58, 38, 20), (11, 8, 7)), masks, (int(width * scale), int(height * scale)))
    return jpeg(picture, 40), masks


def squeezed_512(rgb: Picture, masks: Sequence[BoolMask]) -> tuple[Picture, list[BoolMask]]:
    """Greenish and dark, squeezed to 512 x 512 whatever the shape was, JPEG quality 40."""
    picture, masks = resize(recolour(rgb, (33, 3, 26), (12, 8, 8)), masks, (512, 512))
    return jpeg(picture, 40), masks


def hazy_400(rgb: Picture, masks: Sequence[BoolMask]) -> tuple[Picture, list[BoolMask]]:
    """Cataract-like: out of focus, low contrast, grey veil, 400 pixels wide."""
    height, width = rgb.shape[:2]
    picture, masks = resize(rgb, masks, (400, int(400 * height / width)))
    soft = np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(1.8)), dtype=np.float64)
    lit = picture.max(axis=2, keepdims=True) > 20
    return jpeg(_bytes(np.where(lit, soft * 0.45 + 95, soft) / 255), 60), masks


def equalised(rgb: Picture, masks: Sequence[BoolMask]) -> tuple[Picture, list[BoolMask]]:
    """Contrast-limited adaptive equalisation, 800 wide."""
    height, width = rgb.shape[:2]
    picture, masks = resize(rgb, masks, (800, int(800 * height / width)))
    return _bytes(equalize_adapthist(picture, clip_limit=0.03)), masks


def disc_crop(rgb: Picture, masks: Sequence[BoolMask]) -> tuple[Picture, list[BoolMask]]:
    """Only the surroundings of the disc, off centre, 360 pixels, reddish, JPEG quality 50."""
    box = mask_box(masks[0])
    if box is None:
        return rgb, list(masks)
    x, y = (int(value) for value in box.centre)
    half = int(1.3 * max(box.width, box.height))
    rows, columns = slice(max(0, y - half - 20), y + half), slice(max(0, x - half), x + half + 30)
    picture = recolour(rgb[rows, columns], (45, 34, 34), (14, 7, 9))
    picture, masks = resize(picture, [mask[rows, columns] for mask in masks], (360, 360))
    return jpeg(picture, 50), masks


def red_free(rgb: Picture, masks: Sequence[BoolMask]) -> tuple[Picture, list[BoolMask]]:
    """The green channel as grey, 700 wide, JPEG quality 60."""
    height, width = rgb.shape[:2]
    picture, masks = resize(rgb, masks, (700, int(700 * height / width)))
    return jpeg(np.repeat(picture[..., 1:2], 3, axis=2), 60), masks


def palette_480(rgb: Picture, masks: Sequence[BoolMask]) -> tuple[Picture, list[BoolMask]]:
    """Faded yellow slide, brighter on the right, sharpened with wide halos, 480 wide, 40 dithered colours."""
    height, width = rgb.shape[:2]
    picture, masks = resize(rgb, masks, (480, int(480 * height / width)))
    light = np.linspace(0.7, 1.25, picture.shape[1])[None, :, None]
    faded = (picture / 255.0) ** 1.5 * light * (0.85, 0.9, 0.35) + (0.12, 0.1, 0.04)
    sharp = Image.fromarray(_bytes(faded)).filter(ImageFilter.UnsharpMask(radius=6, percent=150, threshold=0))
    return np.asarray(sharp.quantize(40, dither=Image.Dither.FLOYDSTEINBERG).convert("RGB")), masks


STYLES: dict[str, Style] = {
    style.__name__: style
    for style in (plain, pink_600, squeezed_512, hazy_400, equalised, disc_crop, red_free, palette_480)
}


def _bytes(unit: NDArray[np.float64]) -> Picture:
    return (np.clip(unit, 0, 1) * 255).round().astype(np.uint8)
