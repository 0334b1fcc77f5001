"""Disc and cup on real and drawn pictures."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clinigraph.tools.segmentation.networks.fundus import (
    MIN_DISC_CONFIDENCE,
    FundusDiscCupNetwork,
    shape_masks,
)
from clinigraph.tools.segmentation.networks.masks import dice, vertical_ratio
from clinigraph.tools.segmentation.training.restyle import STYLES


@pytest.fixture(scope="module")
def network() -> FundusDiscCupNetwork:
    found = FundusDiscCupNetwork()
    found.warm_up()
    return found


@pytest.fixture(scope="module")
def retina() -> NDArray[np.uint8]:
    return np.asarray(skimage.data.retina(), dtype=np.uint8)


def test_the_retina_of_the_demo_is_outlined(network: FundusDiscCupNetwork, retina: NDArray[np.uint8]) -> None:
    found = network.predict(retina)
    assert found.disc_confidence >= MIN_DISC_CONFIDENCE
    assert found.disc.shape == found.cup.shape == retina.shape[:2]
    assert not (found.cup & ~found.disc).any()
    assert found.box_xyxy is not None
    x0, y0, x1, y1 = found.box_xyxy
    assert 150 < (x0 + x1) / 2 < 300  # the bright disc lies at the left, half way up
    assert 600 < (y0 + y1) / 2 < 800
    assert 120 < y1 - y0 < 260
    ratio = vertical_ratio(found.cup, found.disc)
    assert ratio is not None
    assert min(found.vcdr_samples) - 0.1 <= ratio <= max(found.vcdr_samples) + 0.1


def test_the_same_picture_gives_the_same_answer(network: FundusDiscCupNetwork, retina: NDArray[np.uint8]) -> None:
    small = retina[::3, ::3]
    first, second = network.predict(small), FundusDiscCupNetwork().predict(small)
    assert np.array_equal(first.disc, second.disc)
    assert np.array_equal(first.cup, second.cup)
    assert first.vcdr_samples == second.vcdr_samples


def test_mirrored_pictures_give_mirrored_discs(network: FundusDiscCupNetwork, retina: NDArray[np.uint8]) -> None:
    straight = network.predict(retina)
    mirrored = network.predict(np.ascontiguousarray(retina[:, ::-1]))
    assert straight.disc_confidence == pytest.approx(mirrored.disc_confidence, abs=0.1)
    agreement = 2 * (straight.disc & mirrored.disc[:, ::-1]).sum() / (straight.disc.sum() + mirrored.disc.sum())
    assert agreement > 0.9


@pytest.mark.parametrize("style", ["hazy_400", "equalised", "palette_480"])
def test_another_look_gives_the_same_disc(network: FundusDiscCupNetwork, retina: NDArray[np.uint8], style: str) -> None:
    picture, (expected,) = STYLES[style](retina, [network.predict(retina).disc])
    found = network.predict(picture)
    assert found.disc_confidence >= MIN_DISC_CONFIDENCE
    assert dice(found.disc, expected) > 0.9


def test_a_red_free_photograph_is_refused(network: FundusDiscCupNetwork, retina: NDArray[np.uint8]) -> None:
    picture, _ = STYLES["red_free"](retina, [])
    found = network.predict(picture)
    assert found.disc_confidence < MIN_DISC_CONFIDENCE
    assert not found.disc.any()


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_other_pictures_are_refused(network: FundusDiscCupNetwork, name: str) -> None:
    found = network.predict(np.asarray(getattr(skimage.data, name)(), dtype=np.uint8))
    assert found.disc_confidence < MIN_DISC_CONFIDENCE
    assert found.box_xyxy is None
    assert not found.disc.any()
    assert found.vcdr_samples == ()


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (64, 64)])
def test_empty_pictures_are_refused(network: FundusDiscCupNetwork, shape: tuple[int, int]) -> None:
    found = network.predict(np.zeros((*shape, 3), dtype=np.uint8))
    assert found.disc.shape == shape
    assert found.disc_confidence < MIN_DISC_CONFIDENCE


def test_a_grey_picture_is_refused_with_advice(network: FundusDiscCupNetwork) -> None:
    with pytest.raises(ValueError, match="convert the picture to RGB"):
        network.predict(np.zeros((9, 9), dtype=np.uint8))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_cup_always_lies_inside_the_disc(seed: int) -> None:
    random = np.random.default_rng(seed)
    disc, cup = random.random((2, 24, 24), dtype=np.float32)
    masks = shape_masks(disc, cup)
    assert not (masks[1] & ~masks[0]).any()


def test_the_constructor_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    network = FundusDiscCupNetwork()
    assert len(network.sha256) == 64
    assert network.version
