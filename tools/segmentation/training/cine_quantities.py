"""What the cine network is judged by, from masks alone: ejection fractions, ratios, thickness and motion of walls."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from clinigraph.tools.measurement import cardiac_wall
from clinigraph.tools.measurement.cardiac_pattern import HeartFeatures, Pattern, classify
from clinigraph.tools.measurement.cardiac_wall import Ventricle3d

Masks = tuple[NDArray[np.bool_], ...]
"""Left cavity, myocardium and right cavity of one frame, each ``(D, H, W)``."""
GROUPS = {
    "DCM": Pattern.DILATED,
    "HCM": Pattern.HYPERTROPHIC,
    "MINF": Pattern.INFARCTION_LIKE,
    "NOR": Pattern.NORMAL,
    "RV": Pattern.RIGHT_VENTRICULAR,
}
"""ACDC group to pattern."""
QUANTITIES = (
    "left_ventricular_ejection_fraction",
    "right_ventricular_ejection_fraction",
    "muscle_over_cavity",
    "right_over_left",
    "wall_motion_spread",
    "left_end_diastolic_volume_share",
    "left_end_systolic_volume_share",
    "right_end_diastolic_volume_share",
    "right_end_systolic_volume_share",
    "myocardial_mass_share",
    "lv_wall_thickness_share",
)
"""What is compared with the reference; a share is the error over the reference's value."""


def quantities(diastole: Masks, systole: Masks) -> dict[str, float]:
    """What can be measured without spacing; volumes in voxels; empty where there is no left ventricle."""
    full, empty = [[float(mask.sum()) for mask in frame] for frame in (diastole, systole)]
    if full[0] == 0:
        return {}
    first, second = Ventricle3d(diastole[0], diastole[1]), Ventricle3d(systole[0], systole[1])
    spread = cardiac_wall.motion_spread(first, second)
    values = {
        "left_ventricular_ejection_fraction": 100 * (1 - empty[0] / full[0]),
        "right_ventricular_ejection_fraction": 100 * (1 - empty[2] / full[2]) if full[2] else None,
        "muscle_over_cavity": full[1] / full[0],
        "right_over_left": full[2] / full[0],
        "wall_motion_spread": spread,
        "left_end_diastolic_volume_share": full[0],
        "left_end_systolic_volume_share": empty[0],
        "right_end_diastolic_volume_share": full[2],
        "right_end_systolic_volume_share": empty[2],
        "myocardial_mass_share": full[1],
        "lv_wall_thickness_share": cardiac_wall.greatest_thickness(first),
    }
    return {name: value for name, value in values.items() if value is not None}


def called(found: Mapping[str, float]) -> str:
    """Pattern of the measured numbers, or an empty string."""
    if not found:
        return ""
    right = found.get("right_ventricular_ejection_fraction")
    features = HeartFeatures(
        lv_ejection=found["left_ventricular_ejection_fraction"],
        rv_ejection=right,
        right_over_left=found["right_over_left"] if right is not None else None,
        muscle_over_cavity=found["muscle_over_cavity"],
        motion_spread=found.get("wall_motion_spread"),
    )
    call = classify(features)
    return call.pattern.value if call else ""


def error_of(name: str, mine: float | None, truth: float) -> float:
    """Signed error of a quantity; the whole of it where it was not measured.

    Args:
        name: One of `QUANTITIES`.
        mine: As measured.
        truth: Of the reference masks, in the same unit.
    """
    whole = 100.0 if name.endswith("fraction") else 1.0
    if mine is None:
        return whole
    return (mine - truth) / truth if name.endswith("_share") else mine - truth
