"""Cup and disc of the optic nerve head: ratios and rim widths.

All masks are ``(H, W)`` bool on one grid; the cup counts only inside the disc. Lengths are in pixels, ratios without
unit. "Vertical" is the image's vertical axis, not the axis of the disc.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from clinigraph.models.codes import Laterality
from clinigraph.tools.measurement.masks import (
    Extent,
    Floats,
    Mask,
    centroid,
    extent,
    largest_component,
    perimeter,
    radii,
)
from clinigraph.tools.measurement.uncertainty import HALF_PIXEL

_DIRECTIONS = 360


@dataclass(frozen=True, slots=True)
class CupDisc:
    """A disc with its cup, cleaned: the largest piece of each, the cup cut to the disc."""

    disc: Mask
    cup: Mask
    disc_box: Extent
    cup_box: Extent | None

    @classmethod
    def of(cls, disc: Mask, cup: Mask) -> CupDisc | None:
        """Return the pair, or None when there is no disc.

        Raises:
            ValueError: The masks are not two-dimensional or differ in shape.
        """
        if disc.ndim != 2 or disc.shape != cup.shape:
            raise ValueError("disc and cup must be (H, W) masks on one grid")
        whole = extent(disc)
        if whole is None:
            return None
        window = whole.slices(2, disc.shape)
        main = largest_component(disc[window])
        inner = largest_component(cup[window] & main)
        box = extent(main)
        return cls(main, inner, box, extent(inner)) if box is not None else None


def vertical_ratio(eye: CupDisc) -> float:
    """Return cup height over disc height, 0 for a disc without cup (Armaly 1967: ratio of the diameters)."""
    return eye.cup_box.height / eye.disc_box.height if eye.cup_box else 0.0


def horizontal_ratio(eye: CupDisc) -> float:
    """Return cup width over disc width, 0 for a disc without cup (Armaly 1967)."""
    return eye.cup_box.width / eye.disc_box.width if eye.cup_box else 0.0


def area_ratio(eye: CupDisc) -> float:
    """Return cup area over disc area, by counting pixels."""
    return float(eye.cup.sum()) / float(eye.disc.sum())


def length_ratio_halfwidth(cup_length: float, disc_length: float, cup_shift: float) -> float:
    """Return by how much a ratio of lengths can change when boundaries move.

    Args:
        cup_length: Pixels.
        disc_length: Pixels.
        cup_shift: Pixels by which either end of the cup may move; the disc's ends move by half a pixel.
    """
    low = max(0.0, cup_length - 2 * cup_shift) / (disc_length + 2 * HALF_PIXEL)
    high = (cup_length + 2 * cup_shift) / max(1.0, disc_length - 2 * HALF_PIXEL)
    return (high - low) / 2


def area_ratio_halfwidth(eye: CupDisc, cup_shift: float) -> float:
    """Return by how much the area ratio can change: a boundary of length L moved by s changes an area by L s."""
    cup, disc = float(eye.cup.sum()), float(eye.disc.sum())
    cup_change = perimeter(eye.cup) * cup_shift
    disc_change = perimeter(eye.disc) * HALF_PIXEL
    low = max(0.0, cup - cup_change) / (disc + disc_change)
    high = (cup + cup_change) / max(1.0, disc - disc_change)
    return (high - low) / 2


@dataclass(frozen=True, slots=True)
class RimProfile:
    """Rim width and disc diameter by direction from the disc's centre."""

    angles: Floats
    """(A,) radians; 0 right in the image, 90 degrees up."""
    rim: Floats
    """(A,) pixels between the outer edge of the cup and the edge of the disc."""
    diameter: Floats
    """(A,) pixels from edge to edge of the disc through its centre."""

    def sector(self, centre_deg: float, half_angle_deg: float) -> Mask:
        """Return which directions lie within a sector, as ``(A,)`` bool."""
        turn = (np.degrees(self.angles) - centre_deg + 180) % 360 - 180
        return np.asarray(np.abs(turn) <= half_angle_deg + 1e-9, dtype=np.bool_)


