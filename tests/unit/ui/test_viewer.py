"""Pictures of a run: the right slice, the window asked for, the segments asked for."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import UsageError
from clinigraph.models.base import EvidenceId, ImageId
from clinigraph.models.evidence import EdgeKind, EvidenceEdge, EvidenceGraph, ImageNode, LabelMapNode
from clinigraph.models.imaging import Image, ImageFormat, ImageGeometry, LabelMap, Segment
from clinigraph.testing.world import CONCEPT
from clinigraph.ui.viewer import Viewer


def viewer(folder: Path, pixels: NDArray[np.generic], mask: NDArray[np.bool_], *, colour: bool = False) -> Viewer:
    store = ArtifactStore(folder)
    shape = pixels.shape[:-1] if colour else pixels.shape
    image = Image(
        id=ImageId("i"), artifact_id=store.put(pixels), geometry=ImageGeometry(shape=shape), format=ImageFormat.PNG,
        colour=colour,
    )  # fmt: skip
    segment = Segment(label="thing", number=1, concept=CONCEPT, pixel_count=int(mask.sum()))
    masks = LabelMap(
        image_id=image.id, artifact_id=store.put(mask[None]), geometry=image.geometry, segments=(segment,),
        algorithm="test 1",
    )  # fmt: skip
    nodes = (ImageNode(id=EvidenceId("image"), value=image), LabelMapNode(id=EvidenceId("map"), value=masks))
    edge = EvidenceEdge(source=EvidenceId("map"), target=EvidenceId("image"), kind=EdgeKind.DERIVED_FROM)
    return Viewer(EvidenceGraph(nodes=nodes, edges=(edge,)), store)


def shown(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Pillow.open(io.BytesIO(png)))


@pytest.fixture
def volume(tmp_path: Path) -> Viewer:
    pixels = np.arange(5 * 20 * 30, dtype=np.int16).reshape(5, 20, 30)
    mask = np.zeros((5, 20, 30), bool)
    mask[3, 5:15, 5:25] = True
    mask[1, 5:7, 5:7] = True
    return viewer(tmp_path, pixels, mask)


def test_a_volume_opens_at_the_slice_with_most_of_what_was_outlined(volume: Viewer) -> None:
    view = volume.images()[0]
    assert (view.slices, view.start_slice, view.width, view.height) == (5, 3, 30, 20)
    assert volume.draw(0) == volume.draw(0, at=3)
    assert volume.draw(0) != volume.draw(0, at=2)


def test_only_chosen_segments_are_outlined(volume: Viewer) -> None:
    key = volume.images()[0].segments[0].key
    plain, outlined = shown(volume.draw(0)), shown(volume.draw(0, segments=(key,)))
    changed = np.any(plain != outlined, axis=-1)
    assert changed[5, 5:25].all()
    assert not changed[10, 10]
    assert not changed[:5].any()


def test_a_window_sets_black_and_white(volume: Viewer) -> None:
    picture = shown(volume.draw(0, at=0, low=100, high=200))
    assert picture[0, 0].tolist() == [0, 0, 0]
    assert picture[19, 29].tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    "wrong",
    [{"index": 1}, {"index": 0, "at": 5}, {"index": 0, "low": 5.0, "high": 5.0}, {"index": 0, "segments": ("x",)}],
)
def test_what_is_not_there_is_refused(volume: Viewer, wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        volume.draw(**wrong)  # type: ignore[arg-type]


def test_colour_is_shown_as_it_is(tmp_path: Path) -> None:
    pixels = np.full((10, 12, 3), (200, 100, 50), np.uint8)
    made = viewer(tmp_path, pixels, np.zeros((10, 12), bool), colour=True)
    assert np.array_equal(shown(made.draw(0)), pixels)
