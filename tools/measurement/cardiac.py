"""Function of the ventricles from short-axis masks at end-diastole and end-systole."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from clinigraph.tools.measurement.masks import Mask

MYOCARDIAL_DENSITY_G_ML = 1.05
"""Density of heart muscle (SCMR, Schulz-Menger 2020)."""


@dataclass(frozen=True, slots=True)
class Ventricle:
    """Volumes of one ventricle."""

    end_diastolic_ml: float
    end_systolic_ml: float

    def __post_init__(self) -> None:
        """Refuse volumes that no heart has.

        Raises:
            ValueError: A volume is negative or not finite, or end-diastole holds nothing.
        """
        volumes = (self.end_diastolic_ml, self.end_systolic_ml)
        if not all(math.isfinite(v) and v >= 0 for v in volumes) or self.end_diastolic_ml == 0:
            raise ValueError("ventricular volumes must be finite, and end-diastole must not be empty")

    @property
    def stroke_ml(self) -> float:
        """End-diastolic minus end-systolic volume; negative when the frames were exchanged."""
        return self.end_diastolic_ml - self.end_systolic_ml

    @property
    def ejection_fraction(self) -> float:
        """Stroke volume over end-diastolic volume, in per cent."""
        return 100 * self.stroke_ml / self.end_diastolic_ml


def volume_ml(mask: Mask, spacing_mm: tuple[float, float, float]) -> float:
    """Return the volume of ``(D, H, W)`` by summing slice areas (disc summation), in millilitres.

    ``spacing_mm[0]`` must be the distance between slice centres, gaps included.
    """
    if mask.ndim != 3 or any(s <= 0 for s in spacing_mm):
        raise ValueError("a volume needs a (D, H, W) mask and positive spacing")
    return float(mask.sum()) * math.prod(spacing_mm) / 1000


def ejection_fraction_halfwidth(ventricle: Ventricle, edv_halfwidth_ml: float, esv_halfwidth_ml: float) -> float:
    """Return the error of the ejection fraction in points, from independent errors of both volumes."""
    edv, esv = ventricle.end_diastolic_ml, ventricle.end_systolic_ml
    return 100 * math.hypot(esv_halfwidth_ml / edv, esv * edv_halfwidth_ml / edv**2)


def myocardial_mass_g(myocardium_ml: float) -> float:
    """Return the mass of heart muscle in grams from its end-diastolic volume."""
    if not math.isfinite(myocardium_ml) or myocardium_ml < 0:
        raise ValueError("a muscle volume must be finite and not negative")
    return myocardium_ml * MYOCARDIAL_DENSITY_G_ML


def indexed(value: float, body_surface_m2: float) -> float:
    """Return a value over body surface area.

    Raises:
        ValueError: The area is not between 0.1 and 4 square metres.
    """
    if not 0.1 <= body_surface_m2 <= 4:
        raise ValueError("body surface area must lie between 0.1 and 4 m2")
    return value / body_surface_m2


def wall_thickness_mm(
    cavity: Mask, myocardium: Mask, spacing_mm: tuple[float, float], directions: int = 72
) -> list[float]:
    """Return the wall thickness along rays from the centre of the cavity on one short-axis slice.

    Args:
        cavity: ``(H, W)`` left ventricular cavity.
        myocardium: ``(H, W)`` muscle round it.
        spacing_mm: Row and column spacing.
        directions: Number of rays.

    Returns:
        One thickness in millimetres per ray that meets muscle; empty when there is no cavity or no muscle.
    """
    from clinigraph.tools.measurement.masks import centroid, radii

    if cavity.shape != myocardium.shape or cavity.ndim != 2:
        raise ValueError("cavity and myocardium must be (H, W) masks on one grid")
    if not cavity.any() or not myocardium.any():
        return []
    angles = np.arange(directions, dtype=np.float64) * (2 * math.pi / directions)
    centre = centroid(cavity)
    outer, inner = radii(myocardium | cavity, centre, angles), radii(cavity, centre, angles)
    scale = np.hypot(np.sin(angles) * spacing_mm[0], np.cos(angles) * spacing_mm[1])
    thickness = (outer - inner) * scale
    return [float(t) for t in thickness if t > 0]
