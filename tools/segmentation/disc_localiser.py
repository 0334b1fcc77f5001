"""Finds the optic disc on a whole fundus photograph without a network: brightness, circularity, vessels.

Three observations, none of which suffices alone (Hoover and Goldbaum 2003 for vessels, Loy and Zelinsky 2003 for
radial symmetry): the disc is brighter than what lies round it; its edge is a circle whose gradients point inward; and
the large vessels leave it mostly upwards and downwards. Each is mapped at several radii, brought to a common scale
and summed; the best place wins, and a weak winner is reported as "not found". The circle is then fitted again in mostly
red light, in which cup and rim look alike, so that it follows the disc and not the cup. It is used as a prompt only,
never as ground truth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.segmentation.pixels import RGB

Map = NDArray[np.float32]

_WORK_SIDE = 320
"""Longer side of the lit field on the working grid, pixels."""
_RADII = (0.042, 0.055, 0.07, 0.085, 0.10, 0.12)
"""Disc radii tried, as shares of the lit field's longer side: 30 to 60 degree cameras, small to large discs."""
_FINE_RADII = tuple(0.05 + 0.0075 * step for step in range(14))
"""Radii of the second fit, as shares of the lit field's longer side."""
_FIND_RED, _FIT_RED = 0.4, 0.7
"""Share of red, the rest green, in the light in which the disc is found and in which its circle is fitted."""
_WEIGHTS = (1.0, 0.7, 0.9)
"""Of ring, brightness and vessels; set on the photographs named in the benchmark `evals/bench/fundus.py`."""
MIN_CONFIDENCE = 0.35
"""Below this the localiser says that it found no disc."""


@dataclass(frozen=True, slots=True)
class DiscPlace:
    """Where the disc seems to be, in pixels of the photograph."""

    centre_x: float
    centre_y: float
    radius: float
    confidence: float
    """0..1; not a probability."""

    def box(self, scale: float = 1.0) -> tuple[float, float, float, float]:
        """Return the square round the disc, ``scale`` times its diameter."""
        half = self.radius * scale
        return self.centre_x - half, self.centre_y - half, self.centre_x + half, self.centre_y + half


def locate_disc(rgb: RGB) -> DiscPlace | None:
    """Find the disc.

    Args:
        rgb: ``(H, W, 3)`` colour photograph of any size and field of view.

    Returns:
        The best place with its confidence; None when there is no lit field at all. A place with a confidence below
        `MIN_CONFIDENCE` should be treated as not found.
    """
    field = lit_field(rgb)
    if field is None:
        return None
    small, lit, scale, origin = _working_copy(rgb, field)
    radius, row, column, confidence = _best(small, lit)
    return DiscPlace((column + 0.5) / scale + origin[1], (row + 0.5) / scale + origin[0], radius / scale, confidence)


