"""Windows over a volume: the same scores as holding everything, plane by plane."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from clinigraph.tools.segmentation.volume_grid import GridPlan, MaskPlanes
from clinigraph.tools.segmentation.window_stream import Windows, score_planes


def two_scores(window: Tensor) -> Tensor:
    """A network whose answer depends on where in the window a voxel lies."""
    ramp = torch.linspace(-1, 1, window.shape[2])[None, None, :, None, None]
    return torch.cat([window * 2 + ramp, 1 - window], dim=1)


def streamed(volume: Tensor, size: tuple[int, int, int], overlap: float) -> Tensor:
    return torch.stack(list(score_planes(two_scores, volume, Windows(size, overlap))), dim=1)


@pytest.mark.parametrize("shape", [(20, 17, 30), (9, 16, 16), (1, 40, 12), (33, 5, 16)])
@pytest.mark.parametrize("overlap", [0.25, 0.5])
def test_scores_are_those_of_monai(shape: tuple[int, int, int], overlap: float) -> None:
    from monai.inferers import sliding_window_inference

    volume = torch.rand((1, 1, *shape), generator=torch.Generator().manual_seed(1))
    size = (12, 16, 16)
    wanted = sliding_window_inference(volume, size, 1, two_scores, overlap=overlap, mode="gaussian", progress=False)
    assert torch.allclose(streamed(volume, size, overlap), wanted[0], atol=1e-4)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 20), st.floats(0, 0.9))
def test_windows_cover_a_volume_and_stay_inside(length: int, side: int, overlap: float) -> None:
    (starts, *_) = Windows((side, 1, 1), overlap).starts((max(length, side), 1, 1))
    covered = np.zeros(max(length, side), dtype=bool)
    for start in starts:
        assert 0 <= start <= max(length, side) - side
        covered[start : start + side] = True
    assert covered.all()
    assert starts == sorted(set(starts))


def test_only_one_window_depth_of_scores_is_kept() -> None:
    volume = torch.zeros((1, 1, 200, 4, 4))
    planes = score_planes(two_scores, volume, Windows((8, 4, 4), 0.25))
    first = next(planes)
    assert tuple(first.shape) == (2, 4, 4)
    assert 1 + sum(1 for _ in planes) == 200


def test_mask_planes_turn_back_to_the_image() -> None:
    plan = GridPlan(order=(2, 0, 1), flips=(True, False, True), size=(4, 2, 3))
    wanted = np.random.default_rng(0).random((2, 3, 4)) > 0.5
    turned = np.flip(np.transpose(wanted, plan.order), (0, 2)).astype(np.float32)
    planes = (torch.from_numpy(np.stack([1 - plane, plane])) for plane in turned)
    filler = MaskPlanes(plan, wanted.shape, (1,), sigmoid=False)
    filler.fill(planes, 4)
    assert (filler.masks[0] == wanted).all()


def test_more_than_eight_independent_channels_are_kept_apart() -> None:
    plan = GridPlan(order=(0, 1, 2), flips=(False, False, False), size=(10, 1, 10))
    scores = torch.eye(10) - 0.5
    filler = MaskPlanes(plan, (10, 1, 10), tuple(range(10)), sigmoid=True)
    filler.fill((scores[:, None] * (index + 1) for index in range(10)), 10)
    assert (filler.masks[:, 3, 0] == np.eye(10, dtype=bool)).all()


def test_a_stream_that_ends_early_is_an_error() -> None:
    plan = GridPlan(order=(0, 1, 2), flips=(False, False, False), size=(3, 1, 1))
    with pytest.raises(ValueError, match="3 score planes"):
        MaskPlanes(plan, (3, 1, 1), (0,), sigmoid=True).fill(iter([torch.zeros(1, 1, 1)]), 3)
