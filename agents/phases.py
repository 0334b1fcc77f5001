"""End-diastole and end-systole among the frames of one heart: the fullest and the emptiest left ventricle.

By definition end-diastole is the frame with the largest and end-systole the one with the smallest volume of the left
ventricle (Schulz-Menger 2020, SCMR post-processing). Frames come from one time series, or are volumes of one grid that
somebody gave without saying which is which.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clinigraph.artifacts import ArtifactStore
from clinigraph.models.case import Case
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import CardiacPhase, Image, Series

MAX_SLICES = 32
"""More slices than a short-axis stack has (ACDC: 6 to 18); such volumes are not looked at."""
DISTINCT = 0.02
"""Least difference of the two volumes, as a share of the larger, from which one is called the emptier."""


class CavityCounter(Protocol):
    """Measures the left ventricle of several frames on one scale."""

    def cavity_voxels(self, frames: Sequence[NDArray[np.uint8]]) -> list[float]:
        """Return a size for each frame ``(D, H, W)``; 0 where no left ventricle is found."""
        ...


class NetworkCavityCounter:
    """The network of `cine_mr_heart`; without its weights no ventricle is found."""

    def cavity_voxels(self, frames: Sequence[NDArray[np.uint8]]) -> list[float]:
        """Return voxels of the cavity in each frame."""
        from clinigraph.tools.segmentation.networks.bundle import BundleError
        from clinigraph.tools.segmentation.networks.cine import CineNetwork

        try:
            return CineNetwork().cavity_voxels(frames)
        except BundleError:
            return [0.0] * len(frames)


def with_chosen_phases(case: Case, artifacts: ArtifactStore, counter: CavityCounter) -> Case:
    """Return the case with the two phases chosen and the other frames of a time series left out.

    Nothing changes where a current image has a phase already, or where there are no frames to choose from. A time
    series in which no ventricle is found keeps its first frame.

    Args:
        case: As intake read it.
        artifacts: Where pixels are kept.
        counter: Measures the ventricle.
    """
    if any(image.phase for image in case.current_images()):
        return case
    groups: dict[str, list[Image]] = {}
    for image in case.current_images():
        if _may_be_frame(image):
            groups.setdefault(_grid(image), []).append(image)
    changed: dict[str, Image | None] = {}
    for frames in groups.values():
        if len(frames) > 1:
            volumes = counter.cavity_voxels([_stack(artifacts, frame) for frame in frames])
            changed.update(_choice(frames, volumes))
    return _replaced(case, changed) if changed else case


def _may_be_frame(image: Image) -> bool:
    if image.colour or image.modality not in (Modality.MR, Modality.UNKNOWN):
        return False
    deep = image.geometry.is_volume and 1 < image.geometry.shape[0] <= MAX_SLICES
    return deep or image.frame is not None


def _grid(image: Image) -> str:
    series = "frames" if image.frame is not None else "alone"
    return f"{series} {image.geometry.canonical_json()}"


def _stack(artifacts: ArtifactStore, image: Image) -> NDArray[np.uint8]:
    from clinigraph.tools.segmentation.pixels import to_uint8

    grey = to_uint8(artifacts.get(image.artifact_id))
    return grey if grey.ndim == 3 else grey[None]


def _choice(frames: Sequence[Image], volumes: Sequence[float]) -> dict[str, Image | None]:
    """Image id -> the image with its phase, or None where it is left out."""
    full, empty = int(np.argmax(volumes)), int(np.argmin([v or np.inf for v in volumes]))
    series = frames[0].frame is not None
    found = volumes[full] > 0 and volumes[full] - volumes[empty] >= DISTINCT * volumes[full]
    kept: dict[str, Image | None] = dict.fromkeys((frame.id for frame in frames), None) if series else {}
    if not found:
        if series:
            note = f"frame 1 of {len(frames)}; no beating left ventricle was found in the series"
            kept[frames[0].id] = frames[0].replace(notes=(*frames[0].notes, note))
        return kept
    chosen = ((full, CardiacPhase.END_DIASTOLE, "largest"), (empty, CardiacPhase.END_SYSTOLE, "smallest"))
    for index, phase, word in chosen:
        which = f"frame {frames[index].frame} of {len(frames)}" if series else f"one of {len(frames)} volumes"
        note = f"{which}, taken as {phase.value.replace('_', '-')}: the {word} left ventricle by a quick outline"
        kept[frames[index].id] = frames[index].replace(phase=phase, notes=(*frames[index].notes, note))
    return kept


def _replaced(case: Case, changed: dict[str, Image | None]) -> Case:
    studies = []
    for study in case.studies:
        kept = tuple(s for series in study.series if (s := _kept_series(series, changed)) is not None)
        if kept:
            studies.append(study.replace(series=kept))
    return case.replace(studies=tuple(studies))


def _kept_series(series: Series, changed: dict[str, Image | None]) -> Series | None:
    images = tuple(i for image in series.images if (i := changed.get(image.id, image)) is not None)
    return series.replace(images=images) if images else None
