"""Volumes and surfaces of drawn solids, and of a tumour measured by others."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from clinigraph.tools.measurement import solid
from clinigraph.tools.measurement.intensity import intensity_statistics

BRAIN = Path(__file__).resolve().parents[5] / "shared" / "data" / "vol_pyradiomics_brain1"


def ball(radius_mm: float, spacing: tuple[float, float, float]) -> np.ndarray:
    grids = [np.arange(int(2 * radius_mm / s) + 7) * s for s in spacing]
    z, y, x = np.meshgrid(*(g - g.mean() for g in grids), indexing="ij")
    return np.sqrt(z**2 + y**2 + x**2) <= radius_mm


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 0.7, 0.7)])
def test_a_ball_measures_as_a_ball(spacing: tuple[float, float, float]) -> None:
    mask = ball(20, spacing)
    assert solid.volume_mm3(mask, spacing) == pytest.approx(4 / 3 * math.pi * 8000, rel=0.02)
    assert solid.mesh_volume_mm3(mask, spacing) == pytest.approx(4 / 3 * math.pi * 8000, rel=0.03)
    assert solid.longest_diameter_mm(mask, spacing) == pytest.approx(40, abs=2)
    assert solid.longest_slice_diameter_mm(mask, spacing) == pytest.approx(40, abs=2)
    assert 0.85 < solid.sphericity(mask, spacing) <= 1
    assert solid.equivalent_sphere_mm(4 / 3 * math.pi * 8000) == pytest.approx(40)


def test_a_rod_is_less_spherical_than_a_ball() -> None:
    rod = np.zeros((60, 9, 9), dtype=bool)
    rod[2:58, 3:6, 3:6] = True
    assert solid.sphericity(rod, (1.0, 1.0, 1.0)) < 0.6


@pytest.mark.parametrize("spacing", [(0.0, 1.0, 1.0), (1.0, -2.0, 1.0)])
def test_impossible_spacing_is_refused(spacing: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        solid.volume_mm3(np.ones((2, 2, 2), dtype=bool), spacing)


def test_flat_or_empty_masks_are_refused() -> None:
    for mask in (np.ones((3, 3), dtype=bool), np.zeros((3, 3, 3), dtype=bool)):
        with pytest.raises(ValueError, match=r"\(D, H, W\)"):
            solid.volume_mm3(mask, (1.0, 1.0, 1.0))


@pytest.mark.data
def test_values_of_pyradiomics_are_met_within_one_per_cent() -> None:
    import SimpleITK as sitk  # noqa: N813

    if not BRAIN.is_dir():
        pytest.skip("../shared/data/vol_pyradiomics_brain1 is not there")
    given: dict[str, str] = {}
    for name in ("baseline_shape.csv", "baseline_firstorder.csv"):
        with (BRAIN / name).open(encoding="utf-8", newline="") as file:
            given |= {row[0].split("_")[-1]: row[1] for row in csv.reader(file) if row and "original" in row[0]}
    image = sitk.ReadImage(str(BRAIN / "brain1_image.nrrd"))
    pixels = sitk.GetArrayFromImage(image)
    mask = sitk.GetArrayFromImage(sitk.ReadImage(str(BRAIN / "brain1_label.nrrd"))) == 1
    x, y, z = image.GetSpacing()
    statistics = intensity_statistics(pixels, mask)
    found = {
        "VoxelVolume": solid.volume_mm3(mask, (z, y, x)),
        "MeshVolume": solid.mesh_volume_mm3(mask, (z, y, x)),
        "SurfaceArea": solid.surface_mm2(mask, (z, y, x)),
        "Sphericity": solid.sphericity(mask, (z, y, x)),
        "Maximum3DDiameter": solid.longest_diameter_mm(mask, (z, y, x)),
        "Mean": statistics.mean,
        "Median": statistics.median,
        "90Percentile": statistics.percentile_90,
        "Skewness": statistics.skewness,
    }
    for name, value in found.items():
        assert value == pytest.approx(float(given[name]), rel=0.01), name
