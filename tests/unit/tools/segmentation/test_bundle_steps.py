"""Preprocessing of a bundle read as data: done as MONAI does it, or named as unknown."""

from __future__ import annotations

import numpy as np
import pytest

from clinigraph.tools.segmentation.bundle_steps import left_undone, read_steps, scaled

VALUES = np.array([[-100.0, 0.0, 100.0, 300.0], [5.0, 6.0, 0.0, 8.0]], dtype=np.float32)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ScaleIntensityRange", {"a_min": -100, "a_max": 200, "b_min": -1, "b_max": 1, "clip": True}),
        ("ScaleIntensityRange", {"a_min": -100, "a_max": 200, "b_min": 0, "b_max": 2, "clip": False}),
        ("ScaleIntensityRangePercentiles", {"lower": 5, "upper": 90, "b_min": 0, "b_max": 1, "clip": True}),
        ("ScaleIntensity", {"minv": -1, "maxv": 1}),
        ("ScaleIntensity", {"minv": 0, "maxv": 1, "channel_wise": True}),
        ("NormalizeIntensity", {"nonzero": True}),
        ("NormalizeIntensity", {"nonzero": True, "channel_wise": True}),
        ("NormalizeIntensity", {}),
    ],
)
def test_intensities_come_out_as_in_monai(name: str, arguments: dict[str, object]) -> None:
    import monai.transforms

    steps = read_steps([{"_target_": f"{name}d", "keys": "image", **arguments}])
    wanted = getattr(monai.transforms, name)(**arguments)(VALUES.copy())
    before = VALUES.copy()
    assert np.allclose(scaled(VALUES, steps.before[0]), np.asarray(wanted), atol=1e-4)
    assert (before == VALUES).all()


def test_steps_keep_their_order_round_the_resampling() -> None:
    steps = read_steps(
        [
            {"_target_": "LoadImaged", "keys": "image", "reader": "NibabelReader"},
            {"_target_": "ScaleIntensityd", "keys": "image"},
            {"_target_": "monai.transforms.Spacingd", "keys": "image", "pixdim": [1, 1, 2.5], "mode": "bilinear"},
            {"_target_": "NormalizeIntensityd", "keys": "image"},
            {"_target_": "Spacingless", "_disabled_": True},
        ]
    )
    assert [step.kind for step in steps.before] == ["unit"]
    assert [step.kind for step in steps.after] == ["normal"]
    assert steps.pixdim == (1.0, 1.0, 2.5)
    assert steps.unknown == ()


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"_target_": "scripts.Odd"}, "Odd"),
        ({"_target_": "ScaleIntensityd", "factor": 0.5}, "ScaleIntensityd with factor"),
        ({"_target_": "NormalizeIntensityd", "subtrahend": 3.0}, "NormalizeIntensityd with subtrahend"),
        ({"_target_": "Spacingd", "pixdim": "$[1] * 3"}, "Spacingd with an expression"),
        ({"keys": "image"}, "an unnamed preprocessing step"),
    ],
)
def test_what_would_be_done_otherwise_is_named(step: dict[str, object], words: str) -> None:
    assert read_steps([step]).unknown == (words,)


def test_postprocessing_that_changes_masks_is_named() -> None:
    steps = [{"_target_": "Activationsd", "softmax": True}, {"_target_": "KeepLargestConnectedComponentd"}]
    assert left_undone(steps) == ("KeepLargestConnectedComponentd",)
    assert left_undone("%postprocessing") == ()
