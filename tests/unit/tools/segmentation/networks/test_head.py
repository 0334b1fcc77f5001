"""The ellipse of a fetal head, its network, and the two tools that find and measure it."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import ToolFailure
from clinigraph.models.codes import Modality
from clinigraph.models.findings import Measurement
from clinigraph.models.imaging import Image, ImageFormat, ImageGeometry, SpacingSource
from clinigraph.models.tooling import ImageValue, MeasurementValue, ToolCall, ToolResult, ToolStatus
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.head_tool import FetalHeadMeasures
from clinigraph.tools.measurement.planar import Ellipse
from clinigraph.tools.segmentation.head_network import FetalHead
from clinigraph.tools.segmentation.networks.head import Oval
from clinigraph.tools.segmentation.training.head_data import list_heads, read_grey

DATA = Path(__file__).parents[6] / "shared" / "data"
HC18 = DATA / "us_hc18_fetal_head_part"


@settings(deadline=None, max_examples=25)
@given(st.floats(20, 60), st.floats(0.5, 0.95), st.floats(0, math.pi), st.floats(70, 90), st.floats(70, 90))
def test_an_ellipse_is_found_again_from_its_mask(major: float, share: float, angle: float, x: float, y: float) -> None:
    drawn = Oval(x, y, major, major * share, angle)
    found = Oval.of(drawn.mask((160, 160)))
    assert found is not None
    assert (found.x, found.y) == (pytest.approx(x, abs=0.3), pytest.approx(y, abs=0.3))
    assert found.semi_major == pytest.approx(major, abs=0.4)
    assert found.semi_minor == pytest.approx(major * share, abs=0.4)


def test_an_empty_map_has_no_ellipse() -> None:
    assert Oval.of(np.zeros((9, 9), dtype=bool)) is None


def test_the_cover_of_an_ellipse_adds_up_to_its_area() -> None:
    drawn = Oval(50.2, 49.7, 30, 18, 0.4)
    assert float(drawn.cover((100, 100)).sum()) == pytest.approx(math.pi * 30 * 18, rel=0.003)


def outlined(store: ArtifactStore, pixels: np.ndarray, spacing_mm: float | None, kind: Modality) -> ToolResult:
    tool = FetalHead()
    if tool.unavailable():
        pytest.skip(tool.unavailable())
    shape = pixels.shape[:2]
    source = SpacingSource.CASE_FILE if spacing_mm else None
    geometry = ImageGeometry(
        shape=shape, spacing_mm=(spacing_mm, spacing_mm) if spacing_mm else None, spacing_source=source
    )
    image = Image(id="i", artifact_id=store.put(pixels), geometry=geometry, format=ImageFormat.PNG, modality=kind)
    context = ToolContext(artifacts=store)
    inputs = {"image": ImageValue(value=image)}
    found = tool.run(ToolCall(step_id="s", tool="fetal_head", inputs=dict(inputs)), context)
    call = ToolCall(step_id="m", tool="fetal_head_measures", inputs={**inputs, **found.outputs})
    return FetalHeadMeasures().run(call, context)


def circumference(result: ToolResult) -> Measurement:
    value = result.outputs["head_circumference"]
    assert isinstance(value, MeasurementValue)
    return value.value


@pytest.mark.data
def test_the_circumference_of_real_heads_is_near_the_given_one(tmp_path: Path) -> None:
    """Four pictures, some of which trained the networks: no estimate, but far outside of chance."""
    if not HC18.is_dir():
        pytest.skip("../shared/data/us_hc18_fetal_head_part is not there")
    errors = []
    for head in list_heads(DATA, 3)[5::35]:
        result = outlined(ArtifactStore(tmp_path), read_grey(head.image_path), head.spacing_mm, Modality.ULTRASOUND)
        measured = circumference(result)
        assert measured.interval is not None
        errors.append(abs(measured.value - head.circumference_mm))
    assert np.median(errors) < 3.0


@pytest.mark.data
def test_other_pictures_are_refused_with_a_reason(tmp_path: Path) -> None:
    if not HC18.is_dir():
        pytest.skip("../shared/data is not there")
    for folder in ("us_busi_quarter/images", "fundus_palm_disc/images"):
        picture = sorted((DATA / folder).rglob("*.*"))[-1]
        result = outlined(ArtifactStore(tmp_path), read_grey(picture), 0.1, Modality.ULTRASOUND)
        assert result.status is ToolStatus.EMPTY
        assert "fetal head" in result.reason


@pytest.mark.data
def test_without_a_spacing_there_are_no_millimetres(tmp_path: Path) -> None:
    if not HC18.is_dir():
        pytest.skip("../shared/data is not there")
    with (HC18 / "labels.csv").open(encoding="utf-8") as file:
        name = next(csv.DictReader(file))["image"]
    picture = read_grey(next((HC18 / "images").glob(f"{name}.*")))
    result = outlined(ArtifactStore(tmp_path), picture, None, Modality.ULTRASOUND)
    assert "head_axis_ratio" in result.outputs
    assert "no pixel spacing" in result.missing["head_circumference"]


def test_a_picture_stated_to_be_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolFailure, match="ultrasound"):
        outlined(ArtifactStore(tmp_path), np.full((64, 64), 90, dtype=np.uint8), 0.1, Modality.MR)


@pytest.mark.data
def test_the_folds_of_training_never_part_an_examination() -> None:
    if not HC18.is_dir():
        pytest.skip("../shared/data is not there")
    folds: dict[str, set[int]] = {}
    for head in list_heads(DATA, 3):
        folds.setdefault(head.name.split("_")[0], set()).add(head.fold)
    assert all(len(found) == 1 for found in folds.values())
    assert set.union(*folds.values()) == {0, 1, 2}


def test_ramanujans_perimeter_of_a_circle_is_exact() -> None:
    assert Ellipse((0, 0), 7, 7).circumference == pytest.approx(2 * math.pi * 7)
