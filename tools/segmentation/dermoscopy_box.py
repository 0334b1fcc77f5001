"""Where the lesion lies on a dermoscopy picture: the dark part of the blue channel that is nearest to the middle.

Melanin absorbs short wavelengths most, so a pigmented lesion stands out best in blue (Ganster et al. 2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.measurement.masks import extent
from clinigraph.tools.segmentation.pixels import RGB
from clinigraph.tools.segmentation.prompting import BoxXYXY

_SIDE = 256
"""The picture is looked at with its longer side at this many pixels."""
_SMOOTH = 2.0
"""Standard deviation in pixels of the smoothing that removes hairs and reflections."""
_RIM_LEVEL, _RIM_FROM = 45, 0.6
"""Darkness (0..255) of the lens rim, and squared distance from the middle (1 at the edges) where it begins."""
_LEAST_SHARE, _MOST_SHARE = 0.005, 0.92
"""Shares of the picture outside which the dark part is no lesion."""
_LEAST_CONTRAST = 12.0
"""Least difference in blue (0..255) between the dark part and the skin."""


@dataclass(frozen=True, slots=True)
class DarkPart:
    """The dark part that is taken for the lesion."""

    box: BoxXYXY
    """In pixels of the picture."""
    contrast: float
    """Mean blue of the skin less that of the dark part, 0..255."""
    touches_edge: bool
    """Whether it reaches the edge of the picture."""


def find_lesion(rgb: RGB) -> DarkPart | None:
    """Return the box of the central dark part, or None when no part stands out from the skin.

    Otsu's threshold (1979) on the smoothed blue channel; dark corners of the lens are left out; of the pieces the one
    with the most pixels near the middle is taken.

    Args:
        rgb: ``(H, W, 3)`` uint8.
    """
    from PIL import Image

    scale = min(1.0, _SIDE / max(rgb.shape[:2]))
    size = (max(8, round(rgb.shape[1] * scale)), max(8, round(rgb.shape[0] * scale)))
    small = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX), dtype=np.float64)
    piece, contrast = _dark_piece(small)
    if piece is None:
        return None
    box = extent(piece)
    if box is None or contrast < _LEAST_CONTRAST or not _LEAST_SHARE <= float(piece.mean()) <= _MOST_SHARE:
        return None
    x, y = rgb.shape[1] / size[0], rgb.shape[0] / size[1]
    touches = box.x0 == 0 or box.y0 == 0 or box.x1 == size[0] or box.y1 == size[1]
    return DarkPart((box.x0 * x, box.y0 * y, box.x1 * x, box.y1 * y), contrast, touches)


def _dark_piece(small: NDArray[np.float64]) -> tuple[NDArray[np.bool_] | None, float]:
    """Return the piece and its contrast with the rest of the field of view."""
    from scipy import ndimage
    from skimage.filters import threshold_otsu

    blue = ndimage.gaussian_filter(small[:, :, 2], _SMOOTH)
    distance = _squared_distance(blue.shape)
    field = ~_lens_rim(small, distance)
    if float(np.ptp(blue[field])) < _LEAST_CONTRAST:
        return None, 0.0
    limit = float(threshold_otsu(blue[field]))  # type: ignore[no-untyped-call]
    dark = ndimage.binary_fill_holes(ndimage.binary_opening((blue < limit) & field, iterations=2))
    labels, count = ndimage.label(dark)
    if count == 0:
        return None, 0.0
    central = ndimage.sum(np.exp(-1.5 * distance), labels, range(1, count + 1))
    piece = np.asarray(labels == 1 + int(np.argmax(central)), dtype=np.bool_)
    skin = field & ~np.asarray(dark, dtype=np.bool_)
    return piece, float(blue[skin].mean() - blue[piece].mean()) if skin.any() else 0.0


def _squared_distance(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return squared distance from the middle, 1 at the middle of each edge."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float64)
    height, width = shape[0] / 2, shape[1] / 2
    return np.asarray(((y + 0.5 - height) / height) ** 2 + ((x + 0.5 - width) / width) ** 2)


def _lens_rim(small: NDArray[np.float64], distance: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the black corners or ring of the lens: dark pixels that touch the edge, away from the middle."""
    from scipy import ndimage

    labels, _ = ndimage.label(small.max(axis=2) < _RIM_LEVEL)
    edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    rim = np.isin(labels, edge[edge > 0])
    return np.asarray(ndimage.binary_dilation(rim, iterations=3) & (distance > _RIM_FROM), dtype=np.bool_)
