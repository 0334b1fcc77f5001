"""The network behind the modality router, and how an image becomes its input.

Training and inference share the functions of this module, so a weight file always sees the input that it was
fitted on. The architecture is a plain residual network of about 0.8 million parameters, written for this product.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

SIZE = 128
"""Side of the network input, pixels."""
WORK_SIDE = 320
"""Longest side to which an image is reduced before views are cut, pixels."""
BORDER_LEVEL = 14
"""Brightest grey value that still counts as black border (0-255)."""


def local_contrast(x: Tensor) -> Tensor:
    """Brightness relative to its surroundings, so that vessels, ribs and edges look alike in any light.

    Args:
        x: (B, 3, H, W) float, RGB from -1 to 1.

    Returns:
        (B, 1, H, W): difference from the local mean over the local spread (windows of 17 pixels), within -3 ... 3.
    """
    grey = x.mean(dim=1, keepdim=True)
    difference = grey - nn.functional.avg_pool2d(grey, 17, 1, 8, count_include_pad=False)
    variance = nn.functional.avg_pool2d(difference * difference, 17, 1, 8, count_include_pad=False)
    return (difference / (variance + 4e-4).sqrt()).clamp(-3, 3)


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions with a shortcut."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels_out),
        )
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(stride) if stride > 1 else nn.Identity(),
            nn.Conv2d(channels_in, channels_out, 1, bias=False),
            nn.BatchNorm2d(channels_out),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels_in, H, W) to (B, channels_out, H/stride, W/stride)."""
        return torch.relu(self.body(x) + self.shortcut(x))


class RouterNet(nn.Module):
    """Residual classifier with a low-dimensional embedding in front of its last layer."""

    def __init__(self, n_classes: int, embedding: int = 64) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(4, 20, 5, 2, 2, bias=False), nn.BatchNorm2d(20), nn.ReLU(inplace=True), nn.MaxPool2d(2)
        )
        self.stages = nn.Sequential(
            ResidualBlock(20, 32, 1), ResidualBlock(32, 72, 2), ResidualBlock(72, 128, 2), ResidualBlock(128, 160, 1)
        )
        self.neck = nn.Sequential(nn.Dropout(0.2), nn.Linear(320, embedding), nn.ReLU(inplace=True))
        self.head = nn.Linear(embedding, n_classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Classify a batch.

        Args:
            x: (B, 3, 128, 128) float, RGB scaled to -1 ... 1.

        Returns:
            Logits (B, classes) and embedding (B, embedding).
        """
        features = self.stages(self.stem(torch.cat([x, local_contrast(x)], dim=1)))
        pooled = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)
        embedding = self.neck(pooled)
        return self.head(embedding), embedding


def reduce_image(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn any accepted image into RGB with a longest side of at most 320 pixels.

    Args:
        image: (H, W) or (H, W, 3) uint8.

    Returns:
        (h, w, 3) uint8, both sides at least 8 pixels.
    """
    step = max(1, max(image.shape[:2]) // (4 * WORK_SIDE))
    picture = Image.fromarray(np.ascontiguousarray(image[::step, ::step])).convert("RGB")
    scale = min(1.0, WORK_SIDE / max(picture.size))
    width, height = (max(8, round(side * scale)) for side in picture.size)
    if scale < 1.0:
        picture = picture.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return np.asarray(picture, dtype=np.uint8)


def to_square(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Stretch an RGB image (h, w, 3) to (128, 128, 3), aspect ratio not kept."""
    picture = Image.fromarray(image).resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    return np.asarray(picture, dtype=np.uint8)


def content_box(image: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Find the part of an image that is not black border.

    Args:
        image: (h, w, 3) uint8.

    Returns:
        Row start, row stop, column start, column stop in pixels; the whole image if nothing is left.
    """
    bright = image.max(axis=2) > BORDER_LEVEL
    rows, columns = np.flatnonzero(bright.mean(axis=1) > 0.02), np.flatnonzero(bright.mean(axis=0) > 0.02)
    if rows.size < 8 or columns.size < 8:
        return 0, image.shape[0], 0, image.shape[1]
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def views(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut the two views whose logits are averaged: the whole image, and its content without border.

    Where there is no border to speak of, the second view is the central 85 %.

    Args:
        image: (h, w, 3) uint8 as `reduce_image` returns it.

    Returns:
        (2, 128, 128, 3) uint8.
    """
    height, width = image.shape[:2]
    top, bottom, left, right = content_box(image)
    if (bottom - top) * (right - left) > 0.95 * height * width:
        top, bottom = round(0.075 * height), round(0.925 * height)
        left, right = round(0.075 * width), round(0.925 * width)
    inner = np.ascontiguousarray(image[top:bottom, left:right])
    return np.stack([to_square(image), to_square(inner)])


def levels(batch: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Stretch each picture between its darkest and brightest percent, so that exposure matters less.

    Args:
        batch: (B, H, W, 3) uint8.

    Returns:
        (B, H, W, 3) float32 in 0 ... 255; contrast is raised at most fourfold, colours keep their proportions.
    """
    grey = batch[:, ::2, ::2].mean(axis=3).reshape(len(batch), -1)
    low, high = np.percentile(grey, [1, 99], axis=1).astype(np.float32)
    gain = 255 / np.maximum(high - low, 64)
    stretched = (batch.astype(np.float32) - low[:, None, None, None]) * gain[:, None, None, None]
    return np.asarray(stretched.clip(0, 255), dtype=np.float32)


def to_tensor(batch: NDArray[np.uint8]) -> Tensor:
    """Stretch (B, 128, 128, 3) uint8 and scale it to (B, 3, 128, 128) float32 in -1 ... 1."""
    return torch.from_numpy(levels(batch)).permute(0, 3, 1, 2).div(127.5).sub(1.0).contiguous()
