"""Asymmetry, border and colours of a pigmented lesion on dermoscopy (ABCD rule, Nachbar et al. 1994).

Pictures are ``(H, W, 3)`` uint8 and masks ``(H, W)`` bool on one grid. Colours are looked at after the skin round the
lesion has been scaled to one reference colour, so that camera and light matter less.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.measurement.masks import Floats, Mask, centroid, largest_component
from clinigraph.tools.measurement.planar import check

RGB = NDArray[np.uint8]

_SKIN = (215.0, 170.0, 150.0)
"""Reference colour of the skin round the lesion, RGB 0..255 (median of the PH2 photographs, rounded)."""
_COLOURS: dict[str, tuple[float, float, float]] = {
    "white": (0.90, 0.84, 0.82),
    "red": (0.72, 0.36, 0.33),
    "light brown": (0.62, 0.44, 0.32),
    "dark brown": (0.36, 0.23, 0.17),
    "blue-grey": (0.42, 0.44, 0.50),
    "black": (0.13, 0.10, 0.10),
}
"""The six colours of the ABCD rule with reference values of our own choosing, RGB 0..1 on the reference skin."""
_MIN_SHARE = 0.03
"""A colour counts when at least this share of the lesion shows it."""
SHAPE_LIMIT = 0.15
"""Share of the shape outside its mirror image from which an axis counts as asymmetric (our choice)."""
COLOUR_LIMIT = 8.5
"""Mean colour difference (CIE 1976) of mirrored places from which an axis counts as asymmetric."""
BORDER_LIMIT = 0.10
"""Step of brightness (0..1) across the border from which a segment counts as abruptly cut off."""
VEIL_LIMITS = (0.001, 0.005, 0.01)
"""Blue-grey shares of the lesion from which a veil is improbable, undecided and present."""
SECTORS = 8
WEIGHTS = {"asymmetry": 1.3, "border": 0.1, "colours": 0.5, "structures": 0.5}
"""Weights of the total dermoscopy score (Stolz 1994; Nachbar 1994)."""
STRUCTURES = (1, 5)
"""Fewest and most of the five differential structures that the rule counts in a pigmented lesion."""


def _mirrored(shape: Mask) -> list[tuple[Floats, NDArray[np.bool_]]]:
    """Return, for both axes (major first), the mirror places ``(2, N)`` of all pixels and whether they lie inside."""
    from scipy.ndimage import map_coordinates

    rows, columns = np.nonzero(shape)
    centre = np.array(centroid(shape))
    spread = np.cov(np.stack([rows, columns]).astype(float), bias=True) + np.eye(2) / 12
    _, axes = np.linalg.eigh(spread)
    found = []
    for index in (1, 0):
        axis = axes[:, index]
        points = np.stack([rows, columns], axis=1) - centre
        places = (2 * np.outer(points @ axis, axis) - points + centre).T
        inside = map_coordinates(shape.astype(np.float32), places, order=1) >= 0.5
        found.append((places, np.asarray(inside, dtype=np.bool_)))
    return found


def asymmetry(mask: Mask) -> tuple[float, float]:
    """Return the share of the shape that does not overlap its mirror image, across the major and the minor axis.

    0 is symmetric; the halves of the non-overlap are counted against the area (as area difference in ABCD).
    """
    check(mask, (1.0, 1.0))
    first, second = (float(1 - inside.mean()) for _, inside in _mirrored(largest_component(mask)))
    return first, second


def colour_asymmetry(rgb: RGB, mask: Mask) -> tuple[float, float]:
    """Return the mean colour difference (CIE 1976, Lab) between mirrored places, across both axes."""
    from scipy.ndimage import gaussian_filter, map_coordinates
    from skimage.color import rgb2lab

    shape = largest_component(_checked(rgb, mask))
    smooth = max(1.0, 0.01 * max(mask.shape))
    lab = rgb2lab(on_reference_skin(rgb, mask))
    planes = [gaussian_filter(lab[:, :, k], smooth) for k in range(3)]
    rows, columns = np.nonzero(shape)
    differences = []
    for places, inside in _mirrored(shape):
        squares = [(map_coordinates(p, places, order=1) - p[rows, columns]) ** 2 for p in planes]
        distance = np.sqrt(np.sum(squares, axis=0))
        differences.append(float(distance[inside].mean()) if inside.any() else 0.0)
    return differences[0], differences[1]


def asymmetry_score(mask: Mask, rgb: RGB | None = None) -> int:
    """Return 0, 1 or 2: the number of axes across which shape or, with a picture, colours are asymmetric.

    The rule counts asymmetry of contour, colour and structure. Limits: 0.15 of the shape (our choice), a colour
    difference of 8.5 (between experts' symmetric and asymmetric lesions of the PH2 photographs).
    """
    shape = asymmetry(mask)
    colour = colour_asymmetry(rgb, mask) if rgb is not None else (0.0, 0.0)
    return sum(s > SHAPE_LIMIT or c > COLOUR_LIMIT for s, c in zip(shape, colour, strict=True))


def border_contrast(rgb: RGB, mask: Mask, sectors: int = SECTORS) -> list[float]:
    """Return, for each of eight sectors, how much darker the lesion is just inside its border than just outside.

    Grey levels 0..1 per sector, counter-clockwise from the right; an abrupt border gives a large value.
    """
    from scipy.ndimage import binary_dilation, binary_erosion

    check(mask, (1.0, 1.0))
    shape = largest_component(mask)
    width = max(2, round(0.04 * float(np.sqrt(shape.sum()))))
    inner, outer = shape & ~binary_erosion(shape, iterations=width), binary_dilation(shape, iterations=width) & ~shape
    grey = rgb.astype(np.float64).mean(axis=2) / 255
    row, column = centroid(shape)
    y, x = np.mgrid[: shape.shape[0], : shape.shape[1]]
    sector = ((np.arctan2(row - y, x - column) % (2 * np.pi)) / (2 * np.pi) * sectors).astype(int)
    contrasts = []
    for index in range(sectors):
        inside, outside = grey[inner & (sector == index)], grey[outer & (sector == index)]
        contrasts.append(float(outside.mean() - inside.mean()) if inside.size and outside.size else 0.0)
    return contrasts


def border_score(rgb: RGB, mask: Mask) -> int:
    """Return the number of the eight segments whose border is cut off abruptly, 0 to 8."""
    return sum(step > BORDER_LIMIT for step in border_contrast(rgb, mask))


def on_reference_skin(rgb: RGB, mask: Mask) -> Floats:
    """Return the picture, RGB 0..1, scaled per channel so that the skin round the lesion has the reference colour.

    Without skin in the picture (dark lens rims are no skin) nothing is scaled.
    """
    outside = ~_checked(rgb, mask) & (rgb.max(axis=2) > 60)
    picture = rgb.astype(np.float64)
    if outside.sum() >= 0.01 * mask.size:
        skin = np.median(rgb[outside], axis=0)
        picture = picture * (np.array(_SKIN) / np.maximum(skin, 1.0))
    return np.asarray(np.clip(picture, 0, 255) / 255, dtype=np.float64)


def colour_shares(rgb: RGB, mask: Mask) -> dict[str, float]:
    """Return for each of the six colours the share of the lesion's area that is nearest to it.

    Nearest by Euclidean distance in CIE Lab; what is nearest to the skin itself shows no colour, so the shares may
    sum to less than 1.
    """
    from scipy.ndimage import gaussian_filter
    from skimage.color import rgb2lab

    check(_checked(rgb, mask), (1.0, 1.0))
    picture = on_reference_skin(rgb, mask)
    smooth = max(0.5, 0.004 * max(mask.shape))
    pixels = np.stack([gaussian_filter(picture[:, :, k], smooth)[mask] for k in range(3)], axis=1)
    references = np.array([*_COLOURS.values(), tuple(v / 255 for v in _SKIN)])
    lab = rgb2lab(np.concatenate([pixels, references])[None])[0]
    places, marks = lab[: len(pixels)], lab[len(pixels) :]
    nearest = np.linalg.norm(places[:, None] - marks[None], axis=2).argmin(axis=1)
    shares = np.bincount(nearest, minlength=len(marks)) / len(pixels)
    return {name: float(share) for name, share in zip(_COLOURS, shares[:-1], strict=True)}


def colours(rgb: RGB, mask: Mask) -> dict[str, float]:
    """Return the colours of the ABCD rule that a lesion shows, with their shares: those of at least 3 %."""
    return {name: share for name, share in colour_shares(rgb, mask).items() if share >= _MIN_SHARE}


def veil_score(blue_grey_share: float) -> int:
    """Return how surely a blue-white veil is there, 1 (absent), 2, 3 (undecided) or 5 (present).

    The limits are ours, set on the PH2 photographs; that the veil counts is from the seven-point checklist
    (Argenziano 1998).
    """
    if blue_grey_share >= VEIL_LIMITS[-1]:
        return 5
    return 1 + sum(blue_grey_share >= limit for limit in VEIL_LIMITS[:-1])


def total_score(asymmetry_points: int, border_points: int, colour_count: int, structures: float) -> float:
    """Return 1.3 A + 0.1 B + 0.5 C + 0.5 D (Stolz 1994; Nachbar 1994).

    Args:
        asymmetry_points: 0 to 2.
        border_points: 0 to 8.
        colour_count: 1 to 6.
        structures: Differential structures, 1 to 5.

    Raises:
        ValueError: A part lies outside its range.
    """
    parts = (
        (asymmetry_points, 0, 2),
        (border_points, 0, SECTORS),
        (colour_count, 1, len(_COLOURS)),
        (structures, *STRUCTURES),
    )
    if any(not math.isfinite(value) or not low <= value <= high for value, low, high in parts):
        raise ValueError("asymmetry is 0 to 2, border 0 to 8, colours 1 to 6, structures 1 to 5")
    return sum(w * value for w, (value, _, _) in zip(WEIGHTS.values(), parts, strict=True))


def _checked(rgb: RGB, mask: Mask) -> Mask:
    if rgb.shape != (*mask.shape, 3):
        raise ValueError("picture (H, W, 3) and mask (H, W) must lie on one grid")
    return mask
