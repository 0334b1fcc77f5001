"""The cup inside an outlined disc without a network trained for it: pallor, depth inside the disc, a prompted pass.

Stated method: vessels are closed over; green light is scaled so that the rim's edge is 0 and the palest part of
the disc is 1; the distance to the disc's edge is added, because a cup lies inside its disc; and a second prompted pass
with an inner box is averaged in. The cup is the largest piece above a threshold, made convex. Share, threshold and box
were chosen on 25 photographs of Drishti-GS (every second one of its training part). It is an approximation: the cup's
true border is where the rim bends, which a single photograph shows only through colour and vessel kinks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.measurement.masks import Mask, extent, largest_component
from clinigraph.tools.segmentation.pixels import RGB

Map = NDArray[np.float32]

INNER_BOX = 0.75
"""Side of the second pass's box relative to the disc."""
_PROMPT_SHARE = 0.3
_THRESHOLD = 0.25
_NEUTRAL_DEPTH = 0.2
"""Depth inside the disc, in disc radii, that speaks neither for cup nor for rim."""
_MIN_PIXELS = 9


def pallor(rgb: RGB, disc: Mask, depth: Map) -> Map:
    """Return how pale each pixel of a disc is: about 0 at the rim's edge, 1 in the palest part.

    Args:
        rgb: ``(H, W, 3)`` window round the disc.
        disc: ``(H, W)``, not empty.
        depth: ``(H, W)`` distance to the disc's edge in disc radii.
    """
    from scipy.ndimage import gaussian_filter, grey_closing

    box = extent(disc)
    height = box.height if box else 3
    size = max(3, height // 8) | 1
    smooth = gaussian_filter(grey_closing(rgb[:, :, 1].astype(np.float32), size=(size, size)), height / 30)
    edge = disc & (depth < 0.15)
    low, high = float(np.percentile(smooth[edge], 30)), float(np.percentile(smooth[disc], 97))
    return np.asarray((smooth - low) / max(high - low, 1.0), dtype=np.float32)


def outline_cup(rgb: RGB, disc: Mask, prompted: Map) -> Mask:
    """Return the cup as ``(H, W)`` bool, empty when nothing inside the disc stands out from its rim.

    Args:
        rgb: ``(H, W, 3)`` window round the disc.
        disc: ``(H, W)``.
        prompted: ``(H, W)`` probability of the prompted second pass.
    """
    from scipy.ndimage import distance_transform_edt
    from skimage.morphology import convex_hull_image

    if not disc.any():
        return np.zeros_like(disc)
    depth = np.asarray(distance_transform_edt(disc) / np.sqrt(disc.sum() / np.pi), dtype=np.float32)
    own = pallor(rgb, disc, depth) + depth - _NEUTRAL_DEPTH
    belief = (1 - _PROMPT_SHARE) * own + _PROMPT_SHARE * (prompted - 0.5 + _THRESHOLD)
    found = largest_component((belief > _THRESHOLD) & disc)
    if int(found.sum()) < _MIN_PIXELS:
        return np.zeros_like(disc)
    return np.asarray(convex_hull_image(found), dtype=np.bool_) & disc  # type: ignore[no-untyped-call]
