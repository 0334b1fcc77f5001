"""The heart on short-axis MR: what is kept of the network's answer, and what the shipped weights do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from clinigraph.testing.heart import drawn_heart
from clinigraph.tools.segmentation.networks.bundle import BUNDLES
from clinigraph.tools.segmentation.networks.cine import (
    MIN_HEART_CONFIDENCE,
    CineNetwork,
    shape_chambers,
    standardise_slices,
    wall_closure,
)
from clinigraph.tools.segmentation.networks.masks import dice

ACDC = Path(__file__).parents[6] / "shared" / "data" / "mri_acdc_odd"


def shares(labels: np.ndarray) -> np.ndarray:
    """Certain shares of labels 1..3."""
    return np.stack([labels == value for value in (1, 2, 3)]).astype(np.float32) * 0.9


def ring(side: int = 40) -> np.ndarray:
    y, x = np.mgrid[:side, :side]
    radius = np.hypot(y - side / 2, x - side / 2)
    plane = np.where(radius <= 6, 1, np.where(radius <= 10, 2, 0))
    plane[5:9, 2:8] = 3
    return np.stack([plane] * 3).astype(np.uint8)


def test_each_chamber_is_one_part_and_stray_parts_are_dropped() -> None:
    labels = ring()
    stray = labels.copy()
    stray[1, 36:38, 36:38] = 1
    stray[1, 36:38, 2:4] = 2
    stray[2, 1:2, 30:33] = 3
    for found, value in zip(shape_chambers(shares(stray)), (1, 2, 3), strict=True):
        assert (found == (labels == value)).all()


def test_a_hole_in_the_cavity_is_filled_and_muscle_is_not_cavity() -> None:
    labels = ring()
    labels[1, 20, 20] = 0
    cavity, muscle, right = shape_chambers(shares(labels))
    assert cavity[1, 20, 20]
    assert not (cavity & muscle).any()
    assert not (right & (cavity | muscle)).any()


def test_nothing_in_gives_nothing_out() -> None:
    assert not any(mask.any() for mask in shape_chambers(np.zeros((3, 2, 9, 9), np.float32)))


def test_a_closed_wall_counts_fully_and_an_open_one_in_part() -> None:
    labels = ring()
    assert wall_closure(labels == 1, labels == 2) == 1.0
    half = (labels == 2) & (np.arange(40) < 20)[None, None, :]
    assert 0.3 < wall_closure(labels == 1, half) < 0.7
    assert wall_closure(labels == 9, labels == 2) == 0.0


def test_standardising_forgets_gain_and_offset() -> None:
    slices = torch.rand((2, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    one, other = standardise_slices(slices)[:, :3], standardise_slices(slices * 0.5 + 0.2)[:, :3]
    assert one.shape[1] == 3
    assert torch.allclose(one, other, atol=0.15)


@pytest.fixture(scope="module")
def network() -> CineNetwork:
    if not (BUNDLES / "cine_mr_heart" / "models").is_dir():
        pytest.skip("the bundle cine_mr_heart is not installed")
    found = CineNetwork()
    found.warm_up()
    return found


@pytest.mark.parametrize("shape", [(8, 8), (2, 3, 8, 8)])
def test_an_array_that_is_no_stack_is_refused(network: CineNetwork, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(D, H, W\)"):
        network.predict(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("shape", [(3, 96, 96), (1, 200, 40), (2, 16, 16)])
def test_a_plain_picture_shows_no_heart(network: CineNetwork, shape: tuple[int, ...]) -> None:
    found = network.predict(np.full(shape, 70, np.uint8))
    assert found.confidence < MIN_HEART_CONFIDENCE
    assert found.lv_cavity.shape == shape
    assert not (found.lv_cavity | found.myocardium | found.rv_cavity).any()


def test_noise_shows_no_heart(network: CineNetwork) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (2, 128, 128), dtype=np.uint8)
    assert network.predict(noise).confidence < MIN_HEART_CONFIDENCE


def test_a_drawn_heart_is_outlined_in_every_pass(network: CineNetwork) -> None:
    found = network.predict(drawn_heart(17.0, 9.0))
    assert found.confidence >= MIN_HEART_CONFIDENCE
    assert len(found.voxel_samples) >= 3
    assert wall_closure(found.lv_cavity, found.myocardium) > 0.9


def test_the_larger_of_two_drawn_ventricles_counts_more(network: CineNetwork) -> None:
    large, small = network.cavity_voxels([drawn_heart(18.0, 8.0, 3), drawn_heart(14.0, 10.0, 3)])
    assert large > small > 0
    assert network.cavity_voxels([np.full((2, 64, 64), 9, np.uint8)] * 2) == [0.0, 0.0]


@pytest.mark.data
@pytest.mark.skipif(not ACDC.is_dir(), reason="the shared data are not here")
def test_a_real_stack_is_outlined_in_any_orientation(network: CineNetwork) -> None:
    """Not a figure: this patient may have trained the network. The card gives figures on held-out patients."""
    from clinigraph.tools.segmentation.pixels import to_uint8

    with np.load(ACDC / "volumes" / "patient073_frame01.npz") as data:
        stack, reference = to_uint8(data["image"].astype(np.float32)), data["label"] == 3
    plain = network.predict(stack).lv_cavity
    turned = network.predict(np.ascontiguousarray(np.rot90(stack, 1, (1, 2))[::-1])).lv_cavity
    assert dice(plain, reference) > 0.85
    assert dice(np.rot90(turned[::-1], -1, (1, 2)), plain) > 0.9
