"""End-diastole is the frame with the largest left ventricle, end-systole the one with the smallest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clinigraph.agents.phases import with_chosen_phases
from clinigraph.artifacts import ArtifactStore
from clinigraph.models.case import Case
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import CardiacPhase, Image, ImageFormat, ImageGeometry, Series, Study

ED, ES = CardiacPhase.END_DIASTOLE, CardiacPhase.END_SYSTOLE


class Counter:
    """Gives the sizes that it is told to."""

    def __init__(self, *sizes: float) -> None:
        self.sizes = list(sizes)
        self.calls = 0

    def cavity_voxels(self, frames: Sequence[NDArray[np.uint8]]) -> list[float]:
        self.calls += 1
        assert all(frame.ndim == 3 and frame.dtype == np.uint8 for frame in frames)
        return self.sizes[: len(frames)]


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path)


def make_case(
    store: ArtifactStore, count: int, *, frames: bool, shape: tuple[int, ...] = (3, 8, 8), **said: object
) -> Case:
    images = []
    for number in range(1, count + 1):
        artifact = store.put(np.full(shape, number, np.int16))
        image = Image(
            id=f"img-{number}",
            artifact_id=artifact,
            geometry=ImageGeometry(shape=shape),
            format=ImageFormat.NIFTI,
            frame=number if frames else None,
        )
        images.append(image.replace(**said))
    series = Series(id="series-1", modality=Modality.UNKNOWN, images=tuple(images))
    return Case(id="case-1", studies=(Study(id="study-1", series=(series,)),))


def test_two_frames_of_a_series_are_kept_and_say_how_they_were_chosen(store: ArtifactStore) -> None:
    chosen = with_chosen_phases(make_case(store, 4, frames=True), store, Counter(90, 100, 60, 80))
    assert [(i.frame, i.phase) for i in chosen.images] == [(2, ED), (3, ES)]
    assert (
        "frame 2 of 4, taken as end-diastole: the largest left ventricle by a quick outline" in chosen.images[0].notes
    )


def test_a_frame_without_ventricle_is_not_the_emptiest(store: ArtifactStore) -> None:
    chosen = with_chosen_phases(make_case(store, 3, frames=True), store, Counter(100, 0, 60))
    assert [(i.frame, i.phase) for i in chosen.images] == [(1, ED), (3, ES)]


@pytest.mark.parametrize("sizes", [(0, 0, 0), (100, 99, 100)])
def test_a_series_without_a_beating_ventricle_keeps_its_first_frame(
    store: ArtifactStore, sizes: tuple[float, ...]
) -> None:
    [left] = with_chosen_phases(make_case(store, 3, frames=True), store, Counter(*sizes)).images
    assert (left.frame, left.phase) == (1, None)
    assert "no beating left ventricle was found in the series" in left.notes[0]


def test_two_volumes_of_one_grid_are_told_apart(store: ArtifactStore) -> None:
    chosen = with_chosen_phases(make_case(store, 2, frames=False), store, Counter(60, 100))
    assert [i.phase for i in chosen.images] == [ES, ED]


def test_volumes_without_a_ventricle_stay_as_they_are(store: ArtifactStore) -> None:
    case = make_case(store, 2, frames=False)
    assert with_chosen_phases(case, store, Counter(0, 0)) == case


@pytest.mark.parametrize("said", [{"phase": ED}, {"modality": Modality.CT}, {"colour": True}])
def test_a_stated_phase_another_modality_and_colour_are_left_alone(
    store: ArtifactStore, said: dict[str, object]
) -> None:
    counter = Counter(60, 100)
    case = make_case(store, 2, frames=False, **said)
    assert with_chosen_phases(case, store, counter) == case
    assert counter.calls == 0


@pytest.mark.parametrize("shape", [(8, 8), (40, 8, 8)])
def test_single_pictures_and_deep_volumes_are_no_frames(store: ArtifactStore, shape: tuple[int, ...]) -> None:
    counter = Counter(60, 100)
    case = make_case(store, 2, frames=False, shape=shape)
    assert with_chosen_phases(case, store, counter) == case
    assert counter.calls == 0


def test_one_volume_alone_is_not_measured(store: ArtifactStore) -> None:
    counter = Counter(1)
    with_chosen_phases(make_case(store, 1, frames=False), store, counter)
    assert counter.calls == 0
