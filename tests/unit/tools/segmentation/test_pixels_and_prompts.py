"""Pixels on their way into networks, and what protects the weights."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from clinigraph.errors import ToolFailure, WeightsInvalid
from clinigraph.settings import Settings
from clinigraph.tools.segmentation import medsam
from clinigraph.tools.segmentation.bundle_card import BundleCard
from clinigraph.tools.segmentation.cup import outline_cup
from clinigraph.tools.segmentation.pixels import Window, to_grey, to_rgb, to_uint8
from clinigraph.tools.segmentation.sam import SamEngine, SamSegmenter


def test_deep_and_float_images_become_8_bit_without_losing_order() -> None:
    for dtype in (np.uint16, np.int16, np.float32):
        ramp = np.linspace(0, 1000, 400).reshape(20, 20).astype(dtype)
        out = to_uint8(ramp)
        assert (out.dtype, out.min(), out.max()) == (np.uint8, 0, 255)
        assert (np.diff(out.ravel().astype(int)) >= 0).all()
    assert to_uint8(np.full((4, 4), 7, dtype=np.uint16)).max() == 0


def test_grey_and_colour_are_turned_into_each_other() -> None:
    grey = np.arange(16, dtype=np.uint8).reshape(4, 4)
    assert (to_rgb(grey)[:, :, 1] == grey).all()
    assert (to_grey(to_rgb(grey)) == grey).all()
    with pytest.raises(ToolFailure, match="single pictures"):
        to_rgb(np.zeros((5, 6, 7), dtype=np.uint8))


def test_a_window_stays_inside_the_image() -> None:
    window = Window.around((0, 0, 10, 20), 4, (100, 50))
    assert (window.x0, window.y0, window.x1, window.y1) == (0, 0, 45, 50)
    assert Window(5, 6, 50, 60).local((10, 10, 20, 20)) == (5, 4, 15, 14)


@pytest.mark.parametrize("shape", [(100, 256), (256, 100), (900, 1024), (33, 20), (1, 400)])
def test_preprocessing_pads_to_a_square_and_is_undone(shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(1).integers(0, 255, (*shape, 3), dtype=np.uint8)
    tensor = medsam.preprocess(rgb)
    assert tuple(tensor.shape) == (1, 3, 256, 256)
    assert 0 <= float(tensor.min()) <= float(tensor.max()) <= 1
    height, width = medsam.scaled_shape(shape)
    assert max(height, width) == 256
    assert tensor[..., height:, :].abs().sum() == 0
    assert tuple(medsam.restore(torch.zeros(1, 1, 256, 256), shape).shape[2:]) == shape


def test_damaged_litemedsam_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(medsam, "WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(WeightsInvalid, match="not the tested ones"):
        medsam.MedSamLite("cpu").warm_up()


class TestSam:
    def test_no_path_or_no_digest_means_not_loaded(self, tmp_path: Path) -> None:
        path = tmp_path / "sam.pth"
        path.write_bytes(b"x")
        assert "CLINIGRAPH_SAM_CHECKPOINT" in SamSegmenter(Settings(sam_checkpoint=None)).unavailable()
        engine = SamEngine(path, None)
        assert "sha256" in engine.unavailable()
        with pytest.raises(WeightsInvalid, match="sha256"):
            engine.warm_up()
        assert "does not exist" in SamEngine(tmp_path / "none", "0" * 64).unavailable()

    def test_another_file_than_expected_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "sam.pth"
        path.write_bytes(b"not a checkpoint")
        with pytest.raises(WeightsInvalid, match="not the expected file"):
            SamEngine(path, "0" * 64).warm_up()

    def test_a_pickle_is_refused_even_with_its_digest(self, tmp_path: Path) -> None:
        path = tmp_path / "sam.pth"
        torch.save({"image_encoder.pos_embed": Path("object")}, path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with pytest.raises(WeightsInvalid, match="ViT-B, L or H"):
            SamEngine(path, digest).warm_up()


def test_a_bundle_card_reads_calibration_and_says_what_is_missing(tmp_path: Path) -> None:
    assert "not installed" in BundleCard.read(tmp_path).problem
    (tmp_path / "metadata.json").write_text(
        '{"version": "1.2.3", "sha256": "ab", "calibration": {"ctr": {"halfwidth": "wide"},'
        ' "vcdr": {"halfwidth": 0.1, "level": 0.9, "n": 20, "x": 1}}}'
    )
    card = BundleCard.read(tmp_path)
    assert card.version == "1.2.3"
    assert set(card.calibration) == {"vertical_cup_disc_ratio"}
    assert card.calibration["vertical_cup_disc_ratio"].n == 20
    assert "no weights" in card.problem


def painted_eye(shape: Sequence[int] = (160, 160)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y, x = np.mgrid[: shape[0], : shape[1]]
    away = np.hypot(y - 80, x - 80)
    disc, cup = away <= 60, away <= 35
    rgb = np.full((*shape, 3), (150, 70, 30), dtype=np.uint8)
    rgb[disc] = (210, 130, 70)
    rgb[cup] = (225, 195, 140)
    return rgb, disc, cup


def test_a_pale_cup_is_outlined_inside_its_disc() -> None:
    rgb, disc, cup = painted_eye()
    found = outline_cup(rgb, disc, cup.astype(np.float32))
    assert not (found & ~disc).any()
    assert 2 * (found & cup).sum() / (found.sum() + cup.sum()) > 0.85


def test_no_disc_no_cup() -> None:
    rgb, disc, _ = painted_eye()
    empty = np.zeros_like(disc)
    assert not outline_cup(rgb, empty, empty.astype(np.float32)).any()
