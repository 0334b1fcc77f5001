"""Sliding windows over a volume that never hold the scores of the whole of it.

Scores leave plane by plane along the network's first axis, as soon as no window to come touches them. What is kept is
one window's depth of score planes, whatever the length of the volume and the number of slices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Predict = Callable[["Tensor"], "Tensor"]
_SIGMA = 0.125
"""Width of the Gaussian weight as a share of the window (Isensee et al. 2021; MONAI's default)."""
_FAINT = 1e-3
"""Least weight, so that the corners of a volume are divided by something."""


@dataclass(frozen=True, slots=True)
class Windows:
    """How windows lie on a volume."""

    size: tuple[int, int, int]
    overlap: float

    def starts(self, shape: Sequence[int]) -> list[list[int]]:
        """Return the first voxels of windows along each axis; the last window ends with the volume."""
        found = []
        for length, side in zip(shape, self.size, strict=True):
            step = max(1, int(side * (1 - self.overlap)))
            count = max(0, -(-(length - side) // step)) + 1
            found.append(sorted({max(0, min(i * step, length - side)) for i in range(count)}))
        return found

    def weights(self) -> NDArray[np.float32]:
        """Return ``(*size)`` Gaussian weights, largest in the middle."""
        axes = [np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / max(_SIGMA * n, 1e-6)) ** 2) for n in self.size]
        out = axes[0][:, None, None] * axes[1][None, :, None] * axes[2][None, None, :]
        return np.asarray(np.maximum(out, _FAINT), dtype=np.float32)


def padding(shape: Sequence[int], size: Sequence[int]) -> list[tuple[int, int]]:
    """Return how many voxels a volume lacks before and after along each axis to hold one window."""
    return [((lack := max(0, side - length)) // 2, lack - lack // 2) for length, side in zip(shape, size, strict=True)]


def score_planes(predict: Predict, volume: Tensor, windows: Windows) -> Iterator[Tensor]:
    """Yield the scores ``(C, h, w)`` of each plane of the first axis, in order, on the processor.

    Args:
        predict: From ``(1, channels, *size)`` to ``(1, C, *size)``, on any device.
        volume: ``(1, channels, d, h, w)`` on the processor.
        windows: Size and overlap; a volume smaller than a window is padded with zeros.
    """
    from torch.nn import functional

    pads = padding(volume.shape[2:], windows.size)
    if any(sum(pair) for pair in pads):
        volume = functional.pad(volume, [n for pair in reversed(pads) for n in pair])
    inner = tuple(slice(p[0], n - p[1]) for p, n in zip(pads, volume.shape[2:], strict=True))
    for index, plane in enumerate(_planes(predict, volume, windows)):
        if inner[0].start <= index < inner[0].stop:
            yield plane[:, inner[1], inner[2]]


def _planes(predict: Predict, volume: Tensor, windows: Windows) -> Iterator[Tensor]:
    """Yield the weighted mean of the windows' scores, plane by plane."""
    import torch

    depth, rows, columns = windows.size
    first, *across = windows.starts(volume.shape[2:])
    weight = torch.from_numpy(windows.weights())
    total: Tensor | None = None
    shares = torch.zeros((depth, *volume.shape[3:]))
    for number, z in enumerate(first):
        for y, x in product(*across):
            place = (slice(None), slice(y, y + rows), slice(x, x + columns))
            scores = predict(volume[:, :, z : z + depth, place[1], place[2]])[0].float().cpu()
            if total is None:
                total = torch.zeros((scores.shape[0], *shares.shape))
            total[:, *place] += scores * weight
            shares[place] += weight
        if total is None:
            return
        done = (first[number + 1] if number + 1 < len(first) else z + depth) - z
        for index in range(done):
            yield total[:, index] / shares[index]
        _advance(total, done)
        _advance(shares[None], done)


def _advance(kept: Tensor, done: int) -> None:
    """Move planes ``(C, depth, h, w)`` forward by ``done`` in place and clear what comes after."""
    depth = kept.shape[1]
    for index in range(depth - done):
        kept[:, index] = kept[:, index + done]
    kept[:, max(0, depth - done) :] = 0