def rim_profile(eye: CupDisc) -> RimProfile:
    """Return the rim in 360 directions. Where a ray misses the cup the whole radius is rim."""
    angles = np.arange(_DIRECTIONS, dtype=np.float64) * (2 * math.pi / _DIRECTIONS)
    centre = centroid(eye.disc)
    outer = radii(eye.disc, centre, angles)
    inner = np.minimum(radii(eye.cup, centre, angles), outer)
    return RimProfile(angles, outer - inner, outer + np.roll(outer, _DIRECTIONS // 2))


@dataclass(frozen=True, slots=True)
class RimMinimum:
    """The narrowest place of the rim."""

    ratio: float
    """Rim width over disc diameter in the same direction."""
    clock_hour: float
    """Where, 0 < hour <= 12, as seen on the image."""
    diameter: float
    """Disc diameter there, in pixels."""


def minimal_rim(profile: RimProfile) -> RimMinimum:
    """Return the narrowest rim between 11 and 1 o'clock and between 5 and 7 o'clock.

    The sectors are those of the ISGEO definition of structural glaucomatous damage (Foster et al. 2002), which speaks
    of a rim reduced to a tenth of the disc's diameter or less.
    """
    inside = profile.sector(90, 30) | profile.sector(270, 30)
    ratio = np.where(inside, profile.rim / np.maximum(profile.diameter, 1e-9), np.inf)
    index = int(ratio.argmin())
    hour = (3 - float(np.degrees(profile.angles[index])) / 30) % 12 or 12.0
    return RimMinimum(float(ratio[index]), hour, float(profile.diameter[index]))


def rim_by_clock_hour(profile: RimProfile) -> dict[int, float]:
    """Return the mean rim-to-diameter ratio in each of the twelve clock hours as seen on the image."""
    ratio = profile.rim / np.maximum(profile.diameter, 1e-9)
    return {hour: float(ratio[profile.sector((3 - hour) * 30 % 360, 15)].mean()) for hour in range(1, 13)}


@dataclass(frozen=True, slots=True)
class QuadrantRims:
    """Mean rim width per quadrant (90 degrees each), as a share of the mean disc diameter."""

    inferior: float
    superior: float
    image_left: float
    image_right: float

    def nasal_temporal(self, laterality: Laterality) -> tuple[float, float] | None:
        """Return the nasal and temporal rim, or None when the eye is not known.

        On a photograph the nasal side of a right eye is on the right, that of a left eye on the left.
        """
        if laterality is Laterality.RIGHT:
            return self.image_right, self.image_left
        if laterality is Laterality.LEFT:
            return self.image_left, self.image_right
        return None


def quadrant_rims(profile: RimProfile) -> QuadrantRims:
    """Return the mean rim of the inferior, superior, left and right quadrant."""
    scale = float(profile.diameter.mean())
    means = [float(profile.rim[profile.sector(centre, 45)].mean()) / scale for centre in (270, 90, 180, 0)]
    return QuadrantRims(*means)


def isnt_excess(rims: QuadrantRims, laterality: Laterality) -> float | None:
    """Return by how much the order inferior >= superior >= nasal >= temporal (Jonas et al. 1988) is broken.

    Positive: the largest step in the wrong direction. Negative: every step is right, by at least that much. Shares of
    the disc diameter. When the eye is not known, only the steps that hold for either eye count, and a positive answer
    is all that can be given.

    Returns:
        None when the order cannot be judged without knowing the eye.
    """
    sides = rims.nasal_temporal(laterality)
    first = rims.superior - rims.inferior
    if sides is not None:
        return max(first, sides[0] - rims.superior, sides[1] - sides[0])
    excess = max(first, max(rims.image_left, rims.image_right) - rims.superior)
    return excess if excess > 0 else None


def isnt_score(excess: float, tolerance: float) -> int:
    """Grade the order on the five-step scale: 1 clearly kept, 3 within what the outline leaves open, 5 clearly broken.

    Args:
        excess: From `isnt_excess`.
        tolerance: Uncertainty of a rim width as a share of the disc diameter; a step counts as probable above half of
            it and as clear above all of it.
    """
    for score, limit in ((5, tolerance), (4, tolerance / 2), (3, -tolerance / 2), (2, -tolerance)):
        if excess > limit:
            return score
    return 1
