"""The cup inside an outlined disc without a trained network: pallor, refined by a prompted pass.

Stated method: vessels are closed over, the disc is split by Otsu's threshold (Otsu 1979) into paler cup and redder
rim, and the prompted segmenter's probability is averaged in; the cup is the largest piece above one half, made
convex. It is an approximation: the cup's true border is where the rim bends, which a single photograph shows only
through colour and vessel kinks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.measurement.masks import Mask, extent, largest_component
from clinigraph.tools.segmentation.pixels import RGB

Map = NDArray[np.float32]

PALLOR_SHARE = 0.5
"""Weight of pallor against the prompted pass."""


def pallor(rgb: RGB, disc: Mask) -> Map:
    """Return how pale each pixel of a disc is, about 0 in the rim and 1 in the cup; 0 outside.

    Args:
        rgb: ``(H, W, 3)`` window round the disc.
        disc: ``(H, W)``, not empty.
    """
    from scipy.ndimage import gaussian_filter, grey_closing
    from skimage.filters import threshold_otsu

    box = extent(disc)
    size = max(3, (box.height if box else 3) // 12) | 1
    green = grey_closing(rgb[:, :, 1].astype(np.float32), size=(size, size))
    smooth = gaussian_filter(green, size / 3)
    values = smooth[disc]
    middle = float(threshold_otsu(values))  # type: ignore[no-untyped-call]
    spread = max(2.0, float(values.std()))
    return np.asarray(np.where(disc, 1 / (1 + np.exp(-(smooth - middle) / (0.35 * spread))), 0), dtype=np.float32)


def outline_cup(rgb: RGB, disc: Mask, prompted: Map) -> Mask:
    """Return the cup as ``(H, W)`` bool, empty when nothing inside the disc is paler than the rest.

    Args:
        rgb: ``(H, W, 3)`` window round the disc.
        disc: ``(H, W)``.
        prompted: ``(H, W)`` probability of the prompted second pass.
    """
    from skimage.morphology import convex_hull_image

    if not disc.any():
        return np.zeros_like(disc)
    belief = PALLOR_SHARE * pallor(rgb, disc) + (1 - PALLOR_SHARE) * prompted
    found = largest_component((belief > 0.5) & disc)
    if int(found.sum()) < 9:
        return np.zeros_like(disc)
    return np.asarray(convex_hull_image(found), dtype=np.bool_) & disc  # type: ignore[no-untyped-call]
