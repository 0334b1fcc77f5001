"""Overlays show where the numbers come from: outlines, measured lines, a close-up of what is small."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from clinigraph.artifacts import ArtifactStore
from clinigraph.export.calipers import calipers_of, extent_of, largest_part
from clinigraph.export.drawing import PALETTE, PANEL_HEIGHT
from clinigraph.export.overlays import draw_overlay, largest_slice, list_overlays, render_overlays
from clinigraph.export.words import is_picture_name
from clinigraph.models.evidence import LabelMapNode
from clinigraph.models.report import Report


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Picture.open(io.BytesIO(data)).convert("RGB")).astype(int)


def near(picture: np.ndarray, colour: str, tolerance: int = 40) -> int:
    """Return how many pixels are close to a colour."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(picture - wanted).max(axis=2) < tolerance).sum())


def box(shape: tuple[int, int], row0: int, row1: int, col0: int, col1: int) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    mask[row0:row1, col0:col1] = True
    return mask


GREY = np.full((200, 240), 90, dtype=np.uint8)
SHAPE = (200, 240)


def test_each_structure_is_drawn_in_its_own_colour() -> None:
    masks = {"heart": box(SHAPE, 80, 170, 90, 180), "left_lung": box(SHAPE, 20, 180, 10, 80)}
    picture = opened(draw_overlay(GREY, masks))
    assert near(picture, PALETTE[0]) > 200
    assert near(picture, PALETTE[1]) > 200


def test_an_outline_leaves_the_inside_of_a_structure_as_it_was() -> None:
    picture = opened(draw_overlay(GREY, {"liver": box(SHAPE, 40, 160, 40, 200)}))
    scale = PANEL_HEIGHT / 200
    inside = picture[int(70 * scale) : int(130 * scale), int(70 * scale) : int(170 * scale)]
    assert (inside == 90).all()


def test_a_small_structure_gets_a_close_up_beside_the_whole() -> None:
    small = opened(draw_overlay(GREY, {"optic_disc": box(SHAPE, 90, 110, 100, 120)}))
    large = opened(draw_overlay(GREY, {"optic_disc": box(SHAPE, 20, 180, 30, 200)}))
    assert small.shape[1] > 1.6 * large.shape[1]


def test_an_empty_mask_is_said_in_the_legend_and_draws_nothing() -> None:
    empty = opened(draw_overlay(GREY, {"optic_cup": np.zeros(SHAPE, dtype=bool)}))
    assert near(empty[:PANEL_HEIGHT], PALETTE[0]) == 0
    assert near(empty[PANEL_HEIGHT:], PALETTE[0]) > 0


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        draw_overlay(GREY, {"heart": np.zeros((10, 10), dtype=bool)})


def test_the_same_input_gives_the_same_bytes() -> None:
    masks = {"heart": box(SHAPE, 80, 170, 90, 180)}
    assert draw_overlay(GREY, masks) == draw_overlay(GREY, masks)


def test_a_millimetre_is_as_long_down_as_across() -> None:
    square_in_mm = draw_overlay(GREY, {"liver": box(SHAPE, 0, 200, 0, 240)}, spacing_mm=(3.0, 1.0))
    width = Picture.open(io.BytesIO(square_in_mm)).width
    assert width == max(round(PANEL_HEIGHT * 240 / 600), 320 - 24) or width < PANEL_HEIGHT


def test_disc_and_cup_give_their_vertical_diameters() -> None:
    lines = calipers_of({"optic_disc": box(SHAPE, 50, 110, 60, 110), "optic_cup": box(SHAPE, 60, 100, 70, 100)})
    assert [(c.label, c.name, c.pixels) for c in lines] == [
        ("optic_disc", "vertical diameter", 60),
        ("optic_cup", "vertical diameter", 40),
    ]


def test_heart_and_lungs_give_the_widths_of_heart_and_thorax() -> None:
    lines = calipers_of(
        {
            "heart": box(SHAPE, 80, 170, 90, 180),
            "left_lung": box(SHAPE, 20, 180, 120, 230),
            "right_lung": box(SHAPE, 20, 180, 10, 80),
        }
    )
    assert [(c.label, c.pixels) for c in lines] == [("heart", 90), ("thorax", 220)]


def test_a_speck_does_not_stretch_a_diameter() -> None:
    disc = box(SHAPE, 50, 110, 60, 110)
    disc[190, 230] = True
    assert calipers_of({"optic_disc": disc})[0].pixels == 60
    assert not largest_part(disc)[190, 230]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 19), st.integers(1, 20), st.integers(0, 19), st.integers(1, 20))
def test_the_extent_of_a_box_is_the_box(row: int, height: int, col: int, width: int) -> None:
    mask = box((40, 40), row, row + height, col, col + width)
    extent = extent_of(mask)
    assert extent is not None
    assert (extent.row0, extent.height, extent.col0, extent.width) == (row, height, col, width)


def test_a_volume_is_shown_at_the_slice_with_the_largest_area() -> None:
    planes = np.zeros((2, 5, 8, 8), dtype=bool)
    planes[0, 1, :3, :3] = True
    planes[1, 3, :6, :6] = True
    assert largest_slice(planes) == 3


def test_the_list_and_the_pictures_of_a_report_agree(report: Report, artifacts: ArtifactStore) -> None:
    listed = list_overlays(report.evidence_graph)
    drawn = render_overlays(report.evidence_graph, artifacts)
    assert [o.name for o in listed] == list(drawn)
    assert all(is_picture_name(o.name) for o in listed)
    assert "Optic disc and optic cup" in listed[0].caption
    assert "fundus_disc_cup 1.0.0" in listed[0].caption
    assert opened(drawn[listed[0].name]).shape[0] > PANEL_HEIGHT


def test_a_caption_says_what_was_not_outlined_and_why(report: Report) -> None:
    graph = report.evidence_graph
    node = next(n for n in graph.nodes if isinstance(n, LabelMapNode))
    disc, cup = node.value.segments
    empty = cup.replace(pixel_count=0, reason="no edge inside the disc")
    changed = node.replace(value=node.value.replace(segments=(disc, empty)))
    graph = graph.replace(nodes=tuple(changed if n.id == node.id else n for n in graph.nodes))
    assert "Not outlined: optic cup (no edge inside the disc)." in list_overlays(graph)[0].caption


def test_pixels_that_are_gone_leave_the_picture_out(report: Report, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = ArtifactStore(tmp_path_factory.mktemp("empty"))
    assert render_overlays(report.evidence_graph, empty) == {}


def test_a_caliper_knows_where_the_structure_touches_its_edges() -> None:
    mask = box(SHAPE, 50, 110, 60, 110)
    mask[49, 70] = True
    line = calipers_of({"optic_disc": mask})[0]
    assert line.pixels == 61
    assert line.touches == (70.5, 85.0)
