"""The measuring tools: intervals carried from the segmenter, missing outputs explained, wrong inputs refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clinigraph.artifacts import ArtifactStore
from clinigraph.errors import ToolFailure
from clinigraph.models.codes import Laterality, Modality
from clinigraph.models.imaging import (
    Calibration,
    Image,
    ImageFormat,
    ImageGeometry,
    LabelMap,
    Segment,
    SpacingSource,
)
from clinigraph.models.tooling import (
    EvaluationValue,
    ImageValue,
    LabelMapValue,
    MeasurementValue,
    ToolCall,
    ToolResult,
    ToolStatus,
)
from clinigraph.tools.contract import ToolContext
from clinigraph.tools.measurement.chest_tool import CardiothoracicMeasures
from clinigraph.tools.measurement.concepts import private
from clinigraph.tools.measurement.cup_disc_tool import CupDiscMeasures


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path)


def circle(radius: float, dy: float = 0, side: int = 200) -> np.ndarray:
    y, x = np.mgrid[:side, :side]
    return np.hypot(y - side / 2 - dy, x - side / 2) <= radius


def picture(store: ArtifactStore, **fields: object) -> Image:
    geometry = fields.pop("geometry", ImageGeometry(shape=(200, 200)))
    values = {"modality": Modality.FUNDUS, "laterality": Laterality.RIGHT, "id": "i", "format": ImageFormat.PNG}
    artifact = store.put(np.zeros((200, 200), dtype=np.uint8))
    return Image.model_validate(values | {"artifact_id": artifact, "geometry": geometry} | fields)


def label_map(store: ArtifactStore, image: Image, masks: dict[str, np.ndarray], **fields: object) -> LabelMap:
    segments = tuple(
        Segment(
            label=name,
            number=n,
            concept=private(name.upper(), name),
            pixel_count=int(m.sum()),
            reason=None if m.any() else f"the {name} is hidden by an artefact",
        )
        for n, (name, m) in enumerate(masks.items(), start=1)
    )
    values = {"image_id": image.id, "geometry": image.geometry, "segments": segments, "algorithm": "hand 1.0.0"}
    return LabelMap.model_validate(values | {"artifact_id": store.put(np.stack(list(masks.values())))} | fields)


def eye(cup: float = 50, dy: float = 0) -> dict[str, np.ndarray]:
    return {"optic_disc": circle(80), "optic_cup": circle(cup, dy)}


def run(store: ArtifactStore, image: Image, masks: LabelMap | None, chest: bool = False) -> ToolResult:
    tool = CardiothoracicMeasures() if chest else CupDiscMeasures()
    inputs: dict[str, object] = {"image": ImageValue(value=image)}
    if masks is not None:
        inputs["masks"] = LabelMapValue(value=masks)
    call = ToolCall.model_validate({"step_id": "m", "tool": tool.spec.name, "inputs": inputs})
    return tool.run(call, ToolContext(artifacts=store))


def number(result: ToolResult, name: str) -> MeasurementValue:
    value = result.outputs[name]
    assert isinstance(value, MeasurementValue)
    return value


def test_every_ratio_has_an_interval_that_holds_it_and_a_method(store: ArtifactStore) -> None:
    image = picture(store)
    result = run(store, image, label_map(store, image, eye()))
    for name in ("vertical_cup_disc_ratio", "horizontal_cup_disc_ratio", "area_cup_disc_ratio", "min_rim_disc_ratio"):
        measured = number(result, name).value
        assert measured.interval is not None
        assert measured.interval.low < measured.value < measured.interval.high
        assert measured.method
        assert measured.algorithm.endswith("on hand 1.0.0")
        assert measured.site.laterality is Laterality.RIGHT


def test_error_of_the_segmenter_reaches_every_ratio(store: ArtifactStore) -> None:
    image = picture(store)
    sharp = run(store, image, label_map(store, image, eye()))
    calibration = {"vertical_cup_disc_ratio": Calibration(halfwidth=0.1, level=0.9, n=40)}
    blunt = run(store, image, label_map(store, image, eye(), calibration=calibration))
    vertical = number(blunt, "vertical_cup_disc_ratio").value
    assert vertical.interval is not None
    assert vertical.interval.high - vertical.value == pytest.approx(0.1)
    assert "n=40" in vertical.interval.method
    for name in ("horizontal_cup_disc_ratio", "area_cup_disc_ratio", "min_rim_disc_ratio"):
        wide, narrow = number(blunt, name).value.interval, number(sharp, name).value.interval
        assert wide is not None
        assert narrow is not None
        assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_the_rim_has_its_own_error_where_the_bundle_knows_it(store: ArtifactStore) -> None:
    image = picture(store)
    calibration = {"min_rim_disc_ratio": Calibration(halfwidth=0.07, level=0.9, n=33)}
    interval = number(run(store, image, label_map(store, image, eye(), calibration=calibration)), "min_rim_disc_ratio")
    assert interval.value.interval is not None
    assert interval.value.interval.high - interval.value.value == pytest.approx(0.07)
    assert "n=33" in interval.value.interval.method


def test_spread_of_passes_widens_the_interval(store: ArtifactStore) -> None:
    image = picture(store)
    masks = label_map(store, image, eye(), samples={"vertical_cup_disc_ratio": (0.5, 0.6, 0.7)})
    interval = number(run(store, image, masks), "vertical_cup_disc_ratio").value.interval
    assert interval is not None
    assert interval.high - interval.low > 0.3


def test_no_spacing_no_millimetres(store: ArtifactStore) -> None:
    image = picture(store)
    result = run(store, image, label_map(store, image, eye()))
    assert "disc_diameter_mm" not in result.outputs
    assert "spacing" in result.missing["disc_diameter_mm"]


def test_millimetres_come_from_the_row_spacing(store: ArtifactStore) -> None:
    geometry = ImageGeometry(shape=(200, 200), spacing_mm=(0.01, 0.02), spacing_source=SpacingSource.PIXEL_SPACING)
    image = picture(store, geometry=geometry)
    result = run(store, image, label_map(store, image, eye()))
    assert number(result, "disc_diameter_mm").value.value == pytest.approx(1.61, abs=0.02)
    assert number(result, "disc_diameter_mm").value.unit == "mm"


def test_rim_order_of_an_unknown_eye_is_left_open_unless_clearly_broken(store: ArtifactStore) -> None:
    image = picture(store, laterality=Laterality.UNKNOWN)
    open_question = run(store, image, label_map(store, image, eye()))
    assert "right or a left eye" in open_question.missing["isnt_violated"]
    broken = run(store, image, label_map(store, image, eye(dy=25))).outputs["isnt_violated"]
    assert isinstance(broken, EvaluationValue)
    assert broken.value.score == 5
    assert "inferior" in broken.value.evidence_for


def test_a_missing_cup_is_no_ratio_of_zero(store: ArtifactStore) -> None:
    image = picture(store)
    result = run(store, image, label_map(store, image, eye(cup=-1)))
    assert result.status is ToolStatus.EMPTY
    assert "hidden by an artefact" in result.missing["vertical_cup_disc_ratio"]
    assert run(store, image, None).status is ToolStatus.EMPTY


def test_masks_of_another_grid_or_image_are_refused(store: ArtifactStore) -> None:
    image = picture(store)
    masks = label_map(store, image, eye())
    with pytest.raises(ToolFailure, match="grid"):
        run(store, picture(store, geometry=ImageGeometry(shape=(100, 400))), masks)
    with pytest.raises(ToolFailure, match="grid"):
        run(store, picture(store, id="other"), masks)
    with pytest.raises(ToolFailure, match="grid"):
        run(store, image, masks.replace(artifact_id=store.put(np.zeros((2, 10, 10), dtype=bool))))


def test_a_chest_film_is_not_measured_as_an_eye(store: ArtifactStore) -> None:
    image = picture(store, modality=Modality.CHEST_FILM)
    with pytest.raises(ToolFailure, match="fundus photograph"):
        run(store, image, label_map(store, image, eye()))


@pytest.mark.parametrize(("view", "limits"), [("PA", 0), ("AP", 1), (None, 1)])
def test_the_projection_of_the_film_limits_the_ratio(store: ArtifactStore, view: str | None, limits: int) -> None:
    image = picture(store, modality=Modality.CHEST_FILM, view=view)
    left, right = np.zeros((200, 200), dtype=bool), np.zeros((200, 200), dtype=bool)
    left[20:150, 110:190] = right[20:150, 10:90] = True
    masks = label_map(store, image, {"left_lung": left, "right_lung": right, "heart": circle(44)})
    measured = number(run(store, image, masks, chest=True), "cardiothoracic_ratio").value
    assert measured.value == pytest.approx(89 / 180, abs=0.01)
    assert len(measured.limitations) == limits
