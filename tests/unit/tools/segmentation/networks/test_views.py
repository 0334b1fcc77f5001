"""Views: cutting and pasting are inverse, normalisation forgets exposure."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigraph.tools.segmentation.networks.views import (
    View,
    box_mean,
    cut,
    field_view,
    paste,
    rank,
    standardise_colour,
    standardise_film,
    standardise_grey,
    to_tensor,
)


@settings(max_examples=40, deadline=None)
@given(st.floats(-20, 120), st.floats(-20, 120), st.floats(20, 150))
def test_paste_puts_a_cut_back_where_it_was(x: float, y: float, side: float) -> None:
    ramp = np.add.outer(np.arange(90.0), np.arange(110.0)) / 200
    image = torch.from_numpy(ramp).float()[None, None]
    view = View(x, y, side)
    back = paste(cut(image, view, 128), view, (90, 110))
    inner = paste(torch.ones(1, 1, 128, 128), view.scaled(0.7), (90, 110)) > 0
    inner[:4] = inner[-4:] = inner[:, :4] = inner[:, -4:] = False
    assert np.abs(back - ramp)[inner].max(initial=0) < 0.05


def test_what_lies_outside_the_image_is_black() -> None:
    corner = cut(torch.ones(1, 3, 40, 40), View(0, 0, 40), 20)
    assert corner[..., :8, :8].max() == 0
    assert corner[..., 12:, 12:].min() == 1


def test_field_view_ignores_the_black_surround() -> None:
    rgb = np.zeros((200, 400, 3), dtype=np.uint8)
    rgb[20:180, 150:310] = 120
    view = field_view(rgb)
    assert (view.centre_x, view.centre_y, view.side) == (230, 100, 160)


def test_field_view_of_a_dark_picture_is_the_whole() -> None:
    view = field_view(np.zeros((30, 50, 3), dtype=np.uint8))
    assert (view.centre_x, view.centre_y, view.side) == (25, 15, 50)


@settings(max_examples=20, deadline=None)
@given(st.tuples(*[st.floats(0.5, 1.0)] * 3))
def test_colour_cast_hardly_changes_the_input(gain: tuple[float, float, float]) -> None:
    image = 0.3 + 0.5 * torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(1))
    cast = image * torch.tensor(gain).reshape(1, 3, 1, 1)
    assert (standardise_colour(image) - standardise_colour(cast)).abs().mean() < 0.2


def test_inverted_film_gives_the_inverted_input() -> None:
    film = torch.rand(1, 1, 40, 40, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(standardise_grey(film), -standardise_grey(1 - film), atol=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.4, 2.5), st.floats(0.3, 1.0))
def test_the_rank_forgets_tone_curves(gamma: float, gain: float) -> None:
    film = 0.1 + 0.9 * torch.rand(2, 1, 48, 48, generator=torch.Generator().manual_seed(1))
    assert (rank(film) - rank(gain * film**gamma)).abs().max() < 0.03


def test_the_rank_goes_from_0_to_1_and_rises_with_the_film() -> None:
    film = torch.linspace(0.2, 0.9, 60 * 60).reshape(1, 1, 60, 60)
    ranks = rank(film).flatten()
    assert (ranks[0], ranks[-1]) == (0, 1)
    assert (ranks.diff() >= 0).all()


def test_a_film_of_one_grey_has_finite_channels() -> None:
    channels = standardise_film(torch.full((1, 1, 30, 30), 0.4))
    assert channels.shape == (1, 3, 30, 30)
    assert channels.isfinite().all()
    assert channels.abs().max() < 4


@pytest.mark.parametrize("half", [1, 4])
def test_box_mean_keeps_constants(half: int) -> None:
    assert torch.allclose(box_mean(torch.full((1, 2, 20, 30), 0.7), half), torch.tensor(0.7))


def test_to_tensor_accepts_grey_and_colour() -> None:
    assert to_tensor(np.zeros((4, 6), dtype=np.uint8)).shape == (1, 1, 4, 6)
    assert to_tensor(np.full((4, 6, 3), 255, dtype=np.uint8)).max() == 1


@pytest.mark.parametrize("shape", [(30, 40), (1, 3, 30, 40)])
def test_the_whole_view_holds_the_longer_side_of_an_image(shape: tuple[int, ...]) -> None:
    assert View.whole(shape) == View(20.0, 15.0, 40.0)