def lit_field(rgb: RGB) -> tuple[int, int, int, int] | None:
    """Return ``(x0, y0, x1, y1)`` of the part of a photograph that is not black surround, or None if all is black."""
    step = max(1, max(rgb.shape[:2]) // 512)
    lit = rgb[::step, ::step].max(axis=2) > 24
    rows, columns = np.flatnonzero(lit.mean(axis=1) > 0.04), np.flatnonzero(lit.mean(axis=0) > 0.04)
    if rows.size < 8 or columns.size < 8:
        return None
    return (
        int(columns[0]) * step,
        int(rows[0]) * step,
        min(rgb.shape[1], (int(columns[-1]) + 1) * step),
        min(rgb.shape[0], (int(rows[-1]) + 1) * step),
    )


def _working_copy(rgb: RGB, field: tuple[int, int, int, int]) -> tuple[Map, NDArray[np.bool_], float, tuple[int, int]]:
    """Return the lit field at working size (h, w, 3) 0..1, its mask, the scale, and its origin (row, column)."""
    from PIL import Image
    from scipy.ndimage import binary_erosion

    x0, y0, x1, y1 = field
    scale = _WORK_SIDE / max(x1 - x0, y1 - y0)
    size = max(16, round((x1 - x0) * scale)), max(16, round((y1 - y0) * scale))
    picture = Image.fromarray(np.ascontiguousarray(rgb[y0:y1, x0:x1])).resize(size, Image.Resampling.BOX)
    small = np.asarray(picture, dtype=np.float32) / np.float32(255)
    lit = binary_erosion(small.max(axis=2) > 0.09, iterations=3)
    return small, np.asarray(lit, dtype=np.bool_), scale, (y0, x0)


def _best(small: Map, lit: NDArray[np.bool_]) -> tuple[float, int, int, float]:
    """Return radius, row and column of the best place on the working grid, and the confidence."""
    light = _flat_light(small, lit, _FIND_RED)
    vessels = _vessels(small[:, :, 1], lit)
    gradient = _inward_gradients(light, lit)
    places = []
    for share in _RADII:
        radius = share * max(lit.shape)
        score, parts = _score(light, vessels, gradient, radius, lit)
        index = int(score.argmax())
        row, column = divmod(index, lit.shape[1])
        places.append((float(score[row, column]), radius, row, column, [float(p[row, column]) for p in parts]))
    _, radius, row, column, found = max(places)
    return *_fit_circle(_inward_gradients(_flat_light(small, lit, _FIT_RED), lit), lit, (radius, row, column)), (
        _confidence(found)
    )


def _fit_circle(
    gradient: tuple[Map, Map], lit: NDArray[np.bool_], start: tuple[float, int, int]
) -> tuple[float, int, int]:
    """Return radius, row and column of the best circle near a first guess; larger circles are preferred.

    The first guess may be the cup, so the circle may grow to 2.4 times its radius, but must still hold its place.
    """
    radius, row, column = start
    y, x = np.ogrid[: lit.shape[0], : lit.shape[1]]
    away = np.hypot(y - row, x - column)
    best = (-np.inf, radius, row, column)
    for share in _FINE_RADII:
        tried = share * max(lit.shape)
        if not 0.8 * radius <= tried <= 2.4 * radius:
            continue
        near = lit & (away <= max(0.6 * radius, 1.1 * (tried - 0.7 * radius)))
        response = np.where(near, _ring_response(gradient, tried) * np.sqrt(tried / radius), -np.inf)
        index = int(response.argmax())
        best = max(best, (float(response.flat[index]), tried, *divmod(index, lit.shape[1])))
    return best[1:]


def _flat_light(small: Map, lit: NDArray[np.bool_], red: float) -> Map:
    """Return brightness against its wide surroundings in robust deviations: uneven lighting removed."""
    light = np.float32(red) * small[:, :, 0] + np.float32(1 - red) * small[:, :, 1]
    wide = light - _masked_mean(light, lit, max(lit.shape) * 0.16)
    spread = float(np.percentile(np.abs(wide[lit]), 75)) if lit.any() else 1.0
    return np.asarray(np.where(lit, np.clip(wide / max(spread, 0.01), -4, 8), 0), dtype=np.float32)


def _masked_mean(values: Map, lit: NDArray[np.bool_], sigma: float) -> Map:
    from scipy.ndimage import gaussian_filter

    weight = gaussian_filter(lit.astype(np.float32), sigma) + 1e-3
    return np.asarray(gaussian_filter(np.where(lit, values, 0), sigma) / weight, dtype=np.float32)


def _vessels(green: Map, lit: NDArray[np.bool_]) -> Map:
    """Return how vessel-like each pixel is and how upright the vessel runs, 0..1."""
    from scipy.ndimage import black_tophat, gaussian_filter

    dark = black_tophat(gaussian_filter(green, 0.7), size=9)
    dark = np.where(lit, dark, 0)
    top = float(np.percentile(dark[lit], 98)) if lit.any() else 1.0
    strength = np.clip(dark / max(top, 1e-3), 0, 1)
    rows, columns = np.gradient(gaussian_filter(green, 1.2))
    upright = gaussian_filter(columns**2, 2) / (gaussian_filter(rows**2 + columns**2, 2) + 1e-9)
    return np.asarray(strength * upright, dtype=np.float32)


def _inward_gradients(light: Map, lit: NDArray[np.bool_]) -> tuple[Map, Map]:
    """Return row and column components of the brightness gradient, length squashed to at most one."""
    from scipy.ndimage import binary_erosion, gaussian_filter

    rows, columns = np.gradient(gaussian_filter(light, 2.0))
    length = np.hypot(rows, columns)
    inside = binary_erosion(lit, iterations=3)
    factor = np.where(inside, 1 / (length + np.percentile(length[lit], 80) if lit.any() else length + 1.0), 0)
    return np.asarray(rows * factor, dtype=np.float32), np.asarray(columns * factor, dtype=np.float32)


def _score(
    light: Map, vessels: Map, gradient: tuple[Map, Map], radius: float, lit: NDArray[np.bool_]
) -> tuple[Map, tuple[Map, Map, Map]]:
    """Return the summed map for one radius and its three parts, each 0 or more."""
    ring = _ring_response(gradient, radius)
    inside, outside = _disc_mean(light, radius), _disc_mean(light, 2 * radius)
    bright = np.clip((inside - outside) / 2, 0, 2).astype(np.float32)
    density = _column_mean(vessels, radius)
    usual = float(np.percentile(density[lit], 90)) if lit.any() else 1.0
    vessel = np.clip(density / max(usual, 1e-4), 0, 2.5).astype(np.float32)
    parts = (np.clip(ring * 2, 0, 2).astype(np.float32), bright, vessel)
    total = sum(w * p for w, p in zip(_WEIGHTS, parts, strict=True))
    return np.asarray(np.where(lit, total, 0), dtype=np.float32), parts


def _ring_response(gradient: tuple[Map, Map], radius: float) -> Map:
    """Return the mean inward gradient on the circle of a radius round each pixel."""
    from scipy.signal import fftconvolve

    reach = int(np.ceil(radius * 1.3))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    distance = np.hypot(y, x) + 1e-6
    weight = np.exp(-0.5 * ((distance - radius) / (0.14 * radius)) ** 2)
    weight /= weight.sum()
    rows = fftconvolve(gradient[0], (weight * y / distance), mode="same")
    columns = fftconvolve(gradient[1], (weight * x / distance), mode="same")
    return np.asarray(rows + columns, dtype=np.float32)


def _disc_mean(values: Map, radius: float) -> Map:
    from scipy.signal import fftconvolve

    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = (np.hypot(y, x) <= radius).astype(np.float32)
    return np.asarray(fftconvolve(values, kernel / kernel.sum(), mode="same"), dtype=np.float32)


def _column_mean(values: Map, radius: float) -> Map:
    """Return the mean in an upright window one disc wide and three discs high: where the arcades leave."""
    from scipy.ndimage import uniform_filter

    return np.asarray(uniform_filter(values, size=(int(6 * radius) | 1, int(2 * radius) | 1)), dtype=np.float32)


def _confidence(parts: list[float]) -> float:
    """Return 0..1 from the parts at the best place: the geometric mean of ring and brightness, helped by vessels."""
    ring, bright, vessel = (min(1.0, p / reference) for p, reference in zip(parts, (1.0, 1.0, 2.0), strict=True))
    return float(np.sqrt(ring * bright) * (0.6 + 0.4 * vessel))
