"""The tool on pictures and stacks of any axis order, without and with weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import ToolFailure, WeightsInvalid
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Image, ImageFormat, ImageGeometry, SpacingSource
from clinigraph.models.tooling import ImageValue, LabelMapValue, ToolCall, ToolResult, ToolStatus
from clinigraph.testing.heart import drawn_heart
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.segmentation.cine_network import LABELS, MAX_SLICES, CineMrHeart, slice_axis


def geometry(shape: tuple[int, ...], spacing: tuple[float, ...] | None) -> ImageGeometry:
    source = SpacingSource.NIFTI_HEADER if spacing else None
    return ImageGeometry(shape=shape, spacing_mm=spacing, spacing_source=source)


@pytest.mark.parametrize(
    ("shape", "spacing", "axis"),
    [
        ((8, 200, 180), (10.0, 1.4, 1.4), 0),
        ((200, 180, 8), (1.4, 1.4, 10.0), 2),
        ((200, 8, 180), (1.4, 8.0, 1.6), 1),
        ((200, 180, 8), None, 0),
        ((100, 100, 100), (1.0, 1.2, 1.1), 0),
        ((200, 180), (1.4, 1.4), 0),
    ],
)
def test_the_axis_with_the_long_step_is_the_slice_axis(
    shape: tuple[int, ...], spacing: tuple[float, ...] | None, axis: int
) -> None:
    assert slice_axis(geometry(shape, spacing)) == axis


def run(tool: CineMrHeart, store: ArtifactStore, pixels: np.ndarray, spacing: tuple[float, ...] | None) -> ToolResult:
    image = Image(
        id="img-1",
        artifact_id=store.put(pixels),
        geometry=geometry(pixels.shape, spacing),
        format=ImageFormat.NIFTI,
        modality=Modality.MR,
    )
    call = ToolCall(step_id="step", tool="cine_mr_heart", inputs={"image": ImageValue(value=image)})
    return tool.run(call, ToolContext(artifacts=store))


def masks(result: ToolResult, store: ArtifactStore) -> np.ndarray:
    output = result.outputs["masks"]
    assert isinstance(output, LabelMapValue)
    assert tuple(s.label for s in output.value.segments) == LABELS
    return store.get(output.value.artifact_id)


@pytest.fixture(scope="module")
def tool() -> CineMrHeart:
    made = CineMrHeart()
    if made.unavailable():
        pytest.skip(made.unavailable())
    return made


def test_the_order_of_axes_does_not_change_the_masks(tool: CineMrHeart, tmp_path: Path) -> None:
    store, stack = ArtifactStore(tmp_path), drawn_heart(17.0, 9.0, 3)
    first = masks(run(tool, store, stack, (9.0, 1.5, 1.5)), store)
    last = masks(run(tool, store, np.moveaxis(stack, 0, 2).copy(), (1.5, 1.5, 9.0)), store)
    assert first[0].any()
    assert (np.moveaxis(last, 3, 1) == first).all()


def test_a_slice_alone_gives_flat_masks_and_samples_for_each_structure(tool: CineMrHeart, tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    result = run(tool, store, drawn_heart(17.0, 9.0, 3)[1].astype(np.int16) * 7, None)
    assert masks(result, store).shape == (3, 160, 160)
    output = result.outputs["masks"]
    assert isinstance(output, LabelMapValue)
    if result.status is ToolStatus.OK:
        assert {f"{label}_voxels" for label in LABELS} <= set(output.value.samples)


def test_too_many_slices_are_refused(tool: CineMrHeart, tmp_path: Path) -> None:
    with pytest.raises(ToolFailure, match="no stack of short-axis slices"):
        run(tool, ArtifactStore(tmp_path), np.zeros((MAX_SLICES + 1, 32, 32), np.uint8), None)


def test_the_licence_of_the_weights_is_that_of_acdc(tool: CineMrHeart) -> None:
    assert "CC BY-NC-SA 4.0" in tool.spec.licence
    assert "research use only" in tool.spec.licence


def test_a_missing_bundle_is_said(tmp_path: Path) -> None:
    absent = CineMrHeart(tmp_path / "nowhere")
    assert "not installed" in absent.unavailable()
    with pytest.raises(WeightsInvalid):
        absent.warm_up()
