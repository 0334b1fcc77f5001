"""The parts of the training that can be wrong without being seen: geometry, styles, statistics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigraph.statistics import bootstrap_mean, wilson
from clinigraph.tools.segmentation.networks.masks import mask_box, vertical_ratio
from clinigraph.tools.segmentation.training import looks, photometric
from clinigraph.tools.segmentation.training.calibration import calibration, half_width
from clinigraph.tools.segmentation.training.chest_batches import equalise
from clinigraph.tools.segmentation.training.fundus_measure import Row, half_widths
from clinigraph.tools.segmentation.training.geometric import (
    AffineRange,
    affine_grid,
    magnify,
    sample,
    taper,
    warp_cup,
)
from clinigraph.tools.segmentation.training.loop import soft_dice
from clinigraph.tools.segmentation.training.restyle import STYLES

STILL = AffineRange(1.0, 1.0, 0.0, 0.0, 0.0, flip=False)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def disc_and_cup(size: int = 129) -> torch.Tensor:
    axis = torch.linspace(-1, 1, size)
    radius = (axis[None] ** 2 + axis[:, None] ** 2).sqrt()
    return torch.stack([(radius < 0.4), (radius < 0.2)]).float()[None]


def test_an_affine_draw_without_freedom_changes_nothing() -> None:
    image = torch.rand(2, 1, 33, 33, generator=generator(0))
    grid = affine_grid(2, 33, STILL, generator(0), torch.zeros(2, 2))
    assert torch.allclose(sample(image, grid), image, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_warping_the_cup_leaves_the_disc(seed: int) -> None:
    grid = affine_grid(1, 129, STILL, generator(0), torch.zeros(1, 2))
    masks = sample(disc_and_cup(), warp_cup(grid, torch.tensor([[0.4, 0.4]]), generator(seed)))[0] > 0.5
    disc, cup = masks.numpy()
    reference = disc_and_cup()[0, 0].numpy() > 0.5
    assert np.mean(disc != reference) < 0.01
    ratio = vertical_ratio(cup, disc)
    assert ratio is not None
    assert 0.2 < ratio < 0.75
    assert not (cup & ~disc).any()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_magnifying_keeps_what_is_far_away(seed: int) -> None:
    grid = affine_grid(1, 65, STILL, generator(0), torch.zeros(1, 2))
    warped = magnify(grid, torch.zeros(1, 2), torch.full((1, 2), 0.5), generator(seed))
    outside = grid.norm(dim=3) > 0.55
    assert torch.equal(warped[outside], grid[outside])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_a_taper_keeps_height_and_the_middle_row(seed: int) -> None:
    grid = affine_grid(4, 65, STILL, generator(0), torch.zeros(4, 2))
    warped = taper(grid, generator(seed), 0.25)
    assert torch.equal(warped[..., 1], grid[..., 1])
    assert torch.allclose(warped[:, 32], grid[:, 32])
    assert (warped - grid).abs().max() <= 0.25


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_equalising_a_film_shows_what_a_dark_corner_hid(seed: int) -> None:
    film = 0.5 + 0.05 * torch.randn(3, 1, 96, 96, generator=generator(seed))
    film[..., :48] *= 0.2
    out = equalise(film, generator(seed))
    assert 0 <= out.min() <= out.max() <= 1
    assert (out[..., :40].std(dim=(1, 2, 3)) > film[..., :40].std(dim=(1, 2, 3))).all()


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=60), st.floats(0.5, 0.95))
def test_a_half_width_holds_its_share_of_the_errors(errors: list[float], level: float) -> None:
    width = half_width(errors, level)
    inside = sum(abs(error) <= width for error in errors)
    assert inside >= min(len(errors), level * (len(errors) + 1)) - 1e-9


def test_a_half_width_of_known_errors() -> None:
    errors = [0.01 * n for n in range(1, 20)]  # rank ceil(20 * 0.9) = 18 of 19
    assert half_width(errors) == pytest.approx(0.18)
    assert calibration(errors, 19) == {"halfwidth": 0.18, "level": 0.9, "n": 19}
    with pytest.raises(ValueError, match="no errors"):
        half_width([])


def test_a_disc_that_is_not_found_widens_the_calibration() -> None:
    plain = Row("fold0", "drishti", "a", "plain", 0.9, 0.95, 0.9, 0.5, 0.6, 0.5, 0.6, 0.1, 0.15)
    hazy = replace(plain, style="hazy_400", vcdr=None, rim=None)
    widths = half_widths([plain, hazy, replace(plain, run="without-palm", vcdr=None)])
    assert widths["vcdr"] == {"halfwidth": 1.0, "level": 0.9, "n": 1}
    assert widths["min_rim_disc_ratio"] == {"halfwidth": 0.05, "level": 0.9, "n": 1}
    assert half_widths([replace(plain, reference_vcdr=None)]) == {}


def test_what_is_refused_by_design_does_not_widen_the_calibration() -> None:
    plain = Row("fold0", "drishti", "a", "plain", 0.9, 0.95, 0.9, 0.5, 0.6, 0.5, 0.6, 0.1, 0.15)
    refused = replace(plain, style="red_free", vcdr=None, rim=None)
    assert half_widths([plain, refused]) == half_widths([plain])


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_photometric_augmentation_keeps_shape_and_range(seed: int) -> None:
    batch = torch.rand(6, 3, 48, 48, generator=generator(seed))
    out = looks.PHOTOGRAPH(batch, generator(seed))
    assert out.shape == batch.shape
    assert 0 <= float(out.min()) <= float(out.max()) <= 1
    assert torch.equal(out, looks.PHOTOGRAPH(batch, generator(seed)))


def photographs(seed: int, count: int = 4) -> torch.Tensor:
    """Reddish noise in a round field on black."""
    axis = torch.linspace(-1, 1, 64)
    lit = (axis[None] ** 2 + axis[:, None] ** 2 < 0.8).float()
    noise = 0.2 * torch.rand(count, 3, 64, 64, generator=generator(seed))
    return (noise + torch.tensor([0.5, 0.3, 0.15]).reshape(1, 3, 1, 1)) * lit


LOOKS = (looks.monochrome, looks.equalise, looks.recast, looks.haze, looks.strong_gamma)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.__name__)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_look_keeps_shape_and_range_and_changes_the_picture(look: photometric.Augmentation, seed: int) -> None:
    batch = photographs(seed)
    before = batch.clone()
    out = look(batch, generator(seed))
    assert torch.equal(batch, before)
    assert out.shape == batch.shape
    assert 0 <= float(out.min()) <= float(out.max()) <= 1
    assert (out - batch).abs().amax(dim=(1, 2, 3)).min() > 1e-3
    assert torch.equal(out, look(batch, generator(seed)))


def test_a_monochrome_photograph_has_no_colour() -> None:
    out = looks.monochrome(photographs(1), generator(1))
    assert torch.equal(out[:, 0], out[:, 1])
    assert torch.equal(out[:, 1], out[:, 2])


@pytest.mark.parametrize("look", [looks.recast, looks.haze], ids=lambda look: look.__name__)
def test_the_black_surround_stays_black(look: photometric.Augmentation) -> None:
    batch = photographs(2)
    dark = (batch.amax(dim=1, keepdim=True) < 0.04).expand_as(batch)
    assert float(look(batch, generator(2))[dark].max()) == 0


def test_haze_flattens_what_is_lit() -> None:
    batch = photographs(3)
    inside = (slice(None), slice(None), slice(20, 44), slice(20, 44))
    hazy = looks.haze(batch, generator(3))
    assert (hazy[inside].std(dim=(2, 3)) < batch[inside].std(dim=(2, 3))).all()


def test_equalising_a_photograph_raises_its_local_contrast() -> None:
    batch = photographs(4)
    inside = (slice(None), slice(None), slice(20, 44), slice(20, 44))
    out = looks.equalise(batch, generator(4))
    assert (out[inside].std(dim=(2, 3)) > batch[inside].std(dim=(2, 3))).all()


def test_a_black_picture_is_not_equalised() -> None:
    assert float(looks.equalise(torch.zeros(2, 3, 32, 32), generator(0)).max()) == 0


def test_histograms_are_taken_over() -> None:
    dark = torch.rand(1, 3, 60, 60, generator=generator(0)) * 0.3
    bright = 0.6 + torch.rand(1, 3, 60, 60, generator=generator(1)) * 0.4
    out = photometric.match_histogram(dark, bright, generator(2))
    assert dark.mean() + 0.2 < out.mean() <= bright.mean() + 0.01


def test_dice_loss_of_perfect_and_opposite() -> None:
    target = disc_and_cup()
    assert float(soft_dice(target, target).max()) == pytest.approx(0)
    assert float(soft_dice(1 - target, target).min()) > 0.9


@pytest.mark.parametrize("name", sorted(STYLES))
def test_styles_move_masks_with_the_picture(name: str) -> None:
    y, x = np.ogrid[:300, :360]
    disc = ((y - 140) / 40) ** 2 + ((x - 200) / 36) ** 2 < 1
    rgb = np.where(disc[..., None], (220, 180, 120), (120, 60, 30)).astype(np.uint8)
    picture, (moved,) = STYLES[name](rgb, [disc])
    assert picture.shape[:2] == moved.shape
    assert picture.dtype == np.uint8
    assert mask_box(moved) is not None
    inside, outside = picture[moved].mean(), picture[~moved & (picture.max(axis=2) > 30)].mean()
    assert inside > outside + 10


@settings(deadline=None)
@given(st.integers(1, 300), st.data())
def test_wilson_holds_the_share(count: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, count))
    estimate = wilson(hits, count)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_wilson_of_a_textbook_example() -> None:
    estimate = wilson(81, 263)  # Newcombe, 1998: 0.2553 to 0.3662
    assert (estimate.low, estimate.high) == pytest.approx((0.2553, 0.3662), abs=1e-4)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_bootstrap_interval_holds_the_mean_of_most_samples(values: list[float]) -> None:
    estimate = bootstrap_mean(values, draws=400)
    assert min(values) - 1e-9 <= estimate.low <= estimate.high <= max(values) + 1e-9


def test_statistics_refuse_nothing() -> None:
    with pytest.raises(ValueError, match="no values"):
        bootstrap_mean([])
    with pytest.raises(ValueError, match="count"):
        wilson(3, 2)
