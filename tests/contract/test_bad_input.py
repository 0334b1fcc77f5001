"""Bad input of imaging tools: a clear refusal or a stated limitation, never a silent number."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import ToolFailure
from clinigraph.models.codes import Modality
from clinigraph.models.imaging import Image, ImageFormat, ImageGeometry, LabelMap, Segment, SpacingSource
from clinigraph.models.tooling import ImageValue, LabelMapValue, MeasurementValue, ToolCall, ToolResult, ToolStatus
from clinigraph.tools.contract import Tool, ToolContext
from clinigraph.tools.measurement import planar, solid
from clinigraph.tools.measurement.chest_tool import CardiothoracicMeasures
from clinigraph.tools.measurement.concepts import private
from clinigraph.tools.measurement.cup_disc_tool import CupDiscMeasures
from clinigraph.tools.measurement.head_tool import FetalHeadMeasures
from clinigraph.tools.measurement.intensity import intensity_statistics
from clinigraph.tools.measurement.lesion_tool import LesionMeasures

SHAPE = (96, 96)
TOOLS: list[tuple[Callable[[], Tool], tuple[str, ...], Modality]] = [
    (CupDiscMeasures, ("optic_disc", "optic_cup"), Modality.FUNDUS),
    (CardiothoracicMeasures, ("left_lung", "right_lung", "heart"), Modality.CHEST_FILM),
    (LesionMeasures, ("target",), Modality.ULTRASOUND),
    (FetalHeadMeasures, ("fetal_head",), Modality.ULTRASOUND),
]
each_tool = pytest.mark.parametrize(("make", "labels", "modality"), TOOLS)


def measured(
    make: Callable[[], Tool],
    labels: tuple[str, ...],
    modality: Modality,
    folder: Path,
    masks: np.ndarray,
    *,
    pixels: np.ndarray | None = None,
    geometry: ImageGeometry | None = None,
    image_id: str = "i",
) -> ToolResult:
    tool, store = make(), ArtifactStore(folder)
    picture = np.full(SHAPE, 90, dtype=np.uint8) if pixels is None else pixels
    image = Image(
        id="i",
        artifact_id=store.put(picture),
        geometry=ImageGeometry(shape=SHAPE),
        format=ImageFormat.PNG,
        modality=modality,
    )
    segments = tuple(
        Segment(
            label=label,
            number=number,
            concept=private(label.upper(), label),
            pixel_count=int(mask.sum()),
            reason=None if mask.any() else "it cannot be seen on this image",
        )
        for number, (label, mask) in enumerate(zip(labels, masks, strict=True), start=1)
    )
    label_map = LabelMap(
        image_id=image_id,
        artifact_id=store.put(masks),
        geometry=geometry or ImageGeometry(shape=masks.shape[1:]),
        segments=segments,
        algorithm="drawn 1.0.0",
    )
    inputs = {"image": ImageValue(value=image), "masks": LabelMapValue(value=label_map)}
    call = ToolCall(step_id="s", tool=tool.spec.name, inputs=inputs)
    return tool.run(call, ToolContext(artifacts=store))


class TestGeometry:
    @pytest.mark.parametrize("bad", [0.0, -0.5, math.nan, math.inf, 1e5])
    def test_a_spacing_that_cannot_be_is_no_geometry(self, bad: float) -> None:
        with pytest.raises(ValidationError):
            ImageGeometry(shape=(4, 4), spacing_mm=(1.0, bad), spacing_source=SpacingSource.CASE_FILE)

    def test_a_spacing_needs_its_source_and_one_value_an_axis(self) -> None:
        for spacing, source in (((1.0,), SpacingSource.CASE_FILE), ((1.0, 1.0), None)):
            with pytest.raises(ValidationError):
                ImageGeometry(shape=(4, 4), spacing_mm=spacing, spacing_source=source)

    @pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
    def test_pure_functions_refuse_it_too(self, bad: float) -> None:
        plane, volume = np.ones((4, 4), dtype=bool), np.ones((3, 4, 4), dtype=bool)
        for measure in (planar.diameters, planar.area, planar.taller_than_wide, planar.fit_ellipse):
            with pytest.raises(ValueError, match="spacing"):
                measure(plane, (1.0, bad))
        for measure_volume in (solid.volume_mm3, solid.surface_mm2, solid.longest_diameter_mm):
            with pytest.raises(ValueError, match="spacing"):
                measure_volume(volume, (1.0, 1.0, bad))


class TestMasks:
    @each_tool
    def test_on_another_grid_than_the_image(
        self, make: Callable[[], Tool], labels: tuple[str, ...], modality: Modality, tmp_path: Path
    ) -> None:
        masks = np.zeros((len(labels), 96, 80), dtype=bool)
        masks[:, 20:40, 20:40] = True
        with pytest.raises(ToolFailure, match="grid"):
            measured(make, labels, modality, tmp_path, masks)

    @each_tool
    def test_of_another_image(
        self, make: Callable[[], Tool], labels: tuple[str, ...], modality: Modality, tmp_path: Path
    ) -> None:
        masks = np.zeros((len(labels), *SHAPE), dtype=bool)
        masks[:, 20:40, 20:40] = True
        with pytest.raises(ToolFailure, match="grid"):
            measured(make, labels, modality, tmp_path, masks, image_id="other")

    @each_tool
    def test_empty(self, make: Callable[[], Tool], labels: tuple[str, ...], modality: Modality, tmp_path: Path) -> None:
        result = measured(make, labels, modality, tmp_path, np.zeros((len(labels), *SHAPE), dtype=bool))
        assert result.status is ToolStatus.EMPTY
        assert "cannot be seen" in result.reason

    @each_tool
    def test_full(self, make: Callable[[], Tool], labels: tuple[str, ...], modality: Modality, tmp_path: Path) -> None:
        result = measured(make, labels, modality, tmp_path, np.ones((len(labels), *SHAPE), dtype=bool))
        values = [v.value for v in result.outputs.values() if isinstance(v, MeasurementValue)]
        assert result.status is ToolStatus.EMPTY or all(value.limitations for value in values)

    def test_functions_on_volumes_take_one_slice_and_refuse_none(self) -> None:
        assert solid.volume_mm3(np.ones((1, 2, 2), dtype=bool), (3.0, 1.0, 1.0)) == 12
        for bad in (np.zeros((2, 2, 2), dtype=bool), np.ones((2, 2), dtype=bool)):
            with pytest.raises(ValueError, match="non-empty"):
                solid.volume_mm3(bad, (1.0, 1.0, 1.0))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_statistics_of_pixels_that_are_no_numbers_are_refused(bad: float) -> None:
    pixels = np.ones((4, 4), dtype=np.float32)
    pixels[1, 1] = bad
    with pytest.raises(ValueError, match="finite"):
        intensity_statistics(pixels, np.ones((4, 4), dtype=bool))
    with pytest.raises(ValueError, match="one grid"):
        intensity_statistics(pixels, np.ones((4, 5), dtype=bool))
