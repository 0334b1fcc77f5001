"""Size and shape of one structure in a volume.

Masks are ``(D, H, W)`` bool; ``spacing_mm`` gives the distance between voxel centres along each axis in millimetres.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.measurement.masks import Mask

Spacing3 = tuple[float, float, float]


def check(mask: Mask, spacing_mm: Spacing3) -> None:
    """Refuse what cannot be measured.

    Raises:
        ValueError: The mask is empty or not three-dimensional, or the spacing is not three positive numbers.
    """
    if mask.ndim != 3 or not mask.any():
        raise ValueError("a measurement needs a non-empty (D, H, W) mask")
    if any(not math.isfinite(s) or s <= 0 for s in spacing_mm):
        raise ValueError("voxel spacing must be three positive numbers")


def volume_mm3(mask: Mask, spacing_mm: Spacing3) -> float:
    """Return the volume by counting voxels, in cubic millimetres."""
    check(mask, spacing_mm)
    return float(mask.sum()) * math.prod(spacing_mm)


def surface(mask: Mask, spacing_mm: Spacing3) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the surface by marching cubes (Lewiner 2003).

    Returns:
        Vertices ``(N, 3)`` in millimetres and triangles ``(M, 3)`` of vertex numbers.
    """
    from skimage.measure import marching_cubes

    check(mask, spacing_mm)
    padded = np.pad(mask, 1).astype(np.float32)
    vertices, faces, _, _ = marching_cubes(padded, 0.5, spacing=spacing_mm)  # type: ignore[no-untyped-call]
    return np.asarray(vertices, dtype=np.float64), np.asarray(faces, dtype=np.int64)


def surface_mm2(mask: Mask, spacing_mm: Spacing3) -> float:
    """Return the area of the surface in square millimetres."""
    vertices, faces = surface(mask, spacing_mm)
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def mesh_volume_mm3(mask: Mask, spacing_mm: Spacing3) -> float:
    """Return the volume inside the surface, by the divergence theorem; below the voxel count for small structures."""
    vertices, faces = surface(mask, spacing_mm)
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    return abs(float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum())) / 6


def sphericity(mask: Mask, spacing_mm: Spacing3) -> float:
    """Return the surface of a sphere of the same volume over the surface: 1 for a sphere (Wadell 1935, IBSI QCFX)."""
    volume = mesh_volume_mm3(mask, spacing_mm)
    return float((36 * math.pi * volume**2) ** (1 / 3) / surface_mm2(mask, spacing_mm))


def longest_diameter_mm(mask: Mask, spacing_mm: Spacing3) -> float:
    """Return the greatest distance between two points of the surface, in millimetres (IBSI L0JK)."""
    vertices, _ = surface(mask, spacing_mm)
    return _greatest_distance(vertices)


def longest_slice_diameter_mm(mask: Mask, spacing_mm: Spacing3) -> float:
    """Return the longest in-plane diameter over all slices of the first axis, in millimetres (RECIST 1.1).

    pyradiomics' ``Maximum2DDiameterSlice`` is larger for oblique structures: it also joins surface points that lie
    between two slices, which belong to different ones.
    """
    from clinigraph.tools.measurement.planar import diameters

    check(mask, spacing_mm)
    return max(diameters(plane, spacing_mm[1:]).longest for plane in mask if plane.any())


def _greatest_distance(points: NDArray[np.float64]) -> float:
    """Return the greatest distance among points; only the convex hull's corners can hold it."""
    from scipy.spatial import ConvexHull
    from scipy.spatial.distance import pdist

    return float(pdist(points[ConvexHull(points).vertices]).max())


def equivalent_sphere_mm(volume: float) -> float:
    """Return the diameter in millimetres of the sphere with a volume in cubic millimetres."""
    return float((6 * volume / math.pi) ** (1 / 3))


def cropped(mask: Mask) -> Mask:
    """Return the part of a volume that holds all set voxels; measures do not depend on the empty rest.

    Raises:
        ValueError: The mask is empty or not three-dimensional.
    """
    check(mask, (1.0, 1.0, 1.0))
    parts = []
    for axis in range(3):
        rest = tuple(a for a in range(3) if a != axis)
        filled = np.flatnonzero(mask.any(axis=rest))
        parts.append(slice(int(filled[0]), int(filled[-1]) + 1))
    return mask[tuple(parts)]


def mean_spacing(spacing_mm: Spacing3) -> float:
    """Return the geometric mean of the spacing along the three axes, in millimetres."""
    return math.prod(spacing_mm) ** (1 / 3)


def sphericity_halfwidth(mask: Mask, spacing_mm: Spacing3) -> float:
    """Return how far the sphericity moves when the structure gains or loses the outer half of its border voxels.

    Half the change under growing and shrinking by one whole voxel; a structure that vanishes when it shrinks counts
    with its growing alone.
    """
    from scipy.ndimage import binary_dilation, binary_erosion

    padded = np.pad(mask, 2)
    middle = sphericity(padded, spacing_mm)
    moved = (binary_dilation(padded), binary_erosion(padded))
    return max(abs(sphericity(m, spacing_mm) - middle) for m in moved if m.any()) / 2
